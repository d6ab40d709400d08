/**
 * Several proxies beside one SQL Server: what each wrote is there once, under ids of its own, and its numbers are gapless.
 * Their clocks are the same and they mint the same ids, on purpose; the double throws deadlocks in. Over the double, and
 * over the server in TILSYN_TEST_MSSQL where there is one, whose own locks then do the rest.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tableFinding } from '../../../proxy/verify/findings.ts'
import { origins } from '../../../schema/command/doctor-origins.ts'
import type { Origin } from '../../../schema/record/ids.ts'
import { migrateStore, openStore } from '../../../schema/store/open.ts'
import { StoreError } from '../../../schema/store/store.ts'
import type { RecordWriter } from '../../../schema/store/store.ts'
import { Random } from '../../support/random.ts'
import type { Faults } from '../../support/tds/faults.ts'
import type { Scratch } from './backend.ts'
import { double } from './backend-double.ts'
import { mssqlBackend } from './backend-mssql.ts'
import { criterion, idAt, NOON, personNo, range, sample } from './sample.ts'

const ORIGINS = range(5, (n) => `bi-${n}-0a1b2${n}` as Origin) // as minted by journals
const ENTRIES = 200
const MOST_AT_ONCE = 40

/** The same number of any origin has the same id. */
const entry = (origin: Origin, seq: number) =>
  sample(seq, {
    origin,
    logId: idAt(NOON + seq),
    criteria: [criterion({ value: origin, person: personNo(seq) })],
    seen: [{ person: personNo(seq), place: 'axis' }],
  })

async function persist(work: () => Promise<void>): Promise<void> {
  for (let left = 60; left > 0; left--) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'STORE_UNAVAILABLE') throw error
    }
  }
  assert.fail('not written')
}

/** In batches of any size, and now and then one that overlaps what is written, as after a crash. */
async function record(writer: RecordWriter, origin: Origin, random: Random, faults: Faults | null): Promise<void> {
  for (let written = 0; written < ENTRIES;) {
    const last = Math.min(written + 1 + random.below(MOST_AT_ONCE), ENTRIES)
    const first = Math.max(1, written + 1 - random.below(3))
    if (random.below(3) === 0) faults?.plan(random.of(['statement', 'bulk', 'commit']), { kind: 'error', number: 1205 })
    const records = range(last - first + 1, (n) => entry(origin, first + n))
    await persist(() => writer.write({ origin, position: last, records }))
    written = last
  }
}

async function together(scratch: Scratch, seed: number, faults: Faults | null): Promise<void> {
  await migrateStore(scratch.location)
  const stores = await Promise.all(ORIGINS.map(() => openStore(scratch.location)))
  await Promise.all(
    ORIGINS.map((origin, n) => {
      const store = stores[n] ?? assert.fail()
      return record(store.writer, origin, new Random(seed + n), faults)
    }),
  )
  const [store] = stores
  assert.ok(store)
  for (const origin of ORIGINS) {
    const numbers = await store.reader.numbers(origin)
    assert.deepEqual(numbers, { first: 1, last: ENTRIES, count: ENTRIES, holes: [], told: [], deleted: [] })
    const { sound, missing } = tableFinding(origin, numbers, null)
    assert.deepEqual([sound, missing], [true, []])
  }
  const [all = {}] = await scratch.query('SELECT COUNT(*) AS n, COUNT(DISTINCT log_id) AS ids FROM {log}')
  const total = ORIGINS.length * ENTRIES
  assert.deepEqual([Number(all['n']), Number(all['ids'])], [total, total])
  // Each child stands at its own origin's entry, whatever id that got.
  const [own = {}] = await scratch.query(
    'SELECT COUNT(*) AS n FROM {log} AS l JOIN {crit} AS c ON c.log_id = l.log_id JOIN {seen} AS s ON s.log_id = l.log_id WHERE c.value = l.origin',
  )
  assert.equal(Number(own['n']), total)
  const told = origins(await store.reader.origins(), Date.now())
  assert.equal(told.length, ORIGINS.length)
  for (const origin of ORIGINS)
    assert.ok(told.some(({ text }) => text.startsWith(`journal ${origin}: written up to ${ENTRIES},`)))
  await Promise.all(stores.map((each) => each.close()))
}

test('five proxies that mint the same ids at the same time write one store, and deadlocks lose nothing', async (t) => {
  const seed = Number(process.env['TILSYN_FAULT_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  t.diagnostic(`TILSYN_FAULT_SEED=${seed}`)
  const scratch = await double.scratch()
  t.after(() => scratch.drop())
  await together(scratch, seed, scratch.server.faults)
  t.diagnostic(`${scratch.server.faults.happened} deadlocks`)
  assert.ok(scratch.server.faults.happened > 5)
})

const connection = process.env['TILSYN_TEST_MSSQL'] ?? ''

test('the same over a server, with its own locks', { skip: connection === '' && 'no TILSYN_TEST_MSSQL' }, async (t) => {
  const scratch = await mssqlBackend(connection).scratch()
  t.after(() => scratch.drop())
  await together(scratch, Math.floor(Math.random() * 2 ** 31), null)
})
