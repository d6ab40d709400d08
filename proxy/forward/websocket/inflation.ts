/**
 * Undoes `permessage-deflate` (RFC 7692) in one direction, on a copy. All messages are one deflate stream as long as the
 * two sides keep the context from one to the next; so all are inflated, whether anybody reads them or not.
 */
import { constants, createInflateRaw, type InflateRaw } from 'node:zlib'

/** Left out at the end of each message (section 7.2.1 "Compression"). */
const TAIL = Uint8Array.of(0x00, 0x00, 0xff, 0xff)

export class Inflation {
  readonly #keepsContext: boolean
  #inflate: InflateRaw | null = null
  #failed = false
  #out: Uint8Array[] = []
  #release: () => void = () => undefined

  /** @param extensions what the BI server agreed to in `Sec-WebSocket-Extensions`. */
  constructor(extensions: string, side: 'client' | 'server') {
    this.#keepsContext = !extensions.includes(`${side}_no_context_takeover`)
  }

  /** A message before this one could not be inflated, and this one builds on it. */
  get failed(): boolean {
    return this.#failed
  }

  /** What comes of a piece of a message. Never rejects. */
  piece(bytes: Uint8Array): Promise<readonly Uint8Array[]> {
    return this.#write(bytes)
  }

  /** The rest of the message, which is complete. */
  async end(): Promise<readonly Uint8Array[]> {
    const rest = await this.#write(TAIL)
    if (!this.#keepsContext) {
      this.#inflate?.destroy()
      this.#inflate = null
      this.#failed = false
    }
    return rest
  }

  close(): void {
    this.#inflate?.destroy()
    this.#inflate = null
    this.#failed = true
    this.#release()
  }

  async #write(bytes: Uint8Array): Promise<readonly Uint8Array[]> {
    if (this.#failed) return []
    const inflate = (this.#inflate ??= this.#open())
    await new Promise<void>((resolve) => {
      this.#release = resolve
      inflate.write(bytes, () => resolve())
    })
    const out = this.#out
    this.#out = []
    return out
  }

  #open(): InflateRaw {
    const inflate = createInflateRaw({ finishFlush: constants.Z_SYNC_FLUSH })
    inflate.on('data', (bytes: Uint8Array) => this.#out.push(bytes))
    inflate.on('error', () => {
      this.#failed = true
      this.#release()
    })
    return inflate
  }
}
