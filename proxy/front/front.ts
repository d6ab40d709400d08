/**
 * The front: how connections come to the forwarder. Addresses are listened on, PROXY protocol headers are taken off, TLS
 * ends here, and it is known whose word on a client's address counts (docs/decisions/0014-front.md).
 *
 * What holds here:
 * - Either all addresses are listened on, or none: a start that fails leaves nothing open.
 * - No certificate, no start. A certificate that changes serves new connections; those there are keep theirs, and one that
 *   cannot be used changes nothing.
 * - Nobody untrusted can say where he comes from (`ClientOrigin`).
 *
 * Left to others: HTTP itself and everything after it (`proxy/forward`).
 */
import type { Server } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { FrontConfig, Listener } from '../../schema/config/front.ts'
import type { Forward } from '../forward/forward.ts'
import type { ClientOrigin } from './client-origin.ts'
import type { FrontEvent } from './front-event.ts'
import { type Ahead, expectProxyHeaders } from './proxy-protocol.ts'
import { Renewal } from './renewal.ts'

export interface FrontSettings {
  readonly config: FrontConfig
  readonly origin: ClientOrigin
  readonly forward: Forward
  readonly report: (event: FrontEvent) => void
  /** How often the certificate's files are looked at; absent: every few seconds. */
  readonly lookEveryMs?: number
}

export interface Front {
  /** One for each address of `proxy.listen`, in its order. */
  readonly urls: readonly string[]
  /** Before the forwarder closes: what has not got as far as HTTP is ended, certificates are no longer looked at. */
  close(): void
}

/** @throws ConfigError where the certificate cannot be used; what `listen` throws, with nothing left open */
export async function openFront(its: FrontSettings): Promise<Front> {
  const renewal = createRenewal(its)
  const doors = its.config.listen.map((listener) => createDoor(its, listener, renewal))
  const close = () => {
    renewal?.close()
    for (const { ahead } of doors) ahead?.close()
  }
  const bound = await Promise.allSettled(doors.map(({ server, listener }) => listen(server, listener)))
  const urls = bound.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const failed = bound.find((each) => each.status === 'rejected')
  if (failed === undefined) return { urls, close }
  close()
  for (const { server } of doors) server.close()
  throw failed.reason
}

interface Door {
  readonly listener: Listener
  readonly server: Server
  readonly ahead: Ahead | null
}

/** Certificates serve the servers that are made with `first`; later ones reach them through `adopt`. */
interface Certificates {
  readonly renewal: Renewal
  readonly adopt: ((options: Renewal['first']) => void)[]
  close(): void
}

function createRenewal({ config, report, lookEveryMs }: FrontSettings): Certificates | null {
  if (config.tls === null || !config.listen.some(({ tls }) => tls)) return null
  const adopt: Certificates['adopt'] = []
  const renewal = new Renewal({
    tls: config.tls,
    renewed: (options) => adopt.forEach((each) => each(options)),
    report,
    ...(lookEveryMs === undefined ? {} : { everyMs: lookEveryMs }),
  })
  return { renewal, adopt, close: () => renewal.close() }
}

function createDoor(
  { config, origin, forward }: FrontSettings,
  listener: Listener,
  certificates: Certificates | null,
): Door {
  const server = forward.another(listener.tls && certificates !== null ? certificates.renewal.first : null)
  if ('setSecureContext' in server) {
    certificates?.adopt.push((options) => server.setSecureContext(options))
    if (config.tls?.clientCa != null) server.prependListener('secureConnection', refuseForeign)
  }
  const ahead = config.proxyProtocol
    ? expectProxyHeaders(server, origin, (socket, code) => forward.malformed(socket, code))
    : null
  return { listener, server, ahead }
}

/** Where a client's certificate is optional, TLS lets one from anybody's authority pass. */
function refuseForeign(socket: TLSSocket): void {
  const shown = socket.getPeerX509Certificate() !== undefined
  if (shown && !socket.authorized) socket.destroy()
}

/** Resolves with the address in use, once it is. */
function listen(server: Server, { host, port, tls }: Listener): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  server.once('error', reject)
  server.listen(port, host, () => {
    server.off('error', reject)
    const bound = server.address()
    const actual = typeof bound === 'object' && bound !== null ? bound.port : port
    resolve(`${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${actual}`)
  })
  return promise
}
