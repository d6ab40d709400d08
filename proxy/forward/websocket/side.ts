/** One direction of a WebSocket: its frames, its compression, and the message that is coming. */
import type { Asked, MessageIdFinder } from '../../exchange.ts'
import { Capture } from '../capture.ts'
import type { SafeReading } from '../safe-reading.ts'
import { FrameReader, type FrameEvent, type MessageHead } from './frames.ts'
import { Inflation } from './inflation.ts'
import { SixDigits } from './six-digits.ts'

/** A message as it comes in. */
export interface Hearing {
  readonly startedAt: number
  readonly message: MessageHead
  readonly finder: MessageIdFinder
  readonly digits: SixDigits
  readonly raw: Capture
  readonly plain: Capture
  /** Of what the BI server says. */
  readonly reading: SafeReading | null
  bytes: number
  /** Could not be undone: what it says nobody knows. */
  isUnread: boolean
}

export interface SideSettings {
  readonly side: 'client' | 'server'
  /** `Sec-WebSocket-Extensions` of the BI server's answer; `null`: none. */
  readonly extensions: string | null
  readonly captureBytes: number
  readonly now: () => number
  readonly findMessageId: () => MessageIdFinder
  readonly beginReading: () => SafeReading | null
  /** A message is complete. */
  readonly whole: (hearing: Hearing) => void
  /** Hearing has failed, which is a fault of ours. */
  readonly failed: (error: unknown) => void
}

/** Chunks are heard one after the other. */
export class Side {
  readonly #its: SideSettings
  readonly #frames: FrameReader
  readonly #inflation: Inflation
  #hearing: Hearing | null = null
  #work: Promise<void> = Promise.resolve()

  constructor(its: SideSettings) {
    this.#its = its
    this.#frames = new FrameReader(its.side === 'client')
    this.#inflation = new Inflation(its.extensions ?? '', its.side)
  }

  /** The message that has begun and is not complete. */
  get partly(): Hearing | null {
    return this.#hearing
  }

  /** Throws `FrameError`. What comes of it must be heard. */
  framed(chunk: Uint8Array): readonly FrameEvent[] {
    return this.#frames.read(chunk)
  }

  hear(events: readonly FrameEvent[]): Promise<void> {
    this.#work = this.#work
      .then(async () => {
        for (const event of events) await this.#hear(event)
      })
      .catch(this.#its.failed)
    return this.#work
  }

  /** Everything said so far has been heard. */
  idle(): Promise<void> {
    return this.#work
  }

  close(): void {
    this.#inflation.close()
  }

  async #hear(event: FrameEvent): Promise<void> {
    const hearing = (this.#hearing ??= this.#begin(event.message))
    if (event.kind === 'piece') {
      hearing.bytes += event.bytes.length
      if (event.message.coding !== 'plain') hearing.raw.add(Buffer.from(event.bytes))
    }
    await this.#understand(hearing, event)
    hearing.isUnread ||= event.message.coding === 'deflate' && this.#inflation.failed
    if (event.kind === 'piece') return
    if (event.message.coding === 'deflate') this.#inflation.next()
    this.#hearing = null
    hearing.raw.end()
    hearing.plain.end()
    this.#its.whole(hearing)
  }

  async #understand(hearing: Hearing, event: FrameEvent): Promise<void> {
    const take = (bytes: Uint8Array) => this.#take(hearing, bytes)
    const { coding } = event.message
    if (coding === 'deflate' && event.kind === 'end') await this.#inflation.end(take)
    else if (event.kind === 'end' || coding === 'unknown') return
    else if (coding === 'deflate') await this.#inflation.piece(event.bytes, take)
    else await take(event.bytes)
  }

  async #take(hearing: Hearing, bytes: Uint8Array): Promise<void> {
    hearing.finder.write(bytes)
    if (this.#its.side === 'client') return hearing.plain.add(Buffer.from(bytes))
    hearing.digits.write(bytes)
    if (hearing.reading?.write(Buffer.from(bytes)) === false) await hearing.reading.drained()
  }

  #begin(message: MessageHead): Hearing {
    const { captureBytes, now, findMessageId, beginReading } = this.#its
    return {
      startedAt: now(),
      message,
      finder: findMessageId(),
      digits: new SixDigits(),
      raw: new Capture(captureBytes),
      plain: new Capture(captureBytes),
      reading: beginReading(),
      bytes: 0,
      isUnread: message.coding === 'unknown',
    }
  }
}

/** What was said; as it came, where it could not be undone. */
export function saidIn({ isUnread, raw, plain }: Hearing): Capture {
  return isUnread ? raw : plain
}

/** Headers that tell how a body came that could not be undone. */
export function codingOf({ isUnread, message: { coding } }: Hearing): Asked['headers'] {
  if (!isUnread) return []
  return [['Content-Encoding', coding === 'deflate' ? 'permessage-deflate' : 'x-websocket-extension']]
}
