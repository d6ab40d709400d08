import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { Admin } from '../../proxy/admin/admin.ts'
import type { AdminOptions } from '../../proxy/admin/admin.ts'
import { readinessOf, type Readiness } from '../../proxy/admin/readiness.ts'
import type { JournalStats } from '../../proxy/journal/journal.ts'
import type { Tally } from '../../proxy/ship/tally.ts'
import type { RecorderStatus } from '../../schema/record/recorder-status.ts'
import { eventually, freePort } from '../support/tilsyn.ts'

const JOURNAL: JournalStats = {
  appended: 90,
  durable: 90,
  seq: 42,
  segments: 2,
  bytes: 123_456,
  waitingBytes: 0,
  lastSyncMs: 1,
  missed: 0,
  broken: null,
}

const STATUS: RecorderStatus = {
  origin: 'proxy-1',
  appended: 90,
  shipped: 80,
  pending: 10,
  shippedSeq: 37,
  oldestUnshippedAt: null,
  journalBytes: 123_456,
  store: 'ok',
  lastError: null,
  at: 0,
}

const TALLY: Tally = { entries: [], opaque: new Map(), unread: 0 }

interface Running {
  readonly admin: Admin
  readonly journal: { ready: boolean; stats: () => JournalStats }
  readonly get: (path: string) => Promise<{ readonly status: number; readonly text: string; readonly type: string }>
  readonly ready: () => Promise<Readiness & { readonly status: number }>
}

async function start(t: TestContext, options: Partial<AdminOptions> = {}): Promise<Running> {
  const admin = new Admin({ servers: [], modules: ['Borger'], ...options })
  const journal = { ready: true, stats: () => JOURNAL }
  const forward = { stats: () => ({ connections: 7, webSockets: 2, underway: 3 }) }
  const url = await admin.listen({ host: '127.0.0.1', port: 0 }, { journal, forward })
  t.after(() => admin.close())
  const get = async (path: string) => {
    const answer = await fetch(url + path)
    return { status: answer.status, text: await answer.text(), type: answer.headers.get('content-type') ?? '' }
  }
  const ready = async () => {
    const { status, text } = await get('/readyz')
    const told: Readiness = JSON.parse(text)
    return { status, ...told }
  }
  return { admin, journal, get, ready }
}

const line = (text: string, begins: string) => text.split('\n').find((one) => one.startsWith(`${begins} `))

test('a proxy that starts or stops is alive, and not ready', async (t) => {
  const { admin, get, ready } = await start(t)
  assert.deepEqual(await ready(), { status: 503, ready: false, reasons: [{ code: 'starting' }], warnings: [] })
  assert.deepEqual(await get('/healthz').then(({ status, text }) => [status, text]), [200, '{"alive":true}'])
  admin.enter('serving')
  assert.deepEqual(await ready(), { status: 200, ready: true, reasons: [], warnings: [] })
  admin.enter('stopping')
  assert.deepEqual((await ready()).reasons, [{ code: 'stopping' }])
  assert.equal((await get('/healthz')).status, 200)
})

test('a journal that is broken or cannot keep up makes the proxy not ready, and the reason says which', async (t) => {
  const { admin, journal, ready } = await start(t)
  admin.enter('serving')
  journal.ready = false
  assert.deepEqual(await ready(), {
    status: 503,
    ready: false,
    reasons: [{ code: 'journal-overloaded' }],
    warnings: [],
  })
  journal.stats = () => ({ ...JOURNAL, broken: 'JOURNAL_SYNC' })
  assert.deepEqual((await ready()).reasons, [{ code: 'journal-broken', error: 'JOURNAL_SYNC' }])
})

test('BI servers nobody could reach make the proxy not ready until one can be, without any query', async (t) => {
  const [first, second] = [await freePort(), await freePort()]
  const servers = [
    { name: 'bi01', upstream: new URL(`http://127.0.0.1:${first}`) },
    { name: 'bi02', upstream: new URL(`http://127.0.0.1:${second}/olap`) },
  ]
  const { admin, ready } = await start(t, { servers })
  admin.enter('serving')
  assert.equal((await ready()).ready, true, 'what nobody has tried is not held against the proxy')
  admin.heard({ kind: 'upstream-unreachable', server: 'bi01', code: 'ECONNREFUSED' })
  const away = { code: 'upstream-unreachable', server: 'bi01', error: 'ECONNREFUSED' }
  assert.deepEqual(await ready(), { status: 200, ready: true, reasons: [], warnings: [away] })
  admin.heard({ kind: 'upstream-unreachable', server: 'bi02', code: 'ECONNREFUSED' })
  assert.deepEqual((await ready()).reasons, [away, { ...away, server: 'bi02' }])
  const back = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => back.listen(second, '127.0.0.1', resolve))
  t.after(() => back.close())
  assert.deepEqual(await ready(), { status: 200, ready: true, reasons: [], warnings: [away] })
  admin.heard({ kind: 'passed', server: 'bi01', heldMs: 0, proxyMs: 0 })
  assert.deepEqual((await ready()).warnings, [])
})

test('a store that is away is a warning; a recorder that keeps still is a reason', async (t) => {
  const { admin, ready } = await start(t, { stuckMs: 150 })
  admin.enter('serving')
  admin.recorderTold({ ...STATUS, store: 'unavailable' })
  assert.deepEqual(await ready(), { status: 200, ready: true, reasons: [], warnings: [{ code: 'store-unavailable' }] })
  const reasons = await eventually(10_000, async () => {
    const found = (await ready()).reasons
    return found.length === 0 ? null : found
  })
  assert.deepEqual(reasons, [{ code: 'recorder-stuck' }])
  admin.recorderTold({ ...STATUS, pending: 0 })
  assert.equal((await ready()).ready, true)
})

test('modules that a client made up share one label, and so do not multiply', async (t) => {
  const { admin, get } = await start(t)
  const entries = Array.from(
    { length: 500 },
    (_, n) => ({ outcome: 'answered', module: `katalog ${n}`, count: 2 }) as const,
  )
  admin.wrote({ ...TALLY, entries })
  admin.wrote({ ...TALLY, entries: [{ outcome: 'answered', module: 'Borger', count: 3 }] })
  admin.wrote({ ...TALLY, entries: [{ outcome: 'fault', module: null, count: 1 }] })
  const { text } = await get('/metrics')
  assert.deepEqual(
    text.split('\n').filter((one) => one.startsWith('tilsyn_entries_total{')),
    [
      'tilsyn_entries_total{outcome="answered",module="other"} 1000',
      'tilsyn_entries_total{outcome="answered",module="Borger"} 3',
      'tilsyn_entries_total{outcome="fault",module="none"} 1',
    ],
  )
})

test('what is told is counted and measured, and what is not told is looked at, in the form Prometheus reads', async (t) => {
  const { admin, get } = await start(t)
  admin.wrote({ ...TALLY, opaque: new Map([['syntax', 2]]), unread: 4 })
  admin.troubled('STORE_UNAVAILABLE')
  admin.troubled('INTERPRET_FAILED')
  admin.heard({ kind: 'passed', server: 'bi01', heldMs: 3, proxyMs: 70 })
  admin.heard({ kind: 'refused', server: 'bi01', status: 400, reason: 'framing' })
  admin.synced(0.7)
  admin.recorderTold({ ...STATUS, oldestUnshippedAt: Date.now() - 60_000 })
  const { text, type } = await get('/metrics')
  assert.match(type, /^text\/plain; version=0\.0\.4/)
  for (const expected of [
    'tilsyn_entries_opaque_total{reason="syntax"} 2',
    'tilsyn_answers_unread_total 4',
    'tilsyn_store_errors_total{code="STORE_UNAVAILABLE"} 1',
    'tilsyn_recorder_errors_total{code="INTERPRET_FAILED"} 1',
    'tilsyn_events_total{event="refused"} 1',
    'tilsyn_answer_held_seconds_bucket{le="0.0025"} 0',
    'tilsyn_answer_held_seconds_bucket{le="0.005"} 1',
    'tilsyn_proxy_seconds_bucket{le="0.05"} 0',
    'tilsyn_proxy_seconds_bucket{le="0.1"} 1',
    'tilsyn_journal_sync_seconds_bucket{le="0.001"} 1',
    'tilsyn_journal_bytes 123456',
    'tilsyn_journal_ready 1',
    'tilsyn_recorder_lag_entries 5',
    'tilsyn_store_available 1',
    'tilsyn_connections 7',
    'tilsyn_websockets 2',
    'tilsyn_requests_underway 3',
  ])
    assert.ok(text.includes(`\n${expected}\n`), `${expected} in\n${text}`)
  const lag = Number(line(text, 'tilsyn_recorder_lag_seconds')?.split(' ')[1])
  assert.ok(lag >= 60 && lag < 90, String(lag))
  assert.match(text, /^process_cpu_seconds_total /m)
})

test('nothing else is answered, nothing is kept by caches, and closing does not wait for who asks', async (t) => {
  const { admin, get } = await start(t)
  assert.equal((await get('/')).status, 404)
  assert.deepEqual(JSON.parse((await get('/config')).text), { paths: ['/healthz', '/readyz', '/metrics'] })
  const port = await freePort()
  const other = new Admin({ servers: [], modules: [] })
  const url = await other.listen(
    { host: '127.0.0.1', port },
    {
      journal: { ready: true, stats: () => JOURNAL },
      forward: { stats: () => ({ connections: 0, webSockets: 0, underway: 0 }) },
    },
  )
  const answer = await fetch(`${url}/healthz`, { headers: { Connection: 'keep-alive' } })
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  await answer.text()
  await other.close()
  await assert.rejects(fetch(`${url}/healthz`))
  await admin.close()
})

test('failed handshakes are counted by their code, WebSockets measured apart, and BI servers told one by one', async (t) => {
  const { admin, get } = await start(t, {
    servers: [
      { name: 'bi01', upstream: new URL('http://127.0.0.1:1'), health: null },
      { name: 'bi02', upstream: new URL('http://127.0.0.1:2'), health: null },
    ],
  })
  admin.heard({ kind: 'handshake-failed', code: 'ERR_SSL_NO_SHARED_CIPHER' })
  admin.heard({ kind: 'handshake-failed', code: 'ERR_SSL_NO_SHARED_CIPHER', times: 4 })
  admin.heard({ kind: 'piece-passed', server: 'bi01', proxyMs: 3 })
  admin.heard({ kind: 'passed', server: 'bi01', heldMs: 1, proxyMs: 1 })
  const { text } = await get('/metrics')
  assert.equal(line(text, 'tilsyn_handshakes_failed_total{code="ERR_SSL_NO_SHARED_CIPHER"}')?.split(' ')[1], '5')
  assert.equal(line(text, 'tilsyn_events_total{event="handshake-failed"}')?.split(' ')[1], '5')
  assert.equal(line(text, 'tilsyn_websocket_seconds_count')?.split(' ')[1], '1')
  assert.equal(line(text, 'tilsyn_proxy_seconds_count')?.split(' ')[1], '1')
  assert.equal(line(text, 'tilsyn_upstream_up{server="bi01"}')?.split(' ')[1], '1')
  assert.equal(line(text, 'tilsyn_upstream_up{server="bi02"}'), undefined)
})

test('codes of handshakes do not multiply', async (t) => {
  const { admin, get } = await start(t)
  for (let at = 0; at < 200; at += 1) admin.heard({ kind: 'handshake-failed', code: `MADE_UP_${at}` })
  const { text } = await get('/metrics')
  const lines = text.split('\n').filter((one) => one.startsWith('tilsyn_handshakes_failed_total{'))
  assert.equal(lines.length, 51)
  assert.equal(line(text, 'tilsyn_handshakes_failed_total{code="other"}')?.split(' ')[1], '150')
})

test('a certificate of a BI server that ends soon is a warning', () => {
  const server = { server: 'bi', error: null, isKnown: true, lookedAt: 0 }
  const told = (days: number, error: string | null = null) =>
    readinessOf({
      phase: 'serving',
      journal: { ready: true, broken: null },
      recorder: { stuck: false, store: 'ok' },
      upstreams: [{ ...server, error, certificateEndsAt: Date.now() + days * 86_400_000 }],
    })
  assert.deepEqual(told(40).warnings, [])
  assert.deepEqual(told(20), { ready: true, reasons: [], warnings: [{ code: 'upstream-certificate', server: 'bi' }] })
  assert.deepEqual(told(-1, 'CERT_HAS_EXPIRED').reasons, [
    { code: 'upstream-unreachable', server: 'bi', error: 'CERT_HAS_EXPIRED' },
  ])
})
