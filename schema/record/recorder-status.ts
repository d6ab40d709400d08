/**
 * What the recorder tells of itself: in `status.json` beside the journal, rewritten at most once a second, so that the
 * report service, another process, can say how far the tables are behind what was asked.
 */
export interface RecorderStatus {
  /** The origin under which entries are stored. */
  readonly origin: string
  /** Last frame of the journal that is durable; last frame of which everything is in the store; the difference. */
  readonly appended: number
  readonly shipped: number
  readonly pending: number
  /** Number of the last exchange that `shipped` takes in. */
  readonly shippedSeq: number
  /** When the oldest query was asked that is answered and not yet in the store; `null` when there is none. */
  readonly oldestUnshippedAt: number | null
  readonly journalBytes: number
  readonly store: 'ok' | 'unavailable'
  /** Code of the last thing that went wrong since the recorder began; `null` when nothing did. */
  readonly lastError: string | null
  /** UTC milliseconds when this was written. */
  readonly at: number
}

const NUMBERS = ['appended', 'shipped', 'pending', 'shippedSeq', 'journalBytes', 'at'] as const

/** The status that `value`, parsed JSON, says, or `null` when it says none. */
export function parseRecorderStatus(value: unknown): RecorderStatus | null {
  return isStatus(value) ? value : null
}

function isStatus(value: unknown): value is RecorderStatus {
  if (typeof value !== 'object' || value === null) return false
  const fields: Readonly<Record<string, unknown>> = { ...value }
  const { origin, oldestUnshippedAt, store, lastError } = fields
  return (
    typeof origin === 'string' &&
    NUMBERS.every((name) => typeof fields[name] === 'number') &&
    (oldestUnshippedAt === null || typeof oldestUnshippedAt === 'number') &&
    (store === 'ok' || store === 'unavailable') &&
    (lastError === null || typeof lastError === 'string')
  )
}

/**
 * Of several processes as of one: what waits in all, and the worst of each. Journals that are left over count while
 * something waits in them.
 *
 * @param own one for each process; `null`: it has not been heard, and so nobody knows.
 */
export function combinedStatus(
  own: readonly (RecorderStatus | null)[],
  leftOver: readonly RecorderStatus[] = [],
): RecorderStatus | null {
  const heard = own.filter((status) => status !== null)
  const [first] = heard
  if (first === undefined || heard.length < own.length) return null
  const all = [...heard, ...leftOver.filter(({ pending }) => pending > 0)]
  if (all.length === 1) return first
  const sum = (of: (status: RecorderStatus) => number) => all.reduce((total, status) => total + of(status), 0)
  const oldest = all.map(({ oldestUnshippedAt }) => oldestUnshippedAt).filter((at) => at !== null)
  return {
    origin: all.map(({ origin }) => origin).join(', '),
    appended: sum(({ appended }) => appended),
    shipped: sum(({ shipped }) => shipped),
    pending: sum(({ pending }) => pending),
    shippedSeq: sum(({ shippedSeq }) => shippedSeq),
    oldestUnshippedAt: oldest.length === 0 ? null : Math.min(...oldest),
    journalBytes: sum(({ journalBytes }) => journalBytes),
    store: all.every(({ store }) => store === 'ok') ? 'ok' : 'unavailable',
    lastError: all.map(({ lastError }) => lastError).find((code) => code !== null) ?? null,
    at: Math.min(...heard.map(({ at }) => at)),
  }
}
