/** Networks in CIDR (RFC 4632, section 3.1 "Basic Concept and Prefix Notation"; RFC 4291, section 2.3 for IPv6). */
import { BlockList, isIP } from 'node:net'

export class Networks {
  readonly #list = new BlockList()

  /** @param written addresses, or addresses with a prefix length; checked by the configuration. */
  constructor(written: readonly string[]) {
    for (const network of written) {
      const [address = '', prefix] = network.split('/')
      const family = familyOf(address)
      if (prefix === undefined) this.#list.addAddress(address, family)
      else this.#list.addSubnet(address, Number(prefix), family)
    }
  }

  /** `address` as `clientAddress` writes it; one that is none, or lies on a link of its own, is in no network. */
  has(address: string): boolean {
    return isIP(address) !== 0 && !address.includes('%') && this.#list.check(address, familyOf(address))
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4'
}
