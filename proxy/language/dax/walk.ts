import type { Expression } from './ast.ts'
import { Columns } from './columns.ts'
import { Comparisons } from './comparisons.ts'
import { ConditionCalls } from './condition-calls.ts'
import { Conditions } from './conditions.ts'
import { Definitions } from './definitions.ts'
import { isLiteral } from './form.ts'
import { Grouping } from './grouping.ts'
import type { Literal } from './literal-value.ts'
import { Periods } from './periods.ts'
import { type Place, silent } from './place.ts'
import type { Reading } from './reading.ts'
import { Selections } from './selections.ts'
import { Shape } from './shape.ts'
import { TableCalls } from './table-calls.ts'
import { Tables } from './tables.ts'
import { ValueCalls } from './value-calls.ts'
import { Values } from './values.ts'
import type { Visit } from './visit.ts'

/**
 * The walk over what is live: each expression as a table, a value or a condition. Here the three meet, and every step
 * deeper is counted; what each kind of expression and each function mean is in the parts.
 */
export class Walk implements Visit {
  readonly #reading: Reading
  readonly #tables: Tables
  readonly #values: Values
  readonly #conditions: Conditions

  constructor(reading: Reading) {
    this.#reading = reading
    const definitions = new Definitions(reading, this)
    const columns = new Columns(reading, this, definitions)
    const comparisons = new Comparisons(reading, this)
    const tableCalls = new TableCalls(reading, this, definitions, {
      grouping: new Grouping(reading, this, columns),
      selections: new Selections(reading, this, comparisons),
      periods: new Periods(reading, this),
    })
    const valueCalls = new ValueCalls(reading, this, definitions, columns, comparisons)
    const conditionCalls = new ConditionCalls(reading, this, definitions, comparisons, valueCalls)
    this.#tables = new Tables(reading, this, definitions, columns, tableCalls)
    this.#values = new Values(reading, this, definitions, columns, valueCalls)
    this.#conditions = new Conditions(reading, this, definitions, comparisons, conditionCalls)
  }

  table(expression: Expression, place: Place): Shape {
    this.#reading.budget.enter()
    const shape = this.#tables.table(expression, place)
    this.#reading.budget.leave()
    return shape
  }

  value(expression: Expression, place: Place): void {
    this.#reading.budget.enter()
    this.#values.value(expression, place)
    this.#reading.budget.leave()
  }

  condition(expression: Expression, place: Place, denied: boolean): void {
    this.#reading.budget.enter()
    this.#conditions.condition(expression, place, denied)
    this.#reading.budget.leave()
  }

  filter(expression: Expression, place: Place): void {
    this.#conditions.filter(expression, place)
  }

  argument(expression: Expression, place: Place): Shape {
    if (this.#reading.names.isTable(expression, place.environment)) return this.table(expression, place)
    this.value(expression, place)
    return Shape.NOTHING
  }

  literal(expression: Expression, place: Place): Literal | null {
    const literal = this.#reading.literals.of(expression, place.environment)
    if (literal !== null && !isLiteral(expression)) this.value(expression, silent(place))
    return literal
  }
}
