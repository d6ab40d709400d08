import type { Expression, ExpressionOf } from './ast.ts'
import type { Columns } from './columns.ts'
import type { Comparisons } from './comparisons.ts'
import type { Definitions } from './definitions.ts'
import { EMPTY } from './form.ts'
import * as functions from './functions.ts'
import { columnPath } from './path.ts'
import { filterRows, inRowsOf, type Place, silent } from './place.ts'
import type { Reading } from './reading.ts'
import { Shape } from './shape.ts'
import type { Visit } from './visit.ts'

/** Function calls as values. */
export class ValueCalls {
  readonly #reading: Reading
  readonly #visit: Visit
  readonly #definitions: Definitions
  readonly #columns: Columns
  readonly #comparisons: Comparisons

  constructor(reading: Reading, visit: Visit, definitions: Definitions, columns: Columns, comparisons: Comparisons) {
    this.#reading = reading
    this.#visit = visit
    this.#definitions = definitions
    this.#columns = columns
    this.#comparisons = comparisons
  }

  value(call: ExpressionOf<'call'>, place: Place): void {
    const { name, args } = call
    const own = this.#reading.names.function(name)
    if (own !== undefined) this.#definitions.called(own, args, place, (body, inner) => this.#visit.value(body, inner))
    else if (functions.AGGREGATES.has(name)) this.#aggregated(args, place)
    else if (functions.ITERATORS.has(name)) this.#iterated(args, place)
    else if (functions.PERIODS.has(name) || name === 'CALCULATE') this.#calculated(args, place)
    else if (functions.ABOUT_COLUMNS.has(name)) this.#aboutColumns(args, place)
    else if (functions.SAME_COLUMN.has(name)) this.#related(args, place)
    else if (functions.isTableFunction(name)) this.#visit.table(call, place)
    else this.ofItsOwn(call, place)
  }

  /** Functions that are like no other, and those that nobody told us of. */
  ofItsOwn({ name, args }: ExpressionOf<'call'>, place: Place): void {
    const [first = EMPTY, ...others] = args
    switch (name) {
      case 'COUNTROWS':
        return this.#countRows(first, place)
      case 'LOOKUPVALUE':
        return this.#lookUp(first, others, place)
      case 'FIRSTNONBLANKVALUE':
      case 'LASTNONBLANKVALUE':
        this.#visit.table(first, silent(place))
        for (const other of others) this.#visit.value(other, place)
        return
      case 'IF':
      case 'SWITCH':
        this.#visit.value(first, { ...place, aggregated: false })
        for (const other of others) this.#visit.argument(other, { ...place, near: { expression: first, place } })
        return
      case 'EVALUATEANDLOG':
        this.#visit.argument(first, place)
        return
      case 'EXTERNALMEASURE':
        if (first.kind === 'string') this.#reading.findings.measure(columnPath(null, first.value), place.via)
        return
      default:
        if (name.startsWith('CONCATENATE') || name === 'COMBINEVALUES') this.#reading.candidates.joined(args, place)
        for (const [i, arg] of args.entries()) {
          const other = args[i === 0 ? 1 : 0]
          this.#visit.argument(arg, other === undefined ? place : { ...place, near: { expression: other, place } })
        }
    }
  }

  #aggregated(args: readonly Expression[], place: Place): void {
    const [first = EMPTY, ...others] = args
    if (first.kind === 'column' && others.length === 0) {
      this.#columns.touch(first, place)
      const defined = this.#reading.names.definedMeasure(first, place)
      if (defined === null) this.#columns.aggregate(first, place)
      else this.#reading.reach(defined)
    } else for (const arg of args) this.#visit.value(arg, { ...place, aggregated: true })
  }

  #iterated([first = EMPTY, ...others]: readonly Expression[], place: Place): void {
    const shape = this.#visit.table(first, { ...place, aggregated: false })
    const rows: Place = { ...inRowsOf(shape, place), aggregated: true }
    for (const [i, other] of others.entries()) this.#visit.value(other, i === 0 ? rows : silent(rows))
  }

  /** A column has no value there, whatever the rows: `'Fakta'[Antal]` is a measure. */
  #calculated([first = EMPTY, ...filters]: readonly Expression[], place: Place): void {
    const isNamed = first.kind === 'column' && first.table !== null
    this.#visit.value(first, isNamed ? { ...place, scope: null } : place)
    for (const filter of filters) this.#visit.filter(filter, place)
  }

  #countRows(table: Expression, place: Place): void {
    const own = place.via === null ? '' : place.via.slice(0, Math.max(0, place.via.indexOf('[')))
    const counted = table.kind === 'empty' ? own : this.#reading.names.counted(table, place)
    if (place.counts) this.#reading.findings.measure(`COUNTROWS(${counted})`, place.via)
    this.#visit.table(table, { ...place, aggregated: false })
  }

  /** `LOOKUPVALUE(result, column, value, …)` restricts as CALCULATE(VALUES(result), column = value) does. */
  #lookUp(result: Expression, pairs: readonly Expression[], place: Place): void {
    this.#visit.value(result, silent(inRowsOf(Shape.UNKNOWN, place)))
    for (let i = 0; i < pairs.length; i += 2) {
      const [column = EMPTY, value] = [pairs[i], pairs[i + 1]]
      if (value === undefined) this.#visit.value(column, place)
      else this.#comparisons.compare(column, '=', value, filterRows(place), false)
    }
  }

  /** Columns are asked about; the other arguments are read as what they are. */
  #aboutColumns(args: readonly Expression[], place: Place): void {
    const column = args.find((arg) => arg.kind === 'column')
    const near = column === undefined ? place.near : { expression: column, place }
    for (const arg of args) {
      const isColumn = arg.kind === 'column' && this.#reading.names.definedMeasure(arg, place) === null
      if (isColumn) this.#columns.asked(arg, place)
      else this.#visit.argument(arg, { ...place, near })
    }
  }

  #related([first = EMPTY, ...others]: readonly Expression[], place: Place): void {
    if (first.kind === 'column') {
      this.#columns.touch(first, place)
      if (place.aggregated) this.#columns.aggregate(first, place)
    } else this.#visit.value(first, place)
    for (const other of others) this.#visit.value(other, place)
  }
}
