/**
 * What is said in one WebSocket, made into entries while it passes.
 *
 * - Each message of the client is a query of its own: its entry is asked for when the message is complete, and goes on to
 *   the BI server meanwhile. One that is broken off is an entry too: the BI server has got that much of it.
 * - Nothing of the BI server's leaves while an entry of what was said before it is not yet durable: the answer to a
 *   message that nobody could find again must not be seen (DESIGN.md, invariant 1).
 * - A message of the BI server's answers the one that has its id; without ids, the oldest that is open. One that nobody
 *   asked for is an entry itself (`PUSH`), before the first of it leaves that may show a person; the rest of those
 *   (heartbeats, "connected") belong to the connection's entry.
 * - Answers are on record in the order in which they came: what one of them opens or selects, the next may build on.
 * - What an extension we do not know has made of a message is kept as it came. What is no WebSocket at all ends it: it
 *   could be read in two ways.
 *
 * A crash leaves the messages without an answer as `unknown`, like any query. Known hole: a message in parts whose id
 * stands behind its data is taken for an answer until it is whole; should the proxy die before that and nobody have
 * asked for it, the connection's entry is all there is of it.
 */
import type { Answered, Asked, Ending, MessageIdFinder, ReadAnswer, Witness } from '../../exchange.ts'
import { Entry } from '../entry.ts'
import { codeOf, type Report } from '../event.ts'
import type { Limits } from '../limits.ts'
import { beginReading } from '../safe-reading.ts'
import { FrameError, type FrameEvent } from './frames.ts'
import { codingOf, saidIn, Side, type Hearing } from './side.ts'

export interface ConversationSettings {
  readonly witness: Witness
  readonly server: string
  readonly onJournalFailure: 'refuse' | 'forward'
  readonly captureBytes: number
  readonly limits: Pick<Limits, 'webSocketBytes'>
  readonly readAnswer: ReadAnswer
  readonly findMessageId: () => MessageIdFinder
  readonly now: () => number
  readonly report: Report
  /** `Sec-WebSocket-Extensions` of the BI server's answer; `null`: none. */
  readonly extensions: string | null
  /** The BI server let this user in. */
  readonly userConfirmed: () => boolean
  /** What all that is said here has in common. */
  readonly common: Omit<Asked, 'askedAt' | 'method' | 'body'>
  /** Ends both sides. */
  readonly cut: (ending: Ending) => void
}

/** Messages that wait for an answer; where more do, their answers are none that can be told apart. */
const MAX_OPEN = 1000

/** Answers that may wait to be read and recorded; where more do, no more comes down: a reader that is behind loses them. */
const MAX_UNRECORDED = 100

interface Said {
  readonly entry: Entry
  readonly id: string | null
  readonly askedAt: number
  readonly requestBytes: number
  readonly requestHash: string | null
}

/** What waits until everything asked for up to entry `upTo` is durable: so many of those are not. */
interface Held {
  readonly upTo: number
  left: number
  readonly leave: () => void
}

export class Conversation {
  readonly #its: ConversationSettings
  readonly #up: Side
  readonly #down: Side
  readonly #open: Said[] = []
  /** Entries asked for so far, and those of them that are not yet durable. */
  #asked = 0
  #pending = 0
  #held: Held[] = []
  /** The entry of the message that the BI server is saying unasked. */
  #pushed: Said | null = null
  #recorded: Promise<void> = Promise.resolve()
  #unrecorded = 0
  /** Bytes of the message the client is saying. */
  #saying = 0
  #isOver = false
  /** Why the connection was cut here. */
  #cutAs: Ending | null = null

  constructor(its: ConversationSettings) {
    this.#its = its
    const failed = (error: unknown) => this.#failed(error)
    const unread = () => null
    const read = () =>
      beginReading(its.readAnswer, ANSWER, (code) => its.report({ kind: 'reader-failed', server: its.server, code }))
    this.#up = new Side({ ...its, side: 'client', beginReading: unread, whole: (one) => this.#say(one), failed })
    this.#down = new Side({ ...its, side: 'server', beginReading: read, whole: (one) => this.#answered(one), failed })
  }

  /**
   * The client says something, which the caller has not yet passed on. `false`: it must not be, because no entry can be
   * made of it, and the connection has been cut. `heard`: what was said so far is with the witness.
   */
  up(chunk: Uint8Array): { readonly pass: boolean; readonly heard: Promise<void> } {
    const events = this.#framed(this.#up, chunk)
    if (events === null) return { pass: false, heard: Promise.resolve() }
    if (this.#saysTooMuch(events)) return { pass: this.#refuseMessage(), heard: Promise.resolve() }
    if (events.some(({ kind }) => kind === 'end') && !this.#its.witness.ready) {
      if (this.#its.onJournalFailure === 'refuse') return { pass: this.#refuse(), heard: Promise.resolve() }
    }
    return { pass: true, heard: this.#up.hear(events) }
  }

  /** The BI server says something: resolves when it may leave, with `false` when it never may. */
  async down(chunk: Uint8Array): Promise<boolean> {
    const cameAt = performance.now()
    const events = this.#framed(this.#down, chunk)
    if (events === null) return false
    await this.#up.idle()
    await this.#down.hear(events)
    this.#push()
    if (this.#unrecorded > MAX_UNRECORDED) await this.#recorded
    const [upTo, left] = [this.#asked, this.#pending]
    if (left > 0 && !this.#isOver) await new Promise<void>((leave) => this.#held.push({ upTo, left, leave }))
    if (this.#isOver) return false
    this.#its.report({ kind: 'piece-passed', server: this.#its.server, proxyMs: performance.now() - cameAt })
    return true
  }

  /** Both sides have closed: what is still open gets `ending`. Resolves when every entry has its answer. */
  async end(ending: Ending): Promise<void> {
    this.#isOver = true
    this.#release()
    const endsAs = this.#cutAs ?? ending
    await Promise.all([this.#up.idle(), this.#down.idle()])
    if (this.#up.partly !== null) this.#say(this.#up.partly)
    if (this.#down.partly !== null) this.#answered(this.#down.partly, endsAs)
    for (const said of this.#open.splice(0))
      this.#record(said, { ...NO_ANSWER, ending: endsAs, endedAt: this.#its.now() })
    this.#up.close()
    this.#down.close()
    await this.#recorded
  }

  #framed(side: Side, chunk: Uint8Array): readonly FrameEvent[] | null {
    try {
      return side.framed(chunk)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      this.#its.report({ kind: 'refused', server: this.#its.server, status: 400, reason: 'websocket-frame' })
      this.#cut(side === this.#up ? 'refused' : 'upstream-gone')
      return null
    }
  }

  #saysTooMuch(events: readonly FrameEvent[]): boolean {
    for (const event of events) {
      this.#saying = event.kind === 'end' ? 0 : this.#saying + event.bytes.length
      if (this.#saying > this.#its.limits.webSocketBytes) return true
    }
    return false
  }

  #refuseMessage(): false {
    this.#its.report({ kind: 'refused', server: this.#its.server, status: 413, reason: 'websocket-message' })
    this.#cut('refused')
    return false
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

  #say(hearing: Hearing): void {
    const said = saidIn(hearing)
    const headers = [...this.#its.common.headers, ...codingOf(hearing)]
    const asked = { headers, askedAt: hearing.startedAt, method: 'SAY', body: said.take() }
    const entry = this.#ask({ ...this.#its.common, ...asked })
    const [id, requestBytes, requestHash] = [hearing.finder.found(), hearing.bytes, said.hash()]
    this.#open.push({ entry, id, askedAt: hearing.startedAt, requestBytes, requestHash })
    const [oldest] = this.#open.length > MAX_OPEN ? this.#open.splice(0, 1) : []
    if (oldest !== undefined) this.#record(oldest, { ...NO_ANSWER, endedAt: this.#its.now() })
  }

  #ask(asked: Asked): Entry {
    const { witness, server, onJournalFailure } = this.#its
    const failed = (error: unknown, unrecorded: boolean) => this.#journalFailed(error, unrecorded)
    const entry = new Entry({ witness, server, onJournalFailure, failed })
    this.#pending += 1
    const number = (this.#asked += 1)
    entry.whenKept(() => this.#kept(number))
    if (witness.ready) entry.ask(asked)
    else if (onJournalFailure === 'forward') entry.miss()
    else this.#refuse()
    return entry
  }

  #kept(number: number): void {
    this.#pending -= 1
    for (const held of this.#held) if (number <= held.upTo) held.left -= 1
    const ready = this.#held.filter(({ left }) => left === 0)
    if (ready.length === 0) return
    this.#held = this.#held.filter(({ left }) => left > 0)
    for (const { leave } of ready) leave()
  }

  #release(): void {
    for (const { leave } of this.#held.splice(0)) leave()
  }

  #journalFailed(error: unknown, unrecorded: boolean): void {
    const kind = unrecorded ? 'unrecorded' : 'withheld'
    this.#its.report({ kind, server: this.#its.server, code: codeOf(error) })
    if (!unrecorded) this.#cut('withheld')
  }

  // ——— what the BI server says ———

  /** Of what is being said, nobody has asked for what may show a person: its entry must be there before it leaves. */
  #push(): void {
    const hearing = this.#down.partly
    if (hearing === null || this.#pushed !== null || !mayShowPerson(hearing)) return
    const id = hearing.finder.found()
    const mayAnswer = id === null ? this.#open.length > 0 : this.#open.some((said) => said.id === id)
    if (!mayAnswer) this.#pushed = this.#unasked(hearing)
  }

  #unasked(hearing: Hearing): Said {
    const body = { bytes: new Uint8Array(0), extent: 'whole' } as const
    const entry = this.#ask({ ...this.#its.common, askedAt: hearing.startedAt, method: 'PUSH', body })
    return { entry, id: null, askedAt: hearing.startedAt, requestBytes: 0, requestHash: null }
  }

  /** @param ending other than `complete` where it broke off. */
  #answered(hearing: Hearing, ending: Ending = 'complete'): void {
    const said = this.#pushed ?? this.#asker(hearing)
    this.#pushed = null
    if (said !== null) this.#finish(said, hearing, ending)
    else if (mayShowPerson(hearing)) this.#finish(this.#unasked(hearing), hearing, ending)
    else this.#next(async () => void (await hearing.reading?.end(false)))
  }

  /** Who asked for it, and waits no more. */
  #asker({ finder }: Hearing): Said | null {
    const id = finder.found()
    const at = this.#open.findIndex((said) => said.id === id)
    return at < 0 ? null : (this.#open.splice(at, 1)[0] ?? null)
  }

  #finish(said: Said, hearing: Hearing, ending: Ending): void {
    const times = { firstByteAt: hearing.startedAt, endedAt: this.#its.now(), answerBytes: hearing.bytes }
    const reading = hearing.reading?.end(ending === 'complete' && !hearing.isUnread)
    this.#next(async () => this.#record(said, { ...NO_ANSWER, ending, ...times, facts: (await reading) ?? null }))
  }

  #record(said: Said, answer: Omit<Answered, 'requestBytes' | 'requestHash' | 'userConfirmed'>): void {
    const { requestBytes, requestHash } = said
    said.entry.answer({ ...answer, userConfirmed: this.#its.userConfirmed(), requestBytes, requestHash })
  }

  /** After everything before it has been recorded. */
  #next(work: () => Promise<void>): void {
    this.#unrecorded += 1
    this.#recorded = this.#recorded.then(work).then(() => void (this.#unrecorded -= 1))
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

/** What is said in a WebSocket to a BI client is JSON where it can be read at all. */
const ANSWER = { status: 200, headers: [['Content-Type', 'application/json']] } as const

const mayShowPerson = ({ digits, isUnread, bytes }: Hearing): boolean => digits.found || (isUnread && bytes > 0)
