/** How the record is: can it be read, how far has each proxy come, what is not in it yet. No personal data. */
import type { RecorderStatus as FileStatus } from '../../schema/record/recorder-status.ts'
import type { OriginState, RecordReader } from '../../schema/store/store.ts'
import { StoreError } from '../../schema/store/store.ts'

/** How far the recorder is behind the journal. */
export type RecorderStatus = Omit<FileStatus, 'shippedSeq' | 'lastError'>

export interface Status {
  readonly store: 'ok' | 'unavailable'
  readonly origins: readonly OriginState[]
  /** `null`: the recorder has not been heard. */
  readonly recorder: RecorderStatus | null
}

/** Asks how far behind the recorder is; `null` when nobody knows. */
export type Lag = () => Promise<RecorderStatus | null>

export async function readStatus(reader: Pick<RecordReader, 'origins'>, lag: Lag): Promise<Status> {
  const recorder = await lag()
  try {
    return { store: 'ok', origins: await reader.origins(), recorder }
  } catch (error) {
    // Expected here: saying that the store is away is what this question is for.
    if (error instanceof StoreError) return { store: 'unavailable', origins: [], recorder }
    throw error
  }
}

/** Silence longer than this means that the recorder may have ended. */
const SILENCE_MS = 60_000

export type Delay =
  | { readonly kind: 'none' }
  | { readonly kind: 'behind'; readonly pending: number; readonly oldestAt: number | null }
  | { readonly kind: 'silent'; readonly heardAt: number | null }

/** What an auditor must know before reading a list as complete (requirement K11). */
export function delay(recorder: RecorderStatus | null, now: number): Delay {
  if (recorder === null || now - recorder.at > SILENCE_MS) return { kind: 'silent', heardAt: recorder?.at ?? null }
  if (recorder.pending === 0) return { kind: 'none' }
  return { kind: 'behind', pending: recorder.pending, oldestAt: recorder.oldestUnshippedAt }
}
