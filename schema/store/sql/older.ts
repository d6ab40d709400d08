/** What is older than it may be: asked of the index on time, from its oldest end. */
import { CHANGE_ACTIONS, type Kept } from '../../record/retention.ts'
import type { Dialect } from './dialect.ts'

export function oldestQuery(d: Dialect, kept: Kept, before: number) {
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
