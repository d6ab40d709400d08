/**
 * What is known of the BI servers, from two sources that are one answer: what the last query met, and what the proxy itself
 * finds when it looks (`servers[].health`). The later of the two counts for whether a server can be reached; what it says
 * at its health path only the next look can change. Nobody waits for any of it: a server that is found down is still tried
 * by every query.
 *
 * One that is not looked at, and that a query could not reach, is tried again when somebody wants to know, because a proxy
 * that is sent no more queries for its sake would never find out that it is back.
 */
import { isDeepStrictEqual } from 'node:util'
import type { ForwardEvent } from '../forward/event.ts'
import type { UpstreamState } from './readiness.ts'
import { lookAt, type Looked, type UpstreamPlace } from './upstream-check.ts'

export type { UpstreamPlace } from './upstream-check.ts'

/** Told when it changes. */
export type UpstreamEvent =
  | { readonly kind: 'upstream-down'; readonly server: string; readonly error: string }
  | { readonly kind: 'upstream-up'; readonly server: string }

const TRIAL_MS = 1000

export class Upstreams {
  readonly #report: (event: UpstreamEvent) => void
  #watched: readonly Watched[] = []
  #isLooking = false

  constructor(places: readonly UpstreamPlace[], report: (event: UpstreamEvent) => void = () => undefined) {
    this.#report = report
    this.know(places)
  }

  /** What was met at another address says nothing of this one. */
  know(places: readonly UpstreamPlace[]): void {
    const before = this.#watched
    this.#watched = places.map(
      (place) => before.find((one) => one.isFor(place)) ?? new Watched(place, (event) => this.#report(event)),
    )
    for (const one of before) if (!this.#watched.includes(one)) one.stop()
    if (this.#isLooking) this.look()
  }

  heard(event: ForwardEvent): void {
    if (event.kind !== 'passed' && event.kind !== 'upstream-unreachable') return
    this.#watched.find(({ server }) => server === event.server)?.met(event.kind === 'passed' ? null : event.code)
  }

  /** From now on servers are looked at, each as its settings say. */
  look(): void {
    this.#isLooking = true
    for (const one of this.#watched) one.start()
  }

  close(): void {
    this.#isLooking = false
    for (const one of this.#watched) one.stop()
  }

  async states(): Promise<readonly UpstreamState[]> {
    await Promise.all(this.#watched.map((one) => one.tryAgain()))
    return this.known()
  }

  /** Without asking anybody. */
  known(): readonly UpstreamState[] {
    return this.#watched.map((one) => one.state())
  }
}

class Watched {
  readonly #place: UpstreamPlace
  readonly #report: (event: UpstreamEvent) => void
  /** Why it could not be reached. */
  #unreached: string | null = null
  /** Why what it says of itself is not good. */
  #unwell: string | null = null
  #isKnown = false
  #last: Looked | null = null
  #lookedAt: number | null = null
  #looking: Promise<void> | null = null
  #timer: NodeJS.Timeout | null = null

  constructor(place: UpstreamPlace, report: (event: UpstreamEvent) => void) {
    this.#place = place
    this.#report = report
  }

  get server(): string {
    return this.#place.name
  }

  isFor({ name, upstream, ca = null, health = null }: UpstreamPlace): boolean {
    const own = this.#place
    const isSame = own.name === name && own.upstream.href === upstream.href && (own.ca ?? null) === ca
    return isSame && isDeepStrictEqual(own.health ?? null, health)
  }

  start(): void {
    const health = this.#place.health ?? null
    if (health === null || this.#timer !== null) return
    this.#timer = setInterval(() => void this.#look(health.timeoutMs), health.everyMs).unref()
    void this.#look(health.timeoutMs)
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  met(error: string | null): void {
    this.#change(() => (this.#unreached = error))
  }

  /** Only where nobody looks by himself. */
  async tryAgain(): Promise<void> {
    if (this.#unreached !== null && this.#timer === null) await this.#look(TRIAL_MS)
  }

  state(): UpstreamState {
    return {
      server: this.server,
      error: this.#error,
      isKnown: this.#isKnown,
      lookedAt: this.#lookedAt,
      certificateEndsAt: this.#last?.certificateEndsAt ?? null,
    }
  }

  get #error(): string | null {
    return this.#unreached ?? this.#unwell
  }

  /** One look at a time, however many want one. */
  #look(timeoutMs: number): Promise<void> {
    this.#looking ??= lookAt(this.#place, timeoutMs).then((looked) => {
      this.#looking = null
      this.#lookedAt = Date.now()
      this.#last = looked
      this.#change(() => {
        this.#unreached = looked.isReached ? null : looked.error
        if (looked.isReached) this.#unwell = looked.error
      })
    })
    return this.#looking
  }

  #change(work: () => void): void {
    const before = this.#error
    work()
    this.#isKnown = true
    const error = this.#error
    if ((before === null) === (error === null)) return
    if (error === null) this.#report({ kind: 'upstream-up', server: this.server })
    else this.#report({ kind: 'upstream-down', server: this.server, error })
  }
}
