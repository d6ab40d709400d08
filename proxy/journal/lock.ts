/**
 * One process per journal. The lock is the kernel's, on a file, by way of SQLite: gone with the process however it ended,
 * so that there is no stale lock to judge by process numbers, which containers share and systems reuse; seen across
 * containers that mount one volume; the same on Linux and Windows. Nothing is ever written to the file.
 */
import { realpathSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { JournalError } from './journal-error.ts'

export interface Lock {
  release(): void
}

// POSIX locks do not hold against the process that owns them; so within the process a list does.
const held = new Set<string>()

/** @throws JournalError JOURNAL_LOCKED when another process, or this one, has the journal open. */
export async function lockFolder(folder: string): Promise<Lock> {
  const path = join(realpathSync(folder), 'lock')
  if (held.has(path)) throw lockedBy('this process', folder)
  held.add(path)
  const file = new DatabaseSync(path, { timeout: 0 })
  try {
    file.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    await chmod(path, 0o600)
  } catch (cause) {
    file.close()
    held.delete(path)
    if (isBusy(cause)) throw lockedBy('another process', folder, cause)
    throw new JournalError('JOURNAL_OPEN', `the lock of the journal in ${folder} could not be taken`, { cause })
  }
  return {
    release() {
      file.close()
      held.delete(path)
    },
  }
}

function lockedBy(whom: string, folder: string, cause?: unknown): JournalError {
  const message = `the journal in ${folder} is in use by ${whom}: stop it first, or give this proxy a folder of its own`
  return new JournalError('JOURNAL_LOCKED', message, { cause })
}

const SQLITE_BUSY = 5

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY
}
