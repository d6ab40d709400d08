import { Worker } from 'node:worker_threads'
import type { AnswerFacts } from '../exchange.ts'
import { UNREAD_ANSWER } from '../protocol/unknown/unread-answer.ts'
import type { FromThread, ThreadData, ToThread } from './messages.ts'

/** What the thread tells of one answer. */
export interface Listener {
  used(bytes: number): void
  facts(facts: AnswerFacts): void
}

/**
 * One reading thread, seen from the main thread. Messages are collected during one turn of the event loop and posted
 * together. When the thread dies, every answer in its hands gets facts that say so, and it takes no more.
 */
export class AnswerThread {
  readonly #worker: Worker
  readonly #listeners = new Map<number, Listener>()
  #batch: ToThread[] = []
  #buffers: ArrayBuffer[] = []
  #alive = true

  constructor(data: ThreadData, heapMb: number) {
    this.#worker = new Worker(new URL('answer-worker.ts', import.meta.url), {
      workerData: data,
      resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 4 },
    })
    this.#worker.on('message', (replies: readonly FromThread[]) => this.#hear(replies))
    // The exit that follows is what counts; without a listener the error would end the process.
    this.#worker.on('error', () => this.#die())
    this.#worker.on('exit', () => this.#die())
  }

  get alive(): boolean {
    return this.#alive
  }

  /** How many answers it has in hand. */
  get load(): number {
    return this.#listeners.size
  }

  begin(message: Extract<ToThread, { kind: 'begin' }>, listener: Listener): void {
    this.#listeners.set(message.id, listener)
    this.#post(message)
  }

  /** `bytes` are given away. */
  bytes(id: number, bytes: Uint8Array<ArrayBuffer>): void {
    if (!this.#listeners.has(id)) return
    this.#buffers.push(bytes.buffer)
    this.#post({ kind: 'bytes', id, bytes })
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
    const [batch, buffers] = [this.#batch, this.#buffers]
    this.#batch = []
    this.#buffers = []
    if (this.#alive) this.#worker.postMessage(batch, buffers)
  }

  #hear(replies: readonly FromThread[]): void {
    for (const reply of replies) {
      const listener = this.#listeners.get(reply.id)
      if (reply.kind === 'used') listener?.used(reply.bytes)
      else {
        this.#listeners.delete(reply.id)
        listener?.facts(reply.facts)
      }
    }
  }

  #die(): void {
    this.#alive = false
    const listeners = [...this.#listeners.values()]
    this.#listeners.clear()
    for (const listener of listeners) listener.facts(UNREAD_ANSWER)
  }
}
