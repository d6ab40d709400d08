/**
 * Brings a database of SQL Server to this code's schema, in one transaction under an application lock: of several
 * processes that start at once one migrates, and the others find it done.
 *
 * A login that may only read and write the tables can run this as long as there is nothing to do.
 */
import type sql from 'mssql'
import { storeFault } from '../fault.ts'
import { latest, pending, readMigrations, requireCurrent } from '../sql/migrations.ts'
import type { Applied, Migration } from '../sql/migrations.ts'
import type { Migrated } from '../store.ts'
import { TYPES } from './types.ts'

export const MIGRATIONS = readMigrations(new URL('.', import.meta.url))

export const STATEMENTS = {
  exists: `SELECT OBJECT_ID('tilsyn.schema_version') AS [id]`,
  applied: `SELECT [version], [checksum] FROM [tilsyn].[schema_version]`,
  lock: `DECLARE @granted int;
EXEC @granted = sp_getapplock @Resource = 'tilsyn.migrate', @LockMode = 'Exclusive', @LockOwner = 'Transaction', @LockTimeout = 60000;
SELECT @granted AS [granted]`,
  schema: `IF SCHEMA_ID('tilsyn') IS NULL EXEC('CREATE SCHEMA [tilsyn]')`,
  versions: `IF OBJECT_ID('tilsyn.schema_version') IS NULL
CREATE TABLE [tilsyn].[schema_version] (
  [version] int NOT NULL PRIMARY KEY,
  [name] nvarchar(200) NOT NULL,
  [checksum] varchar(64) NOT NULL,
  [applied_at] datetime2(3) NOT NULL
)`,
  record: `INSERT INTO [tilsyn].[schema_version] ([version], [name], [checksum], [applied_at])
VALUES (@version, @name, @checksum, SYSUTCDATETIME())`,
} as const

/** @throws StoreError `STORE_MIGRATION` unless the schema is exactly this code's */
export async function verifyMssql(pool: sql.ConnectionPool): Promise<void> {
  requireCurrent(MIGRATIONS, await applied(() => pool.request()))
}

export async function migrateMssql(pool: sql.ConnectionPool): Promise<Migrated> {
  const version = latest(MIGRATIONS)
  if (pending(MIGRATIONS, await applied(() => pool.request())).length === 0) return { applied: [], version }
  const transaction = pool.transaction()
  await transaction.begin()
  try {
    const done = await applyAll(() => transaction.request())
    await transaction.commit()
    return { applied: done, version }
  } catch (error) {
    // The server may have rolled back already; what failed first is what counts.
    await transaction.rollback().catch(() => undefined)
    throw error
  }
}

type NewRequest = () => sql.Request

/** Until the transaction ends nobody else changes the tables. */
export async function lockMigrations(request: NewRequest): Promise<void> {
  const { recordset } = await request().batch<{ granted: number }>(STATEMENTS.lock)
  if ((recordset[0]?.granted ?? -1) < 0)
    throw storeFault('STORE_UNAVAILABLE', 'SQL Server: another process is migrating', 'sp_getapplock')
}

async function applyAll(request: NewRequest): Promise<string[]> {
  await lockMigrations(request)
  await request().batch(STATEMENTS.schema)
  await request().batch(STATEMENTS.versions)
  const missing = pending(MIGRATIONS, await applied(request))
  for (const migration of missing) await apply(request, migration)
  return missing.map((m) => m.name)
}

async function apply(request: NewRequest, { version, name, sql: text, checksum }: Migration): Promise<void> {
  for (const batch of batches(text)) await request().batch(batch)
  const record = request().input('version', TYPES.int(), version).input('name', TYPES.origin(), name)
  await record.input('checksum', TYPES.hash(), checksum).query(STATEMENTS.record)
}

/** The batches of a script, parted as sqlcmd parts them: by lines that hold only GO. */
export function batches(script: string): string[] {
  return script.split(/^GO$/m).filter((batch) => batch.trim() !== '')
}

async function applied(request: NewRequest): Promise<Applied[]> {
  const { recordset } = await request().query<{ id: number | null }>(STATEMENTS.exists)
  if ((recordset[0]?.id ?? null) === null) return []
  return [...(await request().query<Applied>(STATEMENTS.applied)).recordset]
}
