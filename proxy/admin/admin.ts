/**
 * The admin address: is the proxy alive, may queries be sent to it, and how does it fare?
 *
 * A listener of its own, so that it can stand where BI users do not come, and so that no path of a BI server's is taken.
 * It has no login, and needs none: nothing here names a user, an address, a path or anything of a query (DESIGN.md,
 * invariant 7), and nothing can be changed. It tells of itself until the last answer has left, that it is stopping.
 *
 * What it tells is `Watch`'s for one process, and `WholeWatch`'s for several.
 */
import { fastify } from 'fastify'
import type { FastifyInstance } from 'fastify'
import { METRICS_TYPE } from './meters.ts'
import type { Sources } from './meters.ts'
import type { Readiness } from './readiness.ts'
import { Watch, type WatchOptions } from './watch.ts'

export type AdminOptions = WatchOptions

/** What somebody who asks is told. */
export interface Told {
  readiness(): Promise<Readiness>
  /** In Prometheus' text form. */
  metrics(): Promise<string>
}

/** Whoever asks gets an answer within this time, or is let go. */
const PATIENCE_MS = 10_000

export interface AdminAddress {
  readonly url: string
  close(): Promise<void>
}

export async function openAdmin(
  { host, port }: { readonly host: string; readonly port: number },
  told: Told,
): Promise<AdminAddress> {
  const app = build(told)
  const url = await app.listen({ host, port })
  return { url, close: () => app.close() }
}

function build(told: Told): FastifyInstance {
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
    const readiness = await told.readiness()
    return reply.code(readiness.ready ? 200 : 503).send(readiness)
  })
  app.get('/metrics', async (_request, reply) => reply.type(METRICS_TYPE).send(await told.metrics()))
  return app
}

/** One process that has an admin address itself. */
export class Admin extends Watch {
  #address: AdminAddress | null = null

  /** Resolves with the address in use. */
  async listen(address: { readonly host: string; readonly port: number }, sources: Sources): Promise<string> {
    this.attend(sources)
    this.#address = await openAdmin(address, this)
    return this.#address.url
  }

  async close(): Promise<void> {
    this.stop()
    await this.#address?.close()
  }
}
