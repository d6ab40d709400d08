/**
 * Which TCP connection lies under a TLS one. `node:tls` does not say, and two things can only be had from the former: what
 * was noted of it before TLS began, and a reset, without which an answer that ends with its connection would look whole.
 *
 * A TCP connection is its two addresses and two ports (RFC 9293, section 3.3.1 "Key Connection State Variables"), and of
 * both sockets they are the same.
 */
import type { Socket } from 'node:net'

export class Wires {
  readonly #open = new Map<string, Socket>()

  add(wire: Socket): void {
    const key = keyOf(wire)
    this.#open.set(key, wire)
    wire.once('close', () => {
      if (this.#open.get(key) === wire) this.#open.delete(key)
    })
  }

  /** `socket` itself, where the connection under it has gone. */
  under(socket: Socket): Socket {
    return this.#open.get(keyOf(socket)) ?? socket
  }
}

function keyOf({ remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0 }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`
}
