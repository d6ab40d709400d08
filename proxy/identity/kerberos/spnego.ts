/**
 * Finds the Kerberos message in a token of `Negotiate`: wrapped in SPNEGO (RFC 4178, section 4.2 "Negotiation Tokens"), in
 * GSS-API's own framing (RFC 2743, section 3.1; RFC 4121, section 4.1), or as it is.
 *
 * What is looked at is the mechanism of the token itself, not the list of those the client would accept: the BI server
 * goes by the token that is there. One for another mechanism says nothing of Kerberos.
 */
import { application, context, first, Members, OBJECT_ID } from './der.ts'
import { broken } from './kerberos-error.ts'

export type Negotiated =
  | { readonly kind: 'ap-req'; readonly message: Buffer }
  /** The client's last word on what it said before: no mechanism's token in it, at most a checksum. */
  | { readonly kind: 'continuation' }
  | { readonly kind: 'other' }

const OTHER: Negotiated = { kind: 'other' }
/** 1.3.6.1.5.5.2 */
const SPNEGO = Buffer.from('2b0601050502', 'hex')
/** 1.2.840.113554.1.2.2, and 1.2.840.48018.1.2.2, which Windows 2000 made of it by a slip that stayed ([MS-SPNG]). */
const KERBEROS = [Buffer.from('2a864886f712010202', 'hex'), Buffer.from('2a864882f712010202', 'hex')]
const GSS_TOKEN = application(0)
const AP_REQ = application(14)
/** RFC 4121, section 4.1: of tokens that establish a context, the client's first. */
const TOK_AP_REQ = 0x0100

/** @throws KerberosError */
export function readNegotiated(token: Buffer): Negotiated {
  const inner = innerToken(token)
  if (inner !== null) return mechToken(inner)
  return first(token).tag === context(1) ? { kind: 'continuation' } : OTHER
}

/**
 * The mechanism's own token: what SPNEGO wraps, or `token` itself where it is no SPNEGO; `null`: there is none in it.
 * Nothing is searched for: what stands elsewhere in the token the BI server does not go by.
 *
 * @throws KerberosError
 */
export function innerToken(token: Buffer): Buffer | null {
  const { tag, content } = first(token)
  if (tag === context(0) || tag === context(1)) return secondMember(content)
  if (tag !== GSS_TOKEN) return token
  const mechanism = first(content)
  if (mechanism.tag !== OBJECT_ID) throw broken('a token without a mechanism')
  if (!mechanism.content.equals(SPNEGO)) return token
  const inner = first(content.subarray(mechanism.whole.length))
  return inner.tag === context(0) ? secondMember(inner.content) : null
}

/** `mechToken [2]` of NegTokenInit, `responseToken [2]` of NegTokenResp. */
function secondMember(bytes: Buffer): Buffer | null {
  const members = new Members(bytes)
  return members.optional(2) === null ? null : members.octets(2)
}

/** InitialContextToken: `[APPLICATION 0] { thisMech, TOK_ID, message }`; Windows sends the bare message too. */
function mechToken(token: Buffer): Negotiated {
  if (token.length === 0) return OTHER
  const { tag, content } = first(token)
  if (tag === AP_REQ) return { kind: 'ap-req', message: token }
  if (tag !== GSS_TOKEN) return OTHER
  const mechanism = first(content)
  if (mechanism.tag !== OBJECT_ID || !KERBEROS.some((one) => one.equals(mechanism.content))) return OTHER
  const inner = content.subarray(mechanism.whole.length)
  if (inner.length < 2 || inner.readUInt16BE(0) !== TOK_AP_REQ) return OTHER
  return { kind: 'ap-req', message: inner.subarray(2) }
}
