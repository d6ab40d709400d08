import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { ConnectionIdentity } from '../identity/connection.ts'
import type { ForwardServer } from './target.ts'
import type { BoundConnection } from './bound-connection.ts'
import { watchHalfOpen } from './half-open.ts'
import type { Upstream } from './upstream.ts'

/** One BI server with the connections to it. */
export interface Route {
  readonly server: ForwardServer
  readonly upstream: Upstream
}

/** What a client connection has towards one BI server. */
export interface Leg {
  /** Whom the server takes the connection for. */
  readonly identity: ConnectionIdentity
  /** Its own upstream connection, from its first NTLM or Negotiate on. */
  bound: BoundConnection | null
}

/** A request under way on the connection. */
export interface Underway {
  /** Name of the BI server; `''`: none. */
  readonly server: string
  /** Its end has not come yet. */
  readonly isArriving: boolean
  /** It is the client that does not send on, or does not take what it asked for. */
  readonly awaitsClient: boolean
  /** Nothing of an answer has left. */
  readonly isUnanswered: boolean
  malformed(status: number): void
  /** Nothing more comes from the client, which may listen still. */
  clientEnded(): void
  /** The connection has closed. */
  clientGone(): void
}

/** What a client connection runs on. */
export interface ClientLine {
  readonly socket: Duplex & { destroySoon(): void }
  /** The TCP connection, under TLS too; `null`: there is none of its own. */
  readonly wire: Socket | null
  /**
   * Where whoever speaks HTTP on it is; a request may come from further away. Of a connection that a load balancer only
   * passes on it is the address announced, for the load balancer has no say in what is said there.
   */
  readonly address: string
  /** The port it came in at. */
  readonly port: number | undefined
  readonly isSecure: boolean
  /** Ends it so that nobody takes it for an orderly end. */
  readonly reset: () => void
  /** Bytes that have come, and that have gone. */
  readonly moved: () => number
  /** Only for a stream of HTTP/2, which cannot hold a login: sends the client to a connection that can. */
  readonly demandHttp1: (() => void) | null
}

/** The TCP connection, or TLS on it, which `wire` is then under. */
export function lineOf(socket: Socket, wire: Socket, address: string): ClientLine {
  return {
    socket,
    wire,
    address,
    port: wire.localPort,
    isSecure: socket !== wire,
    // A TLS socket cannot be reset; it ends with the one under it, by itself.
    reset: () => (wire.destroyed ? socket.destroy() : wire.resetAndDestroy()),
    moved: () => socket.bytesRead + socket.bytesWritten - socket.writableLength,
    demandHttp1: null,
  }
}

/**
 * One client connection: from where it comes, as whom it has logged in, and what is under way on it.
 *
 * It and its bound upstream connections end together: a client whose login is gone must not believe itself logged in,
 * and nobody else may come to use the login of a client that has left.
 */
export class ClientConnection {
  readonly #line: ClientLine
  readonly #legs = new Map<Upstream, Leg>()
  // Arrays, because a set or map that is filled and emptied all the time leaves tables behind that hold the garbage of
  // old requests together until a full collection.
  readonly #underway: Underway[] = []
  /** What waits until all before it is over. */
  #turns: { readonly underway: Underway; readonly go: () => void }[] = []
  #mustClose = false
  #isSpoiled = false
  #hasEnded = false
  #hasServed = false

  constructor(line: ClientLine) {
    this.#line = line
    // A stream of HTTP/2 ends its half with every request.
    if (line.demandHttp1 === null) line.socket.once('end', () => this.#ended())
    line.socket.once('close', () => {
      for (const leg of this.#legs.values()) leg.bound?.close()
      // Node tells only the answer whose turn it is, and nobody once it has handed the connection over (CONNECT, Upgrade).
      // A copy: each takes itself off the list.
      for (const underway of this.#underway.slice()) underway.clientGone()
    })
  }

  get address(): string {
    return this.#line.address
  }

  get port(): number | undefined {
    return this.#line.port
  }

  get isSecure(): boolean {
    return this.#line.isSecure
  }

  /** `null`: a login may be the connection's. */
  get demandHttp1(): (() => void) | null {
    return this.#line.demandHttp1
  }

  /** The connection is to end after the answer under way. */
  get mustClose(): boolean {
    return this.#mustClose
  }

  /** A request on it was refused as unclear: what follows may be its body as well as another one. */
  get isSpoiled(): boolean {
    return this.#isSpoiled
  }

  spoil(): void {
    this.#isSpoiled = true
  }

  /** Nothing more comes from the client. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** A request on it is over, so that its client has cause to think it may have been closed meanwhile. */
  get hasServed(): boolean {
    return this.#hasServed
  }

  get isIdle(): boolean {
    return this.#underway.length === 0
  }

  get keepsWaiting(): boolean {
    return this.waitsFor !== null
  }

  /** The request that waits for this client. */
  get waitsFor(): Underway | null {
    return this.#underway.find((underway) => underway.awaitsClient) ?? null
  }

  /** Bytes that have come, and that have gone. */
  get moved(): number {
    return this.#line.moved()
  }

  /** The request whose end has not come yet. */
  get arriving(): Underway | null {
    return this.#underway.find((underway) => underway.isArriving) ?? null
  }

  toward({ upstream }: Route): Leg {
    const known = this.#legs.get(upstream)
    if (known !== undefined) return known
    const leg: Leg = { identity: new ConnectionIdentity(), bound: null }
    this.#legs.set(upstream, leg)
    return leg
  }

  bind(route: Route): void {
    const leg = this.toward(route)
    leg.bound ??= route.upstream.bind(() => this.close())
  }

  begin(underway: Underway): void {
    this.#underway.push(underway)
  }

  /**
   * Runs `go` once all requests before this one are over. Over one connection a BI server gets requests one after the
   * other; only of safe ones might it be asked several at once (RFC 9112, section 9.3.2 "Pipelining").
   */
  inTurn(underway: Underway, go: () => void): void {
    if (this.#underway[0] === underway) go()
    else this.#turns.push({ underway, go })
  }

  end(underway: Underway): void {
    const at = this.#underway.indexOf(underway)
    if (at !== -1) this.#underway.splice(at, 1)
    this.#turnOf(underway)
    this.#hasServed = true
    // After the end of a client's half no other request can come.
    if (this.#mustClose || (this.#hasEnded && this.isIdle)) this.close()
    const [next] = this.#underway
    if (next !== undefined) this.#turnOf(next)?.()
  }

  /** Taken off the list. */
  #turnOf(underway: Underway): (() => void) | null {
    const turn = this.#turns.find((each) => each.underway === underway)
    if (turn === undefined) return null
    this.#turns = this.#turns.filter((each) => each !== turn)
    return turn.go
  }

  /** Ends the connection, once what is under way has been answered. */
  close(): void {
    this.#mustClose = true
    if (this.isIdle) this.#line.socket.destroySoon()
  }

  /** Ends it in order, with nothing more said: what is under way stays unanswered. */
  hangUp(): void {
    this.#mustClose = true
    this.#line.socket.destroySoon()
  }

  /** Says that nothing more comes, and goes on listening (RFC 9112, section 9.6 "Tear-down"). */
  finish(): void {
    this.#line.socket.end()
  }

  destroy(): void {
    this.#line.socket.destroy()
  }

  /** Ends it so that nobody takes it for an orderly end. */
  reset(): void {
    this.#line.reset()
  }

  #ended(): void {
    this.#hasEnded = true
    if (!this.isIdle && this.#line.wire !== null) watchHalfOpen(this.#line.wire)
    for (const underway of this.#underway.slice()) underway.clientEnded()
  }
}
