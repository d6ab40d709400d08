/**
 * Undoes `permessage-deflate` (RFC 7692) in one direction, on a copy. All messages are one deflate stream as long as the
 * two sides keep the context from one to the next; so all are inflated, whether anybody reads them or not. However much
 * comes of a few bytes, no more of it is held than a piece.
 */
import { constants, createInflateRaw, type InflateRaw } from 'node:zlib'

/** Left out at the end of each message (section 7.2.1 "Compression"). */
const TAIL = Uint8Array.of(0x00, 0x00, 0xff, 0xff)

/** Takes a piece of what came out; the next one follows when it has resolved. */
export type Take = (bytes: Uint8Array) => Promise<void>

export class Inflation {
  readonly #keepsContext: boolean
  #inflate: InflateRaw | null = null
  #failed = false
  /** Bytes given to the inflater. */
  #given = 0
  /** The deflate stream has come to its end, as far as the inflater goes. */
  #hasEnded = false
  #wake: () => void = () => undefined

  /** @param extensions what the BI server agreed to in `Sec-WebSocket-Extensions`. */
  constructor(extensions: string, side: 'client' | 'server') {
    this.#keepsContext = !extensions.includes(`${side}_no_context_takeover`)
  }

  /** A message before this one could not be inflated, and this one builds on it. */
  get failed(): boolean {
    return this.#failed
  }

  /** A piece of a message. Rejects with what `take` rejects with, and with nothing else. */
  piece(bytes: Uint8Array, take: Take): Promise<void> {
    return this.#write(bytes, take)
  }

  /** The message is complete. */
  async end(take: Take): Promise<void> {
    const given = this.#given
    await this.#write(TAIL, take)
    // Behind the end of a deflate stream stands at most the byte of section 7.2.3.4 (`Using a DEFLATE Block with "BFINAL"
    // Set to 1`). What else stands there one reader passes over and another reads: it is not for us to say.
    if (this.#hasEnded && given - (this.#inflate?.bytesWritten ?? 0) > 1) this.#failed = true
  }

  /** The next message begins: where each is a stream of its own, it does not suffer from what failed before it. */
  next(): void {
    if (this.#keepsContext && !this.#hasEnded) return
    this.#inflate?.destroy()
    this.#inflate = null
    this.#given = 0
    this.#failed &&= this.#keepsContext
  }

  close(): void {
    this.#inflate?.destroy()
    this.#inflate = null
    this.#failed = true
    this.#wake()
  }

  async #write(bytes: Uint8Array, take: Take): Promise<void> {
    if (this.#failed) return
    const inflate = (this.#inflate ??= this.#open())
    this.#given += bytes.length
    // It takes no more, and does not always say so.
    if (this.#hasEnded) return
    let isWritten = false
    inflate.write(bytes, () => {
      isWritten = true
      this.#wake()
    })
    while (!this.#failed) {
      const out: unknown = inflate.read()
      if (out instanceof Uint8Array) await take(out)
      else if (isWritten || inflate.readableEnded) break
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    this.#hasEnded = inflate.readableEnded || inflate.bytesWritten < this.#given
  }

  #open(): InflateRaw {
    const inflate = createInflateRaw({ finishFlush: constants.Z_SYNC_FLUSH })
    this.#given = 0
    this.#hasEnded = false
    inflate.on('readable', () => this.#wake())
    inflate.on('end', () => this.#wake())
    inflate.on('error', () => {
      this.#failed = true
      this.#wake()
    })
    return inflate
  }
}
