/**
 * The account's name in the words of Windows, from what Active Directory puts into a ticket beside the Kerberos name: the
 * Privilege Attribute Certificate ([MS-PAC]), of which KERB_VALIDATION_INFO (section 2.5) names the NetBIOS domain and
 * the account. A BI server on Windows knows its users by these, and so does NTLM: one person, one name.
 *
 * It stands inside the ticket, which only the domain's key centre can have made; its own signatures are for those who
 * would use the groups in it.
 */
import { isName } from '../ntlm.ts'
import { broken } from './kerberos-error.ts'

const LOGON_INFO = 1
const MAX_BUFFERS = 64
/** Type serialization version 1: its own header of 8 octets, the private one of 8, and the first pointer ([MS-RPCE] 2.2.6). */
const STRUCT_AT = 20
const EFFECTIVE_NAME_AT = 48
/** What is pointed at follows the structure, in the order of the pointers: six strings, the groups, two strings. */
const STRINGS_BEFORE_GROUPS = 6
const GROUP_COUNT_AT = 108
const GROUPS_AT = 112
const LOGON_SERVER_AT = 136
const LOGON_DOMAIN_AT = 144
const STRUCT_BYTES = 216
const POINTER_IN_STRING = 4
const BYTES_PER_GROUP = 8
const MAX_NAME_BYTES = 1024

/**
 * `KOMMUNE\kirsten`, or `null`: it says no such thing, as those of other key centres.
 *
 * @throws KerberosError
 */
export function windowsAccount(pac: Buffer): string | null {
  const info = bufferOf(pac, LOGON_INFO)
  if (info === null) return null
  const { user, domain } = new LogonInfo(info).names()
  return user === '' || domain === '' || !isName(user) || !isName(domain) ? null : `${domain}\\${user}`
}

/** `count u32 | version u32 | count × { type u32, size u32, offset u64 }` ([MS-PAC] sections 2.3 and 2.4), little-endian. */
function bufferOf(pac: Buffer, wanted: number): Buffer | null {
  if (pac.length < 8) throw broken('a PAC without a head')
  const count = pac.readUInt32LE(0)
  if (count > MAX_BUFFERS || pac.length < 8 + count * 16) throw broken('a PAC of too many buffers')
  for (let at = 8; at < 8 + count * 16; at += 16) {
    const [type, size, offset] = [pac.readUInt32LE(at), pac.readUInt32LE(at + 4), pac.readBigUInt64LE(at + 8)]
    if (type !== wanted) continue
    if (offset + BigInt(size) > BigInt(pac.length)) throw broken('a PAC buffer beyond its end')
    return pac.subarray(Number(offset), Number(offset) + size)
  }
  return null
}

/** NDR (C706, chapter 14), little-endian, with what is pointed at read in one pass. */
class LogonInfo {
  readonly #info: Buffer
  readonly #struct: Buffer
  #at = STRUCT_AT + STRUCT_BYTES

  constructor(info: Buffer) {
    if (info.length < STRUCT_AT + STRUCT_BYTES) throw broken('logon information that is too short')
    if (info[0] !== 1 || info[1] !== 0x10) throw broken('logon information in another representation')
    this.#info = info
    this.#struct = info.subarray(STRUCT_AT)
  }

  names(): { readonly user: string; readonly domain: string } {
    const strings = Array.from({ length: STRINGS_BEFORE_GROUPS }, (_, number) =>
      this.#string(EFFECTIVE_NAME_AT + number * 8),
    )
    if (this.#pointer(GROUPS_AT)) this.#groups()
    this.#string(LOGON_SERVER_AT)
    return { user: strings[0] ?? '', domain: this.#string(LOGON_DOMAIN_AT) }
  }

  #pointer(at: number): boolean {
    return this.#struct.readUInt32LE(at) !== 0
  }

  /** RPC_UNICODE_STRING: its length stands in the structure, the text where the pointer's turn comes. */
  #string(at: number): string {
    const length = this.#struct.readUInt16LE(at)
    if (!this.#pointer(at + POINTER_IN_STRING)) return ''
    this.#u32()
    const offset = this.#u32()
    const count = this.#u32()
    const bytes = this.#take(count * 2)
    if (offset !== 0 || length > count * 2) throw broken('a string that is not where it says')
    this.#at += (4 - (this.#at % 4)) % 4
    return length > MAX_NAME_BYTES ? '' : bytes.toString('utf16le', 0, length)
  }

  #groups(): void {
    const count = this.#u32()
    if (count !== this.#struct.readUInt32LE(GROUP_COUNT_AT)) throw broken('another number of groups')
    this.#take(count * BYTES_PER_GROUP)
  }

  #u32(): number {
    return this.#take(4).readUInt32LE(0)
  }

  #take(count: number): Buffer {
    if (count > this.#info.length - this.#at) throw broken('logon information that ends too early')
    this.#at += count
    return this.#info.subarray(this.#at - count, this.#at)
  }
}
