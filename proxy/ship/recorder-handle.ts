/**
 * The main thread's end of the recorder: starts its thread, tells it how much of the journal is durable, lets go of
 * segments it no longer needs, and starts another when it ends before it was told to.
 *
 * Poison. An exchange on which the thread has died twice, or has been busy for longer than any query takes to read, is a
 * suspect: the next thread makes a minimal entry of it without looking into it. So one query that brings the interpreter
 * down, or hangs it, costs that query's details, and nothing else.
 */
import { Worker } from 'node:worker_threads'
import type { Journal } from '../journal/journal.ts'
import type { InterpretSettings } from '../protocol/settings.ts'
import type { RecorderStatus } from '../../schema/record/recorder-status.ts'
import { assertNever } from '../../schema/record/record.ts'
import type { StoreLocation } from '../../schema/store/open.ts'
import type { FromRecorder, Places, RecorderModules, RecorderStart, ToRecorder } from './messages.ts'
import type { Taught } from './knowing.ts'
import type { Tally } from './tally.ts'

/** The operational log; `pino` fits. What is written to it are codes and ordinals. */
export interface RecorderLog {
  info(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface RecorderHandleOptions {
  readonly journal: Pick<Journal, 'folder' | 'origin' | 'durablePosition' | 'openedPosition' | 'onDurable' | 'release'>
  readonly store: StoreLocation
  readonly settings: InterpretSettings
  /** Default: organisation and role come from nowhere. */
  readonly places?: Places
  readonly logger?: RecorderLog
  readonly onStatus?: (status: RecorderStatus) => void
  readonly onWritten?: (tally: Tally) => void
  readonly onTrouble?: (code: string) => void
  /** What other processes of the same proxy should know of this one's exchanges. */
  readonly onTaught?: (taught: Taught) => void
  /** How long `stop` lets the recorder go on shipping what is durable. */
  readonly drainMs?: number
  /** Interpreting one exchange for longer than this counts as a hang. */
  readonly hangMs?: number
  /** The first pause before a thread that has ended is replaced; doubles up to {@link LONGEST_PAUSE_MS}. */
  readonly pauseMs?: number
  readonly modules?: RecorderModules
}

export interface RecorderHandle {
  /** The last status heard, `null` before the first. */
  readonly status: RecorderStatus | null
  /** For the exchanges that are not yet in the store. */
  change(settings: InterpretSettings, places: Places): void
  /** What another process of the same proxy has learnt. */
  learn(taught: Taught): void
  /** Ships what is durable, within a bound, then ends the thread. What is left is shipped after the next start. */
  stop(): Promise<void>
}

export const LONGEST_PAUSE_MS = 10_000

/** Beyond the drain: for the last call to the store to return, before the thread is ended from outside. */
const GRACE_MS = 2000

const NOWHERE: Places = { organisations: null, directory: null }

const MODULES: RecorderModules = {
  store: new URL('../../schema/store/open.ts', import.meta.url).href,
  interpret: new URL('../protocol/interpret.ts', import.meta.url).href,
}

export function startRecorder(options: RecorderHandleOptions): RecorderHandle {
  return new Handle(options)
}

class Handle implements RecorderHandle {
  readonly #options: RecorderHandleOptions
  #settings: InterpretSettings
  #places: Places
  readonly #interpreting = new BigInt64Array(new SharedArrayBuffer(8))
  readonly #suspects = new Set<number>()
  readonly #deaths = new Map<number, number>()
  readonly #watch: NodeJS.Timeout
  readonly #tell: NodeJS.Timeout
  readonly #unsubscribe: () => void
  readonly #ended = Promise.withResolvers<void>()
  #worker: Worker | null = null
  #restart: NodeJS.Timeout | null = null
  #pauseMs = 0
  #compared = false
  #stopping = false
  #status: RecorderStatus | null = null
  /** The thread has read up to here and waits; `null` while it is busy. */
  #idleAt: number | null = null
  #busyWith = 0n

  constructor(options: RecorderHandleOptions) {
    this.#options = options
    this.#settings = options.settings
    this.#places = options.places ?? NOWHERE
    this.#unsubscribe = options.journal.onDurable(() => this.#tellDurable())
    this.#watch = setInterval(() => this.#watchForHang(), options.hangMs ?? 30_000)
    this.#watch.unref()
    this.#tell = setInterval(() => this.#tellBusy(), 1000)
    this.#tell.unref()
    this.#start()
  }

  get status(): RecorderStatus | null {
    return this.#status
  }

  change(settings: InterpretSettings, places: Places): void {
    this.#settings = settings
    this.#places = places
    this.#say({ kind: 'settings', settings, places })
  }

  learn(taught: Taught): void {
    this.#say({ kind: 'learn', taught })
  }

  async stop(): Promise<void> {
    if (!this.#stopping) this.#beginStop()
    await this.#ended.promise
  }

  #beginStop(): void {
    this.#stopping = true
    clearInterval(this.#watch)
    clearInterval(this.#tell)
    if (this.#restart !== null) clearTimeout(this.#restart)
    const worker = this.#worker
    if (worker === null) {
      this.#end()
      return
    }
    const withinMs = this.#options.drainMs ?? 10_000
    this.#say({ kind: 'durable', n: this.#options.journal.durablePosition })
    this.#say({ kind: 'stop', withinMs })
    const timer = setTimeout(() => void worker.terminate(), withinMs + GRACE_MS)
    void this.#ended.promise.then(() => clearTimeout(timer))
  }

  #end(): void {
    this.#unsubscribe()
    this.#ended.resolve()
  }

  #start(): void {
    const { journal, store, modules = MODULES } = this.#options
    Atomics.store(this.#interpreting, 0, 0n)
    this.#busyWith = 0n
    this.#idleAt = null
    const start: RecorderStart = {
      folder: journal.folder,
      openedAt: journal.openedPosition,
      compared: this.#compared,
      durable: journal.durablePosition,
      store: { ...store },
      settings: this.#settings,
      places: this.#places,
      suspects: [...this.#suspects],
      teaches: this.#options.onTaught !== undefined,
      interpreting: this.#interpreting.buffer,
      modules,
    }
    const worker = new Worker(new URL('recorder-thread.ts', import.meta.url), {
      workerData: start,
      name: 'recorder',
      // Its memory running out ends the thread, not the process. What it makes is garbage with its batch: a young
      // generation as large as V8 lets it grow holds more of that, and ships no faster.
      resourceLimits: { maxOldGenerationSizeMb: 1024, maxYoungGenerationSizeMb: 16 },
    })
    this.#worker = worker
    let failure: unknown = null
    worker.on('message', (message: FromRecorder) => this.#hear(message))
    worker.on('error', (error) => (failure = error))
    worker.on('exit', () => this.#onExit(failure))
  }

  #hear(message: FromRecorder): void {
    switch (message.kind) {
      case 'status':
        this.#hearStatus(message.status)
        return
      case 'written':
        this.#options.onWritten?.(message.tally)
        return
      case 'trouble':
        this.#options.onTrouble?.(message.code)
        return
      case 'taught':
        this.#options.onTaught?.(message.taught)
        return
      case 'compared':
        this.#compared = true
        return
      case 'release':
        void this.#options.journal.release({ segment: message.segment })
        return
      case 'idle':
        this.#pauseMs = 0
        this.#idleAt = message.durable
        this.#tellDurable()
        return
      default:
        assertNever(message)
    }
  }

  #hearStatus(status: RecorderStatus): void {
    const before = this.#status
    this.#status = status
    const { store, lastError, appended, shipped, pending } = status
    // A store that is away before anything went wrong is only not open yet.
    if (store !== before?.store || lastError !== before.lastError) {
      const fields = { code: lastError, store, appended, shipped, pending }
      if (store === 'ok' && (lastError === null || lastError === before?.lastError)) {
        this.#options.logger?.info(fields, 'the recorder writes to the store')
      } else if (before !== null || lastError !== null) {
        this.#options.logger?.error(fields, 'the recorder meets a difficulty')
      }
    }
    this.#options.onStatus?.(status)
  }

  /** A thread that is busy, or waits for its store, still tells others how far behind it is: it hears once a second. */
  #tellBusy(): void {
    const { durablePosition } = this.#options.journal
    if (this.#idleAt === null) this.#say({ kind: 'durable', n: durablePosition })
  }

  /** One message each time the thread has caught up, not one for each sync of the journal. */
  #tellDurable(): void {
    const { durablePosition } = this.#options.journal
    if (this.#idleAt === null || durablePosition <= this.#idleAt) return
    this.#idleAt = null
    this.#say({ kind: 'durable', n: durablePosition })
  }

  #say(message: ToRecorder): void {
    this.#worker?.postMessage(message)
  }

  #onExit(failure: unknown): void {
    this.#worker = null
    if (this.#stopping) {
      this.#end()
      return
    }
    const seq = Number(Atomics.load(this.#interpreting, 0))
    this.#noteDeath(seq)
    this.#pauseMs = Math.min(Math.max(this.#pauseMs * 2, this.#options.pauseMs ?? 250), LONGEST_PAUSE_MS)
    const fields = {
      code: 'RECORDER_ENDED',
      cause: codeOf(failure),
      seq: seq === 0 ? null : seq,
      pauseMs: this.#pauseMs,
    }
    this.#options.logger?.error(fields, 'the recorder has ended and is started again')
    this.#options.onTrouble?.(fields.code)
    this.#restart = setTimeout(() => this.#start(), this.#pauseMs)
  }

  #noteDeath(seq: number): void {
    if (seq === 0) return
    const deaths = (this.#deaths.get(seq) ?? 0) + 1
    this.#deaths.set(seq, deaths)
    if (deaths >= 2) this.#suspects.add(seq)
  }

  #watchForHang(): void {
    const now = Atomics.load(this.#interpreting, 0)
    const hangs = now !== 0n && now === this.#busyWith
    this.#busyWith = now
    if (!hangs) return
    this.#suspects.add(Number(now))
    void this.#worker?.terminate()
  }
}

/** Never the message: it may quote a query. */
function codeOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null) return null
  if ('code' in error && typeof error.code === 'string') return error.code
  return error instanceof Error ? error.name : null
}
