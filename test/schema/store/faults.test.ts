/**
 * Every way a server can fail the writer, tried against the double of SQL Server: after recovery each entry is there once,
 * and whoever writes was told the truth about what to do: try again, or give the batch up.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import sql from 'mssql'
import type { Origin } from '../../../schema/record/ids.ts'
import type { QueryRecord } from '../../../schema/record/record.ts'
import { Pool } from '../../../schema/store/mssql/pool.ts'
import { TYPES } from '../../../schema/store/mssql/types.ts'
import { migrateStore, openStore } from '../../../schema/store/open.ts'
import type { OpenStore } from '../../../schema/store/open.ts'
import { StoreError } from '../../../schema/store/store.ts'
import type { Batch } from '../../../schema/store/store.ts'
import { Random } from '../../support/random.ts'
import type { Fault, Moment } from '../../support/tds/faults.ts'
import { double } from './backend-double.ts'
import type { DoubleScratch } from './backend-double.ts'
import { criterion, idAt, NOON, ORIGIN, OTHER_ORIGIN, range, sample } from './sample.ts'

const SIZE = 20
const REQUEST_MS = 400
const ATTEMPTS = 40

interface Opened {
  readonly scratch: DoubleScratch
  readonly store: OpenStore
}

async function open(t: TestContext): Promise<Opened> {
  const scratch = await double.scratch()
  await migrateStore(scratch.location)
  if (scratch.location.kind !== 'mssql') throw new Error('not the double')
  const connection = `${scratch.location.connection};Request Timeout=${REQUEST_MS}`
  const store = await openStore({ kind: 'mssql', connection })
  t.after(async () => {
    await store.close()
    await scratch.drop()
  })
  return { scratch, store }
}

/** Entries `first` and those behind it, each with a criterion. */
function batch(first: number, origin: Origin = ORIGIN): Batch {
  const records = range(SIZE, (i) => sample(first + i, { origin, criteria: [criterion()] }))
  return { origin, position: first + SIZE - 1, records }
}

const codeOf = (error: unknown): StoreError['code'] =>
  error instanceof StoreError ? error.code : assert.fail(`not the store's own error: ${String(error)}`)

/** @returns what became of it at the first attempt */
async function attempt(work: () => Promise<void>): Promise<StoreError['code'] | 'written'> {
  return work().then(() => 'written' as const, codeOf)
}

async function persist(work: () => Promise<void>): Promise<void> {
  for (let left = ATTEMPTS; left > 0; left--) {
    const became = await attempt(work)
    if (became === 'written') return
    assert.equal(became, 'STORE_UNAVAILABLE')
  }
  assert.fail(`not written after ${ATTEMPTS} attempts`)
}

/** Everything up to `last` is there once, and nothing else. */
async function assertOnce({ scratch }: Opened, last: number, origin: Origin = ORIGIN): Promise<void> {
  const rows = await scratch.query(`SELECT seq FROM {log} WHERE origin = '${origin}' ORDER BY seq`)
  assert.deepEqual(
    rows.map(({ seq }) => Number(seq)),
    range(last, (i) => i + 1),
  )
  const [criteria = {}] = await scratch.query(
    `SELECT COUNT(*) AS n FROM {crit} WHERE log_id IN (SELECT log_id FROM {log} WHERE origin = '${origin}')`,
  )
  assert.equal(Number(criteria['n']), last)
}

type Became = StoreError['code'] | 'written'

interface Case {
  readonly title: string
  readonly moment: Moment
  readonly fault: Fault
  readonly became: Became
  /** The server has the batch although the writer was told that it may not. */
  readonly isStored?: true
}

const error = (number: number): Fault => ({ kind: 'error', number })
const DROP: Fault = { kind: 'drop' }
const HANG: Fault = { kind: 'hang' }
const DELAY: Fault = { kind: 'delay', ms: 60 }
const UNAVAILABLE = 'STORE_UNAVAILABLE'

const CASES: readonly Case[] = [
  { title: 'the connection is lost at login', moment: 'login', fault: DROP, became: UNAVAILABLE },
  { title: 'the login fails', moment: 'login', fault: error(18456), became: UNAVAILABLE },
  // The client itself tries again where the server says that it may pass.
  { title: 'the database is not open yet', moment: 'login', fault: error(4060), became: 'written' },
  { title: 'the connection is lost as the transaction begins', moment: 'begin', fault: DROP, became: UNAVAILABLE },
  { title: 'no worker is free for the transaction', moment: 'begin', fault: error(10928), became: UNAVAILABLE },
  { title: 'the connection is lost in the transaction', moment: 'statement', fault: DROP, became: UNAVAILABLE },
  { title: 'it is the victim of a deadlock', moment: 'statement', fault: error(1205), became: UNAVAILABLE },
  { title: 'a lock is not granted in time', moment: 'statement', fault: error(1222), became: UNAVAILABLE },
  { title: 'the database is read-only', moment: 'statement', fault: error(3906), became: UNAVAILABLE },
  { title: 'somebody began the origin meanwhile', moment: 'statement', fault: error(2627), became: 'written' },
  { title: 'a statement is not answered in time', moment: 'statement', fault: HANG, became: UNAVAILABLE },
  {
    title: 'the connection is lost in the middle of a bulk load',
    moment: 'bulk begins',
    fault: DROP,
    became: UNAVAILABLE,
  },
  { title: 'the connection is lost behind a bulk load', moment: 'bulk', fault: DROP, became: UNAVAILABLE },
  { title: 'an id is said to be taken', moment: 'bulk', fault: error(2627), became: 'written' },
  { title: 'an identity is said to be taken', moment: 'bulk', fault: error(2601), became: 'written' },
  { title: 'the transaction log is full', moment: 'bulk', fault: error(9002), became: UNAVAILABLE },
  { title: 'the disk is full', moment: 'bulk', fault: error(1105), became: UNAVAILABLE },
  { title: 'a bulk load is not answered in time', moment: 'bulk', fault: HANG, became: UNAVAILABLE },
  { title: 'a bulk load does not fit', moment: 'bulk', fault: error(8152), became: 'STORE_REJECTED' },
  { title: 'the connection is lost before the commit', moment: 'commit', fault: DROP, became: UNAVAILABLE },
  { title: 'the commit fails', moment: 'commit', fault: error(9002), became: UNAVAILABLE },
  { title: 'the commit is not answered in time', moment: 'commit', fault: HANG, became: UNAVAILABLE },
  {
    title: 'the connection is lost behind the commit',
    moment: 'committed',
    fault: DROP,
    became: UNAVAILABLE,
    isStored: true,
  },
  {
    title: 'the commit is done and never answered',
    moment: 'committed',
    fault: HANG,
    became: UNAVAILABLE,
    isStored: true,
  },
  ...(['login', 'begin', 'statement', 'bulk begins', 'bulk', 'commit', 'committed'] as const).map((moment) => ({
    title: `the server is slow (${moment})`,
    moment,
    fault: DELAY,
    became: 'written' as const,
  })),
]

test('whatever fails the writer, it says so truthfully, and the batch is stored once when it is sent again', async (t) => {
  const opened = await open(t)
  const { scratch, store } = opened
  const { faults } = scratch.server
  let first = 1
  for (const { title, moment, fault, became, isStored = false } of CASES) {
    await t.test(title, async () => {
      // So that it logs in again.
      if (moment === 'login') await (await scratch.cut())()
      const before = faults.happened
      faults.plan(moment, fault)
      const next = batch(first)
      first += SIZE
      assert.equal(await attempt(() => store.writer.write(next)), became)
      assert.equal(faults.happened, before + 1)
      const position = await store.writer.position(ORIGIN)
      assert.equal(position, became === 'written' || isStored ? next.position : next.position - SIZE)
      await persist(() => store.writer.write(next))
      await store.writer.write(next)
      await assertOnce(opened, next.position)
    })
  }
})

test('an entry of the report service is numbered once, also when its commit was lost', async (t) => {
  const opened = await open(t)
  const { scratch, store } = opened
  const use = (n: number) => {
    const { seq: _seq, part: _part, ...rest } = sample(0, { logId: idAt(NOON + n), criteria: [criterion()] })
    return rest satisfies Omit<QueryRecord, 'seq' | 'part'>
  }
  for (const [n, fault] of [DROP, error(1205), HANG].entries()) {
    scratch.server.faults.plan('commit', fault)
    await persist(() => store.writer.append(use(n)))
  }
  await assertOnce(opened, 3)
})

test('a question that fails is told to be unavailable, and is answered when it is asked again', async (t) => {
  const { scratch, store } = await open(t)
  await store.writer.write(batch(1))
  for (const fault of [DROP, error(1205), error(9002)]) {
    // The first query is the pool's own, which makes sure of the connection.
    scratch.server.faults.plan('query', DELAY, fault)
    await assert.rejects(store.reader.log({}, { limit: 5 }), (thrown) => codeOf(thrown) === UNAVAILABLE)
    assert.equal((await store.reader.log({}, { limit: 5 })).length, 5)
  }
})

/** Rows of `seen` as the writer loads them, with one value that its column cannot take. */
const UNFIT: Readonly<Record<string, readonly (string | number)[]>> = {
  'a whole number beyond 64 bits': [1e300, 0, '0101505001', 'cell'],
  'a whole number beyond 32 bits': ['1', 2 ** 31, '0101505001', 'cell'],
  'no text': ['1', 0, 5, 'cell'],
  'no wide text': ['1', 0, '0101505001', 5],
}

test('a value that the driver refuses lies in the data, and a mistake of the code does not', async (t) => {
  const { scratch } = await open(t)
  if (scratch.location.kind !== 'mssql') throw new Error('not the double')
  const pool = new Pool(scratch.location.connection, { size: 1 })
  t.after(() => pool.close())
  for (const [what, row] of Object.entries(UNFIT)) {
    const load = pool.use(async (connected) => {
      const seen = new sql.Table('tilsyn.seen')
      seen.columns.add('log_id', TYPES.big(), { nullable: false })
      seen.columns.add('ord', TYPES.int(), { nullable: false })
      seen.columns.add('person', TYPES.person(), { nullable: false })
      seen.columns.add('place', TYPES.name(), { nullable: false })
      seen.rows.push([...row])
      await connected.request().bulk(seen, { checkConstraints: true, keepNulls: true })
    })
    await assert.rejects(load, (thrown) => codeOf(thrown) === 'STORE_REJECTED', what)
  }
  const mistaken = pool.use(async () => {
    throw new TypeError("Cannot read properties of undefined (reading 'criteria')")
  })
  await assert.rejects(mistaken, (thrown) => codeOf(thrown) === UNAVAILABLE)
})

const MOMENTS: readonly Moment[] = [
  'login',
  'query',
  'begin',
  'statement',
  'bulk begins',
  'bulk',
  'commit',
  'committed',
]
const PASSING: readonly Fault[] = [DROP, DROP, error(1205), error(9002), error(3906), error(2627), DELAY]

test('recorders that write while the server keeps failing write each entry once, in order', async (t) => {
  const seed = Number(process.env['TILSYN_FAULT_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  t.diagnostic(`TILSYN_FAULT_SEED=${seed}`)
  const opened = await open(t)
  const { scratch, store } = opened
  const random = new Random(seed)
  const pick = <T>(of: readonly T[]): T => of[random.below(of.length)] ?? assert.fail('nothing to pick')
  const batches = 15
  const recorder = async (origin: Origin) => {
    for (let n = 0; n < batches; n++) {
      for (let left = random.below(3); left > 0; left--) {
        const moment = pick(MOMENTS)
        // In the middle of a client's message a server can say nothing yet.
        scratch.server.faults.plan(moment, moment === 'bulk begins' ? DROP : pick(PASSING))
      }
      await persist(() => store.writer.write(batch(1 + n * SIZE, origin)))
    }
  }
  await Promise.all([recorder(ORIGIN), recorder(ORIGIN), recorder(OTHER_ORIGIN)])
  for (const origin of [ORIGIN, OTHER_ORIGIN]) await assertOnce(opened, batches * SIZE, origin)
  t.diagnostic(`${scratch.server.faults.happened} faults`)
  assert.ok(scratch.server.faults.happened > 10)
})
