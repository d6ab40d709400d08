/**
 * From frames to happenings: a question meets its answer, a question without one ends when a process ends, a number that
 * is missing is told of. What becomes of a frame depends on the journal alone, so that a second reading, after a crash,
 * gives the same.
 */
import type { Answered, Asked, Configuration, CookieTurn, Exchange, Gap, Ticket } from '../exchange.ts'
import { logId } from '../../schema/record/ids.ts'
import type { LogId, Origin } from '../../schema/record/ids.ts'
import { assertNever } from '../../schema/record/record.ts'
import type { PendingPlace } from '../journal/checkpoint.ts'
import type { AnsweredFrame, AskedFrame, Frame, TurnFrame } from '../journal/entry.ts'
import type { Place } from '../journal/reader.ts'

/** An exchange, or several, whose frames can no longer be read: they were asked, nobody can say what. */
export interface Lost extends Ticket {
  readonly origin: Origin
  readonly from: number
  readonly to: number
  readonly count: number
}

export type Happening =
  | { readonly kind: 'exchange'; readonly exchange: Exchange }
  /** No entry: what it teaches is for later ones. */
  | { readonly kind: 'turn'; readonly asked: Asked; readonly turn: CookieTurn }
  | { readonly kind: 'gap'; readonly gap: Gap }
  | { readonly kind: 'configuration'; readonly configuration: Configuration }
  | { readonly kind: 'lost'; readonly lost: Lost }

export interface PairingOptions {
  readonly origin: Origin
  /** Where the checkpoint left off; `null`: nobody knows which number comes first. */
  readonly lastSeq: number | null
  readonly lastAt: number
  readonly pending: readonly PendingPlace[]
  /** Reads the frame at a place once more; `null` when it no longer can be. */
  readonly readAgain: (place: Place) => Promise<Frame | null>
  /** How many bytes of unanswered questions are kept in memory; the others are read again when their answer comes. */
  readonly keepBytes: number
}

interface Pending {
  readonly place: PendingPlace
  readonly frame: AskedFrame | null
}

/** Of one frame; at once, unless its question has to be read again. */
type Taken = readonly Happening[] | Promise<readonly Happening[]>

/** A body larger than this is read again rather than kept: it is a query that will take its time. */
const LARGE_BODY = 64 * 1024

/** Each of so many missing numbers becomes an entry; what is missing beyond is counted in the last. */
const MOST_LOST = 1000

export class Pairing {
  readonly #options: PairingOptions
  readonly #pending = new Map<number, Pending>()
  #keptBytes = 0
  #lastSeq: number | null
  #lastAt: number

  constructor(options: PairingOptions) {
    this.#options = options
    this.#lastSeq = options.lastSeq
    this.#lastAt = options.lastAt
    for (const place of options.pending) this.#pending.set(place.seq, { place, frame: null })
  }

  get lastSeq(): number {
    return this.#lastSeq ?? 0
  }

  get lastAt(): number {
    return this.#lastAt
  }

  /** Questions whose answer has not been read, oldest first. */
  get pending(): readonly PendingPlace[] {
    return Array.from(this.#pending.values(), ({ place }) => place)
  }

  get pendingCount(): number {
    return this.#pending.size
  }

  take(frame: Frame, at: Place): Taken {
    switch (frame.kind) {
      case 'asked': {
        const lost = this.#numbered(frame, frame.asked.askedAt)
        this.#keep(frame, at)
        return lost
      }
      case 'gap': {
        const { server, from, to, count, seq, logId } = frame
        const gap = { origin: this.#options.origin, seq, logId, server, from, to, count }
        return [...this.#numbered(frame, frame.from), { kind: 'gap', gap }]
      }
      case 'turn':
        return this.#turn(frame)
      case 'configured': {
        const { configured, seq, logId } = frame
        const configuration = { origin: this.#options.origin, seq, logId, configured }
        return [...this.#numbered(frame, configured.at), { kind: 'configuration', configuration }]
      }
      case 'answered':
        return this.#answer(frame)
      case 'opened':
      case 'closed':
        return this.#endAll(frame.at)
      default:
        return assertNever(frame)
    }
  }

  #keep(frame: AskedFrame, at: Place): void {
    const { length } = frame.asked.body.bytes
    const fits = length <= LARGE_BODY && this.#keptBytes + length <= this.#options.keepBytes
    if (fits) this.#keptBytes += length
    const place = { segment: at.segment, offset: at.offset, seq: frame.seq, logId: frame.logId }
    this.#pending.set(frame.seq, { place, frame: fits ? frame : null })
  }

  #answer({ seq, answered }: AnsweredFrame): Taken {
    const pending = this.#pending.get(seq)
    // Its question is damaged and will be told of as lost, or it was ended by `closed` before.
    if (pending === undefined) return []
    return this.#asked(pending, (frame) => [this.#end(pending, frame, answered)])
  }

  #turn({ seq, turn }: TurnFrame): Taken {
    const pending = this.#pending.get(seq)
    if (pending === undefined) return []
    return this.#asked(pending, (frame) => (frame === null ? [] : [{ kind: 'turn', asked: frame.asked, turn }]))
  }

  /** What `then` makes of the question: from memory if it is there, else from the journal; `null` when it is in neither. */
  #asked({ frame, place }: Pending, then: (frame: AskedFrame | null) => readonly Happening[]): Taken {
    if (frame !== null) return then(frame)
    return this.#options
      .readAgain(place)
      .then((again) => then(again?.kind === 'asked' && again.seq === place.seq ? again : null))
  }

  /** No answer can follow any more. */
  async #endAll(at: number): Promise<readonly Happening[]> {
    const ended: Happening[] = []
    for (const pending of this.#pending.values()) {
      ended.push(...(await this.#asked(pending, (frame) => [this.#end(pending, frame, null)])))
    }
    this.#lastAt = Math.max(this.#lastAt, at)
    return ended
  }

  #end({ place, frame: kept }: Pending, frame: AskedFrame | null, answered: Answered | null): Happening {
    const { origin } = this.#options
    const { seq, logId } = place
    this.#pending.delete(seq)
    if (kept !== null) this.#keptBytes -= kept.asked.body.bytes.length
    if (frame !== null) return { kind: 'exchange', exchange: { origin, seq, logId, asked: frame.asked, answered } }
    return { kind: 'lost', lost: { origin, seq, logId, from: this.#lastAt, to: this.#lastAt, count: 1 } }
  }

  /** Notes the number of `ticket`, and what is missing before it. */
  #numbered(ticket: Ticket, at: number): readonly Happening[] {
    const firstSeq = (this.#lastSeq ?? ticket.seq - 1) + 1
    const missing = Math.max(ticket.seq - firstSeq, 0)
    const entries = Math.min(missing, MOST_LOST)
    const { origin } = this.#options
    // Where nothing was read before, nobody knows since when.
    const from = this.#lastAt === 0 ? at : this.#lastAt
    const lost = idsBefore(ticket.logId, entries).map((id, i): Happening => {
      const count = i === entries - 1 ? missing - i : 1
      return { kind: 'lost', lost: { origin, seq: firstSeq + i, logId: id, from, to: at, count } }
    })
    this.#lastSeq = Math.max(firstSeq - 1, ticket.seq)
    this.#lastAt = at
    return lost
  }
}

const COUNTER_BITS = 0x3f00n
const COUNTER_STEP = 0x100n
const MILLISECOND = 1n << 22n

/**
 * `count` ids, ascending, that the journal of `next` gave or could have given right before it. As it has given that many
 * between the last one read and `next`, none of these is older than what was read, and none belongs to another entry.
 * The layout of an id is told in `schema/record/ids.ts`.
 */
export function idsBefore(next: LogId, count: number): readonly LogId[] {
  const ids: LogId[] = []
  for (let id = BigInt(next); ids.length < count;) {
    id = (id & COUNTER_BITS) === 0n ? (id - MILLISECOND) | COUNTER_BITS : id - COUNTER_STEP
    const text = logId(String(id))
    if (text === null) break
    ids.unshift(text)
  }
  return ids
}
