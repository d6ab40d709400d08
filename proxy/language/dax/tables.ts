import { assertNever } from '../assert-never.ts'
import type { Expression, ExpressionOf } from './ast.ts'
import type { Columns } from './columns.ts'
import type { Definitions } from './definitions.ts'
import { cellsOf } from './form.ts'
import type { Place } from './place.ts'
import type { Reading } from './reading.ts'
import { computed, Shape } from './shape.ts'
import type { TableCalls } from './table-calls.ts'
import type { Visit } from './visit.ts'

/** Expressions as tables: each gives the columns of what it makes. */
export class Tables {
  readonly #reading: Reading
  readonly #visit: Visit
  readonly #definitions: Definitions
  readonly #columns: Columns
  readonly #calls: TableCalls

  constructor(reading: Reading, visit: Visit, definitions: Definitions, columns: Columns, calls: TableCalls) {
    this.#reading = reading
    this.#visit = visit
    this.#definitions = definitions
    this.#columns = columns
    this.#calls = calls
  }

  table(expression: Expression, place: Place): Shape {
    switch (expression.kind) {
      case 'name':
        return this.#named(expression, place)
      case 'call':
        return this.#calls.table(expression, place)
      case 'rows':
        return this.#constructed(expression, place)
      case 'block':
        return this.#visit.table(expression.result, this.#definitions.within(expression, place))
      case 'column':
        this.#columns.touch(expression, place)
        return Shape.of([this.#reading.names.shapeColumn(expression, place)])
      case 'empty':
        return Shape.NOTHING
      case 'tuple':
        return Shape.join(expression.elements.map((element) => this.#visit.table(element, place)))
      case 'string':
      case 'number':
      case 'date':
      case 'parameter':
      case 'operation':
      case 'prefix':
        this.#visit.value(expression, place)
        return Shape.NOTHING
      default:
        return assertNever(expression)
    }
  }

  #named(expression: ExpressionOf<'name'>, place: Place): Shape {
    const variable = this.#reading.names.table(expression, place.environment)
    return variable === undefined ? Shape.table(expression.name) : this.#definitions.table(variable, place)
  }

  /** `{ 1, 2 }` and `{ (1, "a"), … }`. */
  #constructed({ rows }: ExpressionOf<'rows'>, place: Place): Shape {
    let width = 1
    for (const row of rows) {
      const cells = cellsOf(row)
      width = Math.max(width, cells.length)
      for (const cell of cells) this.#visit.value(cell, place)
    }
    const names = Array.from({ length: width }, (_, i) => (width === 1 ? 'Value' : `Value${i + 1}`))
    return Shape.of(names.map(computed))
  }
}
