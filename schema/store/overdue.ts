/** Has anything been kept for longer than it may? */
import type { RetentionPeriod } from '../record/retention.ts'
import { keptFrom } from '../record/retention.ts'
import type { RecordReader } from './store.ts'

export interface Periods {
  readonly period: RetentionPeriod
  readonly changes: RetentionPeriod
}

/** Between midnight, when an entry's time is over, and the run at night. */
const GRACE_MS = 86_400_000

/** When the oldest entry was asked that ought to have been deleted yesterday; `null`: there is none. */
export async function overdueSince(
  reader: Pick<RecordReader, 'oldest'>,
  { period, changes }: Periods,
  now: number,
): Promise<number | null> {
  const log = await reader.oldest('log', keptFrom(period, now - GRACE_MS))
  return log ?? (await reader.oldest('changes', keptFrom(changes, now - GRACE_MS)))
}
