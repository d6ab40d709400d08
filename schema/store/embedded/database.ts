/**
 * One connection to the embedded store: a file of SQLite in WAL mode, written through to the disk at every commit
 * (`synchronous=FULL`), readable by its owner only.
 *
 * Opened at its first use and, after any failure but a lock, closed and opened again at the next one: a disk that came
 * back, or a file that was put back, needs no restart. Calls are synchronous; whoever writes much has a thread of its
 * own.
 */
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { SQLInputValue, StatementSync } from 'node:sqlite'
import { closed } from '../fault.ts'
import { isBusy, sqliteFault } from './fault.ts'

/**
 * Who waits longer than this waits for something else. A batch of a thousand takes some 50 ms, but SQLite has no queue: with
 * eight that write without a pause, one waited for seven seconds (docs/decisions/0017-workers.md).
 */
const BUSY_MS = 15_000
const MOST_STATEMENTS = 200

export type SqlRow = Record<string, unknown>

/** What a piece of work may do with an open connection. */
export class Session {
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  constructor(db: DatabaseSync) {
    this.#db = db
  }

  /** Prepares `text` once; whole numbers come back as BigInt. */
  statement(text: string): StatementSync {
    const known = this.#statements.get(text)
    if (known !== undefined) return known
    if (this.#statements.size >= MOST_STATEMENTS) this.#statements.clear()
    const statement = this.#db.prepare(text)
    statement.setReadBigInts(true)
    this.#statements.set(text, statement)
    return statement
  }

  all(text: string, ...values: SQLInputValue[]): SqlRow[] {
    return this.statement(text).all(...values)
  }

  script(text: string): void {
    this.#db.exec(text)
  }

  /** Commits all of `work` or nothing. Holds the write lock from its start, so what it reads stays true. */
  transaction<T>(work: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#db.exec('COMMIT')
      return result
    } catch (error) {
      // Some failures, a full disk among them, have rolled back already (sqlite.org, "ROLLBACK").
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw error
    }
  }
}

export interface DatabaseOptions {
  readonly readOnly: boolean
  /** How long to wait for another process that is writing, without doing anything else. */
  readonly busyMs?: number
  /** Beside those of every writer. */
  readonly pragmas?: string
}

export class Database {
  readonly path: string
  readonly #readOnly: boolean
  readonly #busyMs: number
  readonly #pragmas: string
  #open: { readonly db: DatabaseSync; readonly session: Session } | null = null
  #closed = false

  constructor(path: string, { readOnly, busyMs = BUSY_MS, pragmas = '' }: DatabaseOptions) {
    this.path = path
    this.#readOnly = readOnly
    this.#busyMs = busyMs
    this.#pragmas = pragmas
  }

  /** @throws StoreError */
  use<T>(work: (session: Session) => T): T {
    if (this.#closed) throw closed()
    try {
      this.#open ??= this.#connect()
      return work(this.#open.session)
    } catch (error) {
      const fault = sqliteFault(error)
      if (fault.code === 'STORE_UNAVAILABLE' && !isBusy(error)) this.#drop()
      throw fault
    }
  }

  close(): void {
    this.#closed = true
    this.#drop()
  }

  #connect() {
    if (!this.#readOnly) makePrivate(this.path)
    const db = new DatabaseSync(this.path, { readOnly: this.#readOnly, timeout: this.#busyMs, defensive: true })
    const session = new Session(db)
    try {
      if (!this.#readOnly) patiently(() => db.exec(WRITER_PRAGMAS + this.#pragmas))
    } catch (error) {
      db.close()
      throw error
    }
    return { db, session }
  }

  #drop(): void {
    this.#open?.db.close()
    this.#open = null
  }
}

const PAUSE = new Int32Array(new SharedArrayBuffer(4))
const PAUSE_MS = 5

/**
 * To give a new file its WAL, SQLite must have it alone, and does not wait when another process is about to do the same:
 * the time-out of the connection is for other locks.
 */
function patiently(work: () => void): void {
  const until = performance.now() + BUSY_MS
  for (;;) {
    try {
      return work()
    } catch (error) {
      if (!isBusy(error) || performance.now() > until) throw error
      Atomics.wait(PAUSE, 0, 0, PAUSE_MS)
    }
  }
}

// A checkpoint at every 64 MB of log instead of every 4 MB: a third more rows a second. Pages of a batch of a thousand
// entries do not fit in the 2 MB that SQLite keeps in memory of itself: it wrote them out, and read them again. And where
// a page is split, no copy stays behind of what moved to another: it would outlive its deletion
// (docs/decisions/0022-retention.md).
const WRITER_PRAGMAS = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA wal_autocheckpoint = 16384;
  PRAGMA journal_size_limit = 134217728;
  PRAGMA secure_delete = FAST;
  PRAGMA cache_size = -8192;
`

/** SQLite gives its `-wal` and `-shm` files the mode of the file itself; on Windows the folder's rights hold. */
function makePrivate(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600))
  chmodSync(path, 0o600)
}
