import type { Column, Expression, ExpressionOf } from './ast.ts'
import type { Columns } from './columns.ts'
import { EMPTY, nameOf } from './form.ts'
import { ROLLUPS, SAME_COLUMN } from './functions.ts'
import { inRowsOf, type Place } from './place.ts'
import type { Reading } from './reading.ts'
import { computed, Shape, type ShapeColumn } from './shape.ts'
import type { Visit } from './visit.ts'

/** Tables with columns of their own: ADDCOLUMNS, ROW, SUMMARIZECOLUMNS and their like. */
export class Grouping {
  readonly #reading: Reading
  readonly #visit: Visit
  readonly #columns: Columns

  constructor(reading: Reading, visit: Visit, columns: Columns) {
    this.#reading = reading
    this.#visit = visit
    this.#columns = columns
  }

  extended(keeps: boolean, first: Expression, args: readonly Expression[], place: Place): Shape {
    const shape = this.#visit.table(first, place)
    const added = this.extensions(args, { ...inRowsOf(shape, place), aggregated: false }, true)
    this.#reading.budget.spend(shape.columns.length)
    return keeps ? Shape.join([shape, Shape.of(added)]) : Shape.of(added)
  }

  /** `"name", expression` pairs; SELECTCOLUMNS takes columns without a name too. */
  extensions(args: readonly Expression[], place: Place, inRows: boolean): readonly ShapeColumn[] {
    const columns: ShapeColumn[] = []
    for (let i = 0; i < args.length; i++) {
      const arg = args[i] ?? EMPTY
      const value = args[i + 1]
      if (arg.kind === 'string' && value !== undefined) {
        columns.push(this.#extension(arg.value, value, place, inRows))
        i++
      } else if (inRows) columns.push(this.#extension(nameOf(arg), arg, place, true))
      else this.#visit.value(arg, place)
    }
    return columns
  }

  /** `"Navn", 'Borger'[Navn]` shows that column; anything else is computed. */
  #extension(name: string, expression: Expression, place: Place, inRows: boolean): ShapeColumn {
    const picked = inRows ? this.#picked(expression, place) : null
    if (picked === null) {
      this.#visit.value(expression, place)
      return computed(name)
    }
    const { path, name: own } = this.#reading.names.shapeColumn(picked, place)
    this.#columns.touch(picked, place)
    return { name, path, renamed: own.toLowerCase() !== name.toLowerCase() }
  }

  #picked(expression: Expression, place: Place): Column | null {
    if (expression.kind === 'call') {
      const [only, ...more] = expression.args
      return SAME_COLUMN.has(expression.name) && only?.kind === 'column' && more.length === 0 ? only : null
    }
    if (expression.kind !== 'column' || this.#reading.names.isMeasure(expression, place)) return null
    return expression
  }

  grouped({ name, args }: ExpressionOf<'call'>, place: Place): Shape {
    if (name === 'SUMMARIZECOLUMNS') return this.#groups(args, place, Shape.NOTHING)
    const [first = EMPTY, ...others] = args
    const base = this.#visit.table(first, place)
    // CURRENTGROUP() gives the rows of the table that is grouped.
    return this.#groups(others, name === 'GROUPBY' ? inRowsOf(base, place) : place, base)
  }

  /** Columns, roll-ups of columns, filters, and `"name", expression` pairs, which are read in the rows of the columns. */
  #groups(args: readonly Expression[], place: Place, base: Shape): Shape {
    const columns: ShapeColumn[] = []
    const values: { readonly name: string; readonly expression: Expression }[] = []
    const rows = base === Shape.NOTHING ? place : inRowsOf(base, place)
    for (let i = 0; i < args.length; i++) {
      const arg = args[i] ?? EMPTY
      const next = args[i + 1]
      if (arg.kind === 'string') {
        values.push({ name: arg.value, expression: next ?? EMPTY })
        i++
      } else if (arg.kind === 'column') {
        this.#columns.touch(arg, rows)
        columns.push(this.#reading.names.shapeColumn(arg, rows))
      } else if (arg.kind === 'call' && ROLLUPS.has(arg.name)) {
        columns.push(...this.rolledUp(arg.args, place, base))
      } else this.#visit.filter(arg, place)
    }
    const group = Shape.of(columns)
    const inner = columns.length === 0 ? place : inRowsOf(group, place)
    for (const { expression } of values) this.#visit.value(expression, { ...inner, aggregated: false })
    return values.length === 0 ? group : Shape.join([group, Shape.of(values.map(({ name }) => computed(name)))])
  }

  /** Columns, with the names of flags that tell their totals, and filters of these. */
  rolledUp(args: readonly Expression[], place: Place, base: Shape): readonly ShapeColumn[] {
    const flags = args.filter((arg) => arg.kind === 'string').map(({ value }) => computed(value))
    const groups = args.filter((arg) => arg.kind !== 'string')
    return [...this.#groups(groups, place, base).columns, ...flags]
  }
}
