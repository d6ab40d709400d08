/** The rows of a batch, as `mssql` loads them in bulk: one table for each of the log's, made from the same list of columns. */
import sql from 'mssql'
import type { QueryRecord } from '../../record/record.ts'
import { CHANGE, CRIT, DIM, LOG, MEAS, SEEN } from '../sql/columns.ts'
import type { Column } from '../sql/columns.ts'
import type { Entry } from '../sql/entries.ts'
import { encode, TYPES } from './types.ts'
import type { Bound } from './types.ts'

/** Only those that have rows. */
export function tablesOf(entries: readonly Entry[]): sql.Table[] {
  const children = <Row>(rows: (record: QueryRecord) => readonly Row[]) =>
    entries.flatMap(({ logId, record }) => rows(record).map((row, ord) => ({ keys: [logId, ord], row })))
  const log = entries.map(({ logId, record }) => ({ keys: [logId], row: record }))
  const tables = [
    table('log', LOG, log),
    table(
      'crit',
      CRIT,
      children((r) => r.criteria),
    ),
    table(
      'dim',
      DIM,
      children((r) => r.dimensions),
    ),
    table(
      'meas',
      MEAS,
      children((r) => r.measures),
    ),
    table(
      'seen',
      SEEN,
      children((r) => r.seen),
    ),
    table(
      'change',
      CHANGE,
      children((r) => r.changes),
    ),
  ]
  return tables.filter(({ rows }) => rows.length > 0)
}

interface Keyed<Row> {
  readonly keys: readonly Bound[]
  readonly row: Row
}

function table<Row>(name: string, columns: Record<string, Column<Row>>, rows: readonly Keyed<Row>[]): sql.Table {
  const made = new sql.Table(`tilsyn.${name}`)
  made.columns.add('log_id', TYPES.big(), { nullable: false })
  if (name !== 'log') made.columns.add('ord', TYPES.int(), { nullable: false })
  for (const [column, { kind, optional }] of Object.entries(columns))
    made.columns.add(column, TYPES[kind](), { nullable: optional === true })
  const values = Object.values(columns)
  for (const { keys, row } of rows) made.rows.push([...keys, ...values.map(({ kind, of }) => encode(kind, of(row)))])
  return made
}
