/**
 * DER (ITU-T X.690, section 10), as far as Kerberos and SPNEGO use it: single-octet tags, definite lengths. Nothing is
 * copied; every length is held against what is there, and depth is what the caller asks for, so hostile bytes cost no
 * more than they are long.
 */
import { broken } from './kerberos-error.ts'

export interface Element {
  /** The identifier octet: class, form and number. */
  readonly tag: number
  readonly content: Buffer
  /** With tag and length. */
  readonly whole: Buffer
}

const INTEGER = 0x02
const OCTET_STRING = 0x04
export const OBJECT_ID = 0x06
export const SEQUENCE = 0x30
const BIT_STRING = 0x03
const GENERAL_STRING = 0x1b
/** No sequence here has more; lists of names or encryption types neither. */
const MAX_ELEMENTS = 256

/** `[number]`, EXPLICIT. */
export const context = (number: number): number => 0xa0 | number
/** `[APPLICATION number]`, constructed. */
export const application = (number: number): number => 0x60 | number

/** The first element. */
export function first(bytes: Buffer): Element {
  const [tag, short] = bytes
  if (tag === undefined || short === undefined || (tag & 0x1f) === 0x1f) throw broken('a tag')
  const octets = short < 0x80 ? 0 : short & 0x7f
  if (short === 0x80 || octets > 4 || bytes.length < 2 + octets) throw broken('a length')
  const length = octets === 0 ? short : bytes.readUIntBE(2, octets)
  const begin = 2 + octets
  if (length > bytes.length - begin) throw broken('more than there is')
  return { tag, content: bytes.subarray(begin, begin + length), whole: bytes.subarray(0, begin + length) }
}

/** The one element that `bytes` are, with this tag. */
export function only(bytes: Buffer, tag: number): Buffer {
  const element = first(bytes)
  if (element.tag !== tag || element.whole.length !== bytes.length) throw broken('another element')
  return element.content
}

/** The elements one after the other. */
export function elements(bytes: Buffer): readonly Element[] {
  const found: Element[] = []
  for (let at = 0; at < bytes.length;) {
    const element = first(bytes.subarray(at))
    if (found.length === MAX_ELEMENTS) throw broken('too many elements')
    found.push(element)
    at += element.whole.length
  }
  return found
}

/** The members of a SEQUENCE in which each has its number: what stands inside `[number]`, or `null`. */
export class Members {
  readonly #elements: readonly Element[]

  /** @param bytes the SEQUENCE, whole */
  constructor(bytes: Buffer) {
    this.#elements = elements(only(bytes, SEQUENCE))
    // Of two that are one member, readers differ in which they take.
    if (new Set(this.#elements.map(({ tag }) => tag)).size < this.#elements.length) throw broken('a member twice')
  }

  optional(number: number): Buffer | null {
    return this.#elements.find(({ tag }) => tag === context(number))?.content ?? null
  }

  required(number: number): Buffer {
    const found = this.optional(number)
    if (found === null) throw broken('a member is missing')
    return found
  }

  integer(number: number): number {
    return integer(this.required(number))
  }

  octets(number: number): Buffer {
    return only(this.required(number), OCTET_STRING)
  }

  text(number: number): string {
    return text(this.required(number))
  }

  /** Is this bit of a BIT STRING set? Counted from its first octet's highest. */
  bit(number: number, bit: number): boolean {
    const octet = only(this.required(number), BIT_STRING)[1 + (bit >> 3)] ?? 0
    return (octet & (0x80 >> (bit & 7))) !== 0
  }
}

function integer(bytes: Buffer): number {
  const content = only(bytes, INTEGER)
  if (content.length === 0 || content.length > 5) throw broken('a number')
  return content.readIntBE(0, content.length)
}

/** KerberosString (RFC 4120, section 5.2.1): US-ASCII by the letter, UTF-8 as everybody sends it. */
function text(bytes: Buffer): string {
  return only(bytes, GENERAL_STRING).toString('utf8')
}
