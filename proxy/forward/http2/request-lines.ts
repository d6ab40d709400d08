/**
 * What a request of HTTP/2 says, in the words of HTTP/1.1 (RFC 9113, section 8.3.1 "Request Pseudo-Header Fields"; the
 * rules for going on in HTTP/1.1 are those of section 8.1 "HTTP Message Framing" and RFC 9112, section 3.2 "Request
 * Target").
 *
 * nghttp2 has refused, before it comes here, what section 8.2 forbids: upper case, pseudo-headers unknown, repeated,
 * missing or behind others, fields that belong to a connection, a `TE` other than `trailers`, two lengths.
 */
export type RequestLines =
  | { readonly kind: 'clear'; readonly method: string; readonly target: string; readonly headers: string[] }
  | {
      readonly kind: 'unclear'
      readonly method: string
      readonly target: string
      readonly status: 400 | 405
      readonly reason: 'target' | 'method'
    }

/**
 * @param raw names and values in turn.
 * @param endsHere there is no body.
 */
export function requestLines(raw: readonly string[], endsHere: boolean): RequestLines {
  const pseudo = new Map<string, string>()
  const headers: string[] = []
  const crumbs: string[] = []
  let cookieAt = -1
  let hasLength = false
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? ''
    const value = raw[at + 1] ?? ''
    if (name.startsWith(':')) pseudo.set(name, value)
    else if (name === 'cookie') {
      if (cookieAt === -1) cookieAt = headers.push(name, '') - 1
      crumbs.push(value)
    } else headers.push(name, value)
    hasLength ||= name === 'content-length'
  }
  // RFC 9113, section 8.2.3 "Compressing the Cookie Header Field".
  if (cookieAt !== -1) headers[cookieAt] = crumbs.join('; ')
  // Without a length the end of the stream is the body's, which in HTTP/1.1 is said by chunks.
  if (!endsHere && !hasLength) headers.push('transfer-encoding', 'chunked')
  const method = pseudo.get(':method') ?? ''
  const target = pseudo.get(':path') ?? ''
  if (method === 'CONNECT') return { kind: 'unclear', method, target, status: 405, reason: 'method' }
  if (!isTarget(method, target) || !isScheme(pseudo.get(':scheme')) || hasUserInfo(pseudo.get(':authority'))) {
    return { kind: 'unclear', method, target, status: 400, reason: 'target' }
  }
  return { kind: 'clear', method, target, headers: withHost(headers, pseudo.get(':authority')) }
}

/** No more than the two forms there are: a scheme and authority in front would be heard in place of `:authority`. */
function isTarget(method: string, target: string): boolean {
  return /^\/[\x21-\xff]*$/.test(target) || (target === '*' && method === 'OPTIONS')
}

function isScheme(scheme: string | undefined): boolean {
  return scheme !== undefined && /^https?$/i.test(scheme)
}

function hasUserInfo(authority: string | undefined): boolean {
  return authority?.includes('@') === true
}

/** Where `:authority` and `Host` disagree both go on, and are refused as two lines of `Host` always are. */
function withHost(headers: string[], authority: string | undefined): string[] {
  if (authority === undefined) return headers
  const at = headers.findIndex((name, index) => index % 2 === 0 && name === 'host')
  if (at === -1) return ['host', authority, ...headers]
  return headers[at + 1]?.toLowerCase() === authority.toLowerCase() ? headers : ['host', authority, ...headers]
}
