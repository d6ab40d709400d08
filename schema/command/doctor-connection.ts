/**
 * A connection of the doctor's to the running proxy, begun as the proxy expects it: where connections from this computer
 * must begin with a PROXY protocol header, with the one by which a load balancer speaks for itself ("The PROXY protocol,
 * Versions 1 & 2", section 2.2, LOCAL), so that nobody's address is made up.
 */
import { BlockList, connect, isIP, type Socket } from 'node:net'
import type { FrontConfig, Listener } from '../config/front.ts'

const CONNECT_MS = 10_000

/** Signature, version 2 and LOCAL, unspecified family, no addresses. */
const LOCAL_HEADER = Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex')

/** An address that takes clients without a certificate of theirs; `null`: there is none. */
export function listenerForDoctor({ listen, tls }: FrontConfig): Listener | null {
  const required = tls !== null && tls.clientCa !== null && tls.clientCertificate === 'required'
  return listen.find((listener) => !(listener.tls && required)) ?? null
}

/** Resolves with the connection; TLS on it is for the caller. */
export function openTo({ host, port }: Listener, proxy: FrontConfig): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket = connect({ host, port })
  socket.setTimeout(CONNECT_MS, () => socket.destroy(new Error('timeout')))
  socket.once('error', reject)
  socket.once('connect', () => {
    socket.setTimeout(0)
    socket.off('error', reject)
    if (proxy.proxyProtocol && isTrusted(socket.localAddress ?? '', proxy.trusted)) socket.write(LOCAL_HEADER)
    resolve(socket)
  })
  return promise
}

function isTrusted(address: string, networks: readonly string[]): boolean {
  const list = new BlockList()
  for (const network of networks) {
    const [at = '', prefix] = network.split('/')
    const family = isIP(at) === 6 ? 'ipv6' : 'ipv4'
    list.addSubnet(at, Number(prefix ?? (family === 'ipv6' ? 128 : 32)), family)
  }
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}
