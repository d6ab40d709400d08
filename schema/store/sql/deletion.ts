/** What the deletions of both backends have in common. */
import type { LogId } from '../../record/ids.ts'
import { KEPT } from '../../record/retention.ts'
import type { Kept } from '../../record/retention.ts'
import { StoreError } from '../store.ts'
import type { Deletion } from '../store.ts'
import { idRange } from './entries.ts'
import { HOUR_DIMENSION, HOUR_USE, HOUR_USER } from './sums.ts'
import type { Sums } from './sums.ts'

/** A row of `deletion`, numbers as text. */
export interface DeletionRow {
  readonly run: string
  readonly what: string
  readonly before_ms: string
  readonly reached: string
  readonly entries: string
  readonly row_total: string
}

export function deletionOf(row: DeletionRow): Deletion {
  const kept = KEPT.find((one) => one === row.what)
  if (kept === undefined) throw new StoreError('STORE_REJECTED', 'table deletion holds what Tilsyn never wrote')
  const [run, before] = [Number(row.run), Number(row.before_ms)]
  return { run, kept, before, entries: Number(row.entries), rows: Number(row.row_total) }
}

export const deletionLost = (): StoreError =>
  new StoreError('DELETION_LOST', 'another process has taken up this deletion')

/**
 * The sums that go when the last entry of a deletion has gone: of all hours that were over at its instant, so that nobody
 * learns from them who worked when, or what was asked for. An hour that was not over keeps its own until it was. What was
 * done, by nobody, stays until the longest period is over (docs/decisions/0026).
 *
 * They go after the entries, so that those go too that a recorder wrote in the meantime; and whatever the deletion before
 * left, or one that knew nothing of sums.
 */
export const SUMS_OF: Readonly<Record<Kept, readonly (keyof Sums)[]>> = {
  log: ['hour_user', 'hour_dimension'],
  changes: ['hour_use'],
}

/** However many entries a piece may have, it has no more sums. */
export const MOST_SUMS = 2_000

/** What tells the rows of these sums apart. */
export function keyOf(table: keyof Sums): readonly string[] {
  const columns = { hour_use: HOUR_USE, hour_user: HOUR_USER, hour_dimension: HOUR_DIMENSION }[table]
  return ['origin', ...Object.entries(columns).flatMap(([name, { kind }]) => (kind === 'big' ? [] : [name]))]
}

const MAX_ID = '9223372036854775807' as LogId

/** No entry that was asked before `before` has an id above this one. */
export function untilId(before: number, ahead: bigint): LogId {
  return idRange({ ahead, behind: 0n }, undefined, before).most ?? MAX_ID
}
