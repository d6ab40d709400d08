/**
 * Reads a keytab: the long-term keys of services, as MIT's ktutil, Samba and Windows' ktpass write it (file format
 * version 0x0502; MIT Kerberos, "The Kerberos keytab binary file format"). Big-endian; an entry of negative length is a
 * hole where one was deleted.
 */
import { broken } from './kerberos-error.ts'

export interface KeytabKey {
  /** `HTTP/bi.kommune.example@KOMMUNE.EXAMPLE` */
  readonly principal: string
  readonly kvno: number
  readonly etype: number
  readonly key: Buffer
}

const VERSION = 0x0502
export const MAX_KEYTAB_BYTES = 1_048_576

/** @throws KerberosError */
export function readKeytab(file: Buffer): readonly KeytabKey[] {
  if (file.length > MAX_KEYTAB_BYTES) throw broken('a file that is too long')
  if (file.length < 2 || file.readUInt16BE(0) !== VERSION) throw broken('no keytab of version 0x0502')
  const keys: KeytabKey[] = []
  for (let at = 2; at + 4 <= file.length;) {
    const length = file.readInt32BE(at)
    at += 4
    // Zeros behind the last entry are room for more.
    if (length === 0) break
    const end = at + Math.abs(length)
    if (end > file.length) throw broken('an entry that is cut off')
    if (length > 0) keys.push(readEntry(new Cursor(file.subarray(at, end))))
    at = end
  }
  return keys
}

/** `components u16 | realm | components × name | name type u32 | time u32 | kvno u8 | etype u16 | key | kvno u32?` */
function readEntry(entry: Cursor): KeytabKey {
  const components = entry.u16()
  const realm = entry.counted().toString('utf8')
  if (components > 64) throw broken('a principal of too many parts')
  const names = Array.from({ length: components }, () => entry.counted().toString('utf8'))
  entry.skip(8)
  const short = entry.u8()
  const etype = entry.u16()
  const key = Buffer.from(entry.counted())
  const long = entry.left >= 4 ? entry.u32() : 0
  return { principal: `${names.join('/')}@${realm}`, kvno: long === 0 ? short : long, etype, key }
}

class Cursor {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  u8(): number {
    return this.#take(1).readUInt8(0)
  }

  u16(): number {
    return this.#take(2).readUInt16BE(0)
  }

  u32(): number {
    return this.#take(4).readUInt32BE(0)
  }

  counted(): Buffer {
    return this.#take(this.u16())
  }

  skip(count: number): void {
    this.#take(count)
  }

  #take(count: number): Buffer {
    if (count > this.left) throw broken('an entry that ends too early')
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }
}
