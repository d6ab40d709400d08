import { assertNever } from '../assert-never.ts'
import type { Expression, ExpressionOf } from './ast.ts'
import type { Columns } from './columns.ts'
import type { Definitions } from './definitions.ts'
import { TESTS } from './form.ts'
import { type Place, placeOf } from './place.ts'
import type { Reading } from './reading.ts'
import type { ValueCalls } from './value-calls.ts'
import type { Visit } from './visit.ts'

/** Expressions as values: what they take together is a measure. */
export class Values {
  readonly #reading: Reading
  readonly #visit: Visit
  readonly #definitions: Definitions
  readonly #columns: Columns
  readonly #calls: ValueCalls

  constructor(reading: Reading, visit: Visit, definitions: Definitions, columns: Columns, calls: ValueCalls) {
    this.#reading = reading
    this.#visit = visit
    this.#definitions = definitions
    this.#columns = columns
    this.#calls = calls
  }

  value(expression: Expression, place: Place): void {
    switch (expression.kind) {
      case 'string':
      case 'number':
      case 'date':
      case 'parameter':
        return this.#reading.candidates.literal(expression, place)
      case 'name':
        return this.#named(expression, place)
      case 'column':
        return this.#columns.value(expression, place)
      case 'call':
        return this.#calls.value(expression, place)
      case 'rows':
        for (const row of expression.rows) this.#visit.value(row, place)
        return
      case 'tuple':
        for (const element of expression.elements) this.#visit.value(element, place)
        return
      case 'operation':
        return this.#operation(expression, place)
      case 'prefix':
        return this.#visit.value(expression.operand, place)
      case 'block':
        return this.#visit.value(expression.result, this.#definitions.within(expression, place))
      case 'empty':
        return
      default:
        assertNever(expression)
    }
  }

  #named(expression: ExpressionOf<'name'>, place: Place): void {
    const { names } = this.#reading
    const variable = place.environment.variable(expression)
    if (variable === null) {
      if (names.table(expression, place.environment) !== undefined) this.#visit.table(expression, place)
      return
    }
    if (names.isTable(expression, place.environment)) {
      this.#definitions.table(variable, place)
      return
    }
    this.#definitions.once(variable, `value ${place.counts} ${place.aggregated}`, () =>
      this.#visit.value(variable.expression, { ...placeOf(variable, place), near: place.near }),
    )
  }

  #operation(operation: ExpressionOf<'operation'>, place: Place): void {
    const { operands, operators } = operation
    const [operator] = operators
    if (operator === '&') this.#reading.candidates.joined(operands, place)
    this.#reading.candidates.sum(operation, place)
    const isTest = operator !== undefined && TESTS.has(operator)
    for (const [i, operand] of operands.entries()) {
      const other = operands[i === 0 ? 1 : i - 1]
      const near = other === undefined || operator === '&&' || operator === '||' ? null : { expression: other, place }
      if (isTest) this.#visit.argument(operand, { ...place, aggregated: false, near })
      else this.#visit.value(operand, place)
    }
  }
}
