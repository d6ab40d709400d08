/** How the record is: can it be read, how far has each proxy come, what is not in it yet. No personal data. */
import type { PersonRules } from '../../schema/record/attribute.ts'
import type { RecorderStatus as FileStatus } from '../../schema/record/recorder-status.ts'
import type { RetentionPeriod } from '../../schema/record/retention.ts'
import { overdueSince } from '../../schema/store/overdue.ts'
import type { OriginState, RecordReader } from '../../schema/store/store.ts'
import { StoreError } from '../../schema/store/store.ts'
import type { Unmapped } from './unmapped.ts'
import { unmappedAttributes } from './unmapped.ts'

/** How far the recorder is behind the journal. */
export type RecorderStatus = Omit<FileStatus, 'shippedSeq' | 'lastError'>

/** How long entries are kept, and whether what is older goes by itself. */
export interface Keeping {
  readonly period: RetentionPeriod
  readonly changes: RetentionPeriod
  readonly automatic: boolean
}

export interface Status {
  readonly store: 'ok' | 'unavailable'
  readonly origins: readonly OriginState[]
  /** Attributes that carried persons and are not known for it. */
  readonly unmapped: readonly Unmapped[]
  /** `null`: the recorder has not been heard. */
  readonly recorder: RecorderStatus | null
  readonly keeping: Keeping
  /** When the oldest entry was asked that ought to be deleted, UTC milliseconds; `null`: there is none, or nobody knows. */
  readonly overdueSince: number | null
}

/** Asks how far behind the recorder is; `null` when nobody knows. */
export type Lag = () => Promise<RecorderStatus | null>

/** A store that is silent for longer is away, as far as somebody is concerned who asks for the state. */
const PATIENCE_MS = 5_000

export async function readStatus(
  reader: Pick<RecordReader, 'origins' | 'carriers' | 'oldest'>,
  rules: PersonRules,
  keeping: Keeping,
  lag: Lag,
  now: number,
  patienceMs = PATIENCE_MS,
): Promise<Status> {
  const recorder = await lag()
  const nothing = { store: 'unavailable', origins: [], unmapped: [], recorder, keeping, overdueSince: null } as const
  try {
    const asked = [reader.origins(), unmappedAttributes(reader, rules), overdueSince(reader, keeping, now)] as const
    const told = await within(patienceMs, Promise.all(asked))
    if (told === null) return nothing
    const [origins, unmapped, since] = told
    return { store: 'ok', origins, unmapped, recorder, keeping, overdueSince: since }
  } catch (error) {
    // Expected here: saying that the store is away is what this question is for.
    if (error instanceof StoreError) return nothing
    throw error
  }
}

/** What `asked` comes to, or `null` when that takes too long; what it comes to later is then nobody's concern. */
async function within<T>(ms: number, asked: Promise<T>): Promise<T | null> {
  const late = Promise.withResolvers<null>()
  const timer = setTimeout(() => late.resolve(null), ms)
  try {
    return await Promise.race([asked, late.promise])
  } finally {
    clearTimeout(timer)
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
