/**
 * Who asks, as one `Authorization` value tells it (RFC 9110, section 11.6.2 "Authorization").
 *
 * The value is hostile text: whatever it is, reading it ends in a `Claim` and never throws, and what cannot be read
 * names nobody: yet whoever sends credentials is somebody, for a BI server may read what we cannot. Passwords and tokens are
 * looked past, never returned, and not decoded where that can be helped.
 */
import type { Identity } from '../exchange.ts'
import { bearerUser } from './bearer.ts'
import { innerToken } from './kerberos/spnego.ts'
import { KerberosError } from './kerberos/kerberos-error.ts'
import { isName, isNtlm, readNtlm } from './ntlm.ts'

export type Claim =
  | { readonly kind: 'none' }
  /** Holds for the request it stands in. */
  | { readonly kind: 'request'; readonly identity: Identity }
  /** The first step of NTLM: it names nobody yet, and ends what the connection had proved before. */
  | { readonly kind: 'handshake'; readonly identity: Identity }
  /** Once accepted it holds for the whole connection: later requests carry no `Authorization`. */
  | { readonly kind: 'connection'; readonly identity: Identity }
  /** The last word of a login that the request before began: it names nobody itself. */
  | { readonly kind: 'continuation'; readonly identity: Identity }

/** What a Kerberos token says, where the service's keys are known: `kerberos/ticket-reader.ts`. */
export interface Tickets {
  read(token: Buffer): { readonly kind: 'request'; readonly user: string | null } | { readonly kind: 'continuation' }
}

export const NOBODY: Identity = { user: null, source: 'none', workstation: null }

const NONE: Claim = { kind: 'none' }
const HANDSHAKE: Claim = { kind: 'handshake', identity: { user: null, source: 'ntlm', workstation: null } }
const UNREAD_BASIC: Claim = { kind: 'request', identity: { user: null, source: 'basic', workstation: null } }
/** What is no token at all ends no login that there is, as an NTLM message without a challenge does not. */
const UNREAD_NTLM: Claim = { kind: 'connection', identity: { user: null, source: 'ntlm', workstation: null } }
const KERBEROS = {
  kind: 'connection',
  identity: { user: null, source: 'kerberos', workstation: null },
} as const satisfies Claim

/** Does this value authenticate the connection rather than the request (RFC 4559, section 6 "Session Considerations")? */
export function ownsConnection(authorization: string | undefined): boolean {
  return authorization !== undefined && /^\s*(?:ntlm|negotiate|kerberos)(?:\s|$)/i.test(authorization)
}

/** @param tickets `null`: no ticket can be read, and its user is somebody without a name. */
export function readAuthorization(authorization: string, tickets: Tickets | null = null): Claim {
  const [, scheme = '', token = ''] = /^\s*([^\s,]+)(?:\s+(\S.*))?$/.exec(authorization.trimEnd()) ?? []
  switch (scheme.toLowerCase()) {
    case 'basic':
      return basic(token)
    case 'ntlm':
    case 'negotiate':
    case 'kerberos':
      return negotiated(token, tickets)
    case 'bearer':
    case 'mwctoken':
    case 'embedtoken':
      return {
        kind: 'request',
        identity: { user: /\s/.test(token) ? null : bearerUser(token), source: 'bearer', workstation: null },
      }
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
  if (bytes === null || colon === -1) return UNREAD_BASIC
  const user = decode(bytes.subarray(0, colon))
  // The password stands in the rest; it is not to lie in memory longer than it must.
  bytes.fill(0)
  if (!isName(user)) return UNREAD_BASIC
  return { kind: 'request', identity: { user: user === '' ? null : user, source: 'basic', workstation: null } }
}

/**
 * What is no NTLM is Kerberos or another mechanism of SPNEGO; whom it names is encrypted for the BI server. It is NTLM only
 * where NTLM's message is the token, or is the one that SPNEGO wraps: one that is hidden elsewhere, in a token with which
 * its sender logs in otherwise, could name anybody.
 */
function negotiated(token: string, tickets: Tickets | null): Claim {
  if (token === '') return NONE
  const bytes = fromBase64(token)
  if (bytes === null) return UNREAD_NTLM
  const message = isNtlm(bytes) ? bytes : wrapped(bytes)
  if (message === null || !isNtlm(message)) return isGssToken(bytes) ? ticketed(bytes, tickets) : UNREAD_NTLM
  const ntlm = readNtlm(message)
  if (ntlm === null) return UNREAD_NTLM
  if (ntlm.type === 'negotiate') return HANDSHAKE
  return { kind: 'connection', identity: { user: ntlm.user, source: 'ntlm', workstation: ntlm.workstation } }
}

function wrapped(token: Buffer): Buffer | null {
  try {
    return innerToken(token)
  } catch (error) {
    // No SPNEGO that can be read: whoever it is stays without a name.
    if (error instanceof KerberosError) return null
    throw error
  }
}

function ticketed(token: Buffer, tickets: Tickets | null): Claim {
  if (tickets === null) return KERBEROS
  const read = tickets.read(token)
  if (read.kind === 'continuation') return { ...KERBEROS, kind: 'continuation' }
  return { kind: 'connection', identity: { ...KERBEROS.identity, user: read.user } }
}

const GSS_TAGS: ReadonlySet<number> = new Set([0x60, 0x6e, 0xa0, 0xa1])

/** InitialContextToken (RFC 2743, section 3.1), NegTokenInit and NegTokenResp (RFC 4178, section 4.2), or a bare AP-REQ. */
function isGssToken(bytes: Buffer): boolean {
  return bytes.length > 16 && GSS_TAGS.has(bytes[0] ?? 0)
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
