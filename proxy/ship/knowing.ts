/**
 * The recorder's knowledge: what it interprets with, which runs ahead with each frame it reads, and what is settled,
 * which follows when that frame's records are in the store. Only the settled is written down.
 */
import type { Lesson } from '../protocol/knowledge.ts'
import { Learned } from '../protocol/learned/learned.ts'
import type { KnowledgeFiles } from './knowledge-files.ts'

/** What one exchange taught. */
export interface Taught {
  readonly lessons: readonly Lesson[]
  /** Or, of what the head of an answer taught, when that came. */
  readonly askedAt: number
}

/** Writing takes at most one part in so many of the time, however much there is to write. */
const REST = 20

export class Knowing {
  readonly #files: KnowledgeFiles
  #live = new Learned()
  #settled = new Learned()
  #learntTo = 0
  #changed = false
  #notBefore = 0

  constructor(files: KnowledgeFiles) {
    this.#files = files
  }

  /** @returns whether anything that was written down could not be read. */
  async read(upTo: number): Promise<boolean> {
    const { kept, broken } = await this.#files.read(upTo)
    this.#live = kept.live
    this.#settled = kept.settled
    this.#learntTo = kept.n
    return broken
  }

  get live(): Learned {
    return this.#live
  }

  /** Has frame `n` been learnt from before? */
  knows(n: number): boolean {
    return n <= this.#learntTo
  }

  /**
   * For what is read after it.
   *
   * @returns whether anything is known now that was not.
   */
  learn({ lessons, askedAt }: Taught): boolean {
    return this.#live.learn(lessons, askedAt)
  }

  /** What stands in no frame of this journal: it is known at once, and written down with whatever is settled next. */
  learnFromOthers({ lessons, askedAt }: Taught): void {
    this.#live.learn(lessons, askedAt)
    this.#changed = this.#settled.learn(lessons, askedAt) || this.#changed
  }

  /** The records made with it are in the store. */
  settle(taught: readonly Taught[]): void {
    for (const { lessons, askedAt } of taught) this.#changed = this.#settled.learn(lessons, askedAt) || this.#changed
  }

  /** May a checkpoint be written now, or is it too soon to write down what has been learnt since the last? */
  get isDue(): boolean {
    return !this.#changed || performance.now() >= this.#notBefore
  }

  /**
   * Writes down what is settled, if it has changed, as what is known at frame `n`. What to write is decided before the
   * first `await`.
   *
   * @returns what to call once the checkpoint of `n` is written.
   */
  async write(n: number): Promise<() => void> {
    if (!this.#changed) return () => undefined
    const start = performance.now()
    this.#changed = false
    try {
      const written = await this.#files.write(n, this.#settled.written)
      this.#notBefore = performance.now() + (performance.now() - start) * REST
      return written
    } catch (error) {
      this.#changed = true
      throw error
    }
  }
}
