/**
 * Undoes Kerberos encryption (RFC 3961): what comes out is what somebody with the key put in, or nothing comes out.
 *
 * - 17, 18: AES with SHA-1 (RFC 3962); 19, 20: AES with SHA-2 (RFC 8009); 23: RC4 with MD5 (RFC 4757).
 * - AES in ciphertext stealing, CBC-CS3: the last two blocks change places, also where both are whole (RFC 3962, section 5).
 *   OpenSSL's own is another variant, which Node cannot choose; so it is put back into CBC's order first.
 * - Each usage has keys of its own, so that a ticket cannot be passed off as an authenticator.
 */
import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto'
import { broken, KerberosError } from './kerberos-error.ts'
import { rc4 } from './rc4.ts'

/** RFC 4120, section 7.5.1 "Key Usage Numbers". */
export const TICKET = 2
export const AP_REQ_AUTHENTICATOR = 11

export interface EncryptionKey {
  readonly etype: number
  readonly key: Buffer
}

const BLOCK = 16
const ZERO = Buffer.alloc(BLOCK)

type Decrypt = (key: Buffer, usage: number, bytes: Buffer) => Buffer | null

interface Encryption {
  readonly keyBytes: number
  readonly decrypt: Decrypt
}

const ENCRYPTIONS: ReadonlyMap<number, Encryption> = new Map([
  [17, { keyBytes: 16, decrypt: aesSha1 }],
  [18, { keyBytes: 32, decrypt: aesSha1 }],
  [19, { keyBytes: 16, decrypt: aesSha2('sha256', 16, 16) }],
  [20, { keyBytes: 32, decrypt: aesSha2('sha384', 32, 24) }],
  [23, { keyBytes: 16, decrypt: rc4Md5 }],
])

export const isKnown = (etype: number): boolean => ENCRYPTIONS.has(etype)

/**
 * The plaintext, or `null`: this key did not make it.
 *
 * @throws KerberosError what is no ciphertext or no key at all
 */
export function decrypt({ etype, key }: EncryptionKey, usage: number, bytes: Buffer): Buffer | null {
  const encryption = ENCRYPTIONS.get(etype)
  if (encryption === undefined) throw new KerberosError('KERBEROS_ETYPE', 'an encryption nobody speaks here')
  if (key.length !== encryption.keyBytes) throw broken('a key of another length')
  return encryption.decrypt(key, usage, bytes)
}

/** RFC 3962, section 6: HMAC-SHA1-96 over the plaintext stands behind the ciphertext. */
function aesSha1(key: Buffer, usage: number, bytes: Buffer): Buffer | null {
  const { sealed, mac } = parted(bytes, 12)
  const plain = decryptCts(derive(key, usage, 0xaa), sealed)
  const expected = createHmac('sha1', derive(key, usage, 0x55))
    .update(plain)
    .digest()
    .subarray(0, 12)
  return timingSafeEqual(expected, mac) ? plain.subarray(BLOCK) : null
}

/** RFC 8009, section 5: the HMAC is over IV and ciphertext, so it is looked at before anything is undone. */
function aesSha2(hash: 'sha256' | 'sha384', keyBytes: number, macBytes: number): Decrypt {
  return (key, usage, bytes) => {
    const { sealed, mac } = parted(bytes, macBytes)
    const derived = (kind: number, length: number) => kdf(hash, key, usageConstant(usage, kind), length)
    const integrity = createHmac(hash, derived(0x55, macBytes)).update(ZERO).update(sealed).digest()
    if (!timingSafeEqual(integrity.subarray(0, macBytes), mac)) return null
    return decryptCts(derived(0xaa, keyBytes), sealed).subarray(BLOCK)
  }
}

/** RFC 4757, section 5: the usages that are asked for here need no translation (section 3). */
function rc4Md5(key: Buffer, usage: number, bytes: Buffer): Buffer | null {
  if (bytes.length < 24) throw broken('a ciphertext that is too short')
  const [mac, sealed] = [bytes.subarray(0, 16), bytes.subarray(16)]
  const number = Buffer.alloc(4)
  number.writeUInt32LE(usage)
  const own = hmacMd5(key, number)
  const plain = rc4(hmacMd5(own, mac), sealed)
  return timingSafeEqual(hmacMd5(own, plain), mac) ? plain.subarray(8) : null
}

const hmacMd5 = (key: Buffer, bytes: Buffer): Buffer => createHmac('md5', key).update(bytes).digest()

function parted(bytes: Buffer, macBytes: number): { readonly sealed: Buffer; readonly mac: Buffer } {
  const end = bytes.length - macBytes
  if (end < BLOCK) throw broken('a ciphertext that is too short')
  return { sealed: bytes.subarray(0, end), mac: bytes.subarray(end) }
}

/** Of the last two blocks, X stands before Y; CBC has Y, filled up with what X gives, before X. */
export function decryptCts(key: Buffer, bytes: Buffer): Buffer {
  if (bytes.length === BLOCK) return cbc(key, bytes)
  const last = bytes.length % BLOCK === 0 ? BLOCK : bytes.length % BLOCK
  const start = bytes.length - last - BLOCK
  const x = bytes.subarray(start, start + BLOCK)
  const y = Buffer.concat([bytes.subarray(start + BLOCK), cbc(key, x).subarray(last)])
  return cbc(key, Buffer.concat([bytes.subarray(0, start), y, x])).subarray(0, bytes.length)
}

function cbc(key: Buffer, bytes: Buffer): Buffer {
  const cipher = createDecipheriv(key.length === 16 ? 'aes-128-cbc' : 'aes-256-cbc', key, ZERO).setAutoPadding(false)
  return Buffer.concat([cipher.update(bytes), cipher.final()])
}

/** RFC 3961, section 5.3 "Key Derivation Based on Encryption and Random Octets"; 0xAA encrypts, 0x55 vouches. */
function derive(key: Buffer, usage: number, kind: number): Buffer {
  return derivedKey(key, usageConstant(usage, kind))
}

export function derivedKey(key: Buffer, constant: Buffer): Buffer {
  const blocks: Buffer[] = []
  let block = nFold(constant, BLOCK)
  for (let made = 0; made < key.length; made += BLOCK) {
    const cipher = createCipheriv(key.length === 16 ? 'aes-128-ecb' : 'aes-256-ecb', key, null).setAutoPadding(false)
    block = cipher.update(block)
    blocks.push(block)
  }
  return Buffer.concat(blocks)
}

/** RFC 8009, section 3: KDF-HMAC-SHA2 with a counter of one, for nothing longer than the hash is asked for. */
function kdf(hash: 'sha256' | 'sha384', key: Buffer, label: Buffer, length: number): Buffer {
  const counted = Buffer.alloc(9)
  counted.writeUInt32BE(1, 0)
  counted.writeUInt32BE(length * 8, 5)
  const mac = createHmac(hash, key).update(counted.subarray(0, 4)).update(label).update(counted.subarray(4)).digest()
  return mac.subarray(0, length)
}

function usageConstant(usage: number, kind: number): Buffer {
  const constant = Buffer.alloc(5, kind)
  constant.writeUInt32BE(usage, 0)
  return constant
}

/**
 * RFC 3961, section 5.1 "n-fold": copies of the input, each turned right by 13 bits more, laid end to end, cut into
 * pieces of `size` and added up in one's complement.
 */
export function nFold(input: Buffer, size: number): Buffer {
  const bits = input.length * 8
  const whole = (input.length * size) / gcd(input.length, size)
  const laid = Buffer.alloc(whole)
  for (let at = 0; at < whole * 8; at += 1) {
    const turned = (((at % bits) - 13 * Math.floor(at / bits)) % bits) + bits
    if (((input[(turned % bits) >> 3] ?? 0) & (0x80 >> ((turned % bits) & 7))) !== 0)
      laid[at >> 3] = (laid[at >> 3] ?? 0) | (0x80 >> (at & 7))
  }
  const sum = Buffer.alloc(size)
  for (let from = 0; from < whole; from += size) addTo(sum, laid.subarray(from, from + size))
  return sum
}

/** In one's complement: what overflows is added at the end. */
function addTo(sum: Buffer, piece: Buffer): void {
  let carry = 0
  for (let at = 2 * sum.length - 1; at >= 0; at -= 1) {
    const place = at % sum.length
    const added = (sum[place] ?? 0) + (at >= sum.length ? (piece[place] ?? 0) : 0) + carry
    sum[place] = added & 0xff
    carry = added >> 8
  }
}

function gcd(one: number, other: number): number {
  return other === 0 ? one : gcd(other, one % other)
}
