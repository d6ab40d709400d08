import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Backend } from './backend.ts'

export const embedded: Backend = {
  name: 'embedded',
  async scratch() {
    const folder = mkdtempSync(join(tmpdir(), 'tilsyn-store-'))
    const path = join(folder, 'log.db')
    return {
      location: { kind: 'embedded', path },
      // Another process that never lets go of the write lock.
      async cut() {
        const other = new DatabaseSync(path)
        other.exec('BEGIN EXCLUSIVE')
        return async () => {
          other.exec('ROLLBACK')
          other.close()
        }
      },
      async query(statement) {
        const db = new DatabaseSync(path, { readBigInts: true })
        try {
          return db.prepare(statement.replaceAll(/\{(\w+)\}/g, '$1')).all()
        } finally {
          db.close()
        }
      },
      time: String,
      async drop() {
        rmSync(folder, { recursive: true, force: true })
      },
    }
  },
}
