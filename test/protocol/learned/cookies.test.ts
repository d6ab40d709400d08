/** Whom the entries name when users log in once and go on with a cookie: turns and exchanges in the order of a journal. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CookieTurn, Identity } from '../../../proxy/exchange.ts'
import { cookieLessons } from '../../../proxy/protocol/learned/cookie-turn.ts'
import { interpret } from '../../../proxy/protocol/interpret.ts'
import { Learned } from '../../../proxy/protocol/learned/learned.ts'
import { exchange } from '../../support/exchanges.ts'
import { SETTINGS } from '../../support/fixture.ts'

const NOBODY: Identity = { user: null, source: 'none', workstation: null }
const basic = (user: string): Identity => ({ user, source: 'basic', workstation: null })
/** Told by a trusted front end. */
const told = (user: string): Identity => ({ user, source: 'header', workstation: null })

interface Step {
  readonly at?: number
  readonly who?: Identity
  readonly cookies?: readonly string[]
  readonly target?: string
  readonly body?: string
  readonly lines?: readonly (readonly [string, string])[]
  readonly type?: string
  readonly status?: number
  readonly redirect?: string
  readonly confirmed?: boolean
  readonly turn?: Partial<CookieTurn>
}

/** A browser and its BI server, as the journal has them. */
class Story {
  learned = new Learned()
  /** Of the last entry. */
  faultCode: string | null = null
  #at = 1_800_000_000_000

  /** The exchange is asked now; what its head and its end say follows when they are called. */
  begin(step: Step) {
    const { who = NOBODY, cookies = [], target = '/api/dataset', body = '{}', status = 200 } = step
    const { confirmed = who !== NOBODY } = step
    const headers = [['Content-Type', step.type ?? 'application/json'] as const, ...(step.lines ?? [])]
    const answer = step.redirect === undefined ? [] : ([['Location', step.redirect]] as const)
    const made = exchange({ target, body, headers, answered: { status, headers: answer, userConfirmed: confirmed } })
    this.#at += 10
    const asked = { ...made.asked, askedAt: this.#at, identity: who, cookies }
    return {
      head: () => {
        this.#at += 1
        const turn: CookieTurn = {
          at: this.#at,
          status,
          userConfirmed: confirmed,
          isLogin: false,
          redirect: step.redirect ?? null,
          set: [],
          rolled: [],
          cleared: [],
          ...step.turn,
        }
        this.learned.learn(cookieLessons(turn, asked, this.learned), this.#at)
      },
      end: () => {
        this.#at += 1
        const answered = made.answered === null ? null : { ...made.answered, endedAt: this.#at }
        const { records, lessons } = interpret({ ...made, asked, answered }, SETTINGS, this.learned)
        this.learned.learn(lessons, asked.askedAt)
        const [{ userName, userSource, userConfirmed, faultCode } = assert.fail()] = records
        this.faultCode = faultCode
        return [userName, userSource, userConfirmed]
      },
    }
  }

  go(step: Step) {
    const under = this.begin(step)
    if (step.turn !== undefined) under.head()
    return under.end()
  }

  user(...cookies: string[]) {
    return this.go({ cookies })
  }

  /** Somebody is logged in by a front end, and gets `cookie`. */
  login(user: string, cookie: string, carried: readonly string[] = []) {
    return this.go({ who: told(user), cookies: carried, turn: { set: [cookie] } })
  }
}

const NONE = [null, 'none', false]
const held = (user: string, confirmed = true) => [user, 'session', confirmed]

test('a cookie set for a confirmed user names that user in the requests that name nobody', () => {
  const story = new Story()
  assert.deepEqual(story.user('x'), NONE)
  assert.deepEqual(story.login('anna', 'x'), ['anna', 'header', true])
  assert.deepEqual(story.user('x'), held('anna'))
  assert.deepEqual(story.user('y'), NONE)
})

test('a name beside another’s session cookie is not confirmed, for the BI server may go by the cookie; and that is told', () => {
  const story = new Story()
  story.login('KOMMUNE\\anna', 'x')
  assert.deepEqual(story.go({ cookies: ['x'], who: basic('anna') }), ['anna', 'basic', true])
  assert.deepEqual(story.go({ cookies: ['unknown'], who: basic('bo') }), ['bo', 'basic', false])
  assert.equal(story.faultCode, null)
  assert.deepEqual(story.go({ cookies: ['unknown'], who: told('bo') }), ['bo', 'header', true])
  assert.deepEqual(story.go({ who: basic('bo') }), ['bo', 'basic', true])
  const lines = [['X-Metabase-Session', '…']] as const
  assert.deepEqual(story.go({ who: basic('bo'), lines }), ['bo', 'basic', false])
  for (const who of [basic('bo'), told('bo')]) {
    story.login('KOMMUNE\\anna', `of ${who.source}`)
    assert.deepEqual(story.go({ cookies: [`of ${who.source}`], who }), ['bo', who.source, false])
    assert.equal(story.faultCode, 'session-of-another-user')
  }
})

test('a name that anybody can write into Basic or a token makes no cookie that user’s', () => {
  for (const source of ['basic', 'bearer'] as const) {
    const story = new Story()
    const who = { user: 'colleague', source, workstation: null }
    // An open page of a BI server that goes by cookies, and one whose cookie rolls.
    story.go({ who, turn: { set: ['x'] } })
    story.go({ who, cookies: ['mine'], turn: { set: ['y'], rolled: ['y'] } })
    assert.deepEqual([story.user('x'), story.user('y')], [NONE, NONE])
  }
})

test('beside credentials that nobody can read, a cookie names nobody', () => {
  const story = new Story()
  story.login('anna', 'x')
  for (const name of ['Authorization', 'x-api-key', 'X-Metabase-Session'])
    assert.deepEqual(story.go({ cookies: ['x'], lines: [[name, '…']] }), NONE, name)
  assert.deepEqual(story.go({ cookies: ['x'], lines: [['X-CSRFToken', '…']] }), held('anna'))
})

test('a cookie counts from the head of the answer that set it, whatever is still under way', () => {
  const story = new Story()
  const login = story.begin({ who: told('anna'), turn: { set: ['x'] } })
  login.head()
  assert.deepEqual(story.user('x'), held('anna'))
  login.end()
})

test('what is not answered as hoped is not confirmed', () => {
  const story = new Story()
  story.login('anna', 'x')
  for (const status of [401, 403, 302, 500]) assert.deepEqual(story.go({ cookies: ['x'], status }), held('anna', false))
  assert.deepEqual(story.go({ cookies: ['x'], status: 304 }), held('anna'))
})

test('a user who was not let in leaves no cookie behind', () => {
  const story = new Story()
  story.go({ who: told('anna'), status: 401, confirmed: false, turn: { set: ['x'] } })
  story.go({ who: told('anna'), confirmed: false, turn: { set: ['y'] } })
  story.go({ who: { user: null, source: 'kerberos', workstation: null }, turn: { set: ['z'] } })
  assert.deepEqual([story.user('x'), story.user('y'), story.user('z')], [NONE, NONE, NONE])
})

test('a value given to two users is nobody’s, for good', () => {
  const story = new Story()
  story.login('anna', 'affinity')
  story.login('bo', 'affinity')
  story.login('anna', 'affinity')
  assert.deepEqual(story.user('affinity'), NONE)
  story.login('anna', 'x')
  assert.deepEqual(story.user('x', 'affinity'), NONE)
})

test('cookies name a user only where each of them does: the BI server may go by the other', () => {
  const story = new Story()
  story.login('anna', 'x')
  story.login('bo', 'y')
  assert.deepEqual(story.user('x', 'y'), NONE)
  assert.deepEqual(story.user('x', 'unknown'), NONE)
  assert.deepEqual(story.user('unknown', 'x'), NONE)
  assert.deepEqual(story.user('x', 'x'), held('anna'))
})

test('a cookie that rolls takes its user along, and the old one is still the user’s', () => {
  const story = new Story()
  story.login('anna', 'x1')
  story.go({ cookies: ['x1'], turn: { set: ['x2'], rolled: ['x2'] } })
  story.go({ cookies: ['x2'], turn: { set: ['x3', 'other'], rolled: ['x3'] } })
  assert.deepEqual([story.user('x1'), story.user('x3'), story.user('other')], [held('anna'), held('anna'), NONE])
})

test('a cookie that does not roll and is new is somebody’s whose login nobody has seen', () => {
  const story = new Story()
  story.login('anna', 'x')
  // The next user of the browser logs in at an address that nobody knows for one.
  story.go({ cookies: ['x'], target: '/enter', turn: { set: ['y'] } })
  assert.deepEqual(story.user('y'), NONE)
})

test('a logout ends it for what is asked afterwards, not for what was under way', () => {
  const story = new Story()
  story.login('anna', 'x')
  const slow = story.begin({ cookies: ['x'] })
  story.go({ cookies: ['x'], turn: { cleared: ['x'] } })
  assert.deepEqual(slow.end(), held('anna', false))
  assert.deepEqual(story.user('x'), NONE)
})

test('the next user in the same browser is never the one before', () => {
  const story = new Story()
  story.login('anna', 'x')
  story.login('bo', 'y', ['x'])
  assert.deepEqual([story.user('y'), story.user('x')], [held('bo'), NONE])
  // The same value after the first one's time: a server that does so does it unseen, too.
  story.go({ cookies: ['y'], turn: { cleared: ['y'] } })
  story.login('carl', 'y')
  assert.deepEqual(story.user('y'), NONE)
})

test('a login that does not say whose ends what was known of the cookies it carries and sets', () => {
  const ways: readonly Partial<Step>[] = [
    { turn: { isLogin: true } },
    { turn: { isLogin: true, set: ['x'] } },
    { turn: { set: ['x', 'y'] }, status: 302, redirect: '/' },
    { turn: { set: ['y'] }, who: { user: null, source: 'kerberos', workstation: null } },
    { turn: { set: ['y'] }, who: basic('bo') },
  ]
  for (const way of ways) {
    const story = new Story()
    story.login('anna', 'x')
    story.go({ cookies: ['x'], ...way })
    assert.deepEqual([story.user('x'), story.user('y')], [NONE, NONE])
  }
})

const METABASE = { target: '/api/session', body: '{"username":"anna","password":"hemmeligt1"}' }

test('a name typed at Metabase is a user once the answer says so', () => {
  const story = new Story()
  assert.deepEqual(story.go({ ...METABASE, turn: { isLogin: true, set: ['x'] } }), ['anna', 'body', true])
  assert.deepEqual(story.user('x'), held('anna'))
  const wrong = { ...METABASE, status: 401, turn: { isLogin: true, set: ['y'] } }
  assert.deepEqual(story.go(wrong), ['anna', 'body', false])
  assert.deepEqual(story.user('y'), NONE)
})

test('an address that is not there ends no session', () => {
  const story = new Story()
  story.login('anna', 'x')
  story.go({ cookies: ['x'], status: 404, turn: { isLogin: true } })
  assert.deepEqual(story.user('x'), held('anna'))
})

test('a login that may say two names, or be something else, names nobody', () => {
  for (const body of [
    '{"username":"bo","username":"anna","password":"x"}',
    '{"username":"bo","usern\\u0061me":"anna","password":"x"}',
    '{"username":"anna","password":"x","query":"SELECT 1"}',
    '{"username":"anna","password":{"username":"bo"}}',
    '{"username":"anna"}',
    '["username"]',
  ]) {
    const story = new Story()
    const [user] = story.go({ ...METABASE, body, turn: { isLogin: true, set: ['x'] } })
    assert.deepEqual([user, story.user('x')], [null, NONE], body)
  }
  const story = new Story()
  const body = '{"password":"a\\"b\\":c","username":"anna","remember":true}'
  assert.deepEqual(story.go({ ...METABASE, body, turn: { isLogin: true, set: ['x'] } }), ['anna', 'body', true])
})

test('a form at Superset names who is typed there, and is never a login: one who has logged in is sent on with any name', () => {
  const form = {
    target: '/login/',
    type: 'application/x-www-form-urlencoded',
    body: 'csrf_token=t&username=anna&password=hemmeligt1',
    status: 302,
  }
  const story = new Story()
  const turn = { isLogin: true, set: ['x'], rolled: ['x'] }
  for (const redirect of ['/login/', '/superset/welcome/']) {
    assert.deepEqual(story.go({ ...form, redirect, cookies: ['bos'], turn }), ['anna', 'body', false])
    assert.deepEqual(story.user('x'), NONE)
  }
  // Anybody's form, and one that says two names.
  for (const body of ['username=anna&password=x', `${form.body}&username=bo`])
    assert.deepEqual(story.go({ ...form, body, redirect: '/', turn }), NONE)
})

test('what is known of cookies is the same after it has been written and read', () => {
  const story = new Story()
  story.login('anna', 'x')
  story.login('anna', 'shared')
  story.login('bo', 'shared')
  story.login('carl', 'over')
  story.go({ cookies: ['over'], turn: { cleared: ['over'] } })
  story.learned = Learned.from(JSON.parse(JSON.stringify(story.learned.written))) ?? assert.fail()
  assert.deepEqual([story.user('x'), story.user('shared'), story.user('over')], [held('anna'), NONE, NONE])
  // What an earlier version wrote has no cookies.
  assert.ok(Learned.from({ sessions: [], models: [] }) !== null)
})

test('cookies beyond the bound are forgotten, the least recently used first', () => {
  const learned = new Learned()
  for (let n = 0; n <= 20_000; n++) {
    learned.learn([{ kind: 'cookie', server: 'bi', cookie: `c${n}`, user: 'anna' }], n)
  }
  assert.equal(learned.cookie('bi', 'c0', 30_000), null)
  assert.equal(learned.cookie('bi', 'c20000', 30_000)?.user, 'anna')
  assert.equal(learned.cookie('bi', 'c20000', 20_000 + 15 * 24 * 3_600_000), null)
})
