/** Where a request wants to go (RFC 9112, section 3.2 "Request Target"), and which BI server that is. */
export interface ForwardServer {
  readonly name: string
  readonly upstream: URL
  /** Answer for requests with this Host only; `null`: any. */
  readonly host: string | null
  /** Answer for request targets that begin so; `null`: any. */
  readonly path: string | null
  /** Answer for requests that came in at this port only; absent or `null`: any. */
  readonly port?: number | null
  /** Authorities in PEM that vouch for the BI server's certificate; absent or `null`: those everybody knows. */
  readonly ca?: string | null
  /** `append`: the BI server is told where a request comes from. */
  readonly forwardedHeaders?: 'pass' | 'append'
  readonly onJournalFailure: 'refuse' | 'forward'
  /** `avoid`: client and BI server are kept from agreeing on binary XML (`transport-capability.ts`). */
  readonly binaryXml: 'avoid' | 'pass'
  /** Names of its session cookies; absent: none is recognised. */
  readonly sessionCookies?: readonly string[]
  /** Of session cookies, those that hold the session themselves, and are new with any answer. */
  readonly rollingCookies?: readonly string[]
  /** How long the BI server may keep silent before it is given up. */
  readonly timeoutMs: number
}

export interface Target {
  /** What is asked for, in origin-form or `*`: untouched but for a scheme and authority in front. */
  readonly path: string
  /** The authority of an absolute-form, which takes the place of `Host`; `null` for the other forms. */
  readonly authority: string | null
}

/** `null`: the target has none of the forms a server is asked in. */
export function readTarget(method: string, target: string): Target | null {
  if (target.startsWith('/')) return { path: target, authority: null }
  if (target === '*') return method === 'OPTIONS' ? { path: target, authority: null } : null
  const [, authority = '', rest = ''] = /^https?:\/\/([^/?]+)(.*)$/i.exec(target) ?? []
  if (authority === '' || !isAuthority(authority)) return null
  if (rest === '' && method === 'OPTIONS') return { path: '*', authority }
  return { path: rest.startsWith('/') ? rest : `/${rest}`, authority }
}

/**
 * `uri-host [ ":" port ]`, or nothing (RFC 9110, section 7.2 "Host and :authority"). No user in front, which would make
 * another host of it for some; no comma, which makes two of one.
 */
export function isAuthority(text: string): boolean {
  return /^(?:\[[\da-f:.]+(?:%25[\w.~-]+)?\]|[\w.~!$&'()*+;=%-]*)(?::\d{0,5})?$/i.test(text)
}

/** What a request is for, and the port it came in at. */
export interface Wanted {
  readonly host: string | undefined
  readonly path: string
  readonly port: number | undefined
}

/** Names are compared without case and without port; the first server that fits is taken. */
export function chooseServer<T extends Pick<ForwardServer, 'host' | 'path' | 'port'>>(
  servers: readonly T[],
  { host, path, port }: Wanted,
): T | null {
  const fits = (server: T) =>
    (server.host === null || hostName(server.host) === hostName(host ?? '')) &&
    (server.path === null || path.startsWith(server.path)) &&
    (server.port ?? port) === port
  return servers.find(fits) ?? null
}

/** `uri-host [ ":" port ]` (RFC 9110, section 7.2 "Host and :authority"), an IPv6 address in its brackets. */
function hostName(host: string): string {
  return host.trim().toLowerCase().replace(/:\d*$/, '')
}
