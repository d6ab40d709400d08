/**
 * Whose word on where a request comes from counts (docs/decisions/0014-front.md).
 *
 * A client can write any header, and any bytes before its first request. So what a connection says of others is heeded
 * only when it comes from a trusted address, and of a list of hops only the part that trusted proxies wrote: read from
 * the right, up to and including the first hop that is not trusted. Where a trusted proxy names somebody without saying
 * an address, its own is recorded: it is the last of which we are sure.
 */
import type { Socket } from 'node:net'
import type { Origin } from '../forward/origin.ts'
import { clientAddress } from '../identity/address.ts'
import { type HopHeader, hopsOf } from './hops.ts'
import { Networks } from '../identity/networks.ts'
import { nodeAddress } from './node-name.ts'

export interface TrustSettings {
  readonly trusted: readonly string[]
  readonly clientAddressHeader: HopHeader
}

/** All that proxies write of a request's way. */
const WAY_HEADER = /^(?:forwarded|x-forwarded-(?:for|proto|host|port|server|prefix))$/i

export class ClientOrigin implements Origin {
  #trusted: Networks
  #header: HopHeader
  readonly #announced = new WeakMap<Socket, string>()

  constructor({ trusted, clientAddressHeader }: TrustSettings) {
    this.#trusted = new Networks(trusted)
    this.#header = clientAddressHeader
  }

  /** From now on. A request's address is settled at its beginning, a connection's at its own. */
  trust({ trusted, clientAddressHeader }: TrustSettings): void {
    this.#trusted = new Networks(trusted)
    this.#header = clientAddressHeader
  }

  /** The connection itself, and not what it says, comes from a trusted address. */
  trusts(socket: Socket): boolean {
    return this.#trusted.has(clientAddress(socket.remoteAddress))
  }

  /** A trusted load balancer has said whose connection it passes on. */
  note(socket: Socket, address: string): void {
    this.#announced.set(socket, address)
  }

  peer(socket: Socket): string {
    return this.#announced.get(socket) ?? clientAddress(socket.remoteAddress)
  }

  isTrusted(peer: string): boolean {
    return this.#trusted.has(peer)
  }

  client(peer: string, headers: readonly string[]): string {
    if (!this.#trusted.has(peer)) return peer
    const hops = hopsOf(this.#header, headers)
    let client = peer
    while (this.#trusted.has(client)) {
      const hop = nodeAddress(hops.pop() ?? '')
      if (hop === null) break
      client = hop
    }
    return client
  }

  announce(headers: string[], peer: string, secure: boolean): void {
    const trusted = this.#trusted.has(peer)
    if (!trusted) removeAll(headers)
    const protocol = secure ? 'https' : 'http'
    if (this.#header === 'Forwarded')
      return append(headers, 'Forwarded', `for=${forwardedNode(peer)};proto=${protocol}`)
    append(headers, 'X-Forwarded-For', peer)
    // What the first of the trusted was reached by is what the client asked by.
    if (lastOf(headers, 'X-Forwarded-Proto') === -1) headers.push('X-Forwarded-Proto', protocol)
  }
}

function removeAll(headers: string[]): void {
  const kept: string[] = []
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] ?? ''
    if (!WAY_HEADER.test(name)) kept.push(name, headers[at + 1] ?? '')
  }
  headers.splice(0, headers.length, ...kept)
}

function append(headers: string[], name: string, hop: string): void {
  const at = lastOf(headers, name)
  if (at === -1) headers.push(name, hop)
  else headers[at + 1] = `${headers[at + 1] ?? ''}, ${hop}`
}

function lastOf(headers: readonly string[], name: string): number {
  for (let at = headers.length - 2; at >= 0; at -= 2) {
    if (headers[at]?.toLowerCase() === name.toLowerCase()) return at
  }
  return -1
}

/** RFC 7239, section 6 "Node Identifiers": an IPv6 address in brackets, and so quoted. */
function forwardedNode(address: string): string {
  if (address === '') return 'unknown'
  return address.includes(':') ? `"[${address}]"` : address
}
