/**
 * Reads the head of a request for the one purpose of sending it on without a second meaning.
 *
 * Two servers that disagree about where a request ends can be made to see a request the other did not (RFC 9112,
 * section 11.2 "Request Smuggling"); here that would be a query without an entry. Node's parser refuses the worst, and
 * what it lets through is refused here wherever a reader less strict could take it otherwise.
 */
import { METHODS, type IncomingMessage } from 'node:http'
import type { RefusalReason } from './event.ts'
import { connectionOptions } from './connection-option.ts'
import type { FrontHeader } from '../identity/who-asks.ts'
import { keepLatin1 } from './content-disposition.ts'
import type { Limits } from './limits.ts'
import { isAuthority } from './target.ts'

export type RequestHead =
  | {
      readonly kind: 'clear'
      /** For `node:http`, raw: spelling, order and duplicates as sent; hop-by-hop ones left out. */
      readonly headers: string[]
      readonly hasBody: boolean
      readonly expects: boolean
      /** The only `Authorization` there is. */
      readonly authorization: string | undefined
    }
  | { readonly kind: 'unclear'; readonly status: UnclearStatus; readonly reason: RefusalReason }

type UnclearStatus = 400 | 414 | 431 | 501 | 505

export interface HeadSettings {
  readonly upgrade: boolean
  readonly front: FrontHeader
  readonly limits: Pick<Limits, 'headFields' | 'targetBytes'>
}

/** Of these a second line would leave it to chance which one a reader takes. By length, so that few are looked at. */
const SINGLE = new Map([
  [4, 'host'],
  [13, 'authorization'],
  [14, 'content-length'],
  [17, 'transfer-encoding'],
])

/** RFC 9110, section 8.6 "Content-Length": no reader counts these in octal, or past what its numbers hold. */
const LENGTH = /^(?:0|[1-9]\d{0,14})$/

/** Node's parser also takes the methods of RTSP and ICE, on lines that say so; sent on as HTTP they say something else. */
const METHODS_OF_HTTP = new Set(METHODS.filter((method) => method !== 'SOURCE'))

export function readRequestHead(req: IncomingMessage, settings: HeadSettings): RequestHead {
  const { upgrade, front } = settings
  const known = req.headers
  const unclear = ambiguity(req, settings)
  if (unclear !== null) return unclear
  const options = connectionOptions(known.connection)
  // Who can have it dropped on the way to the BI server can have himself taken for another.
  if (options === null || [...options].some((name) => front.isTrusted(name))) return refused(400, 'connection-option')
  const chunked = known['transfer-encoding'] !== undefined
  return {
    kind: 'clear',
    headers: forwarded(req, options, upgrade, front),
    hasBody: chunked || (known['content-length'] ?? '0') !== '0',
    expects: known.expect !== undefined,
    authorization: known.authorization,
  }
}

function ambiguity(req: IncomingMessage, { upgrade, limits }: HeadSettings): RequestHead | null {
  if ((req.url ?? '').length > limits.targetBytes) return refused(414, 'target-length')
  if (req.rawHeaders.length / 2 > limits.headFields) return refused(431, 'header-count')
  const modern = req.httpVersion === '1.1'
  const spoken = modern || req.httpVersion === '1.0'
  if (!spoken || !METHODS_OF_HTTP.has(req.method ?? '')) return refused(505, 'version')
  const coding = req.headers['transfer-encoding']
  // RFC 9112, section 6.1 "Transfer-Encoding": one that is not understood is 501; a message of HTTP/1.0 with any is faulty.
  if (coding !== undefined && !modern) return refused(400, 'transfer-coding')
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return refused(501, 'transfer-coding')
  if (modern && req.headers.host === undefined) return refused(400, 'host')
  if (repeats(req.rawHeaders)) return refused(400, 'duplicate-header')
  // RFC 9112, section 3.2 "Request Target": a server must refuse it.
  if (!isAuthority(req.headers.host ?? '')) return refused(400, 'host')
  const length = req.headers['content-length']
  if (length !== undefined && !LENGTH.test(length)) return refused(400, 'framing')
  // What follows the head would be its body for one reader, and what is said in the WebSocket for the other.
  return upgrade && (coding !== undefined || (length ?? '0') !== '0') ? refused(400, 'framing') : null
}

function repeats(raw: readonly string[]): boolean {
  let seen = 0
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? ''
    if (SINGLE.get(name.length) !== name.toLowerCase()) continue
    const bit = 1 << name.length
    if ((seen & bit) !== 0) return true
    seen |= bit
  }
  return false
}

function forwarded(req: IncomingMessage, options: ReadonlySet<string>, upgrade: boolean, front: FrontHeader): string[] {
  const raw = req.rawHeaders
  const chunked = req.headers['transfer-encoding'] !== undefined
  const wantsTrailers = req.headers.te !== undefined && /(?:^|[\s,])trailers(?:$|[\s,;])/i.test(String(req.headers.te))
  const connection = upgrade ? 'Upgrade' : wantsTrailers ? 'keep-alive, TE' : 'keep-alive'
  const headers: string[] = []
  let connectionSent = false
  let trailersWanted = wantsTrailers
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? ''
    const value = raw[at + 1] ?? ''
    const lower = name.toLowerCase()
    switch (lower) {
      case 'connection':
        if (!connectionSent) headers.push(name, connection)
        connectionSent = true
        break
      case 'upgrade':
        if (upgrade) headers.push(name, value)
        break
      case 'trailer':
        if (chunked) headers.push(name, value)
        break
      case 'te':
        // We pass trailers on, so we may say so for ourselves (RFC 9110, section 10.1.4 "TE").
        if (trailersWanted) headers.push(name, 'trailers')
        trailersWanted = false
        break
      case 'keep-alive':
      case 'proxy-connection':
        break
      default:
        if (!options.has(lower) && !front.isForged(name)) headers.push(name, value)
    }
  }
  if (wantsTrailers && !connectionSent) headers.push('Connection', connection)
  keepLatin1(headers)
  return headers
}

function refused(status: UnclearStatus, reason: RefusalReason): RequestHead {
  return { kind: 'unclear', status, reason }
}
