/**
 * Which certificate do BI clients see? Asked of the running proxy itself, as a client would, so that a file which was
 * renewed but is not in use does not pass for the one that is.
 */
import type { Socket } from 'node:net'
import { checkServerIdentity, connect, type PeerCertificate } from 'node:tls'
import type { Config } from '../config/config.ts'
import type { FrontConfig, Listener } from '../config/front.ts'
import { openTo } from './doctor-connection.ts'
import { failed, type Finding, ok, warning } from './finding.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** Time enough to order a new one. */
const SOON_DAYS = 30
const HANDSHAKE_MS = 10_000

export async function certificates({ proxy, servers }: Config): Promise<readonly Finding[]> {
  const names = [...new Set(servers.flatMap(({ host }) => (host === null ? [] : [host.replace(/:\d*$/, '')])))]
  const found = await Promise.all(proxy.listen.filter(({ tls }) => tls).map((each) => certificate(each, proxy, names)))
  return found.flat()
}

async function certificate(
  listener: Listener,
  proxy: FrontConfig,
  names: readonly string[],
): Promise<readonly Finding[]> {
  const place = `certificate on port ${listener.port}`
  try {
    const shown = await served(await openTo(listener, proxy), names[0])
    return [validity(place, shown), ...names.map((name) => covers(place, shown, name))]
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer'
    return [failed(`${place}: the proxy shows none (${code})`)]
  }
}

/** The certificate that the proxy shows to who asks for `name`; whether it is trusted is for the clients to say. */
function served(wire: Socket, name: string | undefined): Promise<PeerCertificate> {
  const { promise, resolve, reject } = Promise.withResolvers<PeerCertificate>()
  const socket = connect({
    socket: wire,
    rejectUnauthorized: false,
    timeout: HANDSHAKE_MS,
    ...(name === undefined ? {} : { servername: name }),
  })
  socket.once('secureConnect', () => {
    resolve(socket.getPeerCertificate())
    socket.destroy()
  })
  wire.on('error', reject)
  socket.once('timeout', () => socket.destroy(new Error('timeout')))
  socket.on('error', reject)
  return promise
}

function validity(place: string, { valid_from: from, valid_to: to }: PeerCertificate): Finding {
  const left = Math.floor((Date.parse(to) - Date.now()) / DAY_MS)
  if (Date.parse(from) > Date.now()) return failed(`${place}: is not valid before ${day(from)}`)
  if (left < 0) return failed(`${place}: has expired on ${day(to)}`)
  const text = `${place}: valid until ${day(to)}, ${left} day${left === 1 ? '' : 's'} left`
  return left < SOON_DAYS ? warning(text) : ok(text)
}

function covers(place: string, shown: PeerCertificate, name: string): Finding {
  return checkServerIdentity(name, shown) === undefined
    ? ok(`${place}: is for ${name}`)
    : failed(`${place}: is not for ${name}, which clients connect to`)
}

function day(text: string): string {
  return new Date(text).toISOString().slice(0, 10)
}
