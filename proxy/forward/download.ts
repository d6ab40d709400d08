/**
 * The body of an answer on its way down: to the client, a copy to the reader of answers, and no faster than the slower
 * of the two. It ends as the BI server ended it, trailers and all.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { passedOn } from '../memory.ts'
import { pairs } from './answer-head.ts'
import type { SafeReading } from './safe-reading.ts'

export class Download {
  readonly #answer: IncomingMessage
  readonly #res: ServerResponse
  readonly #reading: SafeReading | null
  readonly #moved: () => void
  /** What the BI server's next bytes wait for. */
  readonly #held = { client: false, reader: false }
  #hasEnded = false
  #bytes = 0

  constructor(answer: IncomingMessage, res: ServerResponse, reading: SafeReading | null, moved: () => void) {
    this.#answer = answer
    this.#res = res
    this.#reading = reading
    this.#moved = moved
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The BI server is kept waiting, so its silence is none. */
  get isHeld(): boolean {
    return this.#held.client || this.#held.reader
  }

  /** The head is in `res` already. */
  begin(): void {
    this.#res.on('drain', () => this.#release('client'))
    this.#answer.on('data', (chunk: Buffer) => this.#pass(chunk))
    this.#answer.on('end', () => {
      this.#hasEnded = true
      this.#end()
    })
    // With the first bytes of the body, where they are there already; else the head goes out alone.
    process.nextTick(() => {
      if (this.#bytes === 0 && !this.#res.writableEnded && !this.#res.destroyed) this.#res.flushHeaders()
    })
  }

  #pass(chunk: Buffer): void {
    this.#bytes += chunk.length
    this.#moved()
    passedOn(chunk.length)
    if (this.#reading !== null && !this.#reading.write(chunk)) {
      this.#hold('reader')
      void this.#reading.drained().then(() => this.#release('reader'))
    }
    if (!this.#res.write(chunk)) this.#hold('client')
  }

  /**
   * A stream that has had all of its bytes ends even when it is paused, as small answers do. So the reader holds the end
   * back, and with it the client's next request: else every one of thousands of small answers would be taken at once.
   */
  #end(): void {
    if (!this.#hasEnded || this.#held.reader || !this.#answer.complete || this.#res.destroyed) return
    if (this.#answer.rawTrailers.length > 0) this.#res.addTrailers(pairs(this.#answer.rawTrailers))
    this.#res.end()
  }

  #hold(by: 'client' | 'reader'): void {
    this.#held[by] = true
    this.#answer.pause()
  }

  #release(by: 'client' | 'reader'): void {
    this.#held[by] = false
    this.#moved()
    if (this.#hasEnded) this.#end()
    else if (!this.isHeld) this.#answer.resume()
  }
}
