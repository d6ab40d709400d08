import { decodeReferences } from './references.ts'
import { Spellings } from './spellings.ts'

/** By the name as it is spelled, prefix and all. */
export type Attributes = ReadonlyMap<string, string>

/** Value of the attribute with this local name, whatever its prefix. */
export function attribute(attributes: Attributes, local: string): string | null {
  const own = attributes.get(local)
  if (own !== undefined) return own
  for (const [name, value] of attributes) {
    if (name.endsWith(`:${local}`)) return value
  }
  return null
}

const MAX_KEPT_BYTES = 512

const NONE: Attributes = new Map()

/**
 * The attributes of tags. Most tags say what an earlier one said, `xsi:type="xsd:double"`: those read before are kept by
 * their bytes, and are not even made a string again.
 */
export class AttributeReader {
  readonly #kept = new Spellings<Attributes>()

  get isFull(): boolean {
    return this.#kept.isFull
  }

  read(buffer: Buffer, from: number, to: number): Attributes {
    if (from >= to) return NONE
    if (to - from > MAX_KEPT_BYTES) return parse(buffer.toString('utf8', from, to))
    return this.#kept.at(buffer, from, to, parse)
  }
}

function parse(text: string): Attributes {
  const attributes = new Map<string, string>()
  for (let at = 0; ;) {
    const equals = text.indexOf('=', at)
    if (equals < 0) return attributes
    const open = afterSpace(text, equals + 1)
    const quote = text[open]
    const close = quote === '"' || quote === "'" ? text.indexOf(quote, open + 1) : -1
    if (close < 0) return attributes
    const name = text.slice(at, equals).trim()
    if (!attributes.has(name)) attributes.set(name, decodeReferences(text.slice(open + 1, close)))
    at = close + 1
  }
}

function afterSpace(text: string, from: number): number {
  let at = from
  while (at < text.length && text.charCodeAt(at) <= 0x20) at += 1
  return at
}
