/**
 * The request body on its way up: to the BI server at once, a part of it to the record, and no faster than the BI server
 * takes it. When the server wants no more, the rest is read and thrown away, for many clients read an early answer only
 * once they have written everything.
 */
import type { ClientRequest, IncomingMessage } from 'node:http'
import { pairs } from './answer-head.ts'
import type { Capture } from './capture.ts'

export interface UploadEvents {
  /** Bytes moved. */
  readonly moved: () => void
  /** The capture limit is passed. */
  readonly enough: () => void
  readonly ended: () => void
  /** Does a trailer of this name go on? */
  readonly keeps: (name: string) => boolean
}

export class Upload {
  readonly #req: IncomingMessage
  readonly #capture: Capture
  readonly #events: UploadEvents
  #up: ClientRequest | null
  #blocked = false

  constructor(req: IncomingMessage, up: ClientRequest, capture: Capture, events: UploadEvents) {
    this.#req = req
    this.#up = up
    this.#capture = capture
    this.#events = events
    up.on('drain', () => this.#unblock())
    req.on('data', (chunk: Buffer) => this.#take(chunk))
    req.on('end', () => this.#end())
    // With the first bytes of the body, where they are there already; else the head goes out alone.
    process.nextTick(() => {
      if (capture.size === 0 && !up.destroyed) up.flushHeaders()
    })
  }

  /** The BI server does not take what there is. */
  get isBlocked(): boolean {
    return this.#blocked
  }

  stop(): void {
    this.#up = null
    this.#unblock()
  }

  #take(chunk: Buffer): void {
    this.#capture.add(chunk)
    this.#events.moved()
    if (this.#up !== null && !this.#up.destroyed && !this.#up.write(chunk)) {
      this.#blocked = true
      this.#req.pause()
    }
    if (this.#capture.isFull) this.#events.enough()
  }

  #end(): void {
    this.#capture.end()
    if (this.#up !== null && !this.#up.destroyed) {
      const trailers = pairs(this.#req.rawTrailers).filter(([name]) => this.#events.keeps(name))
      if (trailers.length > 0) this.#up.addTrailers(trailers)
      this.#up.end()
    }
    this.#events.ended()
  }

  #unblock(): void {
    if (!this.#blocked) return
    this.#blocked = false
    this.#req.resume()
  }
}
