/**
 * Reads the messages of NTLM that a client sends ([MS-NLMP] sections 2.2.1.1 "NEGOTIATE_MESSAGE" and 2.2.1.3
 * "AUTHENTICATE_MESSAGE"). Every offset comes from the wire and is checked; what does not fit is `null`.
 */
export type NtlmMessage =
  | { readonly type: 'negotiate' }
  | { readonly type: 'authenticate'; readonly user: string | null; readonly workstation: string | null }

const SIGNATURE = Buffer.from('NTLMSSP\0', 'latin1')
const TYPE_AT = 8
const DOMAIN_AT = 28
const USER_AT = 36
const WORKSTATION_AT = 44
const FLAGS_AT = 60
const UNICODE = 0x1
/** No name of a Windows account, domain or computer is longer; DNS names end at 255. */
const MAX_NAME_BYTES = 1024

export const isNtlm = (token: Buffer): boolean => token.subarray(0, SIGNATURE.length).equals(SIGNATURE)

/** Reads the message that `token` is. One that stands somewhere in it is not the one that a BI server goes by. */
export function readNtlm(message: Buffer): NtlmMessage | null {
  if (!isNtlm(message) || message.length < TYPE_AT + 4) return null
  switch (message.readUInt32LE(TYPE_AT)) {
    case 1:
      return { type: 'negotiate' }
    case 3:
      return authenticate(message)
    default:
      return null
  }
}

/**
 * Does a BI server ask for the last step of a login with this value of `WWW-Authenticate` (its CHALLENGE_MESSAGE, [MS-NLMP]
 * section 2.2.1.2)? It is the server's own word, so the message is found wherever SPNEGO has it.
 */
export function isChallenge(value: string): boolean {
  const token = /(?:^|[\s,])(?:ntlm|negotiate)\s+([A-Za-z0-9+/]+={0,2})/i.exec(value)?.[1]
  const bytes = Buffer.from(token ?? '', 'base64')
  const at = bytes.indexOf(SIGNATURE)
  return at !== -1 && bytes.length >= at + TYPE_AT + 4 && bytes.readUInt32LE(at + TYPE_AT) === 2
}

function authenticate(message: Buffer): NtlmMessage | null {
  if (message.length < WORKSTATION_AT + 8) return null
  const unicode = message.length >= FLAGS_AT + 4 && (message.readUInt32LE(FLAGS_AT) & UNICODE) !== 0
  const domain = field(message, DOMAIN_AT, unicode)
  const user = field(message, USER_AT, unicode)
  const workstation = field(message, WORKSTATION_AT, unicode)
  if (domain === null || user === null || workstation === null) return null
  return { type: 'authenticate', user: account(domain, user), workstation: workstation === '' ? null : workstation }
}

/** Without a user name the client asks to be let in anonymously ([MS-NLMP] section 3.2.5.1.2). */
function account(domain: string, user: string): string | null {
  if (user === '') return null
  return domain === '' ? user : `${domain}\\${user}`
}

/** `{ length u16le, room u16le, offset u32le }`; the code page of OEM text is not on the wire: Western European it is. */
function field(message: Buffer, at: number, unicode: boolean): string | null {
  const length = message.readUInt16LE(at)
  const offset = message.readUInt32LE(at + 4)
  if (length === 0) return ''
  if (length > MAX_NAME_BYTES || offset + length > message.length || (unicode && length % 2 !== 0)) return null
  const text = message.toString(unicode ? 'utf16le' : 'latin1', offset, offset + length)
  return isName(text) ? text : null
}

/** A name with control characters in it is no name; it is not carried into the record. */
export function isName(text: string): boolean {
  return !/\p{Cc}/u.test(text)
}
