import { isIP, SocketAddress } from 'node:net'
import { clientAddress } from '../identity/address.ts'

/** `null`: no address, as a name, `unknown`, or something hidden is none. One client has one address, however written. */
export function plainAddress(text: string): string | null {
  switch (isIP(text)) {
    case 4:
      return text
    case 6:
      return text.includes('%') ? null : clientAddress(new SocketAddress({ address: text, family: 'ipv6' }).address)
    default:
      return null
  }
}

/** An address as proxies write it: bare, or with a port, an IPv6 address then in brackets (RFC 7239, section 6). */
export function nodeAddress(node: string): string | null {
  const bracketed = /^\[([^\]]+)\](?::[\w.-]*)?$/.exec(node)?.[1]
  if (bracketed !== undefined) return isIP(bracketed) === 6 ? plainAddress(bracketed) : null
  return plainAddress(/^([\d.]+):[\w.-]*$/.exec(node)?.[1] ?? node)
}
