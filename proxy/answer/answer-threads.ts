/**
 * Who saw counts as much as who searched (DESIGN.md, section 4): every answer is read as it streams past, for its rows,
 * its faults and the persons in it. That must cost the BI user nothing, so the main thread only copies each chunk and
 * hands it to a thread of its own; decompressing, decoding and parsing happen there.
 *
 * Invariants. The bytes to the client are never touched. Memory is bounded: when too much of an answer, or of all of
 * them together, waits to be read, `write` says so, and the proxy reads on from upstream when `drained` resolves. Facts
 * always come, and never as an error: from a thread that died or hangs they say `decoded: false`.
 *
 * What an answer means is `proxy/protocol`'s to know; what becomes of the facts, the journal's.
 */
import type { AnswerFacts, AnswerHead, AnswerReading, ReadAnswer } from '../exchange.ts'
import type { AnswerFormat } from '../protocol/answer-reader.ts'
import { formatOf } from '../protocol/answer-reader.ts'
import type { BinaryTransport } from '../protocol/binary/transport.ts'
import { binaryTransport } from '../protocol/binary/transport.ts'
import { UNREAD_ANSWER } from '../protocol/unknown/unread-answer.ts'
import { charsetOf, header, headerList, mediaType } from '../protocol/request/headers.ts'
import type { PersonSettings } from '../protocol/settings.ts'
import { personRulesAt } from '../protocol/settings.ts'
import { AnswerThread, type Listener } from './answer-thread.ts'
import type { Coding } from './content-coding.ts'
import { codingOf } from './content-coding.ts'
import type { ThreadData } from './messages.ts'

export interface AnswerReaderSettings {
  readonly persons: PersonSettings
  readonly threads?: number
  /** Memory of one thread: an answer that takes all of it ends the thread, not the proxy. */
  readonly heapMb?: number
}

export interface AnswerReader {
  readonly readAnswer: ReadAnswer
  /** Another reader has taken over: the threads end whenever no answer is in hand, and begin again for those who still ask. */
  retire(): void
  /** Ends the threads. Answers still being read get facts that say they were not. */
  close(): Promise<void>
}

/** Bytes that may wait to be read, of one answer and of all. */
const MAX_WAITING = 1024 * 1024
const MAX_WAITING_IN_ALL = 16 * 1024 * 1024
/** Of one answer, reading goes on when half of it is read; of all, as soon as there is room: nobody is to wait for long. */
const GO_ON_AT = MAX_WAITING / 2
const GO_ON_AT_IN_ALL = MAX_WAITING_IN_ALL - MAX_WAITING

export function createAnswerReader({ persons, threads = 1, heapMb = 512 }: AnswerReaderSettings): AnswerReader {
  const { threshold, attributes, domains = [] } = persons
  const pool = new Pool({ threshold, attributes, domains }, threads, heapMb)
  const readAnswer: ReadAnswer = (head) => {
    const what = readable(head)
    if (what === null) return null
    if (what === 'unreadable') return UNREADABLE
    const { latestBirth } = personRulesAt(persons, Date.now())
    const reading = new Reading(pool.thread(), pool)
    reading.begin(what, charsetOf(header(head.headers, 'content-type')), latestBirth)
    return reading
  }
  return { readAnswer, retire: () => pool.retire(), close: () => pool.close() }
}

interface Readable {
  readonly format: Exclude<AnswerFormat, 'binary' | 'none'>
  readonly coding: Coding
  readonly transport: BinaryTransport | null
}

/** RFC 9110 section 6.4.1 "Content Semantics": which answers have no body. */
function readable({ status, headers }: AnswerHead): Readable | 'unreadable' | null {
  if (status < 200 || status === 204 || status === 304 || header(headers, 'content-length') === '0') return null
  const type = mediaType(header(headers, 'content-type'))
  const format = formatOf(type)
  if (format === 'none') return null
  const coding = codingOf(headerList(headers, 'content-encoding'))
  return format === 'binary' || coding === null ? 'unreadable' : { format, coding, transport: binaryTransport(type) }
}

const UNREADABLE: AnswerReading = {
  write: () => true,
  drained: () => Promise.resolve(),
  end: () => Promise.resolve(UNREAD_ANSWER),
}

/** The threads, started when first needed and again after one has died; and the bytes that wait in all of them. */
class Pool {
  readonly #data: ThreadData
  readonly #heapMb: number
  readonly #threads: (AnswerThread | null)[]
  // No set, for the same reason as `InHand` is no map.
  #held: Reading[] = []
  #closed = false
  #retired = false
  #inHand = 0
  waiting = 0

  constructor(data: ThreadData, threads: number, heapMb: number) {
    this.#data = data
    this.#heapMb = heapMb
    this.#threads = Array.from({ length: Math.max(threads, 1) }, () => null)
  }

  /** The one with the least in hand; `null` when closed. */
  thread(): AnswerThread | null {
    if (this.#closed) return null
    const loads = this.#threads.map((thread) => (thread?.alive === true ? thread.load : 0))
    const least = loads.indexOf(Math.min(...loads))
    const thread = this.#threads[least]
    if (thread?.alive === true) return thread
    const fresh = new AnswerThread(this.#data, this.#heapMb)
    this.#threads[least] = fresh
    return fresh
  }

  hold(reading: Reading): void {
    this.#held.push(reading)
  }

  release(): void {
    if (this.#held.length === 0 || this.waiting > GO_ON_AT_IN_ALL) return
    this.#held = this.#held.filter((reading) => !reading.letGo())
  }

  begun(): void {
    this.#inHand += 1
  }

  ended(): void {
    this.#inHand -= 1
    if (this.#retired) this.#rest()
  }

  retire(): void {
    this.#retired = true
    this.#rest()
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(this.#threads.map((thread) => thread?.close() ?? Promise.resolve()))
  }

  #rest(): void {
    if (this.#inHand > 0) return
    // Given up first: whoever asks now must not be handed to a thread that is ending.
    for (const thread of this.#threads.splice(0, this.#threads.length, ...this.#threads.map(() => null)))
      void thread?.close()
  }
}

/** One answer on its way to a thread. */
class Reading implements AnswerReading, Listener {
  #id = 0
  readonly #thread: AnswerThread | null
  readonly #pool: Pool
  readonly #facts = Promise.withResolvers<AnswerFacts>()
  #drained: PromiseWithResolvers<void> | null = null
  #waiting = 0
  #over = false
  #sentAt: number | null = null

  constructor(thread: AnswerThread | null, pool: Pool) {
    this.#thread = thread
    this.#pool = pool
  }

  begin(readable: Readable, charset: string | null, latestBirth: string): void {
    this.#pool.begun()
    if (this.#thread === null) this.facts(UNREAD_ANSWER)
    else this.#id = this.#thread.begin({ kind: 'begin', ...readable, charset, latestBirth }, this)
  }

  get sentAt(): number | null {
    return this.#sentAt
  }

  write(chunk: Uint8Array): boolean {
    if (this.#over) return true
    this.#thread?.bytes(this.#id, chunk)
    this.#waiting += chunk.length
    this.#pool.waiting += chunk.length
    return this.#waiting <= MAX_WAITING && this.#pool.waiting <= MAX_WAITING_IN_ALL
  }

  drained(): Promise<void> {
    if (this.#canGoOn()) return Promise.resolve()
    this.#drained ??= Promise.withResolvers<void>()
    this.#pool.hold(this)
    return this.#drained.promise
  }

  end(): Promise<AnswerFacts> {
    if (!this.#over) {
      this.#thread?.end(this.#id)
      this.#sentAt = performance.now()
    }
    return this.#facts.promise
  }

  /** Resolves `drained` if reading may go on; `true` when nobody waits for this reading any more. */
  letGo(): boolean {
    if (!this.#canGoOn()) return false
    this.#drained?.resolve()
    this.#drained = null
    return true
  }

  #canGoOn(): boolean {
    return this.#over || (this.#waiting <= GO_ON_AT && this.#pool.waiting <= GO_ON_AT_IN_ALL)
  }

  used(bytes: number): void {
    this.#waiting -= bytes
    this.#pool.waiting -= bytes
    this.#pool.release()
  }

  facts(facts: AnswerFacts): void {
    if (this.#over) return
    this.#over = true
    this.#pool.ended()
    this.used(this.#waiting)
    this.letGo()
    this.#facts.resolve(facts)
  }
}
