/**
 * A reading of an answer that cannot touch the client: what the reader throws, rejects or leaves undone ends the
 * reading, is reported, and nothing else.
 */
import type { AnswerFacts, AnswerHead, AnswerReading, ReadAnswer } from '../exchange.ts'
import { codeOf } from './event.ts'

/** A reader this far behind has stopped reading; the client is not to wait for it any longer. */
const PATIENCE_MS = 10_000

export function beginReading(read: ReadAnswer, head: AnswerHead, failed: (code: string) => void): SafeReading | null {
  try {
    const reading = read(head)
    return reading === null ? null : new SafeReading(reading, failed)
  } catch (error) {
    failed(codeOf(error))
    return null
  }
}

export class SafeReading {
  readonly #failed: (code: string) => void
  #reading: AnswerReading | null
  #isDropped = false

  constructor(reading: AnswerReading, failed: (code: string) => void) {
    this.#reading = reading
    this.#failed = failed
  }

  /** `false`: wait for {@link drained}. */
  write(chunk: Buffer): boolean {
    if (this.#reading === null) return true
    try {
      return this.#reading.write(chunk)
    } catch (error) {
      this.#drop(error)
      return true
    }
  }

  /** Resolves when there is room again, or nobody reads any more. */
  async drained(): Promise<void> {
    await this.#patiently((reading) => reading.drained())
  }

  end(complete: boolean): Promise<AnswerFacts | null> {
    const facts = this.#patiently((reading) => reading.end(complete))
    this.#reading = null
    return facts
  }

  /** One promise and one timer: it is done for every answer. */
  #patiently<T>(work: (reading: AnswerReading) => Promise<T>): Promise<T | null> {
    const reading = this.#reading
    if (reading === null) return Promise.resolve(null)
    return new Promise((resolve) => {
      const giveUp = (error: unknown) => {
        clearTimeout(timer)
        resolve(null)
        this.#drop(error)
      }
      const timer = setTimeout(() => giveUp(new ReaderStalled('the reader of answers has stalled')), PATIENCE_MS)
      started(work, reading).then((result) => {
        clearTimeout(timer)
        resolve(result)
      }, giveUp)
    })
  }

  #drop(error: unknown): void {
    if (this.#isDropped) return
    this.#isDropped = true
    this.#reading = null
    this.#failed(codeOf(error))
  }
}

/** What throws in place of rejecting is the same fault. */
async function started<T>(work: (reading: AnswerReading) => Promise<T>, reading: AnswerReading): Promise<T> {
  return work(reading)
}

class ReaderStalled extends Error {
  override readonly name = 'ReaderStalled'
  readonly code = 'READER_STALLED'
}
