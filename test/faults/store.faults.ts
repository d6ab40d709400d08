/**
 * The whole proxy before a SQL Server (its double) that keeps failing, and before an embedded store that is slow: in the end
 * every answered query is there once.
 */
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { Random } from '../support/random.ts'
import { double } from '../schema/store/backend-double.ts'
import type { DoubleScratch } from '../schema/store/backend-double.ts'
import type { Fault, Moment } from '../support/tds/faults.ts'
import { figures, FULL, rounds, seeded } from './campaign.ts'
import { pause, ROWS, type Row, rowsOf, Stage } from './stage.ts'

const error = (number: number): Fault => ({ kind: 'error', number })
const DROP: Fault = { kind: 'drop' }
const SLOW: Fault = { kind: 'delay', ms: 300 }

/** In the middle of a client's message a server can say nothing yet, and a hang ends with the client's patience. */
const FAULTS: Readonly<Record<Moment, readonly [Fault, ...Fault[]]>> = {
  login: [DROP, error(18456), error(4060), SLOW],
  query: [DROP, error(1205), SLOW],
  begin: [DROP, error(10928), SLOW],
  statement: [DROP, error(1205), error(1222), error(3906), error(2627), SLOW],
  'bulk begins': [DROP],
  bulk: [DROP, error(9002), error(1105), error(2627), error(2601), SLOW],
  commit: [DROP, error(9002), error(3906), SLOW],
  committed: [DROP, SLOW],
}
const MOMENTS = Object.keys(FAULTS) as [Moment, ...Moment[]]

interface Fallible {
  readonly stage: Stage
  readonly scratch: DoubleScratch
  readonly rows: () => Promise<readonly Row[]>
}

async function fallible(t: TestContext, random: Random): Promise<Fallible> {
  const scratch = await double.scratch()
  t.after(() => scratch.drop())
  const { location } = scratch
  if (location.kind !== 'mssql') throw new Error('not the double')
  const connection = `${location.connection};Request Timeout=2000`
  const stage = await Stage.open(t, random, { store: { kind: 'mssql', connection } })
  const rows = async () => {
    const found = await scratch.query('SELECT name FROM tilsyn.sqlite_schema')
    if (!found.some(({ name }) => name === 'log')) return []
    return rowsOf(await scratch.query(`${ROWS} {log} ORDER BY origin, seq, part`))
  }
  return { stage, scratch, rows }
}

async function settled({ stage, rows }: Fallible): Promise<readonly Row[]> {
  for (const end = Date.now() + 90_000; ;) {
    const found = await rows()
    const there = new Set(found.map(({ mark }) => mark))
    if ([...stage.asked].every(([mark, seen]) => seen !== 'whole' || there.has(mark))) return found
    assert.ok(Date.now() < end, 'the store has not caught up within 90 s')
    await pause(100)
  }
}

test('a server that fails at random moments has every answered query once, and nobody who asks is refused', async (t) => {
  const random = seeded(t)
  const its = await fallible(t, random)
  const { faults } = its.scratch.server
  const proxy = await its.stage.proxy()
  const over = Promise.withResolvers<void>()
  const asking = its.stage.ask(over.promise, 3)
  const wanted = FULL ? 3_000 : 15
  while (faults.happened < wanted) {
    const moment = random.of(MOMENTS)
    faults.plan(moment, random.of(FAULTS[moment]))
    await its.stage.more(1 + random.below(10))
  }
  over.resolve()
  await asking
  faults.forget()
  await settled(its)
  await proxy.close()
  const rows = await its.rows()
  its.stage.assertOnce(rows)
  await its.stage.assertVerified()
  assert.equal(its.stage.count('refused') + its.stage.count('nothing'), 0)
  figures(t, { faults: faults.happened, answered: its.stage.count('whole'), entries: rows.length })
})

test('a server that is not there at the start, and goes away and comes back, has every answered query once', async (t) => {
  const random = seeded(t)
  const its = await fallible(t, random)
  let restore = await its.scratch.cut()
  const proxy = await its.stage.proxy()
  for (let outage = 0; outage < (FULL ? 60 : 3); outage++) {
    await its.stage.ask(its.stage.more(30 + random.below(30)), 3)
    await restore()
    await its.stage.ask(its.stage.more(20 + random.below(60)), 3)
    restore = await its.scratch.cut()
  }
  await restore()
  await settled(its)
  await proxy.close()
  const rows = await its.rows()
  its.stage.assertOnce(rows)
  await its.stage.assertVerified()
  assert.equal(its.stage.count('refused') + its.stage.count('nothing'), 0)
  figures(t, { answered: its.stage.count('whole'), entries: rows.length })
})

test('an embedded store whose every write takes its time holds nobody up who asks, and has each query once', async (t) => {
  const random = seeded(t)
  const stage = await Stage.open(t, random)
  const proxy = await stage.proxy()
  await stage.ask(stage.more(5, 'whole'))
  await stage.written()
  const { store } = stage.config
  if (store.kind !== 'embedded') throw new Error('not the embedded store')
  // Whoever else has the file and takes the turn to write: the recorder waits, and tries again when it has waited long.
  const other = new DatabaseSync(store.path, { timeout: 60_000 })
  t.after(() => other.close())
  let turns = 0
  for (const _ of rounds(10, 300)) {
    other.exec('BEGIN IMMEDIATE')
    const answered = stage.count('whole')
    const over = FULL && random.below(20) === 0 ? pause(20_000) : stage.more(10 + random.below(60), 'whole')
    await stage.ask(over, 3)
    assert.ok(stage.count('whole') > answered)
    other.exec('ROLLBACK')
    await stage.ask(stage.more(1 + random.below(20), 'whole'), 3)
    turns += 1
  }
  await stage.written()
  await proxy.close()
  const rows = stage.rows()
  stage.assertOnce(rows)
  await stage.assertVerified()
  assert.equal(stage.count('refused') + stage.count('nothing'), 0)
  figures(t, { turns, answered: stage.count('whole'), entries: rows.length })
})
