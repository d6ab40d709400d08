/**
 * One look at a BI server: can it be reached, does TLS hold, and, where a path is named, does it answer there as expected?
 *
 * It comes from the proxy itself: over a connection of its own, with no credentials and nothing of a query, and it leaves
 * no entry, for nobody asks anything.
 */
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import tls from 'node:tls'
import { authorities } from '../forward/upstream.ts'
import type { HealthConfig } from '../../schema/config/health.ts'

export interface UpstreamPlace {
  readonly name: string
  readonly upstream: URL
  /** Authorities in PEM that vouch for its certificate; absent or `null`: those everybody knows. */
  readonly ca?: string | null
  /** Absent or `null`: it is looked at only when a query could not reach it. */
  readonly health?: HealthConfig | null
}

export interface Looked {
  /** Why it cannot be used, a stable code; `null`: it can. */
  readonly error: string | null
  /** It can be reached, whatever it then says. */
  readonly isReached: boolean
  /** UTC milliseconds at which its certificate ends; `null`: it shows none. */
  readonly certificateEndsAt: number | null
}

/** Whatever of an answer's body comes with its head is not read. */
const MAX_HEADER_BYTES = 65_536

export async function lookAt(place: UpstreamPlace, timeoutMs: number): Promise<Looked> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Late()), timeoutMs)
  let socket: net.Socket | null = null
  try {
    const opened = open(place)
    socket = opened.socket
    const certificateEndsAt = await Promise.race([opened.ready, late])
    const status = await Promise.race([asked(place, socket), late])
    return { error: status, isReached: true, certificateEndsAt }
  } catch (error) {
    const certificateEndsAt = error instanceof Distrusted ? error.endsAt : null
    return { error: codeOf(error), isReached: false, certificateEndsAt }
  } finally {
    clearTimeout(timer)
    socket?.destroy()
  }
}

interface Opened {
  readonly socket: net.Socket
  /** When it is open: until when its certificate is good. */
  readonly ready: Promise<number | null>
}

function open({ upstream: { hostname, port, protocol }, ca = null }: UpstreamPlace): Opened {
  const host = hostname.replace(/^\[|\]$/g, '')
  const secure = protocol === 'https:'
  const address = { host, port: port === '' ? (secure ? 443 : 80) : Number(port) }
  const { promise: ready, resolve, reject } = Promise.withResolvers<number | null>()
  if (!secure) {
    const socket = net.connect(address, () => resolve(null))
    socket.on('error', reject)
    return { socket, ready }
  }
  const name = net.isIP(host) === 0 ? { servername: host } : {}
  // Looked at also where it is not trusted, for how long it has been out of date is what one wants to know.
  const socket = tls.connect({ ...address, ...name, secureContext: contextOf(ca), rejectUnauthorized: false }, () => {
    const endsAt = Date.parse(socket.getPeerX509Certificate()?.validTo ?? '')
    if (socket.authorized) resolve(endsAt)
    else reject(new Distrusted(String(socket.authorizationError), endsAt))
  })
  socket.on('error', reject)
  return { socket, ready }
}

/** Asks at the path of the settings. @returns why the answer is not as expected; `null`: it is, or nothing is asked */
function asked({ upstream, health = null }: UpstreamPlace, socket: net.Socket): Promise<string | null> {
  if (health === null || health.path === null) return Promise.resolve(null)
  const { expect } = health
  const { promise, resolve, reject } = Promise.withResolvers<string | null>()
  const request = (upstream.protocol === 'https:' ? https : http).request({
    createConnection: () => socket,
    path: health.path,
    headers: { Host: upstream.host, 'User-Agent': 'tilsyn-health', Accept: '*/*', Connection: 'close' },
    maxHeaderSize: MAX_HEADER_BYTES,
  })
  request.on('response', (answer) => {
    const status = answer.statusCode ?? 0
    const isGood = expect === null ? status < 500 : expect.includes(status)
    resolve(isGood ? null : `STATUS_${status}`)
    answer.on('error', () => undefined)
    answer.destroy()
  })
  request.on('error', reject)
  request.end()
  return promise
}

/** Of the computer's own authorities there are many: they are read once. */
const contexts = new Map<string | null, tls.SecureContext>()

function contextOf(ca: string | null): tls.SecureContext {
  const known = contexts.get(ca)
  if (known !== undefined) return known
  const context = tls.createSecureContext({ ca: authorities(ca) })
  contexts.set(ca, context)
  return context
}

class Late extends Error {
  override readonly name = 'Late'
  readonly code = 'ETIMEDOUT'
}

/** Its certificate is out of date, somebody else's, or from an authority nobody knows. */
class Distrusted extends Error {
  override readonly name = 'Distrusted'
  readonly code: string
  readonly endsAt: number

  constructor(code: string, endsAt: number) {
    super(code)
    this.code = code
    this.endsAt = endsAt
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN'
}
