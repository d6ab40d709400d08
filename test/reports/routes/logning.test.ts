import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { test } from 'node:test'
import type { QueryRecord } from '../../../schema/record/record.ts'
import { memoryStore } from '../../support/memory-store.ts'
import { ANNA, CARLA, criterion, invented } from '../invented.ts'
import { Browser, service, signedIn } from '../service.ts'

const entry = invented({ criteria: [criterion({ value: ANNA, person: ANNA })] })
const QUESTIONS = [
  { method: 'POST', url: '/api/v1/search/person', payload: { person: ANNA } },
  { method: 'GET', url: '/api/v1/log' },
  { method: 'GET', url: `/api/v1/log/${entry.logId}` },
  { method: 'GET', url: '/' },
  { method: 'GET', url: `/entry/${entry.logId}` },
] as const

function stored() {
  const store = memoryStore()
  store.put(entry)
  return store
}
const uses = (store: { readonly records: readonly QueryRecord[] }) =>
  store.records.filter((r) => r.module === 'Logning' && r.action !== 'login')

for (const question of QUESTIONS) {
  test(`${question.method} ${question.url.replace(entry.logId, ':id')} answers only once its entry is committed`, async () => {
    const store = stored()
    const begun = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    const append = store.writer.append.bind(store.writer)
    store.writer.append = async (use) => {
      begun.resolve()
      await gate.promise
      await append(use)
    }
    const s = await service(store)
    let answered = false
    const answer = s.app.inject({ ...question, headers: await s.bearer('auditor') })
    const seen = answer.then(() => (answered = true))
    await begun.promise
    for (let turn = 0; turn < 20; turn += 1) await setImmediate()
    assert.equal(answered, false)
    gate.resolve()
    await seen
    assert.equal((await answer).statusCode, 200)
    assert.equal(uses(store).length, 1)
  })

  test(`${question.method} ${question.url.replace(entry.logId, ':id')} gives nothing when its entry cannot be written`, async () => {
    const store = stored()
    const s = await service(store)
    const headers = await s.bearer('auditor')
    store.failing = 'write'
    const answer = await s.app.inject({ ...question, headers })
    assert.equal(answer.statusCode, 503)
    assert.ok(!answer.body.includes('Udgifter') && !answer.body.includes(ANNA))
    assert.equal(answer.headers['retry-after'], '10')
  })

  test(`${question.method} ${question.url.replace(entry.logId, ':id')} is refused and logged without a sign-in, and with the wrong role`, async () => {
    const store = stored()
    const s = await service(store)
    assert.equal((await s.app.inject(question)).statusCode, 401)
    assert.equal((await s.app.inject({ ...question, headers: await s.bearer('operator', 'Ole') })).statusCode, 403)
    const [first, second, ...more] = uses(store)
    assert.equal(more.length, 0)
    assert.deepEqual([first?.outcome, first?.status, first?.userName], ['refused', 401, null])
    assert.deepEqual([second?.outcome, second?.status, second?.userName], ['refused', 403, 'Ole'])
    assert.equal(second?.role, 'operator')
    assert.equal(second?.ip, '127.0.0.1')
  })

  test(`${question.method} ${question.url.replace(entry.logId, ':id')} withholds even a refusal that cannot be logged`, async () => {
    const store = stored()
    const s = await service(store)
    const headers = await s.bearer('operator')
    store.failing = 'write'
    assert.equal((await s.app.inject({ ...question, headers })).statusCode, 503)
  })
}

test('the person an operator tried to search for is a criterion of the refused entry', async () => {
  const store = stored()
  const s = await service(store)
  const [search] = QUESTIONS
  await s.app.inject({ ...search, headers: await s.bearer('operator') })
  assert.equal(uses(store)[0]?.criteria[0]?.person, ANNA)
})

test('an entry about the use tells who, from where, what, and how much was found, and nobody as seen', async () => {
  const store = stored()
  const s = await service(store)
  const headers = await s.bearer('auditor', 'Rita')
  const payload = { person: ANNA, from: '2026-01-01', purpose: 'Case 26/12' }
  await s.app.inject({ method: 'POST', url: '/api/v1/search/person', headers, payload })
  const [use] = uses(store)
  assert.ok(use !== undefined)
  const { action, module, report, userName, role, userSource, ip, rowCount, personsSeen, purpose, application } = use
  assert.deepEqual(
    { action, module, report, userName, role, userSource, ip, rowCount, personsSeen, purpose, application },
    {
      action: 'search',
      module: 'Logning',
      report: 'person',
      userName: 'Rita',
      role: 'auditor',
      userSource: 'bearer',
      ip: '127.0.0.1',
      rowCount: 1,
      personsSeen: null,
      purpose: 'Case 26/12',
      application: 'Tilsyn rest',
    },
  )
  assert.equal(use.userConfirmed, true)
  assert.ok(!use.query.includes(ANNA))
  assert.deepEqual(
    use.criteria.map((c) => [c.hierarchy, c.operator, c.value, c.person, c.originClause]),
    [
      ['person', '=', ANNA, ANNA, 'restriction'],
      ['asked_at', '>=', '2025-12-31T23:00:00.000Z', null, 'restriction'],
    ],
  )
})

test('a read that fails is logged as a fault, and answered with 503 and no data', async () => {
  const store = stored()
  const s = await service(store)
  const person = store.reader.person.bind(store.reader)
  const headers = await s.bearer('auditor')
  store.reader.person = async (...question) => {
    store.failing = 'read'
    return person(...question).finally(() => (store.failing = 'none'))
  }
  const answer = await s.app.inject({
    method: 'POST',
    url: '/api/v1/search/person',
    headers,
    payload: { person: ANNA },
  })
  assert.equal(answer.statusCode, 503)
  assert.deepEqual(
    uses(store).map((use) => [use.outcome, use.faultCode]),
    [['fault', 'STORE']],
  )
})

test('with the database away nobody gets in and nothing is shown, and the status says so', async () => {
  const store = stored()
  const s = await service(store)
  const auditor = await signedIn(s, 'auditor')
  const token = await s.bearer('auditor')
  store.failing = 'all'
  assert.equal((await s.app.inject({ url: '/api/v1/log', headers: token })).statusCode, 503)
  const status = await auditor.get('/status')
  assert.equal(status.statusCode, 200)
  assert.match(status.body, /kan ikke nås/)
  const page = await auditor.get('/')
  assert.equal(page.statusCode, 503)
  assert.match(page.body, /Loggen kan ikke bruges lige nu/)
  const code = s.codes.issue({ name: 'Late', role: 'auditor' })
  const late = new Browser(s.app)
  await late.get(`/sign-in?code=${code}`)
  assert.equal((await late.post('/sign-in', { code })).statusCode, 503)
  assert.equal((await late.get('/search')).statusCode, 401)
})

test('a search through the page is logged with the session, by the same entry as through REST', async () => {
  const store = stored()
  const s = await service(store)
  const auditor = await signedIn(s, 'auditor', 'Rita')
  await auditor.get('/search')
  await auditor.post('/search', { person: CARLA, from: '', to: '', purpose: '' })
  const [use] = uses(store)
  assert.deepEqual(
    [use?.action, use?.application, use?.userSource, use?.purpose],
    ['search', 'Tilsyn web', 'session', null],
  )
  assert.match(use?.sessionId ?? '', /^[0-9a-f]{16}$/)
})
