/** Brings the embedded store to this code's schema. Safe when several processes open a new file at once. */
import type { Migrated } from '../store.ts'
import { latest, pending, readMigrations } from '../sql/migrations.ts'
import type { Applied } from '../sql/migrations.ts'
import type { Database, Session } from './database.ts'

const MIGRATIONS = readMigrations(new URL('.', import.meta.url))

const VERSIONS = `CREATE TABLE IF NOT EXISTS schema_version (
  version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at INTEGER NOT NULL
) STRICT`

export function migrateEmbedded(database: Database): Migrated {
  return database.use((session) => {
    // Without the lock first: every opening asks, and hardly any has something to do.
    if (pending(MIGRATIONS, applied(session)).length === 0) return { applied: [], version: latest(MIGRATIONS) }
    return session.transaction(() => ({ applied: apply(session), version: latest(MIGRATIONS) }))
  })
}

function apply(session: Session): string[] {
  session.script(VERSIONS)
  const missing = pending(MIGRATIONS, applied(session))
  for (const { version, name, sql, checksum } of missing) {
    session.script(sql)
    session.all('INSERT INTO schema_version VALUES (?, ?, ?, ?)', version, name, checksum, Date.now())
  }
  return missing.map((m) => m.name)
}

function applied(session: Session): Applied[] {
  const tables = session.all(`SELECT name FROM sqlite_schema WHERE name = 'schema_version'`)
  if (tables.length === 0) return []
  const rows = session.all('SELECT version, checksum FROM schema_version')
  return rows.map((row) => ({ version: Number(row['version']), checksum: String(row['checksum']) }))
}
