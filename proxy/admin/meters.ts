/**
 * What is counted and measured, in the words of Prometheus: `tilsyn_…`, seconds and bytes. Labels come from closed sets or
 * from the configuration; what a client can make up is `other`. So there are never many, and none is about a person.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { ForwardEvent } from '../forward/event.ts'
import type { ForwardStats } from '../forward/forward.ts'
import type { JournalStats } from '../journal/journal.ts'
import type { Tally } from '../ship/tally.ts'
import type { UpstreamState } from './readiness.ts'
import type { RecorderWatch } from './recorder-watch.ts'

/** What is looked at when somebody asks. */
export interface Sources {
  readonly journal: { readonly ready: boolean; stats(): JournalStats }
  readonly forward: { stats(): ForwardStats }
}

/** As the registry gives them to be added up with others. */
export type Metrics = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

export const METRICS_TYPE = Registry.PROMETHEUS_CONTENT_TYPE

/** From a tenth of a millisecond, where nobody notices, to ten seconds, where everybody has. */
const SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export class Meters {
  readonly #registry = new Registry()
  #modules: ReadonlySet<string> = new Set()
  readonly #entries = this.#counter('entries_total', 'Entries in the tables.', 'outcome', 'module')
  readonly #opaque = this.#counter('entries_opaque_total', 'Statements that could not be understood.', 'reason')
  readonly #unread = this.#counter('answers_unread_total', 'Answers that could not be read.')
  readonly #events = this.#counter('events_total', 'What the forwarder had to tell.', 'event')
  readonly #tickets = this.#counter('tickets_unread_total', 'Kerberos users that could not be read.', 'code')
  readonly #storeErrors = this.#counter('store_errors_total', 'Attempts to write that failed.', 'code')
  readonly #recorderErrors = this.#counter('recorder_errors_total', 'Other difficulties of the recorder.', 'code')
  readonly #held = this.#histogram('answer_held_seconds', 'How long answers waited for their entry to be durable.')
  readonly #inProxy = this.#histogram('proxy_seconds', 'From the request to its sending on, and answer in to out.')
  readonly #inSocket = this.#histogram('websocket_seconds', 'Each piece a BI server said in a WebSocket, in to out.')
  readonly #handshakes = this.#counter('handshakes_failed_total', 'TLS handshakes with clients that failed.', 'code')
  readonly #handshakeCodes = new Set<string>()
  readonly #sync = this.#histogram('journal_sync_seconds', 'Writing and syncing a group of entries.')

  constructor(modules: readonly string[]) {
    this.know(modules)
    // A series that begins with its first error shows no increase there.
    this.#storeErrors.inc({ code: 'STORE_UNAVAILABLE' }, 0)
  }

  know(modules: readonly string[]): void {
    this.#modules = new Set(modules)
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }

  values(): Promise<Metrics> {
    return this.#registry.getMetricsAsJSON()
  }

  heard(event: ForwardEvent): void {
    if (event.kind === 'piece-passed') return this.#inSocket.observe(event.proxyMs / 1000)
    if (event.kind !== 'passed') return this.#happened(event)
    this.#held.observe(event.heldMs / 1000)
    this.#inProxy.observe(event.proxyMs / 1000)
  }

  synced(tookMs: number): void {
    this.#sync.observe(tookMs / 1000)
  }

  wrote({ entries, opaque, unread }: Tally): void {
    for (const { outcome, module, count } of entries) this.#entries.inc({ outcome, module: this.#label(module) }, count)
    for (const [reason, count] of opaque) this.#opaque.inc({ reason }, count)
    this.#unread.inc(unread)
  }

  ticketUnread(code: string): void {
    this.#tickets.inc({ code })
  }

  troubled(code: string): void {
    const counter = code.startsWith('STORE_') ? this.#storeErrors : this.#recorderErrors
    counter.inc({ code })
  }

  /** Called once: what is not told, but looked at when somebody asks. */
  read({ journal, forward }: Sources, recorder: RecorderWatch, upstreams: () => readonly UpstreamState[]): void {
    collectDefaultMetrics({ register: this.#registry })
    this.#gauge('journal_bytes', 'Size of the journal.', () => journal.stats().bytes)
    this.#gauge('journal_segments', 'Files of the journal.', () => journal.stats().segments)
    this.#gauge('journal_waiting_bytes', 'What waits for the disk.', () => journal.stats().waitingBytes)
    this.#gauge('journal_ready', '1 while entries can be kept.', () => Number(journal.ready), 'min')
    this.#gauge('journal_missed_entries', 'Queries that passed without an entry, not yet told as a gap.', () => {
      return journal.stats().missed
    })
    this.#gauge('recorder_lag_entries', 'Queries in the journal that are not in the tables.', () => {
      return lagOf(journal.stats().seq, recorder)
    })
    this.#gauge(
      'recorder_lag_seconds',
      'Age of the oldest answered query that is not in the tables.',
      () => {
        const since = recorder.status?.oldestUnshippedAt ?? null
        return since === null ? 0 : Math.max(Date.now() - since, 0) / 1000
      },
      'max',
    )
    const silence = () => recorder.silentMs / 1000
    this.#gauge('recorder_silence_seconds', 'Since the recorder last told of itself.', silence, 'max')
    const available = () => Number(recorder.status?.store === 'ok')
    this.#gauge('store_available', '1 while the store takes entries.', available, 'min')
    this.#gauge('connections', 'Open connections of clients, WebSockets too.', () => forward.stats().connections)
    this.#gauge('websockets', 'Open WebSockets.', () => forward.stats().webSockets)
    this.#ofServers(upstreams)
    this.#gauge('requests_underway', 'Requests not yet wholly answered.', () => forward.stats().underway)
  }

  #happened(event: Exclude<ForwardEvent, { kind: 'passed' | 'piece-passed' }>): void {
    const times = event.times ?? 1
    this.#events.inc({ event: event.kind }, times)
    if (event.kind === 'handshake-failed') this.#handshakes.inc({ code: this.#handshakeCode(event.code) }, times)
  }

  /** What is known of each BI server; one that nobody has tried has no value. */
  #ofServers(upstreams: () => readonly UpstreamState[]): void {
    this.#byServer('upstream_up', '1 while the BI server can be reached and says it is well.', upstreams, (state) =>
      state.isKnown ? Number(state.error === null) : null,
    )
    this.#byServer('upstream_checked_seconds', 'Since the proxy itself last looked.', upstreams, ({ lookedAt }) =>
      lookedAt === null ? null : Math.max(Date.now() - lookedAt, 0) / 1000,
    )
    const help = "Days until the BI server's certificate ends; below 0 it has."
    this.#byServer('upstream_certificate_days', help, upstreams, ({ certificateEndsAt }) =>
      certificateEndsAt === null ? null : (certificateEndsAt - Date.now()) / DAY_MS,
    )
  }

  /** They are OpenSSL's, of which there are some hundred; a client has a say in which. */
  #handshakeCode(code: string): string {
    if (this.#handshakeCodes.size < MAX_CODES) this.#handshakeCodes.add(code)
    return this.#handshakeCodes.has(code) ? code : 'other'
  }

  #label(module: string | null): string {
    if (module === null) return 'none'
    return this.#modules.has(module) ? module : 'other'
  }

  #counter<Label extends string>(name: string, help: string, ...labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ name: `tilsyn_${name}`, help, labelNames: [...labelNames], registers: [this.#registry] })
  }

  #histogram(name: string, help: string): Histogram {
    return new Histogram({ name: `tilsyn_${name}`, help, buckets: SECONDS, registers: [this.#registry] })
  }

  /** @param aggregator what several processes have together. */
  #gauge(name: string, help: string, read: () => number, aggregator: 'sum' | 'max' | 'min' = 'sum'): void {
    const registers = [this.#registry]
    // Registered by being made; it is asked, never set.
    void new Gauge({
      name: `tilsyn_${name}`,
      help,
      registers,
      aggregator,
      collect() {
        this.set(read())
      },
    })
  }

  #byServer(
    name: string,
    help: string,
    upstreams: () => readonly UpstreamState[],
    read: (state: UpstreamState) => number | null,
  ): void {
    void new Gauge({
      name: `tilsyn_${name}`,
      help,
      labelNames: ['server'],
      registers: [this.#registry],
      // Of several processes that look, the one that sees it worst.
      aggregator: 'min',
      collect() {
        this.reset()
        for (const state of upstreams()) {
          const value = read(state)
          if (value !== null) this.set({ server: state.server }, value)
        }
      },
    })
  }
}

const DAY_MS = 24 * 60 * 60 * 1000
const MAX_CODES = 50

/** As far as the recorder has told: what came within the last second counts as not in the tables. */
function lagOf(seq: number, { status }: RecorderWatch): number {
  return Math.max(seq - (status?.shippedSeq ?? seq), 0)
}
