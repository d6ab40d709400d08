/**
 * Writes a log of many entries into an embedded store: with the store's own writer, so that all stands there as it would
 * after a year, but without waiting for the disk, and with the indexes made at the end. Broken off, it goes on where it was.
 */
import { rmSync } from 'node:fs'
import { Database } from '../../../schema/store/embedded/database.ts'
import { EmbeddedWriter } from '../../../schema/store/embedded/writer.ts'
import { migrateStore } from '../../../schema/store/open.ts'
import { multiply } from './multiply.ts'
import { BATCH, clock, entry, origin, proxyOf, seqOf } from './entries.ts'

const HASTE = `
  PRAGMA synchronous = OFF;
  PRAGMA wal_autocheckpoint = 65536;
  PRAGMA cache_size = -262144;
  PRAGMA threads = 1;
`

/**
 * @param total a multiple of three batches
 * @param from a shorter log to multiply, or `null` to write every entry
 */
export async function fill(
  path: string,
  total: number,
  from: { readonly path: string; readonly entries: number } | null,
  say: (what: string) => void,
): Promise<void> {
  await migrateStore({ kind: 'embedded', path })
  const indexes = await indexesOfNew(`${path}.new`)
  const database = new Database(path, { readOnly: false })
  const writer = new EmbeddedWriter(database)
  const run = (script: string) => database.use((session) => session.script(script))
  run(HASTE)
  const done = await written(writer)
  if (done === 0) for (const name of indexes.keys()) run(`DROP INDEX IF EXISTS ${name}`)
  if (from === null) await write(writer, done, total, say)
  else if (done < total) multiply(from.path, path, total / from.entries, say)
  const present = database.use((session) => namesOf(session.all(INDEXES)))
  for (const [name, text] of indexes) {
    if (present.has(name)) continue
    say(`${name} …`)
    run(text)
  }
  run('PRAGMA wal_checkpoint(TRUNCATE)')
  database.close()
}

const INDEXES = `SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL`

const namesOf = (rows: readonly Record<string, unknown>[]) =>
  new Map(rows.map((row) => [String(row['name']), String(row['sql'])]))

async function indexesOfNew(path: string): Promise<Map<string, string>> {
  await migrateStore({ kind: 'embedded', path })
  const database = new Database(path, { readOnly: true })
  const indexes = database.use((session) => namesOf(session.all(INDEXES)))
  database.close()
  for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true })
  return indexes
}

async function written(writer: EmbeddedWriter): Promise<number> {
  const positions = await Promise.all([1, 2, 3].map((of) => writer.position(origin(of))))
  return positions.reduce((sum, position) => sum + position, 0)
}

async function write(writer: EmbeddedWriter, done: number, total: number, say: (what: string) => void): Promise<void> {
  const when = clock()
  const started = performance.now()
  for (let n = done; n < total; n += BATCH) {
    const records = Array.from({ length: BATCH }, (_, i) => entry(n + i, total, when))
    await writer.write({ origin: origin(proxyOf(n)), position: seqOf(n + BATCH - 1), records })
    if ((n / BATCH) % 200 !== 199) continue
    const rate = (n + BATCH - done) / ((performance.now() - started) / 1000)
    say(`${(n + BATCH) / 1e6} M entries, ${rate.toFixed(0)}/s`)
  }
}
