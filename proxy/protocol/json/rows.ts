/**
 * From what a JSON interface asks to rows. Names are of three kinds, and what is written is what a person reads in the
 * BI client: captions (`Distrikt`, `SUM(Beløb)`, `field:104`), dotted names (`Borger.cpr`), and the paths of MDX and DAX.
 */
import type { PersonRules } from '../../../schema/record/person-number.ts'
import type { Criterion, DimensionUse, MeasureUse, OriginClause } from '../../../schema/record/record.ts'
import type { PathColumns } from '../path.ts'
import { columnsOf } from '../path.ts'
import type { Sought } from '../criteria/rows.ts'
import { soughtRows } from '../criteria/rows.ts'

/** A name, whole, and how it stands in the three name columns; the last of these that is not `null` is the whole. */
export interface Name {
  readonly whole: string
  readonly columns: PathColumns
}

/** A name that has no parts, whatever dots and brackets stand in it. */
export const caption = (whole: string): Name => ({
  whole,
  columns: { dimension: whole, hierarchy: null, level: null },
})

/** `Sager.oprettet.month`: table, field, and what the field is cut to. */
export function dotted(whole: string): Name {
  const first = whole.indexOf('.')
  if (first <= 0) return caption(whole)
  const second = whole.indexOf('.', first + 1)
  const hierarchy = second < 0 ? whole : whole.slice(0, second)
  return { whole, columns: { dimension: whole.slice(0, first), hierarchy, level: second < 0 ? null : whole } }
}

/** `[Borger].[CPR]` or `Borger[CPR]`. */
export const path = (whole: string): Name => ({ whole, columns: columnsOf(whole) })

export interface Condition {
  /** `null`: what is restricted cannot be told. */
  readonly name: Name | null
  readonly op: string
  /** Two for `range`; none where the operator says all (`not null`, `segment`). */
  readonly values: readonly string[]
  readonly clause?: OriginClause
  /** The values are compared with an amount: one of ten digits is no person, unless the amount is named for persons. */
  readonly amount?: boolean
}

/** One row per value; a condition without a value is one row with an empty one. */
export function criteriaOf(condition: Condition, rules: PersonRules): Criterion[] {
  const { name, op, values, clause = 'filter', amount = false } = condition
  const columns = name?.columns ?? columnsOf(null)
  const about = name?.whole ?? null
  const sought: Sought = {
    columns,
    path: amount ? `[Measures].${about ?? ''}` : about,
    operator: op,
    originClause: clause,
  }
  return soughtRows(sought, values.length === 0 ? [''] : values, false, rules)
}

/** @param axis `null` where the interface does not tell rows from columns. */
export function dimensionOf({ whole, columns }: Name, axis: string | null = null): DimensionUse {
  return { ...columns, dimension: columns.dimension ?? whole, axis }
}

export function measureOf(measure: string, via: string | null = null): MeasureUse {
  return { measure, calculated: false, via }
}

/** Rows that say the same are one. */
export function distinct<T>(rows: readonly T[]): T[] {
  return [...new Map(rows.map((row) => [JSON.stringify(row), row])).values()]
}

/** `=` and `<>` are of one value; of several the same is said by `in` and `not in`. */
export function ofMany(op: '=' | '<>', values: readonly string[]): string {
  if (values.length === 1) return op
  return op === '=' ? 'in' : 'not in'
}
