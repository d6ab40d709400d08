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
    await this.#guard((reading) => reading.drained())
  }

  async end(complete: boolean): Promise<AnswerFacts | null> {
    const facts = await this.#guard((reading) => reading.end(complete))
    this.#reading = null
    return facts
  }

  async #guard<T>(work: (reading: AnswerReading) => Promise<T>): Promise<T | null> {
    if (this.#reading === null) return null
    try {
      return await patiently(work(this.#reading))
    } catch (error) {
      this.#drop(error)
      return null
    }
  }

  #drop(error: unknown): void {
    this.#reading = null
    this.#failed(codeOf(error))
  }
}

class ReaderStalled extends Error {
  override readonly name = 'ReaderStalled'
  readonly code = 'READER_STALLED'
}

async function patiently<T>(work: Promise<T>): Promise<T> {
  const stalled = Promise.withResolvers<never>()
  const timer = setTimeout(() => stalled.reject(new ReaderStalled('the reader of answers has stalled')), PATIENCE_MS)
  try {
    return await Promise.race([work, stalled.promise])
  } finally {
    clearTimeout(timer)
  }
}
