/** What SQLite throws, as the contract's errors (sqlite.org, "Result and Error Codes"). */
import { storeFault } from '../fault.ts'
import { StoreError } from '../store.ts'

interface SqliteError extends Error {
  readonly errcode: number
}

const isSqliteError = (error: unknown): error is SqliteError =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'

/** Primary result codes; an extended one holds its primary code in the low byte. */
const BUSY = 5
const LOCKED = 6
const TOOBIG = 18
const CONSTRAINT = 19
const MISMATCH = 20
const CONSTRAINT_PRIMARYKEY = 1555
const CONSTRAINT_UNIQUE = 2067
const CONSTRAINT_ROWID = 2579

const primary = (error: SqliteError) => error.errcode & 0xff

/** Is an id, or an entry's identity, stored already? */
export function isTaken(error: unknown): boolean {
  if (!isSqliteError(error)) return false
  return [CONSTRAINT_PRIMARYKEY, CONSTRAINT_UNIQUE, CONSTRAINT_ROWID].includes(error.errcode)
}

/** Another connection is writing: this one is sound, and need not be opened again. */
export const isBusy = (error: unknown): boolean => isSqliteError(error) && [BUSY, LOCKED].includes(primary(error))

const WORDS: Readonly<Record<number, string>> = {
  3: 'the file may not be opened',
  [BUSY]: 'another process is writing',
  [LOCKED]: 'another process is writing',
  8: 'the file is read-only',
  10: 'the disk failed',
  11: 'the file is damaged',
  13: 'the disk is full',
  14: 'the file cannot be opened',
  26: 'the file is not a database',
}

export function sqliteFault(error: unknown): StoreError {
  if (error instanceof StoreError) return error
  if (!isSqliteError(error)) return otherFault(error)
  const code = `SQLite ${error.errcode}`
  if ([TOOBIG, CONSTRAINT, MISMATCH].includes(primary(error)))
    return storeFault('STORE_REJECTED', 'embedded store: the data do not fit the tables', code)
  return storeFault('STORE_UNAVAILABLE', `embedded store: ${WORDS[primary(error)] ?? 'SQLite failed'}`, code)
}

/** Of the file system, or of a connection that is closed; anything else came of the data. */
function otherFault(error: unknown): StoreError {
  const code =
    error instanceof Error && 'code' in error ? String(error.code) : String(error instanceof Error && error.name)
  const isOfTheFile = code === 'ERR_INVALID_STATE' || (error instanceof Error && 'syscall' in error)
  return isOfTheFile
    ? storeFault('STORE_UNAVAILABLE', 'embedded store: the file cannot be opened', code)
    : storeFault('STORE_REJECTED', 'embedded store: a value does not fit', code)
}
