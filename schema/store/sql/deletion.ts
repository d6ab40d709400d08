/** What the deletions of both backends have in common. */
import type { LogId } from '../../record/ids.ts'
import { KEPT } from '../../record/retention.ts'
import { StoreError } from '../store.ts'
import type { Deletion } from '../store.ts'
import { idRange } from './entries.ts'

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

const MAX_ID = '9223372036854775807' as LogId

/** No entry that was asked before `before` has an id above this one. */
export function untilId(before: number, ahead: bigint): LogId {
  return idRange({ ahead, behind: 0n }, undefined, before).most ?? MAX_ID
}
