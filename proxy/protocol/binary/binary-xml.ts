/**
 * SQL Server's binary XML as Analysis Services sends it ([MS-BINXML]): a stream of tokens in, the XML text they stand for
 * out. Names are defined once and named by number; values are typed.
 *
 * A token is read when it is there as a whole, so it makes no difference how the bytes arrive. What is not sound ends the
 * reading with {@link BinaryError}; the text up to there stands. Numbers of names, depth and the size of one value are
 * bounded; a claimed length beyond the bound is not waited for.
 *
 * Documents types are refused, as in text: an entity could hide a person.
 */
import { BinaryError, damaged } from './binary-error.ts'
import { Budget } from './budget.ts'
import { Held } from './held.ts'
import { Names } from './names.ts'
import type { QName } from './names.ts'
import { TagWriter } from './tag-writer.ts'
import { TIME_BYTES, VALUE_TYPES } from './values.ts'
import type { ValueType } from './values.ts'

const MAX_VALUE_BYTES = 16 * 1024 * 1024
const MAX_NESTED = 16

/** Not all of the token is here yet; never leaves this file. */
const MORE = Symbol('more')

/** [MS-BINXML] section 2.1.3 "Token Values"; those of values are in `values.ts`. */
const TOKEN = {
  xmlDecl: 0xfe,
  encoding: 0xfd,
  element: 0xf8,
  endElement: 0xf7,
  attribute: 0xf6,
  endAttributes: 0xf5,
  instruction: 0xf4,
  comment: 0xf3,
  cdata: 0xf2,
  endCdata: 0xf1,
  name: 0xf0,
  qname: 0xef,
  xmlText: 0xed,
  nest: 0xec,
  endNest: 0xeb,
  extension: 0xea,
  flushNames: 0xe9,
} as const

const utf16 = new TextDecoder('utf-16le')

export class BinaryXmlReader {
  readonly #held = new Held()
  readonly #budget: Budget
  readonly #tags: TagWriter
  #names = new Names()
  readonly #outer: Names[] = []
  #begun = false
  /** Bytes from the start of the token in hand, and how far it has been read. */
  #bytes: Uint8Array = new Uint8Array(0)
  #at = 0

  /** @param most characters in all; beyond it, and beyond 200 times what came, is `BINARY_LIMIT`. */
  constructor(most?: number) {
    this.#budget = new Budget(most)
    this.#tags = new TagWriter(this.#budget)
  }

  /** The text of the tokens that are whole with `chunk`. Throws {@link BinaryError}. */
  write(chunk: Uint8Array): string {
    this.#held.add(chunk)
    this.#budget.earn(chunk.length)
    let used = 0
    const all = this.#held.rest
    try {
      for (this.#bytes = all; this.#bytes.length > 0; this.#bytes = all.subarray(used)) {
        this.#at = 0
        if (this.#step() === MORE) break
        used += this.#at
      }
    } finally {
      this.#held.use(used)
    }
    return this.#tags.take()
  }

  /** What is still to be written. Throws {@link BinaryError} where the document is not whole. */
  end(): string {
    if (this.#held.length > 0 || !this.#begun || !this.#tags.isWhole) damaged()
    return this.#tags.take()
  }

  /** Text that was made before an error was thrown. */
  rest(): string {
    return this.#tags.take()
  }

  #step(): typeof MORE | undefined {
    if (!this.#begun) return this.#start()
    const token = this.#bytes[this.#at++] ?? 0
    const value = VALUE_TYPES.get(token)
    if (value !== undefined) return this.#value(value)
    const metadata = this.#metadata(token)
    if (metadata === 'other') return this.#structure(token)
    return metadata
  }

  /** `DF FF`, version 1 or 2, code page 1200 (UTF-16), and perhaps an XML declaration. */
  #start(): typeof MORE | undefined {
    const [one, two, version = 0, low, high] = this.#bytes
    if (this.#bytes.length < 6) return MORE
    if (one !== 0xdf || two !== 0xff || version < 1 || version > 2 || low !== 0xb0 || high !== 0x04) damaged()
    this.#at = 5
    if (this.#bytes[5] === TOKEN.xmlDecl) {
      this.#at = 6
      if (this.#declaration() === MORE) return MORE
    }
    this.#begun = true
    return undefined
  }

  #declaration(): typeof MORE | undefined {
    if (this.#text() === MORE) return MORE
    if (this.#bytes[this.#at] === TOKEN.encoding) {
      this.#at += 1
      if (this.#text() === MORE) return MORE
    }
    return this.#skip(1)
  }

  #metadata(token: number): typeof MORE | 'other' | undefined {
    switch (token) {
      case TOKEN.name: {
        const name = this.#text()
        if (name === MORE) return MORE
        this.#names.addName(name)
        return undefined
      }
      case TOKEN.qname: {
        const uri = this.#number()
        const prefix = this.#number()
        const local = this.#number()
        if (uri === MORE || prefix === MORE || local === MORE) return MORE
        this.#names.addQName(uri, prefix, local)
        return undefined
      }
      case TOKEN.flushNames:
        this.#names = new Names()
        return undefined
      case TOKEN.extension: {
        const length = this.#number()
        return length === MORE ? MORE : this.#skip(length)
      }
      default:
        return 'other'
    }
  }

  #structure(token: number): typeof MORE | undefined {
    switch (token) {
      case TOKEN.element:
        return this.#named((name) => this.#tags.open(name))
      case TOKEN.attribute:
        return this.#named((name) => this.#tags.attribute(name))
      case TOKEN.endAttributes:
        return this.#tags.endAttributes()
      case TOKEN.endElement:
        return this.#tags.close()
      case TOKEN.cdata:
        return this.#textTo((text) => this.#tags.text(text))
      case TOKEN.endCdata:
        return undefined
      case TOKEN.xmlText:
        return this.#textTo((text) => this.#tags.markup(text))
      case TOKEN.comment:
        return this.#textTo(() => undefined)
      case TOKEN.instruction:
        return this.#number() === MORE ? MORE : this.#textTo(() => undefined)
      case TOKEN.nest:
        return this.#nest()
      case TOKEN.endNest:
        this.#names = this.#outer.pop() ?? damaged()
        return undefined
      default:
        return damaged()
    }
  }

  /** A document within the document, with names of its own. */
  #nest(): undefined {
    if (this.#outer.push(this.#names) > MAX_NESTED) throw new BinaryError('BINARY_LIMIT')
    this.#names = new Names()
    this.#begun = false
  }

  #named(use: (name: QName) => void): typeof MORE | undefined {
    const number = this.#number()
    if (number === MORE) return MORE
    use(this.#names.qname(number))
    return undefined
  }

  #textTo(use: (text: string) => void): typeof MORE | undefined {
    const text = this.#text()
    if (text === MORE) return MORE
    use(text)
    return undefined
  }

  #value({ length, text }: ValueType): typeof MORE | undefined {
    if (length.kind === 'name') return this.#named(({ written }) => this.#tags.text(written))
    const count = this.#lengthOf(length)
    if (count === MORE || this.#bytes.length - this.#at < count) return MORE
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.#at, count)
    this.#tags.text(text(view))
    this.#at += count
    return undefined
  }

  #lengthOf(length: Exclude<ValueType['length'], { kind: 'name' }>): number | typeof MORE {
    if (length.kind === 'bytes') return length.count
    if (length.kind === 'scaled') {
      const scale = this.#bytes[this.#at]
      return scale === undefined ? MORE : 1 + (TIME_BYTES[scale] ?? damaged()) + 3 + (length.zone ? 2 : 0)
    }
    const count = this.#number()
    return count === MORE ? MORE : within(count * length.unit)
  }

  /** A count of UTF-16 units, and that many. */
  #text(): string | typeof MORE {
    const count = this.#number()
    if (count === MORE) return MORE
    const end = this.#at + within(2 * count)
    if (end > this.#bytes.length) return MORE
    const text = utf16.decode(this.#bytes.subarray(this.#at, end))
    this.#at = end
    return text
  }

  /** Seven bits a byte, least first, up to five bytes. */
  #number(): number | typeof MORE {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#bytes[this.#at]
      if (byte === undefined) return MORE
      this.#at += 1
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    return damaged()
  }

  #skip(count: number): typeof MORE | undefined {
    if (this.#at + within(count) > this.#bytes.length) return MORE
    this.#at += count
    return undefined
  }
}

function within(count: number): number {
  if (count > MAX_VALUE_BYTES) throw new BinaryError('BINARY_LIMIT')
  return count
}
