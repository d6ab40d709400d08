/**
 * The admin address: is the proxy alive, may queries be sent to it, and how does it fare?
 *
 * A listener of its own, so that it can stand where BI users do not come, and so that no path of a BI server's is taken.
 * It has no login, and needs none: nothing here names a user, an address, a path or anything of a query (DESIGN.md,
 * invariant 7), and nothing can be changed. It tells of itself until the last answer has left, that it is stopping.
 *
 * What is counted comes from what the others tell anyway: the forwarder's events, the journal's syncs, the recorder's
 * status and its batches. Nobody waits for a metric.
 */
import { fastify } from 'fastify'
import type { FastifyInstance } from 'fastify'
import type { RecorderStatus } from '../../schema/record/recorder-status.ts'
import type { ForwardEvent } from '../forward/event.ts'
import type { Tally } from '../ship/tally.ts'
import { Meters } from './meters.ts'
import type { Sources } from './meters.ts'
import { readinessOf } from './readiness.ts'
import type { Phase, Readiness } from './readiness.ts'
import { RecorderWatch } from './recorder-watch.ts'
import { Upstreams } from './upstreams.ts'
import type { UpstreamEvent, UpstreamPlace } from './upstreams.ts'

export interface AdminOptions {
  readonly servers: readonly UpstreamPlace[]
  /** Modules that have a label of their own; there may be any number of others, for a client can make them up. */
  readonly modules: readonly string[]
  /** A BI server is down, or up again. */
  readonly report?: (event: UpstreamEvent) => void
  /** How long the recorder may keep still before it counts as stuck. */
  readonly stuckMs?: number
}

/** Whoever asks gets an answer within this time, or is let go. */
const PATIENCE_MS = 10_000

export class Admin {
  readonly #meters: Meters
  readonly #upstreams: Upstreams
  readonly #recorder: RecorderWatch
  #app: FastifyInstance | null = null
  #phase: Phase = 'starting'

  constructor({ servers, modules, report, stuckMs = 120_000 }: AdminOptions) {
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
  change({ servers, modules }: Pick<AdminOptions, 'servers' | 'modules'>): void {
    this.#meters.know(modules)
    this.#upstreams.know(servers)
  }

  /** Queries are taken, or no more. */
  enter(phase: Phase): void {
    this.#phase = phase
  }

  /** Resolves with the address in use. */
  async listen({ host, port }: { readonly host: string; readonly port: number }, sources: Sources): Promise<string> {
    this.#meters.read(sources, this.#recorder, () => this.#upstreams.known())
    this.#upstreams.look()
    this.#app = this.#build(sources)
    return this.#app.listen({ host, port })
  }

  async close(): Promise<void> {
    this.#upstreams.close()
    await this.#app?.close()
  }

  #build(sources: Sources): FastifyInstance {
    const app = fastify({
      logger: false,
      requestTimeout: PATIENCE_MS,
      connectionTimeout: PATIENCE_MS,
      bodyLimit: 1024,
      // A monitoring system that keeps its connection must not keep the proxy.
      forceCloseConnections: true,
    })
    app.addHook('onRequest', (_request, reply, done) => {
      reply.header('Cache-Control', 'no-store')
      done()
    })
    app.setNotFoundHandler((_request, reply) => reply.code(404).send({ paths: ['/healthz', '/readyz', '/metrics'] }))
    app.get('/healthz', () => ({ alive: true }))
    app.get('/readyz', async (_request, reply) => {
      const readiness = await this.#readiness(sources)
      return reply.code(readiness.ready ? 200 : 503).send(readiness)
    })
    app.get('/metrics', async (_request, reply) => reply.type(this.#meters.contentType).send(await this.#meters.text()))
    return app
  }

  async #readiness({ journal }: Sources): Promise<Readiness> {
    return readinessOf({
      phase: this.#phase,
      journal: { ready: journal.ready, broken: journal.stats().broken },
      recorder: this.#recorder.state(),
      upstreams: await this.#upstreams.states(),
    })
  }
}
