/**
 * Ships what is left over: journals in `proxy.journal` that none of today's processes writes, because there were more of
 * them before, or one where there are several now. Each is opened as its own process would open it, so that what that one
 * left unanswered becomes an entry; but nobody asks anything of it. One after the other, and again at each start: a
 * journal that is all in the tables costs a look, and one whose tables were set back is found out.
 *
 * Nothing is deleted: the folder stays, as evidence, and for the day its process runs again.
 */
import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import { codeOf } from '../forward/event.ts'
import { openJournal } from '../journal/journal.ts'
import type { Lock } from '../journal/lock.ts'
import { type RecorderHandleOptions, startRecorder } from '../ship/recorder-handle.ts'

export interface LeftoverSettings {
  readonly folders: readonly string[]
  /** Readable part of the origin, for a journal that has to begin anew. */
  readonly name: string
  readonly recorder: Pick<RecorderHandleOptions, 'store' | 'settings' | 'places'>
  readonly logger: Logger
  /** The lock of one of the folders, where this process has it already. */
  readonly locked?: { readonly folder: string; readonly lock: Lock }
}

/** The process that wrote it may still be ending: its answers are waited for, its entries are shipped. */
const PAUSE_MS = 5_000

export class Leftovers {
  readonly #its: LeftoverSettings
  readonly #stop = new AbortController()
  readonly #done: Promise<void>
  #waiting: number

  constructor(its: LeftoverSettings) {
    this.#its = its
    this.#waiting = its.folders.length
    this.#done = this.#shipAll()
  }

  /** Journals that are not yet wholly in the tables. */
  get waiting(): number {
    return this.#waiting
  }

  /** Stops where it is: what is left goes on at the next start. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.#done
  }

  async #shipAll(): Promise<void> {
    for (const folder of this.#its.folders) {
      while (!this.#stop.signal.aborted && !(await this.#ship(folder))) {
        await setTimeout(PAUSE_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined)
      }
      if (!this.#stop.signal.aborted) this.#waiting -= 1
    }
  }

  /** Is all of it in the tables? */
  async #ship(folder: string): Promise<boolean> {
    const { name, recorder, logger, locked } = this.#its
    const lock = locked?.folder === folder ? locked.lock : null
    try {
      const journal = await openJournal({ folder, name, ...(lock === null ? {} : { lock }) })
      const stopped = Promise.withResolvers<boolean>()
      const stop = () => stopped.resolve(false)
      this.#stop.signal.addEventListener('abort', stop, { once: true })
      if (this.#stop.signal.aborted) stop()
      const shipping = startRecorder({
        ...recorder,
        journal,
        logger,
        onStatus: ({ shipped }) => shipped >= journal.openedPosition && stopped.resolve(true),
      })
      const whole = await stopped.promise
      this.#stop.signal.removeEventListener('abort', stop)
      await journal.close()
      await shipping.stop()
      if (whole) logger.info({ origin: journal.origin }, 'a journal that was left over is in the tables')
      return whole
    } catch (error) {
      logger.error({ code: codeOf(error) }, 'a journal that was left over cannot be opened yet')
      return false
    }
  }
}
