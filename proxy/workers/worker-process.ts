/**
 * One worker, as the primary process sees it: started, handed connections, asked how it is, and started again when it ends
 * unasked. What it was serving ends with it, on both sides, for the sockets are its own; its journal is opened by the
 * process that comes in its place, which tells what became of it.
 */
import { type ChildProcess, fork } from 'node:child_process'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import { assertNever } from '../../schema/record/record.ts'
import type { Metrics } from '../admin/meters.ts'
import type { Readiness } from '../admin/readiness.ts'
import type { Reloaded, Who } from '../reload/who.ts'
import type { Taught } from '../ship/knowing.ts'
import type { Failure, FromWorker, Told, ToWorker, WorkerStart } from './messages.ts'

export interface WorkerSettings {
  readonly start: WorkerStart
  readonly logger: Logger
  readonly onTaught: (taught: Taught) => void
  /** It has ended without being asked to, and is started again. */
  readonly onLost: () => void
  /** The first pause before it is started again. */
  readonly pauseMs?: number
}

export const LONGEST_PAUSE_MS = 10_000
/** One that has lived for so long begins with the first pause again. */
const STEADY_MS = 60_000
/** Answers under way, then what is durable, each within its own bound (`proxy/app.ts`); then it is ended from outside. */
const STOP_MS = 30_000
const ANSWER_MS = 2_000
/** A keytab, a directory and keys are looked at anew, some of them over the network. */
const RELOAD_MS = 60_000
const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

export class WorkerProcess {
  readonly worker: number
  readonly #its: WorkerSettings
  #start: WorkerStart
  /** What this process of it began with. */
  #given: unknown = null
  #child: ChildProcess | null = null
  /** It takes connections. */
  #isUp = false
  #isStopping = false
  /** Served by it, and on their way to it. */
  #connections = 0
  /** Handed over; each is closed here once the worker says it has it. */
  readonly #handing = new Map<number, Socket>()
  #handed = 0
  readonly #questions = new Map<number, (told: Told | null) => void>()
  #asked = 0
  #pauseMs = 0
  #startedAt = 0
  #restart: NodeJS.Timeout | null = null
  readonly #ready = Promise.withResolvers<{ readonly isNew: boolean }>()
  /** It has been ready once: an end from then on is one to recover from. */
  #wasReady = false
  readonly #ended = Promise.withResolvers<void>()

  constructor(its: WorkerSettings) {
    this.#its = its
    this.#start = its.start
    this.worker = its.start.worker
    this.#ready.promise.catch(() => undefined) // whoever waits for it gets it too
    this.#begin()
  }

  /** Rejects with a `WorkerFailure` when its first process cannot start. */
  get ready(): Promise<{ readonly isNew: boolean }> {
    return this.#ready.promise
  }

  get isUp(): boolean {
    return this.#isUp
  }

  get connections(): number {
    return this.#connections
  }

  hand(door: number, socket: Socket): void {
    this.#connections += 1
    const handing = (this.#handed += 1)
    this.#handing.set(handing, socket)
    // Node would close it itself, but not when the process ends before it has confirmed it (24.21, `disconnect` with a
    // handle pending): the client would wait for ever.
    this.#child?.send({ kind: 'connection', door, handing } satisfies ToWorker, socket, { keepOpen: true }, (error) => {
      if (error !== null) this.#letGo(handing)
    })
  }

  learn(taught: Taught): void {
    if (this.#isUp) this.#say({ kind: 'learn', taught })
  }

  async readiness(): Promise<Readiness | null> {
    const told = await this.#ask(ANSWER_MS, (question) => ({ kind: 'ask', question, about: 'readiness' }))
    return told?.about === 'readiness' ? told.readiness : null
  }

  async metrics(): Promise<Metrics | null> {
    const told = await this.#ask(ANSWER_MS, (question) => ({ kind: 'ask', question, about: 'metrics' }))
    return told?.about === 'metrics' ? told.metrics : null
  }

  /**
   * @returns `null`: it is not there; whatever comes in its place goes by {@link startWith}.
   * @throws WorkerFailure where it cannot go by this configuration: it has not changed then
   */
  async reload(config: unknown, who: Who): Promise<Reloaded | null> {
    const told = await this.#ask(RELOAD_MS, (question) => ({ kind: 'reload', question, config, who }))
    if (told?.about === 'refused') throw new WorkerFailure(told.failure)
    return told?.about === 'reload' ? told.reloaded : null
  }

  /** For the one that keeps the change log. */
  refused(mistakes: Failure['mistakes'], who: Who): void {
    this.#say({ kind: 'refused', mistakes, who })
  }

  /** What its next process is given. */
  startWith(config: unknown): void {
    this.#start = { ...this.#start, config }
  }

  /** Lets it finish its answers and ship what is durable, within a bound. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#isUp = false
    if (this.#restart !== null) clearTimeout(this.#restart)
    const child = this.#child
    if (child === null) return
    this.#say({ kind: 'stop' })
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    await this.#ended.promise
    clearTimeout(late)
  }

  /** Ends it at once. */
  kill(): void {
    this.#child?.kill('SIGKILL')
  }

  #begin(): void {
    this.#given = this.#start.config
    const child = fork(MAIN, [], { serialization: 'advanced' })
    this.#child = child
    this.#startedAt = performance.now()
    child.on('message', (message: FromWorker) => this.#hear(message))
    // A channel that breaks, and a process that could not be started, both lead to its end.
    child.on('error', () => child.kill('SIGKILL'))
    child.once('close', (code, signal) => this.#onEnd(code, signal))
    this.#say({ kind: 'start', start: this.#start })
  }

  #say(message: ToWorker): void {
    // What cannot be said to a process that is ending need not be said to it.
    this.#child?.send(message, () => undefined)
  }

  #hear(message: FromWorker): void {
    switch (message.kind) {
      case 'ready':
        this.#isUp = !this.#isStopping
        // While it started, the others were given another configuration.
        if (this.#given !== this.#start.config) void this.reload(this.#start.config, { through: 'start' })
        this.#wasReady = true
        this.#ready.resolve(message)
        return
      case 'failed':
        this.#ready.reject(new WorkerFailure(message.failure))
        if (this.#wasReady) this.#its.logger.error({ code: message.failure.code }, 'a worker cannot start')
        return
      case 'took':
        this.#letGo(message.handing)
        return
      case 'left':
        this.#connections -= message.connections
        return
      case 'taught':
        this.#its.onTaught(message.taught)
        return
      case 'told':
        this.#questions.get(message.question)?.(message.told)
        return
      default:
        assertNever(message)
    }
  }

  /** `null`: it is not there, or does not answer in time. */
  async #ask(withinMs: number, asking: (question: number) => ToWorker): Promise<Told | null> {
    if (!this.#isUp) return null
    const question = (this.#asked += 1)
    const { promise, resolve } = Promise.withResolvers<Told | null>()
    this.#questions.set(question, resolve)
    const late = setTimeout(() => resolve(null), withinMs)
    this.#say(asking(question))
    const told = await promise
    clearTimeout(late)
    this.#questions.delete(question)
    return told
  }

  /** What the worker has of it stays open. */
  #letGo(handing: number): void {
    this.#handing.get(handing)?.destroy()
    this.#handing.delete(handing)
  }

  #onEnd(code: number | null, signal: NodeJS.Signals | null): void {
    this.#child = null
    this.#isUp = false
    this.#connections = 0
    for (const handing of this.#handing.keys()) this.#letGo(handing)
    for (const resolve of this.#questions.values()) resolve(null)
    if (!this.#wasReady) this.#ready.reject(new WorkerFailure(endedAtOnce(this.worker)))
    if (this.#isStopping || !this.#wasReady) return this.#ended.resolve()
    const { pauseMs = 100, logger, onLost } = this.#its
    const wasSteady = performance.now() - this.#startedAt > STEADY_MS
    this.#pauseMs = wasSteady ? pauseMs : Math.min(Math.max(this.#pauseMs * 2, pauseMs), LONGEST_PAUSE_MS)
    logger.error(
      { worker: this.worker, exit: code, signal, pauseMs: this.#pauseMs },
      'a worker has ended: started again',
    )
    this.#restart = setTimeout(() => this.#begin(), this.#pauseMs)
    onLost()
  }
}

/** A worker could not start; its message is what the worker itself had to say. */
export class WorkerFailure extends Error {
  override readonly name = 'WorkerFailure'
  readonly code: string
  readonly mistakes: Failure['mistakes']
  constructor({ code, message, mistakes }: Failure) {
    super(message)
    this.code = code
    this.mistakes = mistakes
  }
}

function endedAtOnce(worker: number): Failure {
  return { code: 'WORKER_ENDED', message: `worker ${worker} ended before it was ready`, mistakes: [] }
}
