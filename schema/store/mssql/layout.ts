/**
 * How the tables lie on SQL Server's disk: in a partition for each month or whole, page by page compressed or not. Both are
 * optional, change nothing that a reader or a writer can see, and can be taken back (decision 0023). They are no numbered
 * migrations, for a database with them and one without are of the same version.
 *
 * What is wanted is compared with what is there, index by index, and each index that differs is built again in a transaction
 * of its own, under the lock of the migrations: whoever is interrupted begins again and goes on. While an index is built
 * nobody writes its table; the journal keeps what comes meanwhile.
 *
 * Ids are time-ordered, so the month of an entry and of all its rows is a range of ids. The last partition has no end, so
 * that nothing is refused where nobody has made the coming months; and a month is only ever made where nothing lies
 * yet: to split rows that are there would write all of them anew.
 */
import type sql from 'mssql'
import { firstLogIdAt } from '../../record/ids.ts'
import { storeFault } from '../fault.ts'
import { batches, lockMigrations, MIGRATIONS } from './migrate.ts'

/** What is not said stays as it is. */
export interface Layout {
  readonly monthly?: boolean
  readonly compressed?: boolean
}

export const MONTHS_AHEAD = 24

/** The tables that grow. `change` is small, and is kept longer than they are. */
const TABLES = ['log', 'crit', 'dim', 'meas', 'seen'] as const

export const STATEMENTS = {
  edition: `SELECT CAST(SERVERPROPERTY('EngineEdition') AS int) AS [edition],
  CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) AS [version]`,
  indexes: `SELECT [tables].[name] AS [table], [indexes].[name] AS [index], [spaces].[type] AS [space],
  MIN([parts].[data_compression]) AS [compression]
FROM sys.tables AS [tables]
JOIN sys.indexes AS [indexes] ON [indexes].[object_id] = [tables].[object_id]
JOIN sys.data_spaces AS [spaces] ON [spaces].[data_space_id] = [indexes].[data_space_id]
JOIN sys.partitions AS [parts] ON [parts].[object_id] = [indexes].[object_id] AND [parts].[index_id] = [indexes].[index_id]
WHERE [tables].[schema_id] = SCHEMA_ID('tilsyn')
GROUP BY [tables].[name], [indexes].[name], [spaces].[type]`,
  extent: `SELECT MIN([log_id]) AS [first], MAX([log_id]) AS [last] FROM [tilsyn].[log]`,
  months: `SELECT CAST([range].[value] AS bigint) AS [id] FROM sys.partition_functions AS [function]
JOIN sys.partition_range_values AS [range] ON [range].[function_id] = [function].[function_id]
WHERE [function].[name] = 'tilsyn_month' ORDER BY [range].[boundary_id]`,
  function: (ids: readonly string[]) =>
    `CREATE PARTITION FUNCTION [tilsyn_month] (bigint) AS RANGE RIGHT FOR VALUES (${ids.join(', ')})`,
  scheme: `CREATE PARTITION SCHEME [tilsyn_month] AS PARTITION [tilsyn_month] ALL TO ([PRIMARY])`,
  next: `ALTER PARTITION SCHEME [tilsyn_month] NEXT USED [PRIMARY]`,
  split: (id: string) => `ALTER PARTITION FUNCTION [tilsyn_month]() SPLIT RANGE (${id})`,
  drop: [`DROP PARTITION SCHEME [tilsyn_month]`, `DROP PARTITION FUNCTION [tilsyn_month]`],
} as const

/** An index as it is declared in the migrations. */
export interface Index {
  readonly table: string
  readonly name: string
  /** `CREATE … INDEX … ON … (…)`, and what stands behind it. */
  readonly definition: string
  readonly condition: string
  /** May it lie in partitions? A unique index may only with the id in its key, and would then keep nothing unique. */
  readonly movable: boolean
}

/** Of all tables that grow, in the order of the migrations: so a table's own key comes first. */
export const INDEXES: readonly Index[] = MIGRATIONS.flatMap(({ sql }) => batches(sql)).flatMap((batch) => [
  ...keyIn(batch),
  ...indexIn(batch),
])

function keyIn(batch: string): Index[] {
  const [, table = '', name = '', columns = ''] =
    /CREATE TABLE \[tilsyn\]\.\[(\w+)\][\s\S]*CONSTRAINT \[(\w+)\] PRIMARY KEY CLUSTERED (\(.*\))\n/.exec(batch) ?? []
  const definition = `CREATE UNIQUE CLUSTERED INDEX [${name}] ON [tilsyn].[${table}] ${columns}`
  return grows(table) ? [{ table, name, definition, condition: '', movable: true }] : []
}

function indexIn(batch: string): Index[] {
  const [, definition = '', unique, name = '', table = '', condition = ''] =
    /^(CREATE (UNIQUE )?NONCLUSTERED INDEX \[(\w+)\] ON \[tilsyn\]\.\[(\w+)\] \([^)]*\))(?: (WHERE .*))?$/m.exec(
      batch,
    ) ?? []
  return grows(table) ? [{ table, name, definition, condition, movable: unique === undefined }] : []
}

function grows(table: string): boolean {
  return TABLES.some((one) => one === table)
}

/** How an index lies. */
export interface Lies {
  readonly monthly: boolean
  readonly compressed: boolean
}

/** The statement that builds `index` again to lie so; `null`: it does. */
export function rebuilt(index: Index, { monthly, compressed }: Lies, wanted: Layout): string | null {
  const to = {
    monthly: index.movable && (wanted.monthly ?? monthly),
    compressed: wanted.compressed ?? compressed,
  }
  if (to.monthly === monthly && to.compressed === compressed) return null
  const space = to.monthly ? '[tilsyn_month] ([log_id])' : '[PRIMARY]'
  const options = `DROP_EXISTING = ON, DATA_COMPRESSION = ${to.compressed ? 'PAGE' : 'NONE'}`
  return [index.definition, index.condition, `WITH (${options})`, `ON ${space}`].filter((part) => part !== '').join(' ')
}

/** First ids of the months behind that of `from`, up to {@link MONTHS_AHEAD} months ahead of `now`. */
export function monthsBehind(from: number, now: number): string[] {
  const [first, last] = [new Date(from), new Date(now)]
  const count = (last.getUTCFullYear() - first.getUTCFullYear()) * 12 + last.getUTCMonth() - first.getUTCMonth()
  return Array.from({ length: Math.max(count + MONTHS_AHEAD, 0) }, (_, n) =>
    firstLogIdAt(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + n + 1, 1)),
  )
}

/** Enterprise and Developer, Azure SQL Database, Managed Instance; every other edition since 2016 SP1. */
const ALWAYS = [3, 5, 8]
const SINCE = [13, 0, 4001]

export function canLayOut(edition: number, version: string): boolean {
  if (ALWAYS.includes(edition)) return true
  const parts = version.split('.').map(Number)
  const differs = SINCE.findIndex((part, at) => parts[at] !== part)
  return differs === -1 || (parts[differs] ?? 0) > (SINCE[differs] ?? 0)
}

type NewRequest = () => sql.Request

/**
 * Brings the tables into `wanted`, and tells each index that was built again and each month that was made.
 *
 * @throws StoreError where the edition cannot do it
 */
export async function layOut(
  pool: sql.ConnectionPool,
  wanted: Layout,
  now: number,
  tell: (what: string) => void,
): Promise<void> {
  await requireEdition(() => pool.request())
  if (wanted.monthly === true) await step(pool, (request) => makeMonths(request, now, tell))
  for (;;) {
    const built = await step(pool, (request) => rebuildNext(request, wanted))
    if (built === null) break
    tell(`built again: ${built}`)
  }
  if (wanted.monthly === false) await step(pool, dropMonths)
}

async function requireEdition(request: NewRequest): Promise<void> {
  const { recordset } = await request().query<{ edition: number; version: string }>(STATEMENTS.edition)
  const { edition = 0, version = '' } = recordset[0] ?? {}
  if (!canLayOut(edition, version))
    throw storeFault('STORE_MIGRATION', 'SQL Server 2016 has this from service pack 1 on, or as Enterprise', version)
}

async function step<T>(pool: sql.ConnectionPool, work: (request: NewRequest) => Promise<T>): Promise<T> {
  const transaction = pool.transaction()
  await transaction.begin()
  const request = () => transaction.request()
  try {
    await lockMigrations(request)
    const done = await work(request)
    await transaction.commit()
    return done
  } catch (error) {
    // The server may have rolled back already; what failed first is what counts.
    await transaction.rollback().catch(() => undefined)
    throw error
  }
}

async function monthsThere(request: NewRequest): Promise<string[]> {
  const { recordset } = await request().query<{ id: string }>(STATEMENTS.months)
  return recordset.map(({ id }) => id)
}

async function makeMonths(request: NewRequest, now: number, tell: (what: string) => void): Promise<void> {
  const extent = await request().query<{ first: string | null; last: string | null }>(STATEMENTS.extent)
  const { first = null, last = null } = extent.recordset[0] ?? {}
  const there = await monthsThere(request)
  const months = monthsBehind(timeOf(first) ?? now, now)
  if (there.length === 0) {
    await request().batch(STATEMENTS.function(months))
    await request().batch(STATEMENTS.scheme)
    tell(`made: ${months.length} months`)
    return
  }
  // Behind all that lies there already, and behind the last month that was made.
  const least = [last ?? '0', ...there].map(BigInt).reduce((most, id) => (id > most ? id : most))
  for (const id of months.filter((month) => BigInt(month) > least)) {
    await request().batch(STATEMENTS.next)
    await request().batch(STATEMENTS.split(id))
    tell(`made: the month that begins with id ${id}`)
  }
}

const EPOCH_MS = Date.UTC(2020, 0, 1)
const timeOf = (id: string | null) => (id === null ? null : Number(BigInt(id) >> 22n) + EPOCH_MS)

async function dropMonths(request: NewRequest): Promise<void> {
  if ((await monthsThere(request)).length === 0) return
  for (const statement of STATEMENTS.drop) await request().batch(statement)
}

interface IndexRow {
  readonly table: string
  readonly index: string
  /** `PS`: a partition scheme. */
  readonly space: string
  readonly compression: number
}
const PAGE = 2

/** @returns the index that was built; `null`: all lie as is wanted */
async function rebuildNext(request: NewRequest, wanted: Layout): Promise<string | null> {
  const { recordset } = await request().query<IndexRow>(STATEMENTS.indexes)
  for (const { table, index: name, space, compression } of recordset) {
    const index = INDEXES.find((one) => one.table === table && one.name === name)
    if (index === undefined) continue
    const statement = rebuilt(index, { monthly: space.trim() === 'PS', compressed: compression === PAGE }, wanted)
    if (statement === null) continue
    await request().batch(statement)
    return name
  }
  return null
}
