/**
 * What a power cut leaves of the embedded store. SQLite writes through to the disk at every commit and before and after
 * each checkpoint of its log (sqlite.org, "Write-Ahead Logging"), so of the file and its log as they were before such a step
 * everything is durable, and of what the step changed any sector may be old, new, or, where the file had not grown
 * so far, zeros.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Random } from '../support/random.ts'

const SECTOR = 512

export interface StoreFiles {
  readonly file: Buffer
  readonly log: Buffer
}

const read = (path: string) => (existsSync(path) ? readFileSync(path) : Buffer.alloc(0))

export function storeFiles(path: string): StoreFiles {
  return { file: read(path), log: read(`${path}-wal`) }
}

/** The power goes during a commit, which only adds to the log. */
export function tornCommit(random: Random, before: StoreFiles, after: StoreFiles): StoreFiles {
  return { file: before.file, log: torn(random, before.log, after.log) }
}

/** The power goes during a checkpoint: the log is whole, until all of it is in the file. */
export function tornCheckpoint(random: Random, before: StoreFiles, after: StoreFiles): StoreFiles {
  if (random.below(4) === 0) return { file: after.file, log: torn(random, before.log, after.log) }
  return { file: torn(random, before.file, after.file), log: before.log }
}

function torn(random: Random, before: Buffer, after: Buffer): Buffer {
  const shortest = Math.min(before.length, after.length)
  const length = shortest + random.below(Math.abs(before.length - after.length) + 1)
  const mixed = Buffer.alloc(length)
  const share = random.of([2, 10, 100])
  for (let at = 0; at < length; at += SECTOR) {
    const from = random.below(share) === 0 ? before : after
    from.copy(mixed, at, at, Math.min(at + SECTOR, length))
  }
  return mixed
}

const IMAGE = 'after-power-cut'

/** Beside the store, for whoever comes when the process is gone: it writes on until then. */
export function leaveImage(folder: string, { file, log }: StoreFiles): void {
  mkdirSync(join(folder, IMAGE))
  writeFileSync(join(folder, IMAGE, 'log'), log)
  writeFileSync(join(folder, IMAGE, 'file'), file)
}

/** Puts it in the place of the store. `false`: the power went at another moment. */
export function takeImage(folder: string, path: string): boolean {
  const image = join(folder, IMAGE)
  if (!existsSync(image)) return false
  for (const beside of ['-wal', '-shm']) rmSync(`${path}${beside}`, { force: true })
  renameSync(join(image, 'file'), path)
  renameSync(join(image, 'log'), `${path}-wal`)
  rmSync(image, { recursive: true })
  return true
}

/** As another process does that has the store open: what is in the log goes into the file. */
export function checkpoint(path: string, how: 'PASSIVE' | 'RESTART' | 'TRUNCATE'): void {
  const db = new DatabaseSync(path, { timeout: 1000 })
  db.exec(`PRAGMA wal_checkpoint(${how})`)
  db.close()
}
