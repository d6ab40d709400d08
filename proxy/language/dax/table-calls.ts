import type { Expression, ExpressionOf } from './ast.ts'
import type { Definitions } from './definitions.ts'
import { EMPTY } from './form.ts'
import * as functions from './functions.ts'
import type { Grouping } from './grouping.ts'
import type { Periods } from './periods.ts'
import { filterRows, type Place, silent } from './place.ts'
import type { Reading } from './reading.ts'
import type { Selections } from './selections.ts'
import { computed, Shape } from './shape.ts'
import type { Visit } from './visit.ts'

/** The parts that know whole families of functions. */
interface Families {
  readonly grouping: Grouping
  readonly selections: Selections
  readonly periods: Periods
}

/** Function calls as tables. */
export class TableCalls {
  readonly #reading: Reading
  readonly #visit: Visit
  readonly #definitions: Definitions
  readonly #families: Families

  constructor(reading: Reading, visit: Visit, definitions: Definitions, families: Families) {
    this.#reading = reading
    this.#visit = visit
    this.#definitions = definitions
    this.#families = families
  }

  table(call: ExpressionOf<'call'>, place: Place): Shape {
    const { name, args } = call
    const { grouping, selections, periods } = this.#families
    if (functions.SAME_TABLE.has(name)) return Shape.join(args.map((arg) => this.#visit.table(arg, place)))
    if (functions.JOINS.has(name)) return selections.joined(call, place)
    if (functions.GROUPERS.has(name)) return grouping.grouped(call, place)
    if (functions.SAMPLES.has(name)) return selections.sampled(call, place)
    if (functions.WINDOWS.has(name)) return selections.windowed(args, place)
    if (functions.DATES.has(name)) return periods.dates(call, place)
    if (functions.ROLLUPS.has(name)) return Shape.of(grouping.rolledUp(args, place, Shape.NOTHING))
    return this.#ofItsOwn(call, place)
  }

  /** One case for each function that is like no other. */
  #ofItsOwn(call: ExpressionOf<'call'>, place: Place): Shape {
    const { name, args } = call
    const [first = EMPTY, ...others] = args
    const { grouping, selections } = this.#families
    switch (name) {
      case 'EVALUATEANDLOG':
        return this.#visit.table(first, place)
      case 'FILTER':
        return selections.filtered(first, others, place)
      case 'CALCULATETABLE':
        for (const filter of others) this.#visit.filter(filter, place)
        return this.#visit.table(first, place)
      case 'ADDCOLUMNS':
      case 'SELECTCOLUMNS':
        return grouping.extended(name === 'ADDCOLUMNS', first, others, place)
      case 'ROW':
        return Shape.of(grouping.extensions(args, place, false))
      case 'DATATABLE':
        return this.#dataTable(args, place)
      case 'TREATAS':
        return selections.treatAs(first, others, place)
      case 'ALLEXCEPT':
        return this.#without(first, others, place, filterRows(place))
      case 'EXCEPT':
      case 'INTERSECT':
      case 'DEPENDON':
        return this.#without(first, others, place, silent(place))
      case 'SUBSTITUTEWITHINDEX':
        return selections.indexed(args, place)
      case 'ADDMISSINGITEMS':
        return this.#withMissingItems(args, place)
      case 'DETAILROWS':
        this.#visit.value(first, place)
        return Shape.UNKNOWN
      case 'GENERATESERIES':
      case 'CALENDAR':
      case 'CALENDARAUTO':
        for (const arg of args) this.#visit.value(arg, silent(place))
        return Shape.of([computed(name === 'GENERATESERIES' ? 'Value' : 'Date')])
      case 'CURRENTGROUP':
        return Shape.UNKNOWN
      case 'IF':
      case 'SWITCH':
      case 'COALESCE':
        return Shape.join(args.map((arg) => this.#visit.argument(arg, place)))
      default:
        return this.#unknown(call, place)
    }
  }

  /** The other arguments only take something from the first. */
  #without(first: Expression, others: readonly Expression[], place: Place, inOthers: Place): Shape {
    for (const other of others) this.#visit.argument(other, inOthers)
    return this.#visit.table(first, place)
  }

  /** `DATATABLE("name", TYPE, …, { {…}, … })` */
  #dataTable(args: readonly Expression[], place: Place): Shape {
    const names = args.filter((arg) => arg.kind === 'string')
    for (const arg of args) if (arg.kind !== 'string') this.#visit.value(arg, place)
    return Shape.of(names.map(({ value }) => computed(value)))
  }

  /** `ADDMISSINGITEMS([show-all column, …] table, grouping column, …, [filter, …])` */
  #withMissingItems(args: readonly Expression[], place: Place): Shape {
    const at = args.findIndex((arg) => this.#reading.names.isTable(arg, place.environment) || arg.kind === 'name')
    for (const [i, arg] of args.entries()) if (i !== at) this.#visit.filter(arg, place)
    return at < 0 ? Shape.NOTHING : this.#visit.table(args[at] ?? EMPTY, place)
  }

  /** Of a function nobody told us of: its tables and columns are what it gives, unless they are filters by their form. */
  #unknown({ name, args }: ExpressionOf<'call'>, place: Place): Shape {
    const own = this.#reading.names.function(name)
    if (own !== undefined) {
      return (
        this.#definitions.called(own, args, place, (body, inner) => this.#visit.table(body, inner)) ?? Shape.UNKNOWN
      )
    }
    const shapes: Shape[] = [Shape.UNKNOWN]
    for (const [i, arg] of args.entries()) {
      if (arg.kind === 'call' && (arg.name === 'KEEPFILTERS' || arg.name === 'TREATAS')) this.#visit.filter(arg, place)
      else if (arg.kind === 'string' && args[i + 1] !== undefined) this.#reading.candidates.literal(arg, place)
      else if (arg.kind === 'column' && args[i - 1]?.kind !== 'string') shapes.push(this.#visit.table(arg, place))
      else shapes.push(this.#visit.argument(arg, place))
    }
    return Shape.join(shapes)
  }
}
