/**
 * The store in SQL Server. The writer has connections of its own, so that no report, however long, keeps a batch
 * waiting.
 */
import { SqlAccess } from '../sql/access.ts'
import { SqlReader } from '../sql/reader.ts'
import type { Migrated, Retention, Store } from '../store.ts'
import { mssqlDialect } from './driver.ts'
import { layOut } from './layout.ts'
import type { Layout } from './layout.ts'
import { migrateMssql, verifyMssql } from './migrate.ts'
import { Pool } from './pool.ts'
import { MssqlRetention } from './retention.ts'
import { MssqlWriter } from './writer.ts'

/** @throws StoreError `STORE_MIGRATION` when the schema is not this code's, `STORE_UNAVAILABLE` when it cannot be asked */
export async function openMssql(connection: string): Promise<Store & { close(): Promise<void> }> {
  const writing = new Pool(connection, { size: 4, verify: verifyMssql })
  const reading = new Pool(connection, { size: 8, verify: verifyMssql })
  const close = async () => {
    await Promise.all([writing.close(), reading.close()])
  }
  try {
    await reading.use(async () => undefined)
  } catch (error) {
    await close()
    throw error
  }
  const dialect = mssqlDialect(reading)
  return {
    writer: new MssqlWriter(writing),
    reader: new SqlReader(dialect, () => reading.close()),
    access: new SqlAccess(dialect),
    close,
  }
}

export async function openMssqlRetention(connection: string): Promise<Retention> {
  const pool = new Pool(connection, { size: 1, verify: verifyMssql })
  try {
    await pool.use(async () => undefined)
  } catch (error) {
    await pool.close()
    throw error
  }
  return new MssqlRetention(pool)
}

export async function migrateMssqlAt(connection: string): Promise<Migrated> {
  const pool = new Pool(connection, { size: 1 })
  try {
    return await pool.use(migrateMssql)
  } finally {
    await pool.close()
  }
}

export async function layOutMssqlAt(connection: string, wanted: Layout, tell: (what: string) => void): Promise<void> {
  // An index of many gigabytes takes as long as it takes.
  const pool = new Pool(connection, { size: 1, requestMs: 0, verify: verifyMssql })
  try {
    await pool.use((connected) => layOut(connected, wanted, Date.now(), tell))
  } finally {
    await pool.close()
  }
}
