/**
 * Takes one direction of a WebSocket apart into messages (RFC 6455, section 5 "Data Framing") as the bytes pass. Pieces
 * of a payload come out as they arrive, unmasked; nothing is held but a frame's head. Control frames may stand between
 * the frames of a message, and say nothing of it.
 */
export type FrameEvent =
  | { readonly kind: 'piece'; readonly bytes: Uint8Array; readonly message: MessageHead }
  /** The message is complete. */
  | { readonly kind: 'end'; readonly message: MessageHead }

export interface MessageHead {
  readonly text: boolean
  /** As an extension made it: RSV1 for `permessage-deflate` (RFC 7692, section 6), the others for none we know. */
  readonly coding: 'plain' | 'deflate' | 'unknown'
}

/** What no WebSocket may say: who goes on after that could be understood in two ways. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
  readonly code = 'WEBSOCKET_FRAME'
}

const MASK_BYTES = 4

interface Frame {
  readonly isControl: boolean
  readonly isLast: boolean
  readonly mask: Uint8Array | null
  readonly length: number
}

export class FrameReader {
  readonly #masked: boolean
  #head: number[] = []
  #frame: Frame | null = null
  /** Bytes of the frame's payload that have come. */
  #come = 0
  #message: MessageHead | null = null

  /** @param masked what a client says is masked, what a server says is not (section 5.1 "Overview"). */
  constructor(masked: boolean) {
    this.#masked = masked
  }

  /** Throws {@link FrameError}. */
  read(chunk: Uint8Array): FrameEvent[] {
    const events: FrameEvent[] = []
    let at = 0
    while (at < chunk.length) {
      if (this.#frame === null) {
        this.#head.push(chunk[at++] ?? 0)
        this.#frame = this.#begun()
      } else {
        const end = Math.min(chunk.length, at + this.#frame.length - this.#come)
        this.#take(this.#frame, chunk.subarray(at, end), events)
        at = end
      }
      if (this.#frame !== null && this.#come === this.#frame.length) this.#finish(this.#frame, events)
    }
    return events
  }

  /** The frame whose head is complete now; `null` while it is not. */
  #begun(): Frame | null {
    const [first = 0, second] = this.#head
    if (second === undefined) return null
    const short = second & 0x7f
    const extended = short === 126 ? 2 : short === 127 ? 8 : 0
    const isMasked = second >= 0x80
    if (isMasked !== this.#masked) throw new FrameError('a frame is masked that must not be, or is not that must')
    if (this.#head.length < 2 + extended + (isMasked ? MASK_BYTES : 0)) return null
    const length = this.#head.slice(2, 2 + extended).reduce((sum, byte) => sum * 256 + byte, extended > 0 ? 0 : short)
    if (!Number.isSafeInteger(length)) throw new FrameError('a frame is longer than anything is')
    const mask = isMasked ? Uint8Array.from(this.#head.slice(2 + extended)) : null
    const isControl = (first & 0x08) !== 0
    const isLast = first >= 0x80
    if (isControl && (length > 125 || !isLast)) throw new FrameError('a control frame is long, or in parts')
    if (!isControl) this.#open(first)
    this.#head = []
    this.#come = 0
    return { isControl, isLast, mask, length }
  }

  #open(first: number): void {
    const opcode = first & 0x0f
    const reserved = (first >> 4) & 0x07
    if ((opcode === 0) !== (this.#message !== null)) throw new FrameError('a message begins within another, or nowhere')
    if (opcode === 0) return
    const coding = opcode > 2 ? 'unknown' : reserved === 0 ? 'plain' : reserved === 4 ? 'deflate' : 'unknown'
    this.#message = { text: opcode === 1, coding }
  }

  #take({ isControl, mask }: Frame, bytes: Uint8Array, events: FrameEvent[]): void {
    const from = this.#come
    this.#come += bytes.length
    const message = this.#message
    if (isControl || message === null || bytes.length === 0) return
    if (mask === null) return void events.push({ kind: 'piece', bytes, message })
    const plain = Uint8Array.from(bytes)
    for (let i = 0; i < plain.length; i += 1) plain[i] = (plain[i] ?? 0) ^ (mask[(from + i) % MASK_BYTES] ?? 0)
    events.push({ kind: 'piece', bytes: plain, message })
  }

  #finish({ isControl, isLast }: Frame, events: FrameEvent[]): void {
    this.#frame = null
    if (isControl || !isLast || this.#message === null) return
    events.push({ kind: 'end', message: this.#message })
    this.#message = null
  }
}
