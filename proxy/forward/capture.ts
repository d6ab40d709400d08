/**
 * Keeps the head of a request body while the whole of it streams past: all of it up to the limit, and of a longer one
 * its size and its SHA-256, so that what was not kept can still be recognised.
 */
import { createHash, type Hash } from 'node:crypto'
import type { CapturedBody } from '../exchange.ts'

export class Capture {
  readonly #limit: number
  #chunks: Buffer[] = []
  #size = 0
  #hash: Hash | null = null
  #isTaken = false
  #hasEnded = false

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Bytes that passed so far. */
  get size(): number {
    return this.#size
  }

  /** More has passed than is kept. */
  get isFull(): boolean {
    return this.#size > this.#limit
  }

  /** Takes the chunk itself: Node makes a new buffer for each. */
  add(chunk: Buffer): void {
    const room = this.#limit - this.#size
    this.#size += chunk.length
    if (this.isFull) this.#startHash()
    this.#hash?.update(chunk)
    if (room <= 0 || this.#isTaken) return
    this.#chunks.push(chunk.length > room ? Buffer.from(chunk.subarray(0, room)) : chunk)
  }

  /** The body came to its end. */
  end(): void {
    this.#hasEnded = true
  }

  /** Hands over what was kept, and keeps no more; what still comes is counted and hashed. */
  take(): CapturedBody {
    if (!this.#hasEnded) this.#startHash()
    this.#isTaken = true
    const [only] = this.#chunks
    const bytes = this.#chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.#chunks)
    this.#chunks = []
    if (this.isFull) return { bytes, extent: 'head' }
    return { bytes, extent: this.#hasEnded ? 'whole' : 'cut' }
  }

  /** SHA-256 of the whole body, hexadecimal, where only a part was taken and yet the end was seen. Once. */
  hash(): string | null {
    return this.#hasEnded ? (this.#hash?.digest('hex') ?? null) : null
  }

  #startHash(): void {
    if (this.#hash !== null) return
    this.#hash = createHash('sha256')
    for (const chunk of this.#chunks) this.#hash.update(chunk)
  }
}
