import { Worker } from 'node:worker_threads'
import type { AnswerFacts } from '../exchange.ts'
import { UNREAD_ANSWER } from '../protocol/unknown/unread-answer.ts'
import { InHand } from './in-hand.ts'
import type { Batch, FromThread, ThreadData, ToThread } from './messages.ts'
import { Slabs } from './slabs.ts'

/** One answer in hand, and what the thread tells of it. */
export interface Listener {
  used(bytes: number): void
  facts(facts: AnswerFacts): void
  /** When the last was sent of it, by `performance.now`; `null`: more may come. */
  readonly sentAt: number | null
}

/** A thread that has not read what is left of an answer in this time never will. */
const MAX_SILENCE_MS = 60_000
const LOOK_MS = 10_000

/**
 * One reading thread, seen from the main thread. Messages are collected during one turn of the event loop and posted
 * together. When the thread dies, every answer in its hands gets facts that say so, and it takes no more.
 */
export class AnswerThread {
  readonly #worker: Worker
  #listeners = new InHand<Listener>()
  readonly #watch: NodeJS.Timeout
  readonly #slabs = new Slabs()
  #batch: ToThread[] = []
  #alive = true

  constructor(data: ThreadData, heapMb: number) {
    this.#worker = new Worker(new URL('answer-worker.ts', import.meta.url), {
      workerData: data,
      name: 'answers',
      resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 4 },
    })
    this.#worker.on('message', (replies: readonly FromThread[]) => this.#hear(replies))
    // The exit that follows is what counts; without a listener the error would end the process.
    this.#worker.on('error', () => this.#die())
    this.#worker.on('exit', () => this.#die())
    this.#watch = setInterval(() => this.#look(), LOOK_MS).unref()
  }

  get alive(): boolean {
    return this.#alive
  }

  /** How many answers it has in hand. */
  get load(): number {
    return this.#listeners.size
  }

  /** @returns the number by which it is told of the answer from now on */
  begin(message: Omit<Extract<ToThread, { kind: 'begin' }>, 'id'>, listener: Listener): number {
    const id = this.#listeners.put(listener)
    this.#post({ ...message, id })
    return id
  }

  /** Takes a copy of `bytes`. */
  bytes(id: number, bytes: Uint8Array): void {
    if (this.#listeners.get(id) !== null) this.#post({ kind: 'bytes', id, ...this.#slabs.put(bytes) })
  }

  end(id: number): void {
    this.#post({ kind: 'end', id })
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
    this.#die()
  }

  #post(message: ToThread): void {
    if (this.#batch.push(message) === 1) setImmediate(() => this.#flush())
  }

  #flush(): void {
    const messages = this.#batch
    const slabs = this.#slabs.take()
    this.#batch = []
    const batch: Batch = { messages, slabs }
    if (this.#alive)
      this.#worker.postMessage(
        batch,
        slabs.map(({ buffer }) => buffer),
      )
  }

  #hear(replies: readonly FromThread[]): void {
    for (const reply of replies) {
      if (reply.kind === 'used') this.#listeners.get(reply.id)?.used(reply.bytes)
      else this.#listeners.take(reply.id)?.facts(reply.facts)
    }
  }

  #look(): void {
    const longAgo = performance.now() - MAX_SILENCE_MS
    if (this.#listeners.all().some(({ sentAt }) => sentAt !== null && sentAt < longAgo)) void this.close()
  }

  #die(): void {
    this.#alive = false
    clearInterval(this.#watch)
    const listeners = this.#listeners.all()
    this.#listeners = new InHand()
    for (const listener of listeners) listener.facts(UNREAD_ANSWER)
  }
}
