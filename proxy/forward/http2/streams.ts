/**
 * HTTP/2 towards clients (docs/decisions/0019-http2.md): each stream becomes one connection of HTTP/1.1 within this process, so
 * that all of forwarding holds for it as it stands: what is refused, what waits for its entry, who asks, how it ends.
 *
 * What holds here:
 * - Nothing is shared between the streams of a connection: each is a client connection of its own to the forwarder. A
 *   login that would hold for a connection cannot be had (`demandHttp1`).
 * - What nghttp2 lets through and HTTP/1.1 could take otherwise is refused, with an entry (`request-lines.ts`).
 * - No client can open, reset or send without bound (`LIMITS`).
 *
 * Left to others: TLS and the choice of protocol (`Forwarder`), requests and answers (`exchange.ts`).
 */
import { constants, performServerHandshake } from 'node:http2'
import type { ServerHttp2Session, ServerHttp2Stream, SecureServerOptions } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { codeOf } from '../event.ts'
import { ConnectionEnd } from './connection.ts'
import { AS_IT_IS, Exchange } from './exchange.ts'
import { type RequestLines, requestLines } from './request-lines.ts'

/** Where a connection comes from, and what of it the forwarder needs to know. */
export interface Session {
  readonly socket: TLSSocket
  readonly port: number | undefined
  readonly address: string
}

/** A stream as the forwarder sees it. */
export interface StreamConnection {
  readonly session: Session
  readonly end: ConnectionEnd
  /** Sends the client to HTTP/1.1 with this request: RFC 9113, section 7 "Error Codes", HTTP_1_1_REQUIRED. */
  readonly demandHttp1: () => void
}

export interface StreamsSettings {
  /** A request comes on `connection`. */
  readonly came: (connection: StreamConnection) => void
  /** One that is none: it gets the proxy's own answer from here, `answer` as raw lines and a body. */
  readonly refused: (session: Session, request: Extract<RequestLines, { kind: 'unclear' }>) => OwnAnswerLines
  /** What came on a connection is no HTTP/2. */
  readonly malformed: (session: Session, code: string) => void
  /** A connection on which nothing is under way is kept so long. */
  readonly idleMs: number
}

export interface OwnAnswerLines {
  readonly headers: readonly string[]
  readonly body: Buffer
}

/**
 * A browser has some ten requests under way, and gives up perhaps as many in a second; whoever opens and resets without end
 * (CVE-2023-44487) or sends frames that make no sense (CVE-2025-8671) loses the connection.
 */
const LIMITS: SecureServerOptions = {
  settings: { maxConcurrentStreams: 100, maxHeaderListSize: 65_536, enablePush: false, enableConnectProtocol: false },
  maxHeaderListPairs: 2000,
  streamResetBurst: 200,
  streamResetRate: 33,
  maxSessionInvalidFrames: 50,
  maxSessionRejectedStreams: 50,
  // Megabytes: what streams of one connection may hold altogether.
  maxSessionMemory: 10,
  // A space around a value means nothing in HTTP/1.1, and there it goes; else nghttp2 would leave the whole line out.
  strictFieldWhitespaceValidation: false,
  // The BI server's answer is passed on as it is, also where it says one thing twice.
  strictSingleValueFields: false,
}

export class Streams {
  readonly #its: StreamsSettings
  readonly #sessions = new Map<ServerHttp2Session, { open: number }>()
  #isClosing = false

  constructor(its: StreamsSettings) {
    this.#its = its
  }

  /** The client has chosen HTTP/2. */
  serve(from: Session): void {
    const session = performServerHandshake(from.socket, LIMITS)
    const state = { open: 0 }
    // HTTP/1.1 knows clients that end their half and read on; in HTTP/2 streams end, and a connection that does is gone.
    from.socket.once('end', () => from.socket.destroy())
    this.#sessions.set(session, state)
    session.on('close', () => this.#sessions.delete(session))
    session.on('error', (error) => this.#its.malformed(from, codeOf(error)))
    session.setTimeout(this.#its.idleMs, () => {
      if (state.open === 0) session.close()
    })
    session.on('stream', (stream, _headers, _flags, raw) => {
      state.open += 1
      stream.once('close', () => (state.open -= 1))
      this.#take(from, stream, raw)
    })
    if (this.#isClosing) session.close()
  }

  /** Takes no more streams; those under way finish. */
  close(): void {
    this.#isClosing = true
    for (const session of this.#sessions.keys()) session.close()
  }

  cut(): void {
    for (const session of this.#sessions.keys()) session.destroy()
  }

  #take(from: Session, stream: ServerHttp2Stream, raw: readonly string[]): void {
    const request = requestLines(raw, stream.endAfterHeaders)
    if (request.kind === 'unclear') return this.#refuse(from, stream, request)
    const { client, server } = ConnectionEnd.pair()
    const demandHttp1 = () => {
      if (!stream.closed && !stream.destroyed) stream.close(constants.NGHTTP2_HTTP_1_1_REQUIRED)
    }
    this.#its.came({ session: from, end: server, demandHttp1 })
    void new Exchange(stream, client, request)
  }

  #refuse(from: Session, stream: ServerHttp2Stream, request: Extract<RequestLines, { kind: 'unclear' }>): void {
    const { headers, body } = this.#its.refused(from, request)
    stream.on('error', () => undefined)
    if (stream.closed || stream.destroyed) return
    stream.respond([':status', String(request.status), ...headers], AS_IT_IS)
    stream.end(request.method === 'HEAD' ? undefined : body)
    stream.resume()
  }
}
