/**
 * The embedded store: one file, no server. Two connections, so that a reader never waits for the writer: WAL lets it
 * read what was committed while the next batch is written.
 */
import { SqlAccess } from '../sql/access.ts'
import { SqlReader } from '../sql/reader.ts'
import type { Migrated, Retention, Store } from '../store.ts'
import { Database } from './database.ts'
import { embeddedDialect } from './driver.ts'
import { migrateEmbedded } from './migrate.ts'
import { EmbeddedRetention } from './retention.ts'
import { EmbeddedWriter } from './writer.ts'

export function openEmbedded(path: string): Store & { close(): Promise<void> } {
  const writing = new Database(path, { readOnly: false })
  const reading = new Database(path, { readOnly: true })
  try {
    migrateEmbedded(writing)
  } catch (error) {
    writing.close()
    throw error
  }
  const writer = new EmbeddedWriter(writing)
  const close = async () => {
    reading.close()
    writing.close()
  }
  return {
    writer,
    reader: new SqlReader(embeddedDialect(reading), async () => reading.close()),
    access: new SqlAccess(embeddedDialect(writing)),
    close,
  }
}

export function openEmbeddedRetention(path: string): Retention {
  migrateEmbeddedAt(path)
  return new EmbeddedRetention(path)
}

export function migrateEmbeddedAt(path: string): Migrated {
  const database = new Database(path, { readOnly: false })
  try {
    return migrateEmbedded(database)
  } finally {
    database.close()
  }
}
