/**
 * One request on its errand to the BI server: on which connection it goes, whether it may go a second time, and how long
 * the server may keep silent.
 */
import type { ClientRequest, IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import type { Information } from './answer-head.ts'
import type { ClientConnection, Leg, Route } from './client-connection.ts'
import { codeOf, type Report } from './event.ts'
import { leavesLogin } from './login-left.ts'
import type { PassageSettings } from './road.ts'
import type { Target } from './target.ts'
import type { BoundConnection } from './bound-connection.ts'

export interface ErrandSettings {
  readonly route: Route
  readonly target: Target
  readonly req: IncomingMessage
  /** What of the request's headers goes on. */
  readonly headers: string[]
  readonly hasBody: boolean
  readonly upgrades: boolean
  readonly bound: BoundConnection | null
  readonly report: Report
  readonly answered: (answer: IncomingMessage) => void
  readonly informed: (information: Information) => void
  readonly switched: (answer: IncomingMessage, socket: Duplex, first: Buffer) => void
  /** The connection failed, or closed (`null`), and the errand is not repeated. */
  readonly broke: (error: Error | null) => void
  /** No more is taken of the request. */
  readonly closed: () => void
  /** Nothing has moved for as long as the server may keep silent. */
  readonly silent: () => void
}

/** RFC 9110, section 9.2.2 "Idempotent Methods". */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

function isRepeatable({ method }: IncomingMessage, hasBody: boolean): boolean {
  return !hasBody && IDEMPOTENT.has(method ?? '')
}

/**
 * It would go out over a pooled connection, and could not be sent again. So all is to be heard first that has come with the
 * request: the end of that very connection may be among it.
 */
export function risksStale(
  { route, req }: Pick<PassageSettings, 'route' | 'req'>,
  leg: Leg | null,
  { hasBody }: { readonly hasBody: boolean },
): boolean {
  return route?.upstream.hasIdle === true && leg?.bound === null && !isRepeatable(req, hasBody)
}

export class Errand {
  readonly #its: ErrandSettings
  readonly #silence: NodeJS.Timeout
  #up: ClientRequest
  #bytesReadBefore = 0
  #isAnswered = false
  #isAbandoned = false
  #isLast = false

  constructor(its: ErrandSettings) {
    this.#its = its
    this.#silence = setTimeout(() => its.silent(), its.route.server.timeoutMs)
    this.#up = this.#open()
  }

  get up(): ClientRequest {
    return this.#up
  }

  /** The BI server will have closed the connection after its answer. */
  get endsConnection(): boolean {
    return !this.#up.shouldKeepAlive
  }

  get isBound(): boolean {
    return this.#its.bound !== null
  }

  /**
   * It went out over a connection that `from` may think of as its own, and that may have been closed before it came: one
   * that somebody had logged in on, or was about to, or one from the pool, for a client that has asked before.
   */
  wentStale(from: ClientConnection): boolean {
    const { bound } = this.#its
    return bound === null ? this.#isUntouched && from.hasServed : bound.hasServed
  }

  /** Bytes moved, or waited for somebody else than the BI server. */
  moved(): void {
    this.#silence.refresh()
  }

  /** From now on silence means nothing. */
  listenNoMore(): void {
    clearTimeout(this.#silence)
  }

  /**
   * The client has said that nothing more comes from it, and may listen still. The BI server is told the same when it has
   * the whole request: it decides, as it does for its own clients, whether it answers or takes the client for gone.
   */
  endAfterRequest(): void {
    this.#isLast = true
    const up = this.#up
    if (up.writableFinished) up.socket?.end()
    else up.once('finish', () => up.socket?.end())
  }

  /** @param how `reset`, where it can be had, tells even BI servers that go on for who has only ended his half. */
  abandon(how: 'end' | 'reset'): void {
    this.#isAbandoned = true
    clearTimeout(this.#silence)
    const { socket, destroyed } = this.#up
    const isPlain = socket instanceof Socket && !(socket instanceof TLSSocket)
    if (how === 'reset' && !destroyed && isPlain) socket.resetAndDestroy()
    this.#up.destroy()
  }

  #open(): ClientRequest {
    const { route, target, req, headers, bound } = this.#its
    const sent = withHost(headers, target.authority, req, route.upstream.host)
    const up = route.upstream.request({ method: req.method ?? '', path: target.path, headers: sent }, bound)
    up.on('response', (answer) => {
      this.#isAnswered = true
      if (bound !== null) bound.served()
      else if (leavesLogin(answer)) up.shouldKeepAlive = false
      this.#its.answered(answer)
    })
    up.on('information', (information) => {
      this.moved()
      this.#its.informed(information)
    })
    up.on('error', (error) => this.#broke(up, error))
    up.on('close', () => {
      this.#its.closed()
      // Node says no more than this of a switch of protocols that nobody asked for.
      if (!this.#isAnswered) this.#broke(up, null)
    })
    if (this.#its.upgrades) {
      up.on('upgrade', (answer, socket, first) => {
        this.#isAnswered = true
        this.#its.switched(answer, socket, first)
      })
    }
    up.on('socket', (socket) => {
      this.#bytesReadBefore = socket.bytesRead
    })
    return up
  }

  /** Nothing of it would be lost, nothing done twice, and nobody's login is at stake. */
  get #mayRepeat(): boolean {
    const { hasBody, upgrades, bound, req } = this.#its
    return !this.#isLast && !upgrades && bound === null && isRepeatable(req, hasBody)
  }

  get #isUntouched(): boolean {
    return this.#up.reusedSocket && this.#up.socket?.bytesRead === this.#bytesReadBefore
  }

  #broke(up: ClientRequest, error: Error | null): void {
    if (up !== this.#up || this.#isAbandoned) return
    if (error === null || this.#isAnswered || !this.#isUntouched || !this.#mayRepeat) return this.#its.broke(error)
    this.#its.report({ kind: 'sent-again', server: this.#its.route.server.name, code: codeOf(error) })
    this.#up = this.#open()
    this.#up.end()
  }
}

/** A client of HTTP/1.0 need not name the host; an absolute-form names it in place of `Host` (RFC 9112, section 3.2.2). */
function withHost(headers: string[], authority: string | null, req: IncomingMessage, upstreamHost: string): string[] {
  if (req.headers.host === undefined) return ['Host', authority ?? upstreamHost, ...headers]
  if (authority === null) return headers
  return headers.map((value, at) => (at % 2 === 1 && headers[at - 1]?.toLowerCase() === 'host' ? authority : value))
}
