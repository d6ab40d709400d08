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

interface Step {
  readonly at?: number
  readonly who?: Identity
  readonly cookies?: readonly string[]
  readonly target?: string
  readonly body?: string
  readonly type?: string
  readonly status?: number
  readonly redirect?: string
  readonly confirmed?: boolean
  readonly turn?: Partial<CookieTurn>
}

/** A browser and its BI server, as the journal has them. */
class Story {
  learned = new Learned()
  #at = 1_800_000_000_000

  /** The exchange is asked now; what its head and its end say follows when they are called. */
  begin(step: Step) {
    const { who = NOBODY, cookies = [], target = '/api/dataset', body = '{}', status = 200 } = step
    const { confirmed = who !== NOBODY } = step
    const headers = [['Content-Type', step.type ?? 'application/json']] as const
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
          cleared: [],
          ...step.turn,
        }
        this.learned.learn(cookieLessons(turn, asked, this.learned), this.#at)
      },
      end: () => {
        const { records, lessons } = interpret({ ...made, asked }, SETTINGS, this.learned)
        this.learned.learn(lessons, asked.askedAt)
        const [{ userName, userSource, userConfirmed } = assert.fail()] = records
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

  /** Somebody logs in with a password in the head, and gets `cookie`. */
  login(user: string, cookie: string, carried: readonly string[] = []) {
    return this.go({ who: basic(user), cookies: carried, turn: { set: [cookie] } })
  }
}

const NONE = [null, 'none', false]
const held = (user: string, confirmed = true) => [user, 'session', confirmed]

test('a cookie set for a confirmed user names that user in the requests that name nobody', () => {
  const story = new Story()
  assert.deepEqual(story.user('x'), NONE)
  assert.deepEqual(story.login('anna', 'x'), ['anna', 'basic', true])
  assert.deepEqual(story.user('x'), held('anna'))
  assert.deepEqual(story.user('y'), NONE)
  assert.deepEqual(story.go({ cookies: ['x'], who: basic('bo') }), ['bo', 'basic', true])
})

test('a cookie counts from the head of the answer that set it, whatever is still under way', () => {
  const story = new Story()
  const login = story.begin({ who: basic('anna'), turn: { set: ['x'] } })
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
  story.go({ who: basic('anna'), status: 401, confirmed: false, turn: { set: ['x'] } })
  story.go({ who: basic('anna'), confirmed: false, turn: { set: ['y'] } })
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

test('two cookies that name two users name nobody', () => {
  const story = new Story()
  story.login('anna', 'x')
  story.login('bo', 'y')
  assert.deepEqual(story.user('x', 'y'), NONE)
  assert.deepEqual(story.user('x', 'unknown'), held('anna'))
})

test('a cookie that rolls takes its user along, and the old one is still the user’s', () => {
  const story = new Story()
  story.login('anna', 'x1')
  story.go({ cookies: ['x1'], turn: { set: ['x2'] } })
  story.go({ cookies: ['x2'], turn: { set: ['x3'] } })
  assert.deepEqual([story.user('x1'), story.user('x3')], [held('anna'), held('anna')])
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
  // The same value, given anew after the first one's time.
  story.go({ cookies: ['y'], turn: { cleared: ['y'] } })
  story.login('carl', 'y')
  assert.deepEqual(story.user('y'), held('carl'))
})

test('a login that does not say whose ends what was known of the cookies it carries and sets', () => {
  const ways: readonly Partial<Step>[] = [
    { turn: { isLogin: true } },
    { turn: { isLogin: true, set: ['x'] } },
    { turn: { set: ['x', 'y'] }, status: 302, redirect: '/' },
    { turn: { set: ['y'] }, who: { user: null, source: 'kerberos', workstation: null } },
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

test('a form at Superset is a login when it leads away from the form', () => {
  const form = {
    target: '/login/',
    type: 'application/x-www-form-urlencoded',
    body: 'csrf_token=t&username=anna&password=hemmeligt1',
    status: 302,
  }
  const story = new Story()
  const turn = { isLogin: true, set: ['x'] }
  assert.deepEqual(story.go({ ...form, redirect: '/login/', turn }), ['anna', 'body', false])
  assert.deepEqual(story.user('x'), NONE)
  assert.deepEqual(story.go({ ...form, redirect: '/superset/welcome/', turn }), ['anna', 'body', true])
  assert.deepEqual(story.user('x'), held('anna'))
  // Anybody's form: nobody knows how it says no.
  const other = { ...form, body: 'username=anna&password=x', redirect: '/', turn: { isLogin: true, set: ['y'] } }
  assert.deepEqual(story.go(other), NONE)
  assert.deepEqual(story.user('y'), NONE)
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
