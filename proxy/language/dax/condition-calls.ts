import type { Expression, ExpressionOf } from './ast.ts'
import type { Comparisons } from './comparisons.ts'
import type { Definitions } from './definitions.ts'
import { CONNECTIVES, EMPTY, operatorOf } from './form.ts'
import { REPORT_CONDITIONS, SEARCHES } from './functions.ts'
import { columnPath } from './path.ts'
import { inRowsOf, type Place, silent } from './place.ts'
import type { Reading } from './reading.ts'
import type { ValueCalls } from './value-calls.ts'
import type { Visit } from './visit.ts'

/** Function calls as conditions. */
export class ConditionCalls {
  readonly #reading: Reading
  readonly #visit: Visit
  readonly #definitions: Definitions
  readonly #comparisons: Comparisons
  readonly #values: ValueCalls

  constructor(reading: Reading, visit: Visit, definitions: Definitions, comparisons: Comparisons, values: ValueCalls) {
    this.#reading = reading
    this.#visit = visit
    this.#definitions = definitions
    this.#comparisons = comparisons
    this.#values = values
  }

  condition(call: ExpressionOf<'call'>, place: Place, denied: boolean): void {
    const { name, args } = call
    const [first = EMPTY, ...others] = args
    const own = this.#reading.names.function(name)
    if (own !== undefined) {
      this.#definitions.called(own, args, place, (body, inner) => this.#visit.condition(body, inner, denied))
    } else if (name in SEARCHES) this.#search(call, denied, place)
    else if (CONNECTIVES.has(name)) for (const arg of args) this.#visit.condition(arg, place, denied)
    else if (name === 'NOT') this.#visit.condition(first, place, !denied)
    else if (name === 'SWITCH') this.#switched(first, others, place, denied)
    else if (name === 'CONTAINSROW') this.#containsRow(first, others, place, denied)
    else if (name === 'CONTAINS') this.#contains(first, others, place, denied)
    else if (name === 'PATHCONTAINS') this.#pathContains(first, others, place, denied)
    else if (name === 'ISONORAFTER' || name === 'ISAFTER') this.#isAfter(args, place)
    else if (name === 'RSCUSTOMDAXFILTER') this.#reportFilter(args, place, denied)
    else this.#visit.value(call, place)
  }

  #search(call: ExpressionOf<'call'>, denied: boolean, place: Place): void {
    const search = SEARCHES[call.name]
    if (search === undefined) return
    const text = this.#visit.literal(call.args[search.text] ?? EMPTY, place)
    const subject = this.#reading.subject(call.args[search.column] ?? EMPTY, place)
    if (text === null || subject === null) return this.#values.ofItsOwn(call, place)
    this.#reading.criterion(subject.path, operatorOf(search.op, denied), [text], place)
    for (const [i, arg] of call.args.entries()) if (i !== search.text) this.#visit.value(arg, place)
  }

  /** `SWITCH(TRUE(), condition, result, …)`, or `SWITCH(column, value, result, …)`. */
  #switched(first: Expression, others: readonly Expression[], place: Place, denied: boolean): void {
    const byConditions = this.#visit.literal(first, place) !== null
    for (const [i, other] of others.entries()) {
      const isValue = !byConditions && i % 2 === 0 && i < others.length - 1
      const value = isValue ? this.#visit.literal(other, place) : null
      if (!isValue) this.#visit.condition(other, place, denied)
      else if (value === null || !this.#comparisons.compared(first, '=', value, place, denied)) {
        this.#visit.value(other, place)
      }
    }
    this.#visit.value(first, place)
  }

  /** `CONTAINSROW(table, value, …)`: the rows are literal, or the values are. */
  #containsRow(table: Expression, values: readonly Expression[], place: Place, denied: boolean): void {
    const literals = values.map((value) => this.#visit.literal(value, place))
    if (literals.includes(null)) return this.#comparisons.tupleIn(values, table, place, denied)
    const { columns } = this.#visit.table(table, silent(place))
    for (const [i, literal] of literals.entries()) {
      const { path = null, name = '' } = columns[i] ?? {}
      if (literal === null) continue
      this.#reading.criterion(path ?? columnPath(null, name), denied ? 'not in' : 'in', [literal], place)
    }
  }

  /** `CONTAINS(table, column, value, …)` */
  #contains(table: Expression, pairs: readonly Expression[], place: Place, denied: boolean): void {
    const rows = inRowsOf(this.#visit.table(table, silent(place)), place)
    for (let i = 0; i < pairs.length; i += 2) {
      this.#comparisons.compare(pairs[i] ?? EMPTY, '=', pairs[i + 1] ?? EMPTY, rows, denied)
    }
  }

  /** Reports give several values as one text, `"1|2|3"`, and look whether the column is among them. */
  #pathContains(path: Expression, [item = EMPTY]: readonly Expression[], place: Place, denied: boolean): void {
    const [values, value] = [this.#visit.literal(path, place), this.#visit.literal(item, place)]
    const [list, column] = values === null ? [value, path] : [values, item]
    const subject = this.#reading.subject(column, place)
    if (list === null || subject === null) return this.#comparisons.sides([path, item], place)
    const scope = this.#reading.findings.newScope()
    for (const text of list.value.split('|')) {
      const literal = { value: text.trim(), isNumber: false }
      this.#reading.member(subject.path, denied ? 'not in' : 'in', literal, place, scope)
    }
    this.#visit.value(column, place)
  }

  /** `ISONORAFTER(column, value, direction, …)`: where the next page of an answer begins. */
  #isAfter(args: readonly Expression[], place: Place): void {
    for (let i = 0; i < args.length; i += 3) {
      const [column = EMPTY, value = EMPTY] = [args[i], args[i + 1]]
      const literal = this.#visit.literal(value, place)
      const subject = this.#reading.subject(column, place)
      if (literal === null || subject === null) this.#comparisons.sides([column, value], place)
      else {
        this.#reading.criterion(subject.path, 'start at', [literal], place)
        this.#visit.value(column, place)
      }
    }
  }

  /** `RSCustomDaxFilter(@parameter, EqualToCondition, [Table].[Column], Type)` */
  #reportFilter(args: readonly Expression[], place: Place, denied: boolean): void {
    const [value = EMPTY, condition = EMPTY, column = EMPTY] = args
    const word = condition.kind === 'name' ? condition.name.toUpperCase() : ''
    this.#comparisons.compare(column, REPORT_CONDITIONS[word] ?? '=', value, place, denied)
  }
}
