/** What is older than it may be: asked of the index on time, from its oldest end. */
import { CHANGE_ACTIONS, type Kept } from '../../record/retention.ts'
import { SUMS_OF } from './deletion.ts'
import type { Dialect } from './dialect.ts'
import { timeOf } from './rows.ts'
import { hourOf } from './sums.ts'
import type { Sums } from './sums.ts'

/** Of entries; when there are none, of sums that a deletion which was broken off has left behind. */
export async function oldest(d: Dialect, kept: Kept, before: number): Promise<number | null> {
  const [entry] = await oldestQuery(d, kept, before).execute()
  if (entry !== undefined) return timeOf(entry.asked_at)
  for (const table of SUMS_OF[kept]) {
    const [sum] = await oldestSumQuery(d, table, before).execute()
    if (sum !== undefined) return timeOf(sum.hour)
  }
  return null
}

function oldestSumQuery(d: Dialect, table: keyof Sums, before: number) {
  const origins = d.db.selectFrom('origin').select('origin.origin')
  const sums = d.db
    .selectFrom(table)
    .where('origin', 'in', origins)
    .where('hour', '<', d.time(hourOf(before)))
  return d.first(sums.select('hour').orderBy('hour'), 1)
}

function oldestQuery(d: Dialect, kept: Kept, before: number) {
  return d.first(older(d, kept, before).select('asked_at').orderBy('asked_at'), 1)
}

export function countQuery(d: Dialect, kept: Kept, before: number) {
  return older(d, kept, before).select(({ fn }) => fn.countAll<bigint | number | string>().as('count'))
}

function older(d: Dialect, kept: Kept, before: number) {
  const isOf = kept === 'changes' ? 'in' : 'not in'
  return d.db
    .selectFrom('log')
    .where('asked_at', '<', d.time(before))
    .where('action', isOf, [...CHANGE_ACTIONS])
}
