/** Counts a journal from its files alone, so that an operator can tell whether it is whole. Changes nothing. */
import type { Origin } from '../../schema/record/ids.ts'
import { type NumberRange, rangesOf } from '../../schema/record/numbers.ts'
import { journalBytes } from './end.ts'
import type { Frame } from './entry.ts'
import { loadIdentity } from './identity.ts'
import { JournalError } from './journal-error.ts'
import { JournalReader } from './reader.ts'
import type { Damage } from './reader.ts'
import { listSegments } from './segment.ts'

export interface JournalReport {
  readonly origin: Origin
  readonly segments: number
  readonly bytes: number
  readonly frames: Readonly<Record<Frame['kind'], number>>
  /** First and last number of an exchange still in the journal; 0 when there is none. */
  readonly firstSeq: number
  readonly lastSeq: number
  /** Numbers between them whose exchange is missing. */
  readonly missingSeqs: number
  /** Exchanges without an answer: under way now, or cut off. */
  readonly unanswered: number
  /** Numbers whose exchange the recorder has had wholly before it up to the given position: they are in the tables. */
  readonly settled: readonly NumberRange[]
  /** Numbers that are here and not settled. */
  readonly waiting: readonly NumberRange[]
  /** Frames that should be there and cannot be read. Empty in a sound journal. */
  readonly damaged: readonly Damage[]
  /** Bytes that are no frame and cost none: torn ends after a crash, or a damaged segment head. */
  readonly strayBytes: number
}

/**
 * @param position the ordinal up to which the store has been told; how far it is decides what is settled
 * @throws JournalError JOURNAL_DAMAGED when there is no readable journal in `folder`
 */
export async function verifyJournal(folder: string, position = 0): Promise<JournalReport> {
  const identity = await loadIdentity(folder)
  if (identity === null) throw new JournalError('JOURNAL_DAMAGED', `there is no readable journal in ${folder}`)
  const count = new Count(position)
  const reader = new JournalReader(folder, identity.mark)
  try {
    for (let reading = await reader.next(); reading !== null; reading = await reader.next()) {
      if (reading.kind === 'frame') count.frame(reading.frame)
      else count.damage(reading.damage)
    }
    const segments = (await listSegments(folder)).length
    const strayBytes = await reader.strayToEnd()
    return { origin: identity.origin, segments, bytes: await journalBytes(folder), ...count.report(), strayBytes }
  } finally {
    await reader.close()
  }
}

class Count {
  readonly #frames = { opened: 0, asked: 0, turn: 0, answered: 0, gap: 0, configured: 0, closed: 0 }
  readonly #position: number
  readonly #unanswered = new Set<number>()
  readonly #waiting = new Set<number>()
  readonly #settled: number[] = []
  readonly #damaged: Damage[] = []
  #firstSeq = 0
  #lastSeq = 0
  #missingSeqs = 0

  constructor(position: number) {
    this.#position = position
  }

  frame(frame: Frame): void {
    this.#frames[frame.kind] += 1
    if (frame.kind === 'answered') this.#unanswered.delete(frame.seq)
    if (frame.kind === 'asked') this.#unanswered.add(frame.seq)
    if ('logId' in frame) {
      this.#number(frame.seq)
      this.#waiting.add(frame.seq)
    }
    if (frame.n <= this.#position) this.#settle(frame)
  }

  /** What is asked is the recorder's to write once it is answered, or once nobody can answer it any more. */
  #settle(frame: Frame): void {
    const over = frame.kind === 'opened' || frame.kind === 'closed' ? [...this.#waiting] : []
    const isWhole = frame.kind === 'answered' || frame.kind === 'gap' || frame.kind === 'configured'
    const seqs = isWhole ? [frame.seq] : over
    for (const seq of seqs) if (this.#waiting.delete(seq)) this.#settled.push(seq)
  }

  damage(damage: Damage): void {
    this.#damaged.push(damage)
  }

  #number(seq: number): void {
    if (this.#firstSeq === 0) this.#firstSeq = seq
    else this.#missingSeqs += seq - this.#lastSeq - 1
    this.#lastSeq = seq
  }

  report() {
    return {
      frames: this.#frames,
      firstSeq: this.#firstSeq,
      lastSeq: this.#lastSeq,
      missingSeqs: this.#missingSeqs,
      unanswered: this.#unanswered.size,
      settled: rangesOf(this.#settled),
      waiting: rangesOf([...this.#waiting]),
      damaged: this.#damaged,
    }
  }
}
