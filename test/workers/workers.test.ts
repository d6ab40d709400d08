import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Counter, Gauge, Registry } from 'prom-client'
import type { Metrics } from '../../proxy/admin/meters.ts'
import type { Readiness } from '../../proxy/admin/readiness.ts'
import { WholeWatch, type WorkerWatch } from '../../proxy/admin/whole-watch.ts'
import { leastLoaded, workerOf } from '../../proxy/workers/choice.ts'
import { packed, unpacked } from '../../proxy/workers/config-message.ts'
import { journalNumbers } from '../../proxy/workers/journal-numbers.ts'
import { openJournal } from '../../proxy/journal/journal.ts'
import { ConfigError } from '../../schema/config/config-error.ts'
import { journalFolders, leftoverJournals } from '../../schema/config/journal-folders.ts'
import { loadConfig } from '../../schema/config/load.ts'
import { combinedStatus, type RecorderStatus } from '../../schema/record/recorder-status.ts'

const workers = (...numbers: number[]) => numbers.map((worker) => ({ worker, connections: 10 - worker }))
const ADDRESSES = Array.from({ length: 1000 }, (_, n) => `10.0.${n >> 8}.${n & 255}`)

test('addresses are spread evenly, and only those of a worker that goes have another one', () => {
  const all = workers(1, 2, 3, 4)
  const before = ADDRESSES.map((address) => workerOf(address, all)?.worker)
  for (const { worker } of all) assert.ok(before.filter((one) => one === worker).length > 200)
  const without = ADDRESSES.map((address) => workerOf(address, workers(1, 2, 4))?.worker)
  for (const [at, one] of before.entries()) if (one !== 3) assert.equal(without[at], one)
  assert.ok(!without.includes(3))
})

test('with nobody there nobody is chosen', () => {
  assert.equal(workerOf('10.0.0.1', []), null)
  assert.equal(leastLoaded([]), null)
})

test('what comes from a load balancer goes where the fewest connections are', () => {
  assert.equal(leastLoaded(workers(1, 3, 2))?.worker, 3)
})

test('a number of workers that makes no sense ends the start with its place and what was expected', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tilsyn-workers-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const workers of [0, 65, 1.5, '4', -1]) {
    writeFileSync(join(folder, 'tilsyn.config.json'), JSON.stringify({ proxy: { workers } }))
    assert.throws(
      () => loadConfig(null, folder, {}),
      (error) => {
        assert.ok(error instanceof ConfigError)
        const [mistake, ...more] = error.mistakes
        assert.deepEqual(more, [])
        assert.equal(mistake?.path, 'proxy.workers')
        assert.equal(mistake.expected, 'expected a whole number from 1 to 64: the processes that take queries')
        return true
      },
    )
  }
  writeFileSync(join(folder, 'tilsyn.config.json'), '{}')
  assert.equal(loadConfig(null, folder, {}).proxy.workers, 1)
})

test('a configuration reaches a worker as it is', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tilsyn-workers-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const servers = [{ name: 'a', upstream: 'http://bi01.example:8080/olap' }]
  writeFileSync(join(folder, 'tilsyn.config.json'), JSON.stringify({ servers, proxy: { trusted: ['10.0.0.0/8'] } }))
  const config = loadConfig(null, folder, {})
  assert.deepEqual(unpacked(structuredClone(packed(config))), config)
})

test('one process keeps its journal where it always did, several keep theirs below; the rest is left over', (t) => {
  const journal = mkdtempSync(join(tmpdir(), 'tilsyn-workers-'))
  t.after(() => rmSync(journal, { recursive: true }))
  assert.deepEqual(journalFolders({ journal, workers: 1 }), [journal])
  const three = [1, 2, 3].map((n) => join(journal, `worker-${n}`))
  assert.deepEqual(journalFolders({ journal, workers: 3 }), three)
  assert.deepEqual(leftoverJournals({ journal, workers: 1 }), [])
  for (const folder of [journal, ...three.slice(0, 2)]) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, '0000000001.segment'), '')
  }
  mkdirSync(join(journal, 'worker-9'))
  assert.deepEqual(leftoverJournals({ journal, workers: 1 }), three.slice(0, 2))
  assert.deepEqual(leftoverJournals({ journal, workers: 3 }), [journal])
  assert.deepEqual(leftoverJournals({ journal: join(journal, 'none'), workers: 3 }), [])
})

test('no two journals have one number in their ids, and one that has a number keeps it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tilsyn-workers-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const folders = Array.from({ length: 64 }, (_, n) => join(folder, `worker-${n + 1}`))
  const numbers = await journalNumbers(folders)
  assert.equal(new Set(numbers).size, 64)
  const [first = '', second = ''] = folders
  const journal = await openJournal({ folder: second, name: 'a', journalNumber: 77 })
  await journal.close()
  for (let n = 0; n < 20; n++) {
    const [other, kept] = await journalNumbers([first, second])
    assert.equal(kept, 77)
    assert.notEqual(other, 77)
  }
})

const STATUS: RecorderStatus = {
  origin: 'a',
  appended: 10,
  shipped: 8,
  pending: 2,
  shippedSeq: 4,
  oldestUnshippedAt: 500,
  journalBytes: 100,
  store: 'ok',
  lastError: null,
  at: 1000,
}

test('of several recorders an auditor is told the sum of what waits, and the worst of each', () => {
  const other = { ...STATUS, origin: 'b', oldestUnshippedAt: 400, store: 'unavailable', at: 900 } as const
  const idle = { ...STATUS, origin: 'c', pending: 0, oldestUnshippedAt: null, at: 1 }
  assert.deepEqual(combinedStatus([STATUS, other], [idle]), {
    ...STATUS,
    origin: 'a, b',
    appended: 20,
    shipped: 16,
    pending: 4,
    shippedSeq: 8,
    oldestUnshippedAt: 400,
    journalBytes: 200,
    store: 'unavailable',
    at: 900,
  })
  const waiting = { ...STATUS, origin: 'd', at: 1 }
  assert.equal(combinedStatus([STATUS], [waiting])?.pending, 4)
  assert.equal(combinedStatus([STATUS], [waiting])?.at, 1000, 'a journal that is left over need not be heard')
  assert.deepEqual(combinedStatus([STATUS], []), STATUS)
  assert.equal(combinedStatus([STATUS, null], []), null, 'one that nobody has heard may be behind by any number')
})

const FINE: Readiness = { ready: true, reasons: [], warnings: [] }

function worker(number: number, its: Partial<WorkerWatch> & { readonly registry?: Registry } = {}): WorkerWatch {
  const metrics = async (): Promise<Metrics | null> => its.registry?.getMetricsAsJSON() ?? null
  return { worker: number, isUp: true, connections: number, readiness: async () => FINE, metrics, ...its }
}

test('queries may be sent while one worker takes them; what is wrong with another is told with its number', async () => {
  const broken: Readiness = {
    ready: false,
    reasons: [{ code: 'journal-broken', error: 'JOURNAL_WRITE' }],
    warnings: [],
  }
  const wrong = [worker(1, { isUp: false }), worker(2, { readiness: async () => broken })]
  const told = [
    { code: 'worker-down', worker: 1 },
    { code: 'journal-broken', error: 'JOURNAL_WRITE', worker: 2 },
  ]
  const some = new WholeWatch([...wrong, worker(3)], () => 0)
  assert.deepEqual((await some.readiness()).reasons, [{ code: 'starting' }, ...told])
  some.enter('serving')
  assert.deepEqual(await some.readiness(), { ready: true, reasons: [], warnings: told })
  const none = new WholeWatch([...wrong, worker(3, { readiness: async () => null })], () => 0)
  none.enter('serving')
  assert.deepEqual(await none.readiness(), {
    ready: false,
    reasons: [...told, { code: 'worker-silent', worker: 3 }],
    warnings: [],
  })
})

test('metrics are added up, the worst counts where a sum says nothing, and no counter falls when a worker ends', async () => {
  const registry = (count: number, lag: number) => {
    const made = new Registry()
    new Counter({ name: 'tilsyn_c_total', help: 'c', labelNames: ['l'], registers: [made] }).inc({ l: 'x' }, count)
    new Gauge({ name: 'tilsyn_lag', help: 'g', aggregator: 'max', registers: [made] }).set(lag)
    return made
  }
  let first: Registry | null = registry(5, 3)
  const whole = new WholeWatch(
    [
      worker(1, { metrics: async () => (first === null ? null : first.getMetricsAsJSON()) }),
      worker(2, { registry: registry(2, 9) }),
    ],
    () => 4,
  )
  const lines = async () => (await whole.metrics()).split('\n').filter((line) => line.startsWith('tilsyn_'))
  const before = await lines()
  assert.ok(before.includes('tilsyn_c_total{l="x"} 7'))
  assert.ok(before.includes('tilsyn_lag 9'))
  assert.ok(before.includes('tilsyn_workers_up{worker="1"} 1'))
  assert.ok(before.includes('tilsyn_worker_connections{worker="2"} 2'))
  assert.ok(before.includes('tilsyn_leftover_journals 4'))
  first = null
  assert.ok((await lines()).includes('tilsyn_c_total{l="x"} 7'), 'one that keeps silent')
  whole.lost(1)
  assert.ok((await lines()).includes('tilsyn_c_total{l="x"} 7'), 'one that has ended')
  first = registry(1, 0)
  assert.ok((await lines()).includes('tilsyn_c_total{l="x"} 8'))
  whole.lost(1)
  first = registry(10, 0)
  const after = await lines()
  assert.ok(after.includes('tilsyn_c_total{l="x"} 18'))
  assert.ok(after.includes('tilsyn_worker_restarts_total{worker="1"} 2'))
})
