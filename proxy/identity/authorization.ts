/**
 * Who asks, as one `Authorization` value tells it (RFC 9110, section 11.6.2 "Authorization").
 *
 * The value is hostile text: whatever it is, reading it ends in a `Claim` and never throws, and what cannot be read
 * names nobody. Passwords and tokens are looked past, never returned, and not decoded where that can be helped.
 */
import type { Identity } from '../exchange.ts'
import { bearerUser } from './bearer.ts'
import { isName, readNtlm } from './ntlm.ts'

export type Claim =
  | { readonly kind: 'none' }
  /** Holds for the request it stands in. */
  | { readonly kind: 'request'; readonly identity: Identity }
  /** The first step of NTLM: it names nobody yet, and ends what the connection had proved before. */
  | { readonly kind: 'handshake'; readonly identity: Identity }
  /** Once accepted it holds for the whole connection: later requests carry no `Authorization`. */
  | { readonly kind: 'connection'; readonly identity: Identity }

export const NOBODY: Identity = { user: null, source: 'none', workstation: null }

const NONE: Claim = { kind: 'none' }
const HANDSHAKE: Claim = { kind: 'handshake', identity: { user: null, source: 'ntlm', workstation: null } }
const KERBEROS: Claim = { kind: 'connection', identity: { user: null, source: 'kerberos', workstation: null } }

/** Does this value authenticate the connection rather than the request (RFC 4559, section 6 "Session Considerations")? */
export function ownsConnection(authorization: string | undefined): boolean {
  return authorization !== undefined && /^\s*(?:ntlm|negotiate)(?:\s|$)/i.test(authorization)
}

export function readAuthorization(authorization: string): Claim {
  const [, scheme = '', token = ''] = /^\s*([^\s,]+)\s+(\S+)\s*$/.exec(authorization) ?? []
  switch (scheme.toLowerCase()) {
    case 'basic':
      return basic(token)
    case 'ntlm':
    case 'negotiate':
      return negotiated(token)
    case 'bearer':
    case 'mwctoken':
    case 'embedtoken':
      return { kind: 'request', identity: { user: bearerUser(token), source: 'bearer', workstation: null } }
    default:
      return NONE
  }
}

/**
 * RFC 7617, section 2 "The 'Basic' Authentication Scheme": the user ends at the first colon. UTF-8 where the bytes are
 * UTF-8, else Latin-1, as browsers of old send it.
 */
function basic(token: string): Claim {
  const bytes = fromBase64(token)
  const colon = bytes?.indexOf(0x3a) ?? -1
  if (bytes === null || colon === -1) return NONE
  const user = decode(bytes.subarray(0, colon))
  // The password stands in the rest; it is not to lie in memory longer than it must.
  bytes.fill(0)
  if (!isName(user)) return NONE
  return { kind: 'request', identity: { user: user === '' ? null : user, source: 'basic', workstation: null } }
}

/** What is no NTLM is Kerberos or another mechanism of SPNEGO; whom it names is encrypted for the BI server alone. */
function negotiated(token: string): Claim {
  const bytes = fromBase64(token)
  if (bytes === null) return NONE
  const ntlm = readNtlm(bytes)
  if (ntlm === null) return isGssToken(bytes) ? KERBEROS : NONE
  if (ntlm.type === 'negotiate') return HANDSHAKE
  return { kind: 'connection', identity: { user: ntlm.user, source: 'ntlm', workstation: ntlm.workstation } }
}

/** InitialContextToken (RFC 2743, section 3.1), or NegTokenInit and NegTokenResp (RFC 4178, section 4.2). */
function isGssToken(bytes: Buffer): boolean {
  const tag = bytes[0]
  return bytes.length > 16 && (tag === 0x60 || tag === 0xa0 || tag === 0xa1) && !bytes.includes('NTLMSSP\0')
}

function fromBase64(token: string): Buffer | null {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(token) ? Buffer.from(token, 'base64') : null
}

/** UTF-8 where the bytes are UTF-8, else Latin-1. */
export function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    // Not UTF-8, so Latin-1: there is no third encoding a client may use, and Latin-1 reads any bytes.
    return Buffer.from(bytes).toString('latin1')
  }
}
