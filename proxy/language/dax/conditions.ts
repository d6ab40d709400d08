import type { Expression, ExpressionOf } from './ast.ts'
import type { Comparisons } from './comparisons.ts'
import type { ConditionCalls } from './condition-calls.ts'
import type { Definitions } from './definitions.ts'
import { PASSES_FILTER, TESTS } from './form.ts'
import { filterRows, type Place, placeOf, silent } from './place.ts'
import type { Reading } from './reading.ts'
import type { Visit } from './visit.ts'

/** Expressions as conditions, and what filters. */
export class Conditions {
  readonly #reading: Reading
  readonly #visit: Visit
  readonly #definitions: Definitions
  readonly #comparisons: Comparisons
  readonly #calls: ConditionCalls

  constructor(
    reading: Reading,
    visit: Visit,
    definitions: Definitions,
    comparisons: Comparisons,
    calls: ConditionCalls,
  ) {
    this.#reading = reading
    this.#visit = visit
    this.#definitions = definitions
    this.#comparisons = comparisons
    this.#calls = calls
  }

  filter(expression: Expression, place: Place): void {
    if (expression.kind === 'call' && PASSES_FILTER.has(expression.name)) {
      for (const arg of expression.args) this.filter(arg, place)
    } else if (this.#isTable(expression, place)) this.#visit.table(expression, silent(place))
    else this.#visit.condition(expression, filterRows(place), false)
  }

  /** A column that filters is the table of its values, and a name that is no variable is a table of the model. */
  #isTable(expression: Expression, { environment }: Place): boolean {
    if (expression.kind === 'column' || this.#reading.names.isTable(expression, environment)) return true
    return expression.kind === 'name' && environment.variable(expression) === null
  }

  condition(expression: Expression, place: Place, denied: boolean): void {
    const { kind } = expression
    if (kind === 'operation') this.#test(expression, place, denied)
    else if (kind === 'prefix' && expression.operator === 'NOT')
      this.#visit.condition(expression.operand, place, !denied)
    else if (kind === 'call') this.#calls.condition(expression, place, denied)
    else if (kind === 'block')
      this.#visit.condition(expression.result, this.#definitions.within(expression, place), denied)
    else if (kind === 'name') this.#named(expression, place, denied)
    else this.#visit.value(expression, place)
  }

  #named(expression: ExpressionOf<'name'>, place: Place, denied: boolean): void {
    const variable = place.environment.variable(expression)
    if (variable === null || this.#reading.names.isTable(expression, place.environment)) {
      return this.#visit.value(expression, place)
    }
    this.#definitions.once(variable, `condition ${denied}`, () => {
      const inner = placeOf(variable, place)
      this.#visit.condition(variable.expression, { ...inner, scope: variable.scope ?? place.scope }, denied)
    })
  }

  #test(operation: ExpressionOf<'operation'>, place: Place, denied: boolean): void {
    const { operands, operators } = operation
    const [left, right] = operands
    const [operator = '='] = operators
    if (operator === '&&' || operator === '||') {
      for (const operand of operands) this.#visit.condition(operand, place, denied)
    } else if (left === undefined || right === undefined || operands.length > 2 || !TESTS.has(operator)) {
      this.#visit.value(operation, place)
    } else if (operator === 'IN') this.#comparisons.isIn(left, right, place, denied)
    else this.#comparisons.compare(left, operator, right, place, denied)
  }
}
