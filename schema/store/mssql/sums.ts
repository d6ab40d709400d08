/**
 * The sums of a batch on their way into SQL Server: loaded in bulk into `hour_new`, and from there added to those that are
 * kept. Two steps, because no statement takes some hundred rows as parameters, and what else could take them asks for a
 * compatibility level that a database from an older server has not (decision 0003).
 */
import sql from 'mssql'
import type { Origin } from '../../record/ids.ts'
import type { Column } from '../sql/columns.ts'
import type { Entry } from '../sql/entries.ts'
import { HOUR_DIMENSION, HOUR_USE, HOUR_USER, sumsOf } from '../sql/sums.ts'
import type { Sums } from '../sql/sums.ts'
import { encode, TYPES } from './types.ts'

/** The columns of `hour_new` behind `origin` and `table`. */
const HOUR_NEW: Readonly<Record<string, Column<never>>> = {
  ...HOUR_USE,
  user_key: HOUR_USER.user_key,
  dimension: HOUR_DIMENSION.dimension,
}
const ALWAYS: ReadonlySet<string> = new Set(['hour', 'entries'])

export function sumsTable(origin: Origin, entries: readonly Entry[]): sql.Table {
  const table = new sql.Table('tilsyn.hour_new')
  table.columns.add('origin', TYPES.origin(), { nullable: false })
  table.columns.add('table', TYPES.name(), { nullable: false })
  for (const [name, { kind }] of Object.entries(HOUR_NEW))
    table.columns.add(name, TYPES[kind](), { nullable: !ALWAYS.has(name) })
  const add = <Row>(name: keyof Sums, columns: Record<string, Column<Row>>, sums: readonly Row[]) => {
    const values = Object.keys(HOUR_NEW).map((column) => columns[column])
    for (const sum of sums)
      table.rows.push([origin, name, ...values.map((of) => (of === undefined ? null : encode(of.kind, of.of(sum))))])
  }
  const sums = sumsOf(entries)
  add('hour_use', HOUR_USE, sums.hour_use)
  add('hour_user', HOUR_USER, sums.hour_user)
  add('hour_dimension', HOUR_DIMENSION, sums.hour_dimension)
  return table
}

/** Adds what was loaded for `@origin`, and leaves none of it behind. */
export const ADD_SUMS: string = [
  ...additionTo('hour_use', HOUR_USE),
  ...additionTo('hour_user', HOUR_USER),
  ...additionTo('hour_dimension', HOUR_DIMENSION),
  `DELETE FROM [tilsyn].[hour_new] WHERE [origin] = @origin`,
].join(';\n')

/** No MERGE: beside other writers it has met its own key. Only rows of the origin are looked at, which is locked. */
function additionTo(table: keyof Sums, columns: Readonly<Record<string, Column<never>>>): [string, string] {
  const names = Object.keys(columns)
  const isSum = (name: string) => columns[name]?.kind === 'big'
  const isSame = ['origin', ...names.filter((name) => !isSum(name))].map((n) => `[kept].[${n}] = [new].[${n}]`)
  const isMine = `[new].[origin] = @origin AND [new].[table] = '${table}'`
  const added = names.filter(isSum).map((n) => `[${n}] = [kept].[${n}] + [new].[${n}]`)
  const all = ['origin', ...names]
  return [
    `UPDATE [kept] SET ${added.join(', ')}
FROM [tilsyn].[${table}] AS [kept] INNER JOIN [tilsyn].[hour_new] AS [new] ON ${isSame.join(' AND ')} WHERE ${isMine}`,
    `INSERT INTO [tilsyn].[${table}] (${all.map((n) => `[${n}]`).join(', ')})
SELECT ${all.map((n) => `[new].[${n}]`).join(', ')} FROM [tilsyn].[hour_new] AS [new]
WHERE ${isMine} AND NOT EXISTS (SELECT 1 FROM [tilsyn].[${table}] AS [kept] WHERE ${isSame.join(' AND ')})`,
  ]
}
