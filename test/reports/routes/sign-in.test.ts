import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildApp } from '../../../reports/app.ts'
import { checkToken, createSignInCodes, newToken } from '../../../reports/routes/access.ts'
import { memoryStore } from '../../support/memory-store.ts'
import { NOON, PERSONS, REPORTS } from '../invented.ts'
import { Browser, KEEPING, service, signedIn } from '../service.ts'

const MINUTE_MS = 60_000

test('a one-time link shows a button and is used up only by pressing it, once', async () => {
  const s = await service()
  const code = s.codes.issue({ name: 'Rita', role: 'auditor' })
  for (const preview of [new Browser(s.app), new Browser(s.app)]) {
    assert.match((await preview.get(`/sign-in?code=${code}`)).body, /<button[^>]*>Log på Tilsyn/)
  }
  const rita = new Browser(s.app)
  await rita.get(`/sign-in?code=${code}`)
  const signedIn = await rita.post('/sign-in', { code })
  assert.equal(signedIn.statusCode, 303)
  assert.equal(signedIn.headers.location, '/')
  assert.match((await rita.get('/')).body, /Rita, revisor/)

  const thief = new Browser(s.app)
  await thief.get(`/sign-in?code=${code}`)
  const again = await thief.post('/sign-in', { code })
  assert.equal(again.statusCode, 401)
  assert.match(again.body, /Linket er brugt/)
  assert.equal((await thief.get('/')).statusCode, 401)
})

test('a link pressed while the database is away is not used up, and lets in once it is back', async () => {
  const store = memoryStore()
  const s = await service(store)
  const code = s.codes.issue({ name: 'Rita', role: 'auditor' })
  const rita = new Browser(s.app)
  await rita.get(`/sign-in?code=${code}`)
  const { csrf } = rita
  store.failing = 'all'
  assert.equal((await rita.post('/sign-in', { code })).statusCode, 503)
  assert.equal((await rita.get('/search')).statusCode, 401)
  store.failing = 'none'
  assert.equal((await rita.post('/sign-in', { code, _csrf: csrf })).statusCode, 303)
  assert.equal((await rita.post('/sign-in', { code, _csrf: csrf })).statusCode, 403)
  assert.equal(s.codes.redeem(code), null)
})

test('signing in is an entry, and so is a link that does not work', async () => {
  const store = memoryStore()
  const s = await service(store)
  await signedIn(s, 'operator', 'Ole')
  const other = new Browser(s.app)
  await other.get('/sign-in')
  await other.post('/sign-in', { code: 'guessed' })
  assert.deepEqual(
    store.records.map((r) => [r.action, r.outcome, r.userName, r.role, r.query.includes('guessed')]),
    [
      ['login', 'answered', 'Ole', 'operator', false],
      ['login', 'refused', null, null, false],
    ],
  )
})

test('the session cookie is out of reach of scripts and of other sites, and only made by signing in', async () => {
  const s = await service()
  const visitor = await s.app.inject({ url: '/sign-in' })
  assert.ok(!visitor.cookies.some((cookie) => cookie.name === 'tilsyn-session'))
  const browser = new Browser(s.app)
  const answer = await browser.signIn(s.codes, 'auditor')
  const cookie = answer.cookies.find(({ name }) => name === 'tilsyn-session')
  assert.equal(cookie?.httpOnly, true)
  assert.equal(cookie?.sameSite, 'Strict')
  assert.equal(cookie?.path, '/')
})

test('behind TLS every cookie is for TLS only, and none is weakened without', async () => {
  const codes = createSignInCodes()
  const app = await buildApp({
    store: memoryStore(),
    persons: PERSONS,
    origin: REPORTS,
    journalNumber: 1,
    lag: async () => null,
    retention: KEEPING,
    logger: false,
    signInCodes: codes,
    trustProxy: ['127.0.0.1'],
  })
  for (const [protocol, secure] of [
    ['https', true],
    ['http', undefined],
  ] as const) {
    const browser = new Browser(app, { 'x-forwarded-proto': protocol })
    const code = codes.issue({ name: 'Rita', role: 'auditor' })
    const cookies = [
      ...(await browser.get(`/sign-in?code=${code}&lang=da`)).cookies,
      ...(await browser.post('/sign-in', { code })).cookies,
    ]
    assert.deepEqual(cookies.map(({ name }) => name).sort(), ['tilsyn-csrf', 'tilsyn-lang', 'tilsyn-session'])
    for (const cookie of cookies)
      assert.deepEqual([cookie.secure, cookie.sameSite, cookie.httpOnly], [secure, 'Strict', true])
    assert.equal((await browser.get('/')).statusCode, 200)
  }
})

test('signing in gives a new session, whatever cookie was there before', async () => {
  const s = await service()
  const browser = await signedIn(s, 'auditor', 'First')
  const first = browser.cookie('tilsyn-session')
  await browser.signIn(s.codes, 'auditor', 'Second')
  assert.notEqual(browser.cookie('tilsyn-session'), first)
  assert.match((await browser.get('/status')).body, /Second, revisor/)
})

test('signing out ends the session on the server, not only in the browser', async () => {
  const s = await service()
  const browser = await signedIn(s, 'auditor')
  const cookie = `tilsyn-session=${browser.cookie('tilsyn-session') ?? ''}`
  assert.equal((await s.app.inject({ url: '/search', headers: { cookie } })).statusCode, 200)
  await browser.get('/search')
  const out = await browser.post('/sign-out', {})
  assert.deepEqual([out.statusCode, out.headers.location], [303, '/sign-in'])
  assert.equal(browser.cookie('tilsyn-session'), undefined)
  assert.equal((await s.app.inject({ url: '/search', headers: { cookie } })).statusCode, 401)
})

test('a session ends after an hour unused, and after a working day in any case', async () => {
  const s = await service()
  const idle = await signedIn(s, 'auditor')
  s.clock.now += 61 * MINUTE_MS
  assert.equal((await idle.get('/search')).statusCode, 401)
  const busy = await signedIn(s, 'auditor')
  for (let half = 0; half < 20; half += 1) {
    assert.equal((await busy.get('/search')).statusCode, 200)
    s.clock.now += 30 * MINUTE_MS
  }
  assert.equal((await busy.get('/search')).statusCode, 401)
})

test('a form without its token, with another’s, or from before signing in is refused', async () => {
  const s = await service()
  const browser = await signedIn(s, 'auditor')
  const fromBefore = browser.csrf
  await browser.get('/search')
  const own = browser.csrf
  const other = await signedIn(s, 'auditor')
  await other.get('/search')
  for (const _csrf of ['', 'x', other.csrf, fromBefore]) {
    const answer = await browser.post('/search', { person: 'x', _csrf })
    assert.equal(answer.statusCode, 403)
    assert.match(answer.body, /Siden er for gammel/)
  }
  assert.equal((await browser.post('/search', { person: 'x', _csrf: own })).statusCode, 400)
})

test('a code expires, and is worth nothing to who did not get it', () => {
  let now = NOON
  const codes = createSignInCodes({ now: () => now, ttlMs: MINUTE_MS })
  const person = { name: 'Rita', role: 'auditor' } as const
  const code = codes.issue(person)
  assert.equal(Buffer.from(code, 'base64url').length, 32)
  assert.equal(codes.redeem(`${code}x`), null)
  assert.deepEqual(codes.redeem(code), person)
  assert.equal(codes.redeem(code), null)
  const late = codes.issue(person)
  now += MINUTE_MS
  assert.equal(codes.redeem(late), null)
})

test('a token lets in until it expires, and is stored only as its hash', async () => {
  const { access } = memoryStore()
  const { token, record } = newToken({ name: 'script', role: 'auditor', now: NOON, ttlMs: MINUTE_MS })
  await access.addToken(record)
  assert.ok(!JSON.stringify(record).includes(token))
  assert.match(record.hash, /^[0-9a-f]{64}$/)
  assert.equal((await checkToken(access, token, NOON))?.name, 'script')
  assert.equal(await checkToken(access, token, NOON + MINUTE_MS), null)
  assert.equal(await checkToken(access, `${token}x`, NOON), null)
})

test('a token that fails is not made up for by a session, and other schemes are none', async () => {
  const s = await service()
  const browser = await signedIn(s, 'auditor')
  for (const authorization of ['Bearer tilsyn_unknownunknownunknownunknown', 'Basic cml0YTpyaXRh', 'Bearer', '']) {
    const answer = await browser.get('/search', { authorization })
    assert.equal(answer.statusCode, 401, authorization)
  }
  const api = await s.app.inject({ url: '/api/v1/log' })
  assert.equal(api.headers['www-authenticate'], 'Bearer realm="tilsyn"')
})

test('tries to sign in, searches, and requests without a valid token are limited', async () => {
  const s = await service()
  const headers = await s.bearer('auditor')
  const statuses = async (times: number, once: () => Promise<{ statusCode: number }>) => {
    const all = []
    for (let i = 0; i < times; i += 1) all.push((await once()).statusCode)
    return all
  }
  const searching = await statuses(61, () =>
    s.app.inject({ method: 'POST', url: '/api/v1/search/person', headers, payload: { person: 'x' } }),
  )
  assert.deepEqual(searching.slice(-2), [400, 429])
  const signingIn = await statuses(11, () => s.app.inject({ url: '/sign-in' }))
  assert.deepEqual(signingIn.slice(-2), [200, 429])
  const trying = await statuses(31, () => s.app.inject({ url: '/api/v1/log' }))
  assert.deepEqual(trying.slice(-2), [401, 429])
  assert.equal((await s.app.inject({ url: '/api/v1/log', headers })).statusCode, 200)
})
