/**
 * Opens the store that the configuration names. A backend is loaded only when it is asked for: `mssql` alone takes half
 * a second and 30 MB.
 */
import { StoreError } from './store.ts'
import type { Migrated, Retention, Store } from './store.ts'

export type StoreLocation =
  { readonly kind: 'embedded'; readonly path: string } | { readonly kind: 'mssql'; readonly connection: string }

export type OpenStore = Store & { close(): Promise<void> }

/**
 * The embedded store is made, or brought up to date, as it is opened. A database in SQL Server is not: its owner decides
 * when, by `tilsyn migrate` or {@link migrateStore}.
 *
 * @throws StoreError `STORE_MIGRATION` when the schema is not this code's, `STORE_UNAVAILABLE` when it cannot be asked
 */
export async function openStore(location: StoreLocation): Promise<OpenStore> {
  if (location.kind === 'embedded') return (await import('./embedded/store.ts')).openEmbedded(location.path)
  return (await import('./mssql/store.ts')).openMssql(location.connection)
}

/**
 * A door of its own: who records and who reads has no way to delete, and in SQL Server may be a login without the right to.
 *
 * @throws StoreError as {@link openStore}
 */
export async function openRetention(location: StoreLocation): Promise<Retention> {
  if (location.kind === 'embedded') return (await import('./embedded/store.ts')).openEmbeddedRetention(location.path)
  return (await import('./mssql/store.ts')).openMssqlRetention(location.connection)
}

/** Brings the schema up to this code's. Safe when several processes do so at once: one migrates, the others wait. */
export async function migrateStore(location: StoreLocation): Promise<Migrated> {
  if (location.kind === 'embedded') return (await import('./embedded/store.ts')).migrateEmbeddedAt(location.path)
  return (await import('./mssql/store.ts')).migrateMssqlAt(location.connection)
}

/**
 * How the tables lie on the disk of SQL Server (`mssql/layout.ts`). May be called again, and goes on where it was broken off.
 *
 * @throws StoreError `STORE_MIGRATION` where the database has no such thing
 */
export async function layOutStore(
  location: StoreLocation,
  wanted: { readonly monthly?: boolean; readonly compressed?: boolean },
  tell: (what: string) => void,
): Promise<void> {
  if (location.kind === 'embedded')
    throw new StoreError('STORE_MIGRATION', 'the embedded store has no partitions and no compression')
  await (await import('./mssql/store.ts')).layOutMssqlAt(location.connection, wanted, tell)
}
