import type { RawHeaders } from '../exchange.ts'

/** What stands in the record for a value that opens doors. */
const WITHHELD = '…'

const CREDENTIALS = new Set([
  'authorization',
  'proxy-authorization',
  'www-authenticate',
  'proxy-authenticate',
  'authentication-info',
  'proxy-authentication-info',
  'cookie',
  'cookie2',
  'set-cookie',
  'set-cookie2',
  'x-metabase-session',
  'x-tableau-auth',
  'x-powerbi-resourcekey',
])
/** Names nobody has listed tell what they hold: `X-AS-GetSessionToken`, `X-Api-Key`, `x-ms-xls2stoken`. */
const TELLING = /token|secret|passw|api[-_]?key|credential|assertion|jwt/i

/** The headers as they are kept: all names, in order and spelling; the values of credentials and cookies withheld. */
export function redact(raw: readonly string[]): RawHeaders {
  const kept: (readonly [name: string, value: string])[] = []
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? ''
    kept.push([name, opensDoors(name) ? WITHHELD : (raw[at + 1] ?? '')])
  }
  return kept
}

/** Clients send the same few names again and again; those of the first thousand spellings are looked at once. */
const looked = new Map<string, boolean>()
const MAX_LOOKED = 1000
const MAX_LOOKED_LENGTH = 64

function opensDoors(name: string): boolean {
  const known = looked.get(name)
  if (known !== undefined) return known
  const opens = CREDENTIALS.has(name.toLowerCase()) || TELLING.test(name)
  if (looked.size < MAX_LOOKED && name.length <= MAX_LOOKED_LENGTH) looked.set(name, opens)
  return opens
}
