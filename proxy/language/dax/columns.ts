import type { Column } from './ast.ts'
import type { Definitions } from './definitions.ts'
import { type Place, placeOf, silent } from './place.ts'
import type { Reading } from './reading.ts'
import { resolve } from './shape.ts'
import type { Visit } from './visit.ts'

/** Columns and measures, where one is named. */
export class Columns {
  readonly #reading: Reading
  readonly #visit: Visit
  readonly #definitions: Definitions

  constructor(reading: Reading, visit: Visit, definitions: Definitions) {
    this.#reading = reading
    this.#visit = visit
    this.#definitions = definitions
  }

  /** Section 3: `[X]` is a measure unless it is a column of the rows at hand; `T[X]` outside of T's rows is one too. */
  value(column: Column, place: Place): void {
    const { names, findings } = this.#reading
    this.touch(column, place)
    const defined = names.definedMeasure(column, place)
    if (defined !== null) this.#reading.reach(defined)
    else if (names.isMeasure(column, place)) findings.measure(names.columnPath(column, place), place.via)
    else if (place.aggregated) this.aggregate(column, place)
  }

  /** What DEFINE says of the column or its table is live. */
  touch(column: Column, place: Place): void {
    const { column: defined, table } = this.#reading.names.definitionsOf(column)
    if (defined !== undefined) {
      this.#definitions.once(defined, `column ${place.counts}`, () =>
        this.#visit.value(defined.expression, placeOf(defined, place)),
      )
    }
    if (table !== undefined) this.#definitions.table(table, place)
  }

  /** A column that is taken together. One that the query computes was counted where it is computed. */
  aggregate(column: Column, place: Place): void {
    if (!place.counts) return
    if (column.table === null && resolve(column.column, place.scope).kind === 'extension') return
    this.#reading.findings.measure(this.#reading.names.columnPath(column, place), place.via)
  }

  /** A column that is asked about. `[X]` is a measure all the same where no rows have such a column. */
  asked(column: Column, place: Place): void {
    if (column.table === null) this.value(column, silent(place))
    else this.touch(column, place)
  }
}
