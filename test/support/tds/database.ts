/**
 * The embedded database under the double: one file, one connection of SQLite for each of the server's. Transactions come
 * one after another, whoever waits waits without holding up the process; reads see what is committed.
 */
import { DatabaseSync } from 'node:sqlite'
import type { SQLInputValue } from 'node:sqlite'
import { asServerError } from './error.ts'
import type { Bulk } from './statements.ts'
import type { Column } from './tokens.ts'
import type { Type, Value } from './types.ts'

export interface Result {
  /** None: it was no query. */
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly Value[])[]
  readonly count: number
}

export type Parameters = Readonly<Record<string, SQLInputValue>>

/** Whose turn it is to write. */
export class Turn {
  #tail: Promise<void> = Promise.resolve()

  /** Resolves with what gives the turn on. Whoever leaves before it is their turn gives it on at once. */
  async take(signal: AbortSignal): Promise<() => void> {
    const before = this.#tail
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#tail = promise
    const left = Promise.withResolvers<never>()
    const leave = () => left.reject(signal.reason)
    signal.addEventListener('abort', leave, { once: true })
    try {
      signal.throwIfAborted()
      await Promise.race([before, left.promise])
      return resolve
    } catch (error) {
      void before.then(resolve)
      throw error
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }
}

export class Database {
  readonly #db = new DatabaseSync(':memory:')

  constructor(path: string) {
    this.#db.prepare('ATTACH ? AS tilsyn').run(path)
    this.#db.exec('PRAGMA tilsyn.journal_mode = WAL; PRAGMA tilsyn.synchronous = OFF')
    this.#db.function('SYSUTCDATETIME', () => Date.now())
  }

  run(text: string, parameters: Parameters = {}): Result {
    return told(() => {
      const statement = this.#db.prepare(text)
      statement.setReadBigInts(true)
      statement.setAllowUnknownNamedParameters(true)
      const described = statement.columns()
      if (described.length === 0) return { columns: [], rows: [], count: Number(statement.run(parameters).changes) }
      statement.setReturnArrays(true)
      const rows = statement.all(parameters) as unknown as Value[][]
      const columns = described.map(({ name, type }, i) => ({
        name,
        type: typeOf(
          type,
          rows.map((row) => row[i]),
        ),
      }))
      return { columns, rows, count: rows.length }
    })
  }

  /** All rows or none. */
  load({ table, columns }: Bulk, rows: readonly (readonly Value[])[]): number {
    return told(() => {
      const names = columns.map((name) => `[${name}]`).join(', ')
      const marks = columns.map(() => '?').join(', ')
      const statement = this.#db.prepare(`INSERT INTO [tilsyn].[${table}] (${names}) VALUES (${marks})`)
      this.#db.exec('SAVEPOINT load')
      try {
        for (const row of rows) statement.run(...row)
      } catch (error) {
        this.#db.exec('ROLLBACK TO load')
        throw error
      } finally {
        this.#db.exec('RELEASE load')
      }
      return rows.length
    })
  }

  close(): void {
    this.#db.close()
  }
}

function told<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw asServerError(error)
  }
}

/** As it was declared; of what was reckoned, by its values. */
function typeOf(declared: string | null, values: readonly (Value | undefined)[]): Type {
  const [, name = '', length] = /^(\w+?)(?:\((\d+)\))?$/.exec(declared?.toLowerCase() ?? '') ?? []
  switch (name) {
    case 'bigint':
    case 'int':
      return { kind: 'int', length: name === 'int' ? 4 : 8 }
    case 'bit':
      return { kind: 'bit' }
    case 'datetime2':
      return { kind: 'time' }
    case 'nvarchar':
    case 'varchar':
      return { kind: 'text', isWide: name === 'nvarchar', bytes: Number(length) * (name === 'nvarchar' ? 2 : 1) }
    default:
      return values.some((value) => typeof value === 'bigint')
        ? { kind: 'int', length: 8 }
        : { kind: 'text', isWide: true, bytes: null }
  }
}
