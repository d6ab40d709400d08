/**
 * How several worker processes fare together: ready while one of them takes queries, and their metrics added up. What
 * fits no sum says so itself (`Meters`): of lags the largest counts, of what is either so or not the worst.
 *
 * A counter must not fall when a worker ends and another begins at nothing, for monitoring would take the whole sum for
 * new; so what a worker had last told goes on being added after its end.
 */
import { AggregatorRegistry, collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import type { Metrics } from './meters.ts'
import type { Phase, Readiness, Reason } from './readiness.ts'

/** What one worker answers when it is asked; `null`: it did not. */
export interface WorkerWatch {
  readonly worker: number
  readonly isUp: boolean
  /** Connections that it serves. */
  readonly connections: number
  readiness(): Promise<Readiness | null>
  metrics(): Promise<Metrics | null>
}

export class WholeWatch {
  readonly #registry = new Registry()
  readonly #workers: readonly WorkerWatch[]
  readonly #leftOver: () => number
  /** What workers had last told. */
  readonly #last = new Map<number, Metrics>()
  /** What workers that have ended had counted. */
  #ended: Metrics = []
  #phase: Phase = 'starting'
  readonly #restarts = new Counter({
    name: 'tilsyn_worker_restarts_total',
    help: 'Worker processes that ended and were started again.',
    labelNames: ['worker'],
    registers: [this.#registry],
  })

  /** @param leftOver how many journals of other processes there are that are not yet in the tables. */
  constructor(workers: readonly WorkerWatch[], leftOver: () => number) {
    this.#workers = workers
    this.#leftOver = leftOver
    collectDefaultMetrics({ register: this.#registry })
    this.#gauge('workers_up', '1 while the worker process takes queries.', ({ isUp }) => Number(isUp))
    this.#gauge('worker_connections', 'Connections that the worker serves.', ({ connections }) => connections)
    this.#leftovers()
  }

  enter(phase: Phase): void {
    this.#phase = phase
  }

  /** A worker process has ended, not asked to. */
  lost(worker: number): void {
    this.#restarts.inc({ worker: String(worker) })
    const last = this.#last.get(worker)
    this.#last.delete(worker)
    if (last !== undefined) this.#ended = counted([...this.#ended, ...last])
  }

  async readiness(): Promise<Readiness> {
    const told = await Promise.all(this.#workers.map(readinessOf))
    const reasons = told.flatMap((each) => each.reasons)
    const warnings = told.flatMap((each) => each.warnings)
    const phase: readonly Reason[] = this.#phase === 'serving' ? [] : [{ code: this.#phase }]
    const ready = phase.length === 0 && told.some((each) => each.ready)
    // What keeps one worker from taking queries keeps nobody from asking the others.
    if (ready) return { ready, reasons: [], warnings: [...reasons, ...warnings] }
    return { ready, reasons: [...phase, ...reasons], warnings }
  }

  async metrics(): Promise<string> {
    const told = await Promise.all(
      this.#workers.map(async (each) => ({ worker: each.worker, metrics: await each.metrics() })),
    )
    for (const { worker, metrics } of told) if (metrics !== null) this.#last.set(worker, metrics)
    const heard = told.flatMap(({ metrics }) => (metrics === null ? [] : [metrics]))
    // One that keeps silent has not unlearnt what it had counted.
    const silent = told.flatMap(({ worker, metrics }) => (metrics === null ? [this.#last.get(worker) ?? []] : []))
    const all = [...heard, ...silent.map(counted), this.#ended, await this.#registry.getMetricsAsJSON()]
    return AggregatorRegistry.aggregate([...all]).metrics()
  }

  #gauge(name: string, help: string, read: (worker: WorkerWatch) => number): void {
    const workers = this.#workers
    // Registered by being made; it is asked, never set.
    void new Gauge({
      name: `tilsyn_${name}`,
      help,
      labelNames: ['worker'],
      registers: [this.#registry],
      collect() {
        for (const each of workers) this.set({ worker: String(each.worker) }, read(each))
      },
    })
  }

  #leftovers(): void {
    const count = this.#leftOver
    void new Gauge({
      name: 'tilsyn_leftover_journals',
      help: 'Journals of former worker processes that are not yet wholly in the tables.',
      registers: [this.#registry],
      collect() {
        this.set(count())
      },
    })
  }
}

async function readinessOf(each: WorkerWatch): Promise<Readiness> {
  const { worker } = each
  if (!each.isUp) return { ready: false, reasons: [{ code: 'worker-down', worker }], warnings: [] }
  const told = await each.readiness()
  if (told === null) return { ready: false, reasons: [{ code: 'worker-silent', worker }], warnings: [] }
  const numbered = (reason: Reason): Reason => ({ ...reason, worker })
  return { ready: told.ready, reasons: told.reasons.map(numbered), warnings: told.warnings.map(numbered) }
}

/** What only ever grows, each once. */
function counted(metrics: Metrics): Metrics {
  const growing = metrics.filter(({ type }) => COUNTED.has(String(type)))
  const names = new Map(growing.map((each) => [each.name, each]))
  return [...names.values()].map((metric) => ({
    ...metric,
    values: added(growing.filter(({ name }) => name === metric.name).flatMap(({ values }) => values)),
  }))
}

const COUNTED = new Set(['counter', 'histogram'])

type Values = Metrics[number]['values']

function added(values: Values): Values {
  const sums = new Map<string, Values[number]>()
  for (const value of values) {
    const key = JSON.stringify([Reflect.get(value, 'metricName'), Object.entries(value.labels)])
    const before = sums.get(key)
    sums.set(key, before === undefined ? value : { ...value, value: before.value + value.value })
  }
  return [...sums.values()]
}
