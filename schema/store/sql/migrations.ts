/**
 * Migrations: numbered `.sql` files beside each backend (`0001_init.sql`), applied in order and once. A file that has
 * been released is never changed again; its checksum stands in `schema_version`, and a difference is refused.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { StoreError } from '../store.ts'

export interface Migration {
  readonly version: number
  readonly name: string
  readonly sql: string
  readonly checksum: string
}

/** A row of `schema_version`. */
export interface Applied {
  readonly version: number
  readonly checksum: string
}

/** Reads the migrations in `folder`, in order. Line ends do not count: a checkout on Windows may have its own. */
export function readMigrations(folder: URL): readonly Migration[] {
  const names = readdirSync(folder).filter((name) => /^\d{4}_\w+\.sql$/.test(name))
  return names.sort().map((name) => {
    const sql = readFileSync(new URL(name, folder), 'utf8').replaceAll('\r\n', '\n')
    const checksum = createHash('sha256').update(sql).digest('hex')
    return { version: Number(name.slice(0, 4)), name, sql, checksum }
  })
}

/** The migrations that a database with `applied` still lacks. @throws StoreError when it is newer, or another one */
export function pending(migrations: readonly Migration[], applied: readonly Applied[]): readonly Migration[] {
  for (const { version, checksum } of applied) {
    const known = migrations.find((m) => m.version === version)
    if (known === undefined)
      throw migrationError(`has version ${version}, which this Tilsyn does not know: install the newer Tilsyn`)
    if (known.checksum !== checksum) throw migrationError(`was made by another ${known.name} than this Tilsyn's`)
  }
  const have = new Set(applied.map((a) => a.version))
  return migrations.filter((m) => !have.has(m.version))
}

/** @throws StoreError unless `applied` is exactly what this code was written for */
export function requireCurrent(migrations: readonly Migration[], applied: readonly Applied[]): void {
  const [next] = pending(migrations, applied)
  if (next === undefined) return
  // A login of SQL Server does not see tables on which it has no right, and so cannot tell which of the two it is.
  const orHidden = applied.length === 0 ? ', or grant this login its rights to the tables' : ''
  throw migrationError(`lacks ${next.name}: run "tilsyn migrate"${orHidden}`)
}

export const latest = (migrations: readonly Migration[]): number => migrations.at(-1)?.version ?? 0

const migrationError = (what: string) => new StoreError('STORE_MIGRATION', `the store's schema ${what}`)
