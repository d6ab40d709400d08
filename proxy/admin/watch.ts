/**
 * How one process fares: what is counted and what is known of its journal, its recorder and the BI servers. It comes from
 * what the others tell anyway: the forwarder's events, the journal's syncs, the recorder's status and its batches. Nobody
 * waits for a metric.
 */
import type { RecorderStatus } from '../../schema/record/recorder-status.ts'
import type { ForwardEvent } from '../forward/event.ts'
import type { Tally } from '../ship/tally.ts'
import { Meters } from './meters.ts'
import type { Metrics, Sources } from './meters.ts'
import { readinessOf } from './readiness.ts'
import type { Phase, Readiness } from './readiness.ts'
import { RecorderWatch } from './recorder-watch.ts'
import { Upstreams } from './upstreams.ts'
import type { UpstreamEvent, UpstreamPlace } from './upstreams.ts'

export interface WatchOptions {
  readonly servers: readonly UpstreamPlace[]
  /** Modules that have a label of their own; there may be any number of others, for a client can make them up. */
  readonly modules: readonly string[]
  /** A BI server is down, or up again. */
  readonly report?: (event: UpstreamEvent) => void
  /** How long the recorder may keep still before it counts as stuck. */
  readonly stuckMs?: number
}

export class Watch {
  readonly #meters: Meters
  readonly #upstreams: Upstreams
  readonly #recorder: RecorderWatch
  #sources: Sources | null = null
  #phase: Phase = 'starting'

  constructor({ servers, modules, report, stuckMs = 120_000 }: WatchOptions) {
    this.#meters = new Meters(modules)
    this.#upstreams = new Upstreams(servers, report)
    this.#recorder = new RecorderWatch(stuckMs)
  }

  heard(event: ForwardEvent): void {
    this.#meters.heard(event)
    this.#upstreams.heard(event)
  }

  synced(tookMs: number): void {
    this.#meters.synced(tookMs)
  }

  wrote(tally: Tally): void {
    this.#meters.wrote(tally)
  }

  troubled(code: string): void {
    this.#meters.troubled(code)
  }

  /** A Kerberos user could not be read; `code` is of a closed set. */
  ticketUnread(code: string): void {
    this.#meters.ticketUnread(code)
  }

  recorderTold(status: RecorderStatus): void {
    this.#recorder.hear(status)
  }

  /** BI servers and modules are others now. */
  change({ servers, modules }: Pick<WatchOptions, 'servers' | 'modules'>): void {
    this.#meters.know(modules)
    this.#upstreams.know(servers)
  }

  /** Queries are taken, or no more. */
  enter(phase: Phase): void {
    this.#phase = phase
  }

  /** Called once: what is not told, but looked at when somebody asks. */
  attend(sources: Sources): void {
    this.#sources = sources
    this.#meters.read(sources, this.#recorder, () => this.#upstreams.known())
    this.#upstreams.look()
  }

  /** Looks at no BI server any more. */
  stop(): void {
    this.#upstreams.close()
  }

  metrics(): Promise<string> {
    return this.#meters.text()
  }

  /** For adding them up with those of other processes. */
  metricsToAdd(): Promise<Metrics> {
    return this.#meters.values()
  }

  async readiness(): Promise<Readiness> {
    const journal = this.#sources?.journal
    return readinessOf({
      phase: this.#phase,
      journal: { ready: journal?.ready ?? true, broken: journal?.stats().broken ?? null },
      recorder: this.#recorder.state(),
      upstreams: await this.#upstreams.states(),
    })
  }
}
