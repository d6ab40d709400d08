/**
 * Forwarding: a reverse proxy that nobody notices, and that lets no answer out of which there is no entry.
 *
 * What holds here:
 * - Bytes pass as they came, both ways: targets, header spelling, order and duplicates, bodies, trailers, 1xx answers;
 *   only what belongs to one hop stays behind (RFC 9110, section 7.6.1 "Connection"). Bodies stream.
 * - A request goes upstream at once; its answer leaves once the witness has the request durably (`Passage`, `Entry`).
 * - Each ticket is answered once, whatever becomes of the exchange.
 * - A request that two readers could read differently is not forwarded (`request-head.ts`).
 * - Connections that somebody logged in on are shared with nobody (`Upstream`, `ClientConnection`).
 * - What fails, fails for one exchange; a client is told by status or by a cut, never by a clean end that is none.
 * - Settings change between two requests, never within one (`prepare`; decision 0016): a request keeps the `Road` and the
 *   `Line` it began with, and a BI server whose address stays keeps its connections, logged in or not.
 *
 * Left to others: who asks (`proxy/identity`), keeping the record (`Witness`), reading answers (`ReadAnswer`), listening,
 * and telling the operator (`report`; the events hold no personal data).
 */
import http, { type ServerResponse } from 'node:http'
import https from 'node:https'
import type { Server, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket, TlsOptions } from 'node:tls'
import type { MessageIdFinder, ReadAnswer, Witness } from '../exchange.ts'
import type { SessionCookies } from '../identity/session-cookies.ts'
import { NO_FRONT, WhoAsks } from '../identity/who-asks.ts'
import { Attempts } from './attempts.ts'
import { ClientConnection, type ClientLine, lineOf, type Route } from './client-connection.ts'
import { Crowd } from './crowd.ts'
import { codeOf, type Report } from './event.ts'
import { type Session, type StreamConnection, Streams } from './http2/streams.ts'
import { type Limits, USUAL_LIMITS } from './limits.ts'
import { type Origin, SOCKET_ORIGIN } from './origin.ts'
import { Pace } from './pace.ts'
import { Passage } from './passage.ts'
import { Quiet } from './quiet.ts'
import type { Road } from './road.ts'
import { Arrival, createFrame, type Frame } from './passes.ts'
import { ownAnswer, ownHeaders, type OwnStatus, rawAnswer } from './refusal.ts'
import { chooseServer, type ForwardServer, readTarget } from './target.ts'
import type { Tunnel } from './tunnel.ts'
import { beginUpgrade } from './upgrade.ts'
import { Upstream } from './upstream.ts'
import { Wires } from './wires.ts'

export type { ForwardEvent } from './event.ts'
export type { Limits } from './limits.ts'
export type { Origin } from './origin.ts'
export type { ForwardServer } from './target.ts'

/** What can be changed while requests pass. */
export interface ForwardSettings {
  /** The first that fits takes the request. */
  readonly servers: readonly ForwardServer[]
  /** Absent: nobody's word is taken for who asks. */
  readonly whoAsks?: WhoAsks
  readonly readAnswer: ReadAnswer
  /** How much of a request body is kept. */
  readonly captureBytes: number
}

export interface ForwardOptions extends ForwardSettings {
  readonly witness: Witness
  /** Absent: no session cookies are recognised. */
  readonly cookies?: SessionCookies
  /** How messages in a WebSocket know each other. */
  readonly findMessageId: () => MessageIdFinder
  /** Where requests come from; absent: what the sockets say. */
  readonly origin?: Origin
  /** What one client may take; absent: the usual. It stays as it is. */
  readonly limits?: Limits
  /** UTC milliseconds. */
  readonly now?: () => number
  readonly report: Report
}

export interface ForwardStats {
  /** Connections of clients, WebSockets too. */
  readonly connections: number
  readonly webSockets: number
  /** Requests whose answer has not wholly left. */
  readonly underway: number
}

export interface Forward {
  /** Plain HTTP, not yet listening. */
  readonly server: http.Server
  /** One more server for the same, plain or behind TLS, not yet listening; `http2`: also for who chooses that by ALPN. */
  another(tls: TlsOptions | null, http2?: boolean): http.Server | https.Server
  /** What arrived on a connection before HTTP could begin made no sense: an entry, as for malformed requests. */
  malformed(socket: Socket, code: string): void
  /**
   * Makes ready to go by other settings. What it returns puts them in force and cannot fail: they hold for the next
   * request on every connection, and what is under way ends as it began. One at a time.
   */
  prepare(settings: ForwardSettings): () => void
  /** Ends all connections at once. */
  cut(): void
  /** Accepts no more; resolves when all answers under way have left and all tickets are answered. WebSockets are cut. */
  close(): Promise<void>
  stats(): ForwardStats
}

/** How often heads are looked at that have not come. */
const HEAD_LOOK_MS = 5000
/** As long as IIS keeps a connection: an NTLM client that comes back finds its login. */
const KEEP_ALIVE_MS = 120_000
/** A client that neither sends what it began nor takes what it asked for is given up. */
const CLIENT_IDLE_MS = 120_000

export function createForward(options: ForwardOptions): Forward {
  return new Forwarder(options)
}

interface Line extends Route {
  readonly host: string | null
  readonly path: string | null
  readonly port: number | null
  readonly frame: Frame
}

class Forwarder implements Forward {
  readonly server: http.Server
  readonly #servers: (http.Server | https.Server)[] = []
  readonly #wires = new Wires()
  readonly #streams: Streams
  /** Never listens: its connections are streams of HTTP/2. */
  readonly #streamServer: http.Server<typeof Arrival>
  #lines: readonly Line[]
  #road: Road
  readonly #connections = new WeakMap<Duplex, ClientConnection>()
  /** Passages whose ticket has not been answered. */
  #underway = 0
  readonly #tunnels = new Set<Tunnel>()
  /** Connections that have asked nothing yet: Node counts them as busy, and would wait for them when closing. */
  readonly #unused = new Set<Socket>()
  readonly #limits: Limits
  readonly #crowd: Crowd
  readonly #pace: Pace
  readonly #quiet: Quiet
  readonly #attempts: Attempts
  #isClosing = false
  #idle: () => void = () => undefined

  constructor(options: ForwardOptions) {
    this.#lines = linesOf(options.servers, [])
    this.#limits = options.limits ?? USUAL_LIMITS
    this.#quiet = new Quiet(options.report)
    this.#road = {
      witness: options.witness,
      ...changeable(options),
      cookies: options.cookies ?? null,
      findMessageId: options.findMessageId,
      origin: options.origin ?? SOCKET_ORIGIN,
      now: options.now ?? Date.now,
      limits: this.#limits,
      report: this.#quiet.report,
      isClosing: () => this.#isClosing,
      over: () => this.#over(),
    }
    this.#attempts = new Attempts(this.#road)
    this.#crowd = new Crowd({ ...this.#road, refused: (address, limit) => this.#crowded(address, limit) })
    this.#pace = new Pace(this.#limits, ({ server }) => this.#road.report({ kind: 'slow-client', server }))
    this.#streamServer = http.createServer(this.#http())
    this.#speakOn(this.#streamServer)
    this.#streams = new Streams({
      idleMs: KEEP_ALIVE_MS,
      came: (stream) => this.#meetStream(stream),
      refused: (session, { method, target, status, reason }) => {
        this.#road.report({ kind: 'refused', server: '', status, reason })
        this.#attempts.made({ clientAddress: session.address, method, target, status })
        const answer = ownAnswer(status)
        return { headers: ownHeaders(answer), body: answer.body }
      },
      malformed: (session, code) => this.#brokenSession(session, code),
    })
    this.server = this.another(null)
  }

  another(tls: TlsOptions | null, http2 = false): http.Server | https.Server {
    const server = tls === null ? this.#plain() : this.#secure(tls, http2)
    // A client may end its half and still read. Node's own switch for it, which its documentation does not name.
    Object.assign(server, { httpAllowHalfOpen: true })
    this.#servers.push(server)
    // One that no longer listens is forgotten with its last connection.
    server.once('close', () => this.#servers.splice(this.#servers.indexOf(server), 1))
    server.on('connection', (wire: Socket) => this.#wait(wire))
    this.#speakOn(server)
    this.#crowd.guard(server)
    return server
  }

  prepare(settings: ForwardSettings): () => void {
    const lines = linesOf(settings.servers, this.#lines)
    const road = { ...this.#road, ...changeable(settings) }
    return () => {
      const kept = new Set(lines.map(({ upstream }) => upstream))
      for (const { upstream } of this.#lines) if (!kept.has(upstream)) upstream.retire()
      this.#lines = lines
      this.#road = road
    }
  }

  malformed(socket: Socket, code: string): void {
    this.#road.report({ kind: 'malformed', code, status: 400 })
    this.#attempts.made({ clientAddress: this.#road.origin.peer(socket), ...NOTHING_ASKED, status: 400 })
  }

  cut(): void {
    for (const server of this.#servers) server.closeAllConnections()
    this.#streams.cut()
    for (const socket of this.#unused) socket.destroy()
  }

  async close(): Promise<void> {
    this.#isClosing = true
    const closed = Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))))
    this.#streams.close()
    for (const tunnel of this.#tunnels) tunnel.destroy()
    for (const socket of this.#unused) socket.destroy()
    await closed
    // Node waits for connections that came in at a server which listens, not for those that were handed over to it.
    await this.#crowd.gone()
    if (this.#underway > 0) await new Promise<void>((resolve) => (this.#idle = resolve))
    for (const { upstream } of this.#lines) upstream.close()
    this.#pace.close()
    this.#attempts.flush()
    this.#quiet.flush()
  }

  stats(): ForwardStats {
    const webSockets = [...this.#tunnels].filter((tunnel) => tunnel.isOpen).length
    return { connections: this.#crowd.open, webSockets, underway: this.#underway }
  }

  #plain(): http.Server<typeof Arrival> {
    return http.createServer(this.#http()).on('connection', (wire: Socket) => this.#meet(wire, wire))
  }

  #secure(tls: TlsOptions, http2: boolean): https.Server<typeof Arrival> {
    const server = https
      .createServer({
        ...this.#http(),
        ...this.#tls(),
        ...tls,
        ...(http2 ? { ALPNProtocols: ['h2', 'http/1.1'] } : {}),
      })
      .on('connection', (wire: Socket) => this.#wires.add(wire))
      .on('tlsClientError', (error) => this.#road.report({ kind: 'handshake-failed', code: codeOf(error) }))
    const http1 = server.listeners('secureConnection')
    server.removeAllListeners('secureConnection')
    return server.on('secureConnection', (socket) => {
      const wire = this.#wires.under(socket)
      // From now on TLS ends it: to destroy both at once ends the process (Node 24.21, in SSL_read).
      this.#unused.delete(wire)
      if (socket.alpnProtocol === 'h2') return this.#serveStreams(socket, wire)
      for (const listener of http1) Reflect.apply(listener, server, [socket])
      this.#wait(socket)
      this.#meet(socket, wire)
    })
  }

  #http(): http.ServerOptions<typeof Arrival> {
    const { headBytes, headMs } = this.#limits
    const looks = { connectionsCheckingInterval: Math.min(HEAD_LOOK_MS, headMs) }
    return { ...HTTP, maxHeaderSize: headBytes, headersTimeout: headMs, ...looks }
  }

  /** A client may end its half and still read: as without TLS. */
  #tls(): TlsOptions {
    return { handshakeTimeout: this.#limits.handshakeMs, allowHalfOpen: true }
  }

  #serveStreams(socket: TLSSocket, wire: Socket): void {
    // Somebody ahead of us did not want it.
    if (socket.destroyed) return
    this.#streams.serve({ socket, port: wire.localPort, address: this.#road.origin.peer(wire) })
  }

  #meetStream({ session: { port, address }, end, demandHttp1 }: StreamConnection): void {
    const reset = () => end.destroy()
    const moved = () => end.moved
    this.#met({ socket: end, wire: null, port, address, isSecure: true, reset, moved, demandHttp1 })
    this.#streamServer.emit('connection', end)
  }

  #brokenSession({ address }: Session, code: string): void {
    // The connection under it broke: nobody said anything wrong.
    if (!code.startsWith('ERR_HTTP2_')) return
    this.#road.report({ kind: 'malformed', code, status: 400 })
    this.#attempts.made({ clientAddress: address, ...NOTHING_ASKED, status: 400 })
  }

  #speakOn(server: http.Server<typeof Arrival> | https.Server<typeof Arrival>): void {
    server.setTimeout(CLIENT_IDLE_MS)
    // All of them: Node would drop the rest in silence.
    server.maxHeadersCount = 0
    server.on('request', (req: Arrival, res) => this.#take(req, res, null))
    server.on('checkContinue', (req: Arrival, res) => this.#take(req, res, null))
    server.on('checkExpectation', (req: Arrival, res) => this.#take(req, res, null))
    server.on('upgrade', (req: Arrival, _socket, head) => this.#upgrade(server, req, head))
    server.on('connect', (req: Arrival, socket) => this.#connect(req, socket))
    server.on('clientError', (error, socket) => this.#malformed(error, socket))
    server.on('timeout', (socket) => this.#timeout(socket))
  }

  #wait(socket: Socket): void {
    this.#unused.add(socket)
    socket.once('close', () => this.#unused.delete(socket))
  }

  #meet(socket: Socket, wire: Socket): void {
    // Node sends a head that goes out alone in the socket's default encoding, UTF-8: 8-bit values would change.
    socket.setDefaultEncoding('latin1')
    this.#met(lineOf(socket, wire, this.#road.origin.peer(wire)))
  }

  #met(line: ClientLine): void {
    const connection = new ClientConnection(line)
    this.#connections.set(line.socket, connection)
    this.#pace.watch(connection)
    line.socket.once('close', () => this.#pace.forget(connection))
  }

  #take(req: Arrival, res: ServerResponse, tunnel: Tunnel | null): void {
    const connection = this.#connectionOf(req.socket)
    this.#unused.delete(req.socket)
    const target = readTarget(req.method ?? '', req.url ?? '')
    const host = target?.authority ?? req.headers.host
    const wanted = { host, port: connection.port }
    const line = target === null ? null : chooseServer(this.#lines, { ...wanted, path: target.path })
    const clientAddress = this.#road.origin.client(connection.address, req.rawHeaders)
    const passage = new Passage({ road: this.#road, route: line, target, connection, clientAddress, req, res, tunnel })
    this.#underway += 1
    req.passage = passage
    try {
      if (connection.isSpoiled) passage.refuse(400, 'behind-refused', true)
      else if (target === null) passage.refuse(400, 'target', true)
      else if (line === null) passage.refuse(404, 'no-server')
      else if (tunnel !== null) line.frame.ws(req, req.socket, NOTHING)
      else line.frame.web(req, res)
    } catch (error) {
      passage.failed(error)
    }
  }

  #upgrade(server: Server, req: Arrival, head: Buffer): void {
    const socket = req.socket
    // Pipelined behind a request still unanswered: whose answer is whose could no longer be told.
    if (!this.#connectionOf(socket).isIdle) return void socket.destroy()
    const { tunnel, res } = beginUpgrade(req, head, server, {
      refused: () => this.#unused.add(socket),
      over: () => this.#tunnels.delete(tunnel),
    })
    this.#tunnels.add(tunnel)
    this.#take(req, res, tunnel)
  }

  #connect(req: Arrival, duplex: Duplex): void {
    this.#road.report({ kind: 'refused', server: '', status: 405, reason: 'method' })
    const { address } = this.#connectionOf(req.socket)
    const clientAddress = this.#road.origin.client(address, req.rawHeaders)
    this.#attempts.made({ clientAddress, method: req.method ?? '', target: req.url ?? '', status: 405 })
    duplex.on('error', () => duplex.destroy())
    duplex.end(rawAnswer(405), () => duplex.destroy())
  }

  /** What Node's parser, or its clock, did not take for a request; also a connection that broke. */
  #malformed(error: NodeJS.ErrnoException, socket: Duplex): void {
    const code = codeOf(error)
    const status = statusOf(code)
    if (status === null || !socket.writable) return void socket.destroy()
    const connection = this.#connectionOf(socket)
    this.#road.report({ kind: 'malformed', code, status })
    const arriving = connection.arriving
    if (arriving === null && status !== 408) {
      this.#attempts.made({ clientAddress: connection.address, ...NOTHING_ASKED, status })
    }
    const unanswered = connection.isIdle || arriving?.isUnanswered === true
    arriving?.malformed(status)
    if (unanswered) socket.end(rawAnswer(status), () => socket.destroy())
    else socket.destroy()
  }

  /** Nobody has asked anything yet, but who it was that took all the places should be known. */
  #crowded(clientAddress: string, limit: 'address' | 'all'): void {
    this.#road.report({ kind: 'crowded', limit })
    this.#attempts.made({ clientAddress, ...NOTHING_ASKED, status: 503 })
  }

  #timeout(socket: Socket): void {
    const connection = this.#connectionOf(socket)
    if (connection.isIdle || connection.keepsWaiting) socket.destroy()
  }

  #connectionOf(socket: Duplex): ClientConnection {
    const connection = this.#connections.get(socket)
    if (connection === undefined) throw new Error('a connection nobody has seen arrive')
    return connection
  }

  #over(): void {
    this.#underway -= 1
    if (this.#isClosing) for (const server of this.#servers) server.closeIdleConnections()
    if (this.#underway === 0) this.#idle()
  }
}

function changeable({ whoAsks, readAnswer, captureBytes }: ForwardSettings) {
  return { whoAsks: whoAsks ?? new WhoAsks(NO_FRONT), readAnswer, captureBytes }
}

/** A server that has its name and address from before has its connections from before, and the logins on them. */
function linesOf(servers: readonly ForwardServer[], before: readonly Line[]): readonly Line[] {
  const left = [...before]
  return servers.map((server) => {
    const at = left.findIndex((line) => isSamePlace(line.server, server))
    const [known] = at === -1 ? [] : left.splice(at, 1)
    return {
      server,
      host: server.host,
      path: server.path,
      port: server.port ?? null,
      upstream: known?.upstream ?? new Upstream(server.upstream, server.ca ?? null),
      frame: createFrame(server.upstream),
    }
  })
}

function isSamePlace(one: ForwardServer, other: ForwardServer): boolean {
  const place = ({ name, upstream, ca }: ForwardServer) => JSON.stringify([name, upstream.href, ca ?? null])
  return place(one) === place(other)
}

const NOTHING = Buffer.alloc(0)
const NOTHING_ASKED = { method: '', target: '' } as const

const HTTP: http.ServerOptions<typeof Arrival> = {
  IncomingMessage: Arrival,
  // An upload may take its time as long as it moves.
  requestTimeout: 0,
  keepAliveTimeout: KEEP_ALIVE_MS,
  // We refuse it ourselves, so that the attempt leaves an entry.
  requireHostHeader: false,
  // What is switched to must be something we know to carry no queries past the record: not h2c.
  shouldUpgradeCallback: ({ method, httpVersion, headers }) =>
    method === 'GET' && httpVersion === '1.1' && /^websocket$/i.test(headers.upgrade ?? ''),
}

/** `null`: no answer makes sense, because the connection itself broke. */
function statusOf(code: string): OwnStatus | null {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return 431
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return 413
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 408
    case 'HPE_INVALID_EOF_STATE':
      // The client left in the middle of its request.
      return null
    default:
      return code.startsWith('HPE_') ? 400 : null
  }
}
