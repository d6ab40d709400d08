/** Where connections and requests come from, as far as their sockets do not tell (`proxy/front` knows more). */
import type { Socket } from 'node:net'
import { clientAddress } from '../identity/address.ts'

export interface Origin {
  /** The address a connection comes from; `socket` is the TCP one, under TLS too. */
  peer(socket: Socket): string
  /** Somebody who stands there for many, as `peer` gives him. */
  isTrusted(peer: string): boolean
  /** The address a request comes from, which came on a connection from `peer`; `headers` raw. */
  client(peer: string, headers: readonly string[]): string
  /** Tells the BI server where the request comes from, in raw headers that are changed in place. */
  announce(headers: string[], peer: string, secure: boolean): void
}

/** What a socket says, and nothing else. */
export const SOCKET_ORIGIN: Origin = {
  peer: (socket) => clientAddress(socket.remoteAddress),
  isTrusted: () => false,
  client: (peer) => peer,
  announce: () => undefined,
}
