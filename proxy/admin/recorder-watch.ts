/**
 * Is the recorder at work? It tells of itself once a second when something has changed, and every quarter of a minute
 * anyway. One that has kept silent, or has work and a store and gets no further, is stuck; one that waits for its store is
 * not. Kept on a clock that nobody sets.
 */
import type { RecorderStatus } from '../../schema/record/recorder-status.ts'

export class RecorderWatch {
  readonly #stuckMs: number
  readonly #now: () => number
  #status: RecorderStatus | null = null
  #heardAt: number
  /** When it last was further than before, or had nothing to do. */
  #movedAt: number

  constructor(stuckMs: number, now: () => number = () => performance.now()) {
    this.#stuckMs = stuckMs
    this.#now = now
    this.#heardAt = now()
    this.#movedAt = this.#heardAt
  }

  get status(): RecorderStatus | null {
    return this.#status
  }

  get silentMs(): number {
    return this.#now() - this.#heardAt
  }

  hear(status: RecorderStatus): void {
    this.#heardAt = this.#now()
    const moved = status.shipped !== this.#status?.shipped
    if (moved || status.pending === 0 || status.store === 'unavailable') this.#movedAt = this.#heardAt
    this.#status = status
  }

  state(): { readonly stuck: boolean; readonly store: 'ok' | 'unavailable' | null } {
    const still = this.#now() - Math.min(this.#heardAt, this.#status === null ? this.#heardAt : this.#movedAt)
    return { stuck: still > this.#stuckMs, store: this.#status?.store ?? null }
  }
}
