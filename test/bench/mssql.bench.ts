/**
 * What exactly-once costs in SQL Server: the store's writer beside one bare bulk load of the same rows by the same client
 * (`mssql`), into tables of the same shape, indices included, in a database of its own on the same server.
 * `node test/bench/mssql.bench.ts [entries in a pair] [pairs]`
 *
 * Bare is as bare as it gets: no transaction around it, no position, one load for each table with all rows of the pair,
 * the rows made beforehand. The writer gets batches of a thousand records, as the recorder makes them. The two take turns,
 * in one order and then in the other; the first pair warms up and is left out.
 *
 * Over the server in TILSYN_TEST_MSSQL. Without one, over the double in test/support/tds: that shows what the client and
 * the number of messages cost, and nothing of a SQL Server.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type sql from 'mssql'
import type { Origin } from '../../schema/record/ids.ts'
import type { QueryRecord } from '../../schema/record/record.ts'
import { tablesOf } from '../../schema/store/mssql/bulk.ts'
import { Pool } from '../../schema/store/mssql/pool.ts'
import { migrateStore, openStore } from '../../schema/store/open.ts'
import type { OpenStore } from '../../schema/store/open.ts'
import { asMinted } from '../../schema/store/sql/entries.ts'
import type { Scratch } from '../schema/store/backend.ts'
import { double } from '../schema/store/backend-double.ts'
import { mssqlBackend } from '../schema/store/backend-mssql.ts'
import { ordinaryEntries } from './ordinary.ts'
import { machine } from './peers/machine.ts'

const BATCH = 1000
const ORIGIN = 'bench-0a1b2c' as Origin // as minted by a journal

const { values, positionals } = parseArgs({ options: { json: { type: 'string' } }, allowPositionals: true })
const connection = process.env['TILSYN_TEST_MSSQL'] ?? ''
const [backend, usual] = connection === '' ? [double, 500] : [mssqlBackend(connection), 3000]
const [entries, pairs] = [Number(positionals[0] ?? usual), Number(positionals[1] ?? 7)]

interface Took {
  readonly ms: number
  /** Of this process: the client's part. */
  readonly processorMs: number
}

async function timed(work: () => Promise<void>): Promise<Took> {
  const [started, used] = [performance.now(), process.cpuUsage()]
  await work()
  const { user, system } = process.cpuUsage(used)
  return { ms: performance.now() - started, processorMs: (user + system) / 1000 }
}

async function migrated(): Promise<Scratch> {
  const scratch = await backend.scratch()
  await migrateStore(scratch.location)
  return scratch
}

function poolTo({ location }: Scratch): Pool {
  if (location.kind !== 'mssql') throw new Error('this bench is about SQL Server')
  return new Pool(location.connection, { size: 1 })
}

async function write({ writer }: OpenStore, records: readonly QueryRecord[]): Promise<void> {
  for (let at = 0; at < records.length; at += BATCH) {
    const batch = records.slice(at, at + BATCH)
    await writer.write({ origin: ORIGIN, position: batch.at(-1)?.seq ?? 0, records: batch })
  }
}

/** As the writer's own client is set up, too: the same packets, the same options of the load. */
async function load(pool: Pool, tables: readonly sql.Table[]): Promise<void> {
  await pool.use(async (connected) => {
    for (const table of tables) await connected.request().bulk(table, { checkConstraints: true, keepNulls: true })
  })
}

const median = (of: readonly number[]) => of.toSorted((a, b) => a - b)[of.length >> 1] ?? Number.NaN
const perSecond = (took: readonly Took[]) => (entries / (median(took.map(({ ms }) => ms)) / 1000)).toFixed(0)

const all = ordinaryEntries(ORIGIN, entries * (pairs + 1))
const [ours, theirs] = [await migrated(), await migrated()]
const [store, pool] = [await openStore(ours.location), poolTo(theirs)]
const found: { readonly writer: Took; readonly bare: Took }[] = []
for (let pair = 0; pair <= pairs; pair += 1) {
  const records = all.slice(pair * entries, (pair + 1) * entries)
  const tables = tablesOf(records.map(asMinted))
  const bareFirst = pair % 2 === 0 ? await timed(() => load(pool, tables)) : null
  const writer = await timed(() => write(store, records))
  const bare = bareFirst ?? (await timed(() => load(pool, tables)))
  if (pair > 0) found.push({ writer, bare })
}
const rows = tablesOf(all.slice(0, entries).map(asMinted)).reduce((sum, table) => sum + table.rows.length, 0)
await store.close()
await pool.close()
await ours.drop()
await theirs.drop()

const ratios = found.map(({ writer, bare }) => bare.ms / writer.ms)
const processor = median(found.map(({ writer, bare }) => writer.processorMs / bare.processorMs))
console.log(connection === '' ? 'over the double: tells nothing of a SQL Server' : 'over TILSYN_TEST_MSSQL')
console.log(`writer to bare bulk ${median(ratios).toFixed(2)}, median of ${pairs} pairs (bar 0.70)`)
console.log(`  pairs ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}; load ${machine().load.join(', ')}`)
console.log(
  `writer ${perSecond(found.map((pair) => pair.writer))} entries/s, bare ${perSecond(found.map((pair) => pair.bare))}, ` +
    `each of ${(rows / entries).toFixed(1)} rows; processor time of the client ${processor.toFixed(2)} of bare`,
)
if (values.json !== undefined)
  writeFileSync(values.json, JSON.stringify({ machine: machine(), entries, pairs: found }, null, 2))
