/**
 * A row of `log` as lists have it: its long texts cut. A page of 200 entries whose queries fill the proxy's capture limit
 * would else be gigabytes in memory, and longer than a string can be: whoever sends such queries could keep everybody
 * from reading the log.
 */
import { LISTED_LETTERS } from '../store.ts'
import { LOG } from './columns.ts'
import type { Dialect } from './dialect.ts'
import type { LogTable } from './tables.ts'

type Long = { [C in keyof typeof LOG]: (typeof LOG)[C]['kind'] extends 'text' ? C : never }[keyof typeof LOG]
/** These lead to entries, and say nothing in them; in SQLite's rows they stand behind what is long. */
type Leading = 'counted' | 'tells'
type Short = Exclude<keyof LogTable, Long | Leading>

const isShort = (name: string): name is Short =>
  name in LOG && name !== 'counted' && name !== 'tells' && LOG[name as keyof typeof LOG].kind !== 'text'
const SHORT: readonly Short[] = ['log_id', ...Object.keys(LOG).filter(isShort)]

export function listed(d: Dialect) {
  const start = <C extends Long>(column: C) => d.start(column, LISTED_LETTERS).$castTo<LogTable[C]>().as(column)
  return d.db
    .selectFrom('log')
    .select(SHORT)
    .select([start('query'), start('purpose'), start('effective_roles'), start('custom_data')])
}
