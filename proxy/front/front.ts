/**
 * The front: how connections come to the forwarder. Addresses are listened on, PROXY protocol headers are taken off, TLS
 * ends here, and it is known whose word on a client's address counts (docs/decisions/0014-front.md).
 *
 * What holds here:
 * - Either all addresses are listened on, or none: a start that fails leaves nothing open.
 * - No certificate, no start. A certificate that changes serves new connections; those there are keep theirs, and one that
 *   cannot be used changes nothing.
 * - Nobody untrusted can say where he comes from (`ClientOrigin`).
 * - Settings change without an instant in which nobody listens: new addresses are open before the old ones are let go of,
 *   and where only what stands behind an address changes, the new server takes the listening socket over. Connections
 *   that are there stay with the server that accepted them (decision 0016).
 *
 * Left to others: HTTP itself and everything after it (`proxy/forward`).
 */
import { Server } from 'node:net'
import type { TlsOptions, TLSSocket } from 'node:tls'
import { ConfigError } from '../../schema/config/config-error.ts'
import type { FrontConfig, Listener } from '../../schema/config/front.ts'
import type { Forward } from '../forward/forward.ts'
import type { ClientOrigin } from './client-origin.ts'
import type { FrontEvent } from './front-event.ts'
import { type Ahead, expectProxyHeaders } from './proxy-protocol.ts'
import { Renewal } from './renewal.ts'

export interface FrontSettings {
  readonly config: FrontConfig
  readonly origin: ClientOrigin
  readonly forward: Pick<Forward, 'another' | 'malformed'>
  readonly report: (event: FrontEvent) => void
  /** How often the certificate's files are looked at; absent: every few seconds. */
  readonly lookEveryMs?: number
  /** How servers come to connections; absent: by listening themselves. */
  readonly listening?: Listening
}

/** What of a server changes where another process listens in its place. */
export interface Listening {
  /** Resolves with the address in use, once connections come. */
  begin(server: Server, listener: Listener): Promise<string>
  /** From now on connections come to `server`. Cannot fail. */
  takeOver(server: Server, predecessor: Server): void
  /** No more connections come; those that are there stay. */
  stop(server: Server): void
}

/** New settings that are ready. One of the two is called, once. */
export interface PreparedFront {
  /** Cannot fail. */
  commit(): void
  /** As if nothing had been prepared. */
  abandon(): void
}

export interface Front {
  /** One for each address of `proxy.listen`, in its order. */
  readonly urls: readonly string[]
  /**
   * Opens what is new in `config`, and lets go of nothing.
   *
   * @throws ConfigError where the certificate cannot be used, or an address cannot be listened on; nothing has changed then
   */
  prepare(config: FrontConfig, configFile: string): Promise<PreparedFront>
  /** Before the forwarder closes: what has not got as far as HTTP is ended, certificates are no longer looked at. */
  close(): void
}

/** @throws ConfigError where the certificate cannot be used; what `listen` throws, with nothing left open */
export async function openFront(its: FrontSettings): Promise<Front> {
  const front = new OpenFront(its)
  const prepared = await front.open(its.config)
  prepared.commit()
  return front
}

type HttpServer = ReturnType<Forward['another']>

interface Door {
  readonly listener: Listener
  readonly server: HttpServer
  readonly ahead: Ahead | null
  url: string
}

/** A door of the new settings. `predecessor`: whose listening socket it takes over. */
interface Entrance {
  readonly door: Door
  readonly isNew: boolean
  readonly predecessor: Door | null
}

/** Certificates serve the servers that are made with `first`; later ones reach them through `adopt`. */
interface Certificates {
  readonly renewal: Renewal
  readonly adopt: ((options: TlsOptions) => void)[]
}

class OpenFront implements Front {
  readonly #its: FrontSettings
  readonly #listening: Listening
  #config: FrontConfig | null = null
  #doors: readonly Door[] = []
  #certificates: Certificates | null = null
  /** Of all doors there ever were: connections may still be on their way through one that is shut. */
  readonly #aheads = new Set<Ahead>()

  constructor(its: FrontSettings) {
    this.#its = its
    this.#listening = its.listening ?? LISTENS_ITSELF
  }

  get urls(): readonly string[] {
    return this.#doors.map(({ url }) => url)
  }

  async prepare(config: FrontConfig, configFile: string): Promise<PreparedFront> {
    return this.open(config, (index, cause) => {
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
      const expected = `expected an address that can be listened on (${code})`
      return new ConfigError(configFile, [{ path: `proxy.listen[${index}]`, expected, example: null }], { cause })
    })
  }

  async open(
    config: FrontConfig,
    failure: (index: number, cause: unknown) => unknown = (_, cause) => cause,
  ): Promise<PreparedFront> {
    const certificates = this.#certificatesFor(config)
    const entrances = this.#entrances(config, certificates)
    const abandon = () => {
      certificates?.renewal.close()
      for (const { door, isNew } of entrances) if (isNew) shut(door)
    }
    const bound = await Promise.allSettled(entrances.map((entrance) => this.#begin(entrance)))
    const index = bound.findIndex(({ status }) => status === 'rejected')
    const failed = bound[index]
    if (failed?.status === 'rejected') {
      abandon()
      throw failure(index, failed.reason)
    }
    return { abandon, commit: () => this.#commit(config, certificates, entrances) }
  }

  close(): void {
    this.#certificates?.renewal.close()
    for (const ahead of this.#aheads) ahead.close()
  }

  #commit(config: FrontConfig, certificates: Certificates | null, entrances: readonly Entrance[]): void {
    for (const { door, isNew, predecessor } of entrances) {
      if (predecessor !== null) {
        // Between two turns of the event loop: no connection finds nobody.
        this.#listening.takeOver(door.server, predecessor.server)
        door.url = urlOf(door.listener, predecessor.url)
      }
      if (!isNew && certificates !== null) certify(door.server, certificates, true)
      if (door.ahead !== null) this.#aheads.add(door.ahead)
    }
    const kept = new Set(entrances.flatMap(({ door, predecessor }) => [door, predecessor]))
    for (const door of this.#doors) if (!kept.has(door)) this.#listening.stop(door.server)
    this.#certificates?.renewal.close()
    this.#certificates = certificates
    this.#doors = entrances.map(({ door }) => door)
    this.#config = config
  }

  /** Resolves once the door can be reached, or its turn comes later: its address is then its predecessor's. */
  async #begin({ door, isNew, predecessor }: Entrance): Promise<void> {
    if (isNew && predecessor === null) door.url = await this.#listening.begin(door.server, door.listener)
  }

  #certificatesFor(config: FrontConfig): Certificates | null {
    if (config.tls === null || !config.listen.some(({ tls }) => tls)) return null
    const adopt: Certificates['adopt'] = []
    const { report, lookEveryMs } = this.#its
    const renewal = new Renewal({
      tls: config.tls,
      renewed: (options) => adopt.forEach((each) => each(options)),
      report,
      ...(lookEveryMs === undefined ? {} : { everyMs: lookEveryMs }),
    })
    return { renewal, adopt }
  }

  #entrances(config: FrontConfig, certificates: Certificates | null): readonly Entrance[] {
    const left = [...this.#doors]
    const isMadeAlike = this.#config !== null && makeOf(this.#config) === makeOf(config)
    return config.listen.map((listener) => {
      const at = left.findIndex((door) => door.listener.host === listener.host && door.listener.port === listener.port)
      const [known = null] = at === -1 ? [] : left.splice(at, 1)
      const stays = known !== null && isMadeAlike && known.listener.tls === listener.tls
      if (stays) return { door: known, isNew: false, predecessor: null }
      return { door: this.#createDoor(config, listener, certificates), isNew: true, predecessor: known }
    })
  }

  #createDoor(config: FrontConfig, listener: Listener, certificates: Certificates | null): Door {
    const { forward, origin } = this.#its
    const own = listener.tls && certificates !== null ? certificates.renewal.first : null
    const server = forward.another(own, config.tls?.http2)
    if (certificates !== null) certify(server, certificates, false)
    if ('setSecureContext' in server && config.tls?.clientCa != null)
      server.prependListener('secureConnection', refuseForeign)
    const ahead = config.proxyProtocol
      ? expectProxyHeaders(server, origin, (socket, code) => forward.malformed(socket, code))
      : null
    return { listener, server, ahead, url: '' }
  }
}

/** What a server is made with, once for all; a certificate can be changed. */
function makeOf({ tls, proxyProtocol }: FrontConfig): string {
  return JSON.stringify([tls === null ? null : [tls.clientCa, tls.clientCertificate, tls.http2], proxyProtocol])
}

/** @param now its certificate is older: it gets this one at once. */
function certify(server: HttpServer, { adopt, renewal }: Certificates, now: boolean): void {
  if (!('setSecureContext' in server)) return
  adopt.push((options) => server.setSecureContext(options))
  if (now) server.setSecureContext(renewal.first)
}

/** Not as `node:http` closes a server, which would end the connections that just now ask nothing. */
function stopListening(server: Server): void {
  // When the last of them has gone, though: it looks after them on a timer.
  server.once('close', () => server.close())
  const close: unknown = Reflect.get(Server.prototype, 'close')
  if (typeof close === 'function') Reflect.apply(close, server, [])
}

function shut({ server, ahead }: Door): void {
  server.close()
  ahead?.close()
}

/** Where a client's certificate is optional, TLS lets one from anybody's authority pass. */
function refuseForeign(socket: TLSSocket): void {
  const shown = socket.getPeerX509Certificate() !== undefined
  if (shown && !socket.authorized) socket.destroy()
}

/** Resolves with the address in use. Rejects with what `listen` throws. */
export function listen(server: Server, { host, port, tls }: Listener): Promise<string> {
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

const LISTENS_ITSELF: Listening = {
  begin: listen,
  takeOver: (server, predecessor) => server.listen(predecessor),
  stop: stopListening,
}

function urlOf({ tls }: Listener, predecessor: string): string {
  return predecessor.replace(/^https?/, tls ? 'https' : 'http')
}
