/**
 * What is said in one WebSocket, made into entries while it passes.
 *
 * - Each message of the client is a query of its own: its entry is asked for when the message is complete, and goes on to
 *   the BI server meanwhile.
 * - Nothing of the BI server's leaves while an entry is not yet durable: the answer to a message that nobody could find
 *   again must not be seen (DESIGN.md, invariant 1).
 * - A message of the BI server's answers the one that has its id; without ids, the oldest that is open. One that nobody
 *   asked for is an entry itself (`PUSH`), before it leaves, where it holds digits enough to show a person; the rest of
 *   those (heartbeats, "connected") belong to the connection's entry.
 * - What an extension we do not know has made of a message is kept as it came. What is no WebSocket at all ends it: it
 *   could be read in two ways.
 *
 * A crash leaves the messages without an answer as `unknown`, like any query.
 */
import type { Answered, Asked, Ending, MessageIdFinder, ReadAnswer, Witness } from '../../exchange.ts'
import { Capture } from '../capture.ts'
import { Entry } from '../entry.ts'
import { codeOf, type Report } from '../event.ts'
import { beginReading, type SafeReading } from '../safe-reading.ts'
import { FrameError, FrameReader, type FrameEvent, type MessageHead } from './frames.ts'
import { Inflation } from './inflation.ts'
import { SixDigits } from './six-digits.ts'

export interface ConversationSettings {
  readonly witness: Witness
  readonly server: string
  readonly onJournalFailure: 'refuse' | 'forward'
  readonly captureBytes: number
  readonly readAnswer: ReadAnswer
  readonly findMessageId: () => MessageIdFinder
  readonly now: () => number
  readonly report: Report
  /** `Sec-WebSocket-Extensions` of the BI server's answer; `null`: none. */
  readonly extensions: string | null
  /** The BI server let this user in. */
  readonly userConfirmed: boolean
  /** What all that is said here has in common. */
  readonly common: Omit<Asked, 'askedAt' | 'method' | 'body'>
  /** Ends both sides. */
  readonly cut: (ending: Ending) => void
}

/** Messages that wait for an answer; where more do, their answers are none that can be told apart. */
const MAX_OPEN = 1000

interface Said {
  readonly entry: Entry
  readonly id: string | null
  readonly askedAt: number
  readonly requestBytes: number
  readonly requestHash: string | null
}

/** A message as it comes in. */
interface Hearing {
  readonly startedAt: number
  readonly finder: MessageIdFinder
  readonly digits: SixDigits
  readonly raw: Capture
  readonly plain: Capture
  readonly reading: SafeReading | null
  bytes: number
}

export class Conversation {
  readonly #its: ConversationSettings
  readonly #up: Side
  readonly #down: Side
  readonly #open: Said[] = []
  /** Entries that are not yet durable. */
  #pending = 0
  #clear: (() => void)[] = []
  #answering = new Set<Promise<void>>()
  #isOver = false
  /** Why the connection was cut here. */
  #cutAs: Ending | null = null

  constructor(its: ConversationSettings) {
    this.#its = its
    this.#up = new Side(its, 'client', (error) => this.#failed(error))
    this.#down = new Side(its, 'server', (error) => this.#failed(error))
  }

  /**
   * The client says something, which the caller has not yet passed on. `false`: it must not be, because no entry can be
   * made of it, and the connection has been cut. `heard`: what was said so far is with the witness.
   */
  up(chunk: Uint8Array): { readonly pass: boolean; readonly heard: Promise<void> } {
    const events = this.#framed(this.#up, chunk)
    if (events === null) return { pass: false, heard: Promise.resolve() }
    if (events.some(({ kind }) => kind === 'end') && !this.#its.witness.ready) {
      if (this.#its.onJournalFailure === 'refuse') return { pass: this.#refuse(), heard: Promise.resolve() }
    }
    return { pass: true, heard: this.#up.hear(events, (hearing, message) => this.#say(hearing, message)) }
  }

  /** The BI server says something: resolves when it may leave, with `false` when it never may. */
  async down(chunk: Uint8Array): Promise<boolean> {
    const events = this.#framed(this.#down, chunk)
    if (events === null) return false
    await this.#up.idle()
    await this.#down.hear(events, (hearing) => this.#answered(hearing))
    if (this.#pending > 0) await new Promise<void>((resolve) => this.#clear.push(resolve))
    return !this.#isOver
  }

  /** Both sides have closed: what is still open gets `ending`. Resolves when every entry has its answer. */
  async end(ending: Ending): Promise<void> {
    this.#isOver = true
    this.#release()
    await this.#up.idle()
    for (const said of this.#open.splice(0))
      this.#record(said, { ...NO_ANSWER, ending: this.#cutAs ?? ending, endedAt: this.#its.now() })
    await Promise.all([this.#up.close(), this.#down.close()])
    while (this.#answering.size > 0) await Promise.all(this.#answering)
  }

  #framed(side: Side, chunk: Uint8Array): readonly FrameEvent[] | null {
    try {
      return side.frames.read(chunk)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      this.#its.report({ kind: 'refused', server: this.#its.server, status: 400, reason: 'websocket-frame' })
      this.#cut(side === this.#up ? 'refused' : 'upstream-gone')
      return null
    }
  }

  /** A fault of ours: nothing more is let out that may have no entry. */
  #failed(error: unknown): void {
    this.#its.report({ kind: 'failed', server: this.#its.server, code: codeOf(error) })
    this.#cut('withheld')
  }

  #refuse(): false {
    this.#its.report({ kind: 'journal-refusal', server: this.#its.server })
    this.#cut('refused')
    return false
  }

  #cut(ending: Ending): void {
    this.#isOver = true
    this.#cutAs ??= ending
    this.#its.cut(ending)
    this.#release()
  }

  // ——— what the client says ———

  #say(hearing: Hearing, message: MessageHead): void {
    const body = bodyOf(hearing, message, this.#up.inflation.failed)
    const headers = [...this.#its.common.headers, ...codingOf(message, this.#up.inflation.failed)]
    const entry = this.#ask({
      ...this.#its.common,
      headers,
      askedAt: hearing.startedAt,
      method: 'SAY',
      body: body.take(),
    })
    const said = { entry, id: hearing.finder.end(), askedAt: hearing.startedAt, requestBytes: hearing.bytes }
    this.#open.push({ ...said, requestHash: body.hash() })
    const [oldest] = this.#open.length > MAX_OPEN ? this.#open.splice(0, 1) : []
    if (oldest !== undefined) this.#record(oldest, { ...NO_ANSWER, endedAt: this.#its.now() })
  }

  #ask(asked: Asked): Entry {
    const { witness, server, onJournalFailure } = this.#its
    const failed = (error: unknown, unrecorded: boolean) => this.#journalFailed(error, unrecorded)
    const entry = new Entry({ witness, server, onJournalFailure, failed })
    this.#pending += 1
    entry.whenKept(() => this.#kept())
    if (witness.ready) entry.ask(asked)
    else if (onJournalFailure === 'forward') entry.miss()
    else this.#refuse()
    return entry
  }

  #kept(): void {
    this.#pending -= 1
    if (this.#pending === 0) this.#release()
  }

  #release(): void {
    for (const resolve of this.#clear.splice(0)) resolve()
  }

  #journalFailed(error: unknown, unrecorded: boolean): void {
    const kind = unrecorded ? 'unrecorded' : 'withheld'
    this.#its.report({ kind, server: this.#its.server, code: codeOf(error) })
    if (!unrecorded) this.#cut('withheld')
  }

  // ——— what the BI server says ———

  #answered(hearing: Hearing): void {
    const id = hearing.finder.end()
    const at = this.#open.findIndex((said) => said.id === id)
    const [said] = at < 0 ? [] : this.#open.splice(at, 1)
    if (said !== undefined) return this.#finish(said, hearing)
    if (!hearing.digits.found) return this.#track(this.#drop(hearing))
    const body = { bytes: new Uint8Array(0), extent: 'whole' } as const
    const entry = this.#ask({ ...this.#its.common, askedAt: hearing.startedAt, method: 'PUSH', body })
    this.#finish({ entry, id, askedAt: hearing.startedAt, requestBytes: 0, requestHash: null }, hearing)
  }

  #finish(said: Said, hearing: Hearing): void {
    const times = { firstByteAt: hearing.startedAt, endedAt: this.#its.now(), answerBytes: hearing.bytes }
    this.#track(
      (async () => {
        const facts = (await hearing.reading?.end(!this.#down.inflation.failed)) ?? null
        this.#record(said, { ...NO_ANSWER, ...times, facts })
      })(),
    )
  }

  async #drop(hearing: Hearing): Promise<void> {
    await hearing.reading?.end(false)
  }

  #record(said: Said, answer: Omit<Answered, 'requestBytes' | 'requestHash' | 'userConfirmed'>): void {
    const { requestBytes, requestHash } = said
    said.entry.answer({ ...answer, userConfirmed: this.#its.userConfirmed, requestBytes, requestHash })
  }

  #track(work: Promise<void>): void {
    this.#answering.add(work)
    void work.finally(() => this.#answering.delete(work))
  }
}

const NO_ANSWER = {
  ending: 'complete',
  status: 101,
  headers: [],
  firstByteAt: null,
  endedAt: 0,
  answerBytes: 0,
  facts: null,
} as const

/** One direction: its frames, its compression, and the message that is coming. Chunks are heard one after the other. */
class Side {
  readonly frames: FrameReader
  readonly inflation: Inflation
  readonly #its: ConversationSettings
  readonly #reads: boolean
  readonly #failed: (error: unknown) => void
  #hearing: Hearing | null = null
  #work: Promise<void> = Promise.resolve()

  constructor(its: ConversationSettings, side: 'client' | 'server', failed: (error: unknown) => void) {
    this.#its = its
    this.#failed = failed
    this.#reads = side === 'server'
    this.frames = new FrameReader(side === 'client')
    this.inflation = new Inflation(its.extensions ?? '', side)
  }

  hear(events: readonly FrameEvent[], whole: (hearing: Hearing, message: MessageHead) => void): Promise<void> {
    this.#work = this.#work
      .then(async () => {
        for (const event of events) await this.#hear(event, whole)
      })
      .catch(this.#failed)
    return this.#work
  }

  /** Everything said so far has been heard. */
  idle(): Promise<void> {
    return this.#work
  }

  async close(): Promise<void> {
    this.inflation.close()
    await this.#hearing?.reading?.end(false)
  }

  async #hear(event: FrameEvent, whole: (hearing: Hearing, message: MessageHead) => void): Promise<void> {
    const hearing = (this.#hearing ??= this.#begin())
    const { message } = event
    if (event.kind === 'piece') {
      hearing.bytes += event.bytes.length
      if (message.coding !== 'plain') hearing.raw.add(Buffer.from(event.bytes))
    }
    await this.#understand(hearing, event)
    if (event.kind === 'piece') return
    this.#hearing = null
    hearing.raw.end()
    hearing.plain.end()
    whole(hearing, message)
  }

  async #understand(hearing: Hearing, event: FrameEvent): Promise<void> {
    const { coding } = event.message
    if (coding === 'unknown') return
    if (coding === 'plain') return event.kind === 'piece' ? this.#take(hearing, event.bytes) : undefined
    const pieces = event.kind === 'piece' ? await this.inflation.piece(event.bytes) : await this.inflation.end()
    for (const piece of pieces) await this.#take(hearing, piece)
  }

  async #take(hearing: Hearing, bytes: Uint8Array): Promise<void> {
    hearing.finder.write(bytes)
    if (!this.#reads) return hearing.plain.add(Buffer.from(bytes))
    hearing.digits.write(bytes)
    if (hearing.reading?.write(Buffer.from(bytes)) === false) await hearing.reading.drained()
  }

  #begin(): Hearing {
    const { readAnswer, report, server, captureBytes, now, findMessageId } = this.#its
    const failed = (code: string) => report({ kind: 'reader-failed', server, code })
    return {
      startedAt: now(),
      finder: findMessageId(),
      digits: new SixDigits(),
      raw: new Capture(captureBytes),
      plain: new Capture(captureBytes),
      reading: this.#reads ? beginReading(readAnswer, ANSWER, failed) : null,
      bytes: 0,
    }
  }
}

/** What is said in a WebSocket to a BI client is JSON where it can be read at all. */
const ANSWER = { status: 200, headers: [['Content-Type', 'application/json']] } as const

/** What could not be undone is kept as it came. */
function bodyOf(hearing: Hearing, { coding }: MessageHead, failed: boolean): Capture {
  return coding === 'plain' || (coding === 'deflate' && !failed) ? hearing.plain : hearing.raw
}

function codingOf({ coding }: MessageHead, failed: boolean): Asked['headers'] {
  if (coding === 'plain' || (coding === 'deflate' && !failed)) return []
  return [['Content-Encoding', coding === 'deflate' ? 'permessage-deflate' : 'x-websocket-extension']]
}
