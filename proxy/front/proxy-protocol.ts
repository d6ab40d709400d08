/**
 * Connections that begin with a PROXY protocol header: read before TLS and HTTP come to see the connection, and taken off
 * it. From trusted addresses it is required, from all others never read: there `PROXY …` is a request like any other
 * that makes no sense. So nobody can choose an address, and nobody can leave it out who should not.
 */
import type { Server, Socket } from 'node:net'
import type { ClientOrigin } from './client-origin.ts'
import { readProxyHeader } from './proxy-header.ts'

/** The text above asks for at least three seconds (section 2, "The receiver may apply a short timeout"). */
const HEADER_TIMEOUT_MS = 10_000

export type MalformedHeader = 'PROXY_HEADER_MALFORMED' | 'PROXY_HEADER_TIMEOUT' | 'PROXY_HEADER_CUT'

export interface Ahead {
  /** Closes the connections whose header has not come. */
  close(): void
}

/** Puts itself ahead of all who listen for connections of `server` so far. */
export function expectProxyHeaders(
  server: Server,
  origin: ClientOrigin,
  malformed: (socket: Socket, code: MalformedHeader) => void,
): Ahead {
  const waiting = new Set<Socket>()
  const others = server.listeners('connection')
  server.removeAllListeners('connection')
  const goOn = (socket: Socket) => {
    for (const listener of others) Reflect.apply(listener, server, [socket])
  }
  server.on('connection', (socket: Socket) => {
    if (!origin.trusts(socket)) return goOn(socket)
    waiting.add(socket)
    socket.once('close', () => waiting.delete(socket))
    readAhead(socket, {
      came: (address) => {
        waiting.delete(socket)
        if (address !== null) origin.note(socket, address)
        goOn(socket)
      },
      failed: (code) => {
        malformed(socket, code)
        socket.destroy()
      },
    })
  })
  return {
    close: () => {
      for (const socket of waiting) socket.destroy()
    },
  }
}

interface Outcome {
  readonly came: (address: string | null) => void
  readonly failed: (code: MalformedHeader) => void
}

function readAhead(socket: Socket, { came, failed }: Outcome): void {
  let bytes = Buffer.alloc(0)
  const stop = () => {
    clearTimeout(timer)
    socket.off('readable', read)
    socket.off('end', cut)
    socket.off('error', stop)
    socket.off('close', stop)
  }
  const fail = (code: MalformedHeader) => {
    stop()
    // Whatever still becomes of it is of no interest, and must not end the process.
    socket.on('error', () => undefined)
    failed(code)
  }
  const read = () => {
    for (let chunk = take(socket); chunk !== null; chunk = take(socket)) bytes = Buffer.concat([bytes, chunk])
    if (bytes.length === 0) return
    const header = readProxyHeader(bytes)
    if (header.kind === 'malformed') return fail('PROXY_HEADER_MALFORMED')
    if (header.kind === 'partial') return
    stop()
    if (bytes.length > header.length) socket.unshift(bytes.subarray(header.length))
    came(header.address)
  }
  const ended = (code: MalformedHeader) => {
    // A load balancer that only looks whether somebody is there says nothing.
    if (bytes.length > 0) return fail(code)
    stop()
    socket.destroy()
  }
  const cut = () => ended('PROXY_HEADER_CUT')
  const timer = setTimeout(() => ended('PROXY_HEADER_TIMEOUT'), HEADER_TIMEOUT_MS)
  socket.on('readable', read)
  socket.on('end', cut)
  socket.on('error', stop)
  socket.on('close', stop)
}

function take(socket: Socket): Buffer | null {
  const chunk: unknown = socket.read()
  return chunk instanceof Buffer ? chunk : null
}
