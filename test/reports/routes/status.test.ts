import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreError } from '../../../schema/store/store.ts'
import { memoryStore } from '../../support/memory-store.ts'
import { ANNA, criterion, invented, NOON } from '../invented.ts'
import { IN_STEP, service, signedIn } from '../service.ts'

function stored() {
  const store = memoryStore()
  store.put(invented({ criteria: [criterion({ value: ANNA, person: ANNA })] }))
  return store
}

test('the status tells store, origins and recorder to both roles, and nothing personal', async () => {
  for (const role of ['auditor', 'operator'] as const) {
    const s = await service(stored(), async () => ({ ...IN_STEP, pending: 2, oldestUnshippedAt: NOON }))
    const answer = await s.app.inject({ url: '/api/v1/status', headers: await s.bearer(role) })
    assert.equal(answer.statusCode, 200)
    assert.deepEqual(answer.json(), {
      store: 'ok',
      origins: [{ origin: 'bi-front-1a2b3c', position: 1, written_at: '2026-02-02T11:00:00.000Z' }],
      unmapped_attributes: [],
      recorder: {
        origin: 'bi-front-1a2b3c',
        appended: 40,
        shipped: 40,
        pending: 2,
        oldest_unshipped_at: '2026-02-02T11:00:00.000Z',
        journal_bytes: 4096,
        store: 'ok',
        at: '2026-02-02T11:01:00.000Z',
      },
      retention: { period: '6M', automatic: false, overdue_since: null },
    })
  }
})

test('while the database is away, a token used for the status before still learns how far behind the tables are', async () => {
  const store = stored()
  const s = await service(store, async () => ({ ...IN_STEP, pending: 4711, store: 'unavailable' }))
  const [known, unknown] = [await s.bearer('operator'), await s.bearer('auditor')]
  const status = (headers: { authorization: string }) => s.app.inject({ url: '/api/v1/status', headers })
  assert.equal((await status(known)).json<{ store: string }>().store, 'ok')
  store.failing = 'all'
  const away = await status(known)
  assert.equal(away.statusCode, 200)
  const { store: state, recorder } = away.json<{ store: string; recorder: { pending: number } }>()
  assert.deepEqual([state, recorder.pending], ['unavailable', 4711])
  assert.equal((await status(unknown)).statusCode, 503)
  assert.equal((await s.app.inject({ url: '/api/v1/log', headers: known })).statusCode, 503)
  s.clock.now += 61 * 60_000
  assert.equal((await status(known)).statusCode, 401)
})

test('tables that are missing make the log unavailable, and are no fault of the service', async () => {
  const store = stored()
  const missing = async () => {
    throw new StoreError('STORE_MIGRATION', 'the tables are missing')
  }
  const s = await service({ ...store, access: { ...store.access, findToken: missing } })
  const answer = await s.app.inject({ url: '/api/v1/log', headers: await s.bearer('auditor') })
  assert.equal(answer.statusCode, 503)
  assert.equal(answer.json<{ code: string }>().code, 'STORE_MIGRATION')
})

test('the page of the status does not say that nothing was written when it cannot know', async () => {
  const store = memoryStore()
  const s = await service(store)
  const operator = await signedIn(s, 'operator')
  store.failing = 'all'
  const away = await operator.get('/status')
  assert.equal(away.statusCode, 200)
  assert.match(away.body, /kan ikke nås/)
  assert.doesNotMatch(away.body, /Intet er skrevet endnu/)
})

test('a recorder that nobody has heard of is null, not an error', async () => {
  const s = await service(stored(), async () => null)
  const answer = await s.app.inject({ url: '/api/v1/status', headers: await s.bearer('operator') })
  assert.equal(answer.json<{ recorder: unknown }>().recorder, null)
})

test('a recorder whose state cannot be read is as one not heard of, and the operational log tells', async () => {
  const s = await service(stored(), async () => {
    throw new Error(`no such file ${ANNA}`)
  })
  const auditor = await signedIn(s, 'auditor')
  assert.match((await auditor.get('/')).body, /Det vides ikke/)
  assert.ok(s.logLines.some((line) => line.includes('recorder')))
  assert.ok(!s.logLines.some((line) => line.includes(ANNA)))
})

test('whether the service is alive may be asked by anyone and tells nothing else', async () => {
  const { app } = await service(stored())
  const answer = await app.inject({ url: '/healthz' })
  assert.deepEqual([answer.statusCode, answer.body], [200, '{"status":"ok"}'])
})

test('a deletion that is overdue is told of, on the page too', async () => {
  const store = stored()
  const askedAt = NOON - 190 * 86_400_000
  store.put(invented({ askedAt }))
  const s = await service(store)
  const status = await s.app.inject({ url: '/api/v1/status', headers: await s.bearer('operator') })
  const { retention } = status.json<{ retention: { overdue_since: string } }>()
  assert.equal(retention.overdue_since, new Date(askedAt).toISOString())
  const operator = await signedIn(s, 'operator')
  const page = await operator.get('/status')
  assert.match(page.body, /Loggen opbevares i 6M\./)
  assert.match(page.body, /skulle have været slettet/)
})
