/**
 * Rows on their way into the tables, many with one statement: an entry is a row of `log` and some twenty of its children,
 * and each statement costs more than the row it brings (a call into SQLite, cursors on the table and on each of its
 * indices). Rows of one table wait in a list until there are enough for the longest statement; what is left at the end
 * goes in shorter ones.
 *
 * `OR FAIL`: a row that is refused leaves those before it in the same statement, which spares SQLite a journal of each
 * statement. Whoever inserts rolls back the whole transaction.
 */
import type { SQLInputValue } from 'node:sqlite'
import { bounded } from '../sql/columns.ts'
import type { Column, Kind, Value } from '../sql/columns.ts'
import type { Session } from './database.ts'

/** Rows of one statement. Above the first, more no longer pays: SQLite then makes ever larger programs of them. */
const SIZES = [32, 8, 1] as const

/** A table and the statements that fill it: each row begins with its keys, and then has `columns` in their order. */
export class Table<Row> {
  readonly columns: readonly Column<Row>[]
  /** Values of a row. */
  readonly width: number
  readonly statements: readonly { readonly rows: number; readonly text: string }[]

  constructor(name: string, keys: readonly string[], columns: Readonly<Record<string, Column<Row>>>) {
    const names = [...keys, ...Object.keys(columns)]
    const into = `INSERT OR FAIL INTO ${name} (${names.join(', ')}) VALUES `
    this.columns = Object.values(columns)
    this.width = names.length
    this.statements = SIZES.map((rows) => ({ rows, text: into + listOf(rows, `(${listOf(names.length, '?')})`) }))
  }
}

const listOf = (count: number, one: string) => Array.from({ length: count }, () => one).join(', ')

/** Rows of one table, written in the order in which they are added. */
export class Inserts<Row> {
  readonly #session: Session
  readonly #table: Table<Row>
  /** Those of the rows that wait: the array keeps its length, and the first {@link #filled} count. */
  readonly #values: SQLInputValue[]
  #filled = 0

  constructor(session: Session, table: Table<Row>) {
    this.#session = session
    this.#table = table
    this.#values = Array.from({ length: SIZES[0] * table.width }, () => null)
  }

  add(row: Row, ...keys: readonly SQLInputValue[]): void {
    for (const key of keys) this.#values[this.#filled++] = key
    for (const { kind, of } of this.#table.columns) this.#values[this.#filled++] = encode(kind, of(row))
    if (this.#filled === this.#values.length) this.finish()
  }

  /** Writes the rows that wait. */
  finish(): void {
    let from = 0
    for (const { rows, text } of this.#table.statements) {
      const length = rows * this.#table.width
      for (; this.#filled - from >= length; from += length) {
        const whole = length === this.#values.length
        this.#session.statement(text).run(...(whole ? this.#values : this.#values.slice(from, from + length)))
      }
    }
    this.#filled = 0
  }
}

/** As it is bound. */
export function encode(kind: Kind, value: Value): SQLInputValue {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'string') return kind === 'name' ? bounded(value) : value
  // A fraction of a millisecond is no reason to lose an entry.
  return typeof value === 'number' ? Math.trunc(value) : value
}
