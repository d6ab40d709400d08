/** A `T` that only the function which mints it can make: a bare string does not fit where a `LogId` is asked for. */
declare const brand: unique symbol
export type Branded<T, Name extends string> = T & { readonly [brand]: Name }

/**
 * Key of one row of `log`: a positive 63-bit number in decimal, time-ordered, minted before the journal append.
 *
 * Layout, high to low: 41 bits milliseconds since 2020-01-01T00:00:00Z, 8 bits number of the journal, 6 bits counter,
 * 8 bits part (which statement of the exchange). Decimal text, because a JavaScript number ends at 53 bits.
 */
export type LogId = Branded<string, 'LogId'>

/** Name of one journal for ever: the proxy's configured name and six random hexadecimal digits of the journal. */
export type Origin = Branded<string, 'Origin'>

/** A Danish person number without hyphen: `DDMMYYSSSS`, or an eCPR `DDMMYYCAAG` in upper case. */
export type PersonNumber = Branded<string, 'PersonNumber'>

const EPOCH_MS = Date.UTC(2020, 0, 1)
const PARTS = 256n
const COUNTERS = 64

/** The last statement of an exchange that has an id of its own; what follows it is kept in this part, unread. */
export const LAST_PART = 255

/** Reads text as a `LogId`, or `null` if it is not a positive number of 63 bits. */
export function logId(text: string): LogId | null {
  if (!/^[1-9][0-9]{0,18}$/.test(text)) return null
  // Of as many digits, the greater number is the greater text.
  return text.length < LARGEST_ID.length || text <= LARGEST_ID ? (text as LogId) : null
}

const LARGEST_ID = String(0x7fff_ffff_ffff_ffffn)

/** The id of statement `part` (0 to {@link LAST_PART}) of the exchange whose own id is `id`. */
export function logIdOfPart(id: LogId, part: number): LogId {
  return String(BigInt(id) + BigInt(part)) as LogId
}

/** The smallest id that an exchange asked at `ms` (UTC milliseconds) or later can have. */
export function firstLogIdAt(ms: number): LogId {
  return String(firstIdAt(ms)) as LogId
}

/** {@link firstLogIdAt}, to reckon with. */
export function firstIdAt(ms: number): bigint {
  return BigInt(Math.max(ms - EPOCH_MS, 0)) << 22n
}

/**
 * Mints ids for one journal. They only grow: when the clock is set back, or more than 64 exchanges fall within one
 * millisecond, the id's own time runs ahead of the clock's; `asked_at` keeps the clock's.
 *
 * @param journalNumber 0 to 255, random for each journal. Two journals that share one may, very rarely, mint the same
 * id; the store resolves that, because an entry's identity is its origin, number and part.
 */
export class LogIdMint {
  readonly #journal: bigint
  #ms = 0
  #counter = 0

  constructor(journalNumber: number, after?: LogId) {
    this.#journal = BigInt(journalNumber & 0xff) << 14n
    if (after !== undefined) this.#ms = Number(BigInt(after) >> 22n) + 1
  }

  next(nowMs: number): LogId {
    const ms = nowMs - EPOCH_MS
    if (ms > this.#ms) {
      this.#ms = ms
      this.#counter = 0
    } else if (++this.#counter === COUNTERS) {
      this.#ms += 1
      this.#counter = 0
    }
    return String((BigInt(this.#ms) << 22n) | this.#journal | (BigInt(this.#counter) * PARTS)) as LogId
  }
}
