/**
 * The connections to one BI server: a pool that all ordinary clients share, and connections of their own for clients
 * whose authentication is the connection's (NTLM, Negotiate).
 *
 * A shared connection on which somebody has logged in would answer everybody as him. So from its first `NTLM` or
 * `Negotiate` on, a client connection sends over a bound one: one socket, opened once, used by nobody else, and lost for
 * good when it closes, for a second one would not be logged in.
 */
import http from 'node:http'
import https from 'node:https'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createSecureContext, getCACertificates } from 'node:tls'
import { BoundConnection, BoundConnectionLost } from './bound-connection.ts'
import { keepLastWords } from './last-words.ts'

/**
 * An idle pooled connection is closed before the BI server is likely to: a request that crosses with the closing cannot
 * always be sent again. Node's agent takes the server's own `Keep-Alive: timeout` where that is shorter.
 */
const IDLE_POOLED_MS = 4000
const MAX_HEADER_BYTES = 65_536

export interface UpstreamRequest {
  readonly method: string
  /** In origin-form or `*`. */
  readonly path: string
  readonly headers: readonly string[]
}

export class Upstream {
  /** The authority, for clients of HTTP/1.0 that send no `Host`. */
  readonly host: string
  readonly #secure: boolean
  readonly #hostname: string
  readonly #port: string
  readonly #prefix: string
  readonly #trust: https.AgentOptions
  readonly #pool: http.Agent

  /** @param ca authorities in PEM that vouch for the server, instead of those everybody knows. */
  constructor(url: URL, ca: string | null = null) {
    this.host = url.host
    this.#secure = url.protocol === 'https:'
    this.#hostname = url.hostname.replace(/^\[|\]$/g, '')
    this.#port = url.port
    this.#prefix = url.pathname.replace(/\/$/, '')
    this.#trust = this.#secure ? { secureContext: createSecureContext({ ca: authorities(ca) }) } : {}
    this.#pool = this.#agent({ keepAlive: true, timeout: IDLE_POOLED_MS }, (connect) => connect())
  }

  /** A shared connection waits to be used again. */
  get hasIdle(): boolean {
    return Object.keys(this.#pool.freeSockets).length > 0
  }

  /** Begins a request; its header goes out with the first byte of its body, or at its end. */
  request({ method, path, headers }: UpstreamRequest, bound: BoundConnection | null): http.ClientRequest {
    dropDead(this.#pool)
    const request = (this.#secure ? https : http).request({
      agent: bound?.agent ?? this.#pool,
      host: this.#hostname,
      port: this.#port,
      method,
      path: path === '*' ? path : this.#prefix + path,
      headers,
      // Nothing is added to what the client sent: no `Connection`, no length, no coding.
      setDefaultHeaders: false,
      maxHeaderSize: MAX_HEADER_BYTES,
    })
    request.maxHeadersCount = 0
    return request
  }

  /** @param lost called once when the connection has closed, whoever closed it. */
  bind(lost: () => void): BoundConnection {
    let opened = false
    const agent = this.#agent({ keepAlive: true, maxSockets: 1, maxFreeSockets: 1 }, (connect, refuse) => {
      if (opened) {
        refuse(new BoundConnectionLost(LOST))
        return undefined
      }
      opened = true
      return connect()?.once('close', () => {
        // Pipelined behind the one that was under way: Node would look for a socket for the first of them only.
        for (const waiting of Object.values(agent.requests).flat())
          waiting?.emit('error', new BoundConnectionLost(LOST))
        lost()
      })
    })
    return new BoundConnection(agent)
  }

  /** No new request comes: each pooled connection ends with the answer under way. Bound ones end with their client's. */
  retire(): void {
    this.#pool.maxFreeSockets = 0
    for (const socket of Object.values(this.#pool.freeSockets).flat()) socket?.destroy()
  }

  close(): void {
    this.#pool.destroy()
  }

  #agent(options: http.AgentOptions, open: (connect: Connect, refuse: Refuse) => Connected): http.Agent {
    const agent: http.Agent = this.#secure ? new https.Agent({ ...options, ...this.#trust }) : new http.Agent(options)
    const create = agent.createConnection.bind(agent)
    agent.createConnection = (args, created) => {
      // By the callback: a socket that is destroyed already has nobody who listens for its error, which ends the process.
      const refuse: Refuse = (error) => {
        created?.(error, new Socket())
      }
      return open(() => prepared(create(args)), refuse)
    }
    return agent
  }
}

/** Without authorities of its own a BI server's are those Node brings, and those this computer's administrators have added. */
export function authorities(ca: string | null): string | string[] {
  return ca ?? [...getCACertificates('default'), ...getCACertificates('system')]
}

/** Node's agent takes the last of its idle connections as it is, and hears a turn later that it has closed. */
function dropDead({ freeSockets }: http.Agent): void {
  for (const idle of Object.values(freeSockets)) while (idle?.at(-1)?.destroyed === true) idle.pop()
}

type Connected = Duplex | null | undefined
type Connect = () => Connected
type Refuse = (error: Error) => void

const LOST = 'the bound upstream connection has closed'

function prepared(socket: Connected): Connected {
  if (socket === null || socket === undefined) return socket
  // Node sends a head that goes out alone in the socket's default encoding, UTF-8: 8-bit values would change.
  socket.setDefaultEncoding('latin1')
  keepLastWords(socket)
  return socket
}
