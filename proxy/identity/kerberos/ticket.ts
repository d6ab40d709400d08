/**
 * Opens an AP-REQ (RFC 4120, section 5.5.1) with the service's keys and says who sent it: the ticket names a client, in
 * words only the key centre and the service can write; and the authenticator, made with the session key that only this
 * client got, must name the same. A ticket alone, copied from somewhere, names nobody.
 *
 * Whether it is fresh is the BI server's to judge: what it refuses is not confirmed.
 */
import { isName } from '../ntlm.ts'
import { application, elements, first, Members, only, SEQUENCE } from './der.ts'
import { AP_REQ_AUTHENTICATOR, decrypt, isKnown, TICKET } from './encryption.ts'
import type { EncryptionKey } from './encryption.ts'
import { broken, KerberosError } from './kerberos-error.ts'
import type { KeytabKey } from './keytab.ts'
import { windowsAccount } from './pac.ts'

/** A keytab may hold any number of keys; nobody makes us try them all. */
const MAX_TRIED = 16
const MAX_NAME = 512
/** RFC 4120, section 7.5.4 "Authorization Data Types". */
const AD_IF_RELEVANT = 1
const AD_WIN2K_PAC = 128

/**
 * `KOMMUNE\kirsten` where the ticket says so, else `kirsten@KOMMUNE.EXAMPLE`.
 *
 * @throws KerberosError
 */
export function userOfRequest(message: Buffer, keys: readonly KeytabKey[]): string {
  const request = new Members(only(message, application(14)))
  if (request.integer(0) !== 5 || request.integer(1) !== 14) throw broken('no AP-REQ')
  // User-to-user: sealed with a key that the service got for this session alone.
  if (request.bit(2, 1)) throw new KerberosError('KERBEROS_NO_KEY', 'a ticket for a session key')
  const ticket = new Members(only(openTicket(request.required(3), keys), application(3)))
  const client = principal(ticket.required(3), ticket.text(2))
  const authenticator = new Members(only(openAuthenticator(request.required(4), ticket), application(2)))
  if (principal(authenticator.required(2), authenticator.text(1)) !== client) throw broken("another's ticket")
  return accountOf(ticket) ?? client
}

interface Sealed {
  readonly etype: number
  readonly kvno: number | null
  readonly cipher: Buffer
}

function sealed(bytes: Buffer): Sealed {
  const members = new Members(bytes)
  const etype = members.integer(0)
  if (!isKnown(etype)) throw new KerberosError('KERBEROS_ETYPE', 'an encryption nobody speaks here')
  return { etype, kvno: members.optional(1) === null ? null : members.integer(1), cipher: members.octets(2) }
}

/** @returns EncTicketPart */
function openTicket(bytes: Buffer, keys: readonly KeytabKey[]): Buffer {
  const ticket = new Members(only(bytes, application(1)))
  const service = principal(ticket.required(2), ticket.text(1))
  const { etype, kvno, cipher } = sealed(ticket.required(3))
  const fits = (key: KeytabKey) => Number(key.kvno === kvno) + 2 * Number(isSameName(key.principal, service))
  const likeliest = keys.filter((key) => key.etype === etype).toSorted((a, b) => fits(b) - fits(a) || b.kvno - a.kvno)
  for (const key of likeliest.slice(0, MAX_TRIED)) {
    const opened = decrypt(key, TICKET, cipher)
    if (opened !== null) return withoutPadding(opened)
  }
  throw new KerberosError('KERBEROS_NO_KEY', 'no key opens the ticket')
}

function openAuthenticator(bytes: Buffer, ticket: Members): Buffer {
  const { etype, cipher } = sealed(bytes)
  const key = sessionKey(ticket.required(1))
  if (key.etype !== etype) throw broken('an authenticator in another encryption')
  const opened = decrypt(key, AP_REQ_AUTHENTICATOR, cipher)
  if (opened === null) throw broken('an authenticator of somebody without the session key')
  return withoutPadding(opened)
}

function sessionKey(bytes: Buffer): EncryptionKey {
  const members = new Members(bytes)
  return { etype: members.integer(0), key: members.octets(1) }
}

/** Some encryptions fill up the end; what the DER is ends by itself. */
const withoutPadding = (bytes: Buffer): Buffer => first(bytes).whole

/** `PrincipalName ::= { name-type [0], name-string [1] SEQUENCE OF KerberosString }` */
function principal(bytes: Buffer, realm: string): string {
  const names = elements(only(new Members(bytes).required(1), SEQUENCE))
  const name = names.map(({ content }) => content.toString('utf8')).join('/')
  const whole = `${name}@${realm}`
  if (name === '' || realm === '' || whole.length > MAX_NAME || !isName(whole)) throw broken('a name that is none')
  return whole
}

/** Windows' key centre compares names so; MIT's does not, but then only one of them has a key that opens. */
const isSameName = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

/** What cannot be read there costs the Windows name, not the Kerberos one. */
function accountOf(ticket: Members): string | null {
  const bytes = ticket.optional(10)
  try {
    const pac = bytes === null ? null : pacIn(bytes)
    return pac === null ? null : windowsAccount(pac)
  } catch (error) {
    if (error instanceof KerberosError) return null
    throw error
  }
}

/** AD-IF-RELEVANT holds authorization data itself; the PAC is in its first (RFC 4120, section 5.2.6.1). */
function pacIn(bytes: Buffer): Buffer | null {
  const relevant = authorizationData(bytes).find(({ type }) => type === AD_IF_RELEVANT)
  if (relevant === undefined) return null
  return authorizationData(relevant.data).find(({ type }) => type === AD_WIN2K_PAC)?.data ?? null
}

/** `SEQUENCE OF SEQUENCE { ad-type [0] Int32, ad-data [1] OCTET STRING }` */
function authorizationData(bytes: Buffer): readonly { readonly type: number; readonly data: Buffer }[] {
  return elements(only(bytes, SEQUENCE)).map((element) => {
    const members = new Members(element.whole)
    return { type: members.integer(0), data: members.octets(1) }
  })
}
