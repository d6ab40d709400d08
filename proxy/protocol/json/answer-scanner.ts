/**
 * Takes a JSON text apart as it streams past, in bytes of UTF-8: names, values and brackets, to a listener. Every byte is
 * looked at once, and no string is made of what nobody wants to read: an answer is mostly numbers and short texts.
 *
 * It is lax: commas and colons may be missing. What cannot be told at all, or is nested beyond the limit, ends the scan;
 * whoever calls it looks at the rest as at plain text. Several texts may follow one another, as in a list of lines.
 */

/** A member's name, one object per different name, so that what is known of it is found out once. */
export class JsonName {
  readonly text: string
  /** May there be a person number in the name itself? */
  readonly hot: boolean
  /** The name that came after this one last time; owned by the scanner. */
  next: this | null = null
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array, text: string, hot: boolean) {
    this.#bytes = bytes
    this.text = text
    this.hot = hot
  }

  /** @returns where the name ends that stands at `from`, a quote behind it, if it is this one; else -1. */
  endAt(buffer: Uint8Array, from: number): number {
    const bytes = this.#bytes
    const end = from + bytes.length
    if (buffer[end] !== QUOTE) return -1
    for (let i = 0; i < bytes.length; i += 1) if (bytes[i] !== buffer[from + i]) return -1
    return end
  }
}

export interface JsonListener<Name extends JsonName> {
  /** Makes what is kept of a name. */
  newName(bytes: Uint8Array, text: string, hot: boolean): Name
  /** The next value is this member's. */
  name(name: Name): void
  open(list: boolean): void
  close(): void
  string(value: JsonToken): void
  number(value: JsonToken): void
  /** `true`, `false` or `null`. */
  word(): void
  /** A part of a string that is too long to be kept. */
  piece(value: JsonToken): void
}

/** A value as it stands in the buffer; its text is made only where it is asked for. */
export interface JsonToken {
  readonly text: string
  readonly length: number
  /** How many digits are in it. */
  readonly digits: number
  /** Its number, if it is nothing but digits; else -1. */
  readonly integer: number
  /** May there be a person number in it? Says yes too often, and never no wrongly, for numbers in usual spelling. */
  readonly hot: boolean
}

const MAX_DEPTH = 512
const MAX_NAMES = 4096
/** A token may be cut by the end of a chunk; a longer one is looked at in pieces. */
const MAX_HELD = 256 * 1024
/** Longer than a person number in escapes and what tells that it is a whole one. */
const OVERLAP = 128

const NOTHING = new Uint8Array(0)
const END = new Uint8Array([0x20])
/** The beginning of a string whose beginning is gone. */
const TORN = new Uint8Array([0x22, 0x78])

const QUOTE = 0x22
const BACKSLASH = 0x5c
const LIST = 1
const OBJECT = 2

export class JsonScanner<Name extends JsonName> implements JsonToken {
  readonly #listener: JsonListener<Name>
  readonly #names = new Map<string, Name>()
  #last: Name | null = null
  readonly #kinds = new Uint8Array(MAX_DEPTH + 1)
  readonly #decoder = new TextDecoder()
  /** A token that the last chunk cut. */
  #held: Uint8Array = new Uint8Array(0)
  /** What has come since: looked at once it is as much again, so that the cost stays linear for chunks of any size. */
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #depth = 0
  #expectsName = false
  // The token at hand: where it stands in the buffer, and whether it has escapes.
  #buffer: Uint8Array = new Uint8Array(0)
  #from = 0
  #to = 0
  #escaped = false
  hot = false
  digits = 0

  constructor(listener: JsonListener<Name>) {
    this.#listener = listener
  }

  get length(): number {
    return this.#to - this.#from
  }

  get integer(): number {
    let value = 0
    for (let at = this.#from; at < this.#to; at += 1) {
      const digit = (this.#buffer[at] ?? 0) - 0x30
      if (digit < 0 || digit > 9) return -1
      value = value * 10 + digit
    }
    return value
  }

  get text(): string {
    const text = this.#decoder.decode(this.#buffer.subarray(this.#from, this.#to))
    return this.#escaped ? unescaped(text) : text
  }

  /** @returns what could not be read, and everything behind it; `null`: all is well so far. */
  write(chunk: Uint8Array): Uint8Array | null {
    if (this.#held.length + this.#waitingBytes === 0) return this.#use(chunk)
    this.#waiting.push(chunk)
    this.#waitingBytes += chunk.length
    return this.#waitingBytes < this.#held.length ? null : this.#use(this.#taken())
  }

  #taken(): Uint8Array {
    const bytes = joined([this.#held, ...this.#waiting])
    this.#held = NOTHING
    this.#waiting = []
    this.#waitingBytes = 0
    return bytes
  }

  #use(bytes: Uint8Array): Uint8Array | null {
    const done = this.#scan(bytes)
    if (done < 0) return bytes.subarray(-1 - done)
    this.#held = bytes.slice(done)
    if (this.#held.length > MAX_HELD) this.#giveOutPiece()
    return null
  }

  /** A number at the very end is whole only now. */
  end(): Uint8Array | null {
    const rest = joined([this.#taken(), END])
    const done = this.#scan(rest)
    if (done < 0) return rest.subarray(-1 - done)
    return done < rest.length ? rest.subarray(done) : null
  }

  /** @returns how many bytes are used up; `-1 - n`: those before `n` are, and the next cannot be read. */
  #scan(bytes: Uint8Array): number {
    let at = 0
    while (at < bytes.length) {
      const code = bytes[at] ?? 0
      let next = at + 1
      if (code === QUOTE) next = this.#string(bytes, at)
      else if (code === 0x2c) this.#expectsName = this.#kinds[this.#depth] === OBJECT
      else if (isPlain(code)) next = this.#plain(bytes, at)
      else if (code === 0x7b || code === 0x5b) {
        if (!this.#open(code === 0x5b)) return -1 - at
      } else if (code === 0x7d || code === 0x5d) {
        if (!this.#close(code === 0x5d)) return -1 - at
      } else if (!isBetween(code)) return -1 - at
      if (next < 0) return at
      at = next
    }
    return at
  }

  #open(list: boolean): boolean {
    if (this.#depth >= MAX_DEPTH) return false
    this.#depth += 1
    this.#kinds[this.#depth] = list ? LIST : OBJECT
    this.#expectsName = !list
    this.#listener.open(list)
    return true
  }

  #close(list: boolean): boolean {
    if (this.#kinds[this.#depth] !== (list ? LIST : OBJECT)) return false
    this.#listener.close()
    this.#depth -= 1
    this.#expectsName = false
    return true
  }

  /** @returns one past the closing quote, or -1 where the string goes on in the next chunk. */
  #string(bytes: Uint8Array, start: number): number {
    if (this.#expectsName) return this.#name(bytes, start)
    const length = bytes.length
    let run = 0
    let digits = 0
    let hot = false
    let escaped = false
    let at = start + 1
    for (; at < length; at += 1) {
      const code = bytes[at] ?? 0
      if (code >= 0x30 && code <= 0x39) {
        run += 1
        continue
      }
      if (run !== 0) {
        digits += run
        if (run >= 6 && mayBePerson(run, code)) hot = true
        run = 0
      }
      if (code === QUOTE) break
      if (code === BACKSLASH) {
        escaped = true
        at += 1
        // Only an escape by number can stand for a digit.
        if (bytes[at] === 0x75) hot = true
      } else if (code >= 0xd8) hot = true
    }
    if (at >= length) return -1
    this.#token(bytes, start + 1, at, hot, escaped)
    this.digits = digits
    this.#listener.string(this)
    return at + 1
  }

  /** Rows of objects name their members in the same order, so the name is mostly the one that is expected. */
  #name(bytes: Uint8Array, start: number): number {
    const expected = this.#last?.next ?? null
    let end = expected === null ? -1 : expected.endAt(bytes, start + 1)
    let name = expected
    if (end < 0) {
      end = this.#nameEnd(bytes, start)
      if (end < 0) return -1
      name = this.#named()
      if (this.#last !== null) this.#last.next = name
    }
    this.#last = name
    this.#expectsName = false
    if (name !== null) this.#listener.name(name)
    return end + 1
  }

  #nameEnd(bytes: Uint8Array, start: number): number {
    let at = start + 1
    let escaped = false
    for (; at < bytes.length && bytes[at] !== QUOTE; at += 1) {
      if (bytes[at] !== BACKSLASH) continue
      escaped = true
      at += 1
    }
    if (at >= bytes.length) return -1
    this.#token(bytes, start + 1, at, false, escaped)
    return at
  }

  #named(): Name {
    const text = this.text
    const known = this.#names.get(text)
    if (known !== undefined) return known
    const name = this.#listener.newName(this.#buffer.slice(this.#from, this.#to), text, /\d{6}|[^\0-\u05ff]/.test(text))
    if (this.#names.size < MAX_NAMES) this.#names.set(text, name)
    return name
  }

  #token(bytes: Uint8Array, from: number, to: number, hot: boolean, escaped: boolean): void {
    this.#buffer = bytes
    this.#from = from
    this.#to = to
    this.hot = hot
    this.#escaped = escaped
  }

  /** A number or a word. */
  #plain(bytes: Uint8Array, start: number): number {
    let at = start + 1
    while (at < bytes.length && isPlain(bytes[at] ?? 0)) at += 1
    if (at === bytes.length) return -1
    const first = bytes[start] ?? 0
    this.#token(bytes, start, at, at - start >= 9, false)
    this.digits = at - start
    if (first === 0x2d || (first >= 0x30 && first <= 0x39)) this.#listener.number(this)
    else this.#listener.word()
    return at
  }

  /**
   * What stands in a string of megabytes is text; its end goes on as the beginning of a string. A letter stands before
   * it, so that the rest of a longer number is none of its own.
   */
  #giveOutPiece(): void {
    const held = this.#held
    this.#token(held, 1, held.length, true, held.includes(BACKSLASH))
    this.#listener.piece(this)
    this.#held = joined([TORN, held.subarray(held.length - OVERLAP)])
  }
}

/** Digits, letters, signs and the point. */
const isPlain = (code: number): boolean =>
  code <= 0x39
    ? code >= 0x30 || code === 0x2d || code === 0x2b || code === 0x2e
    : (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a)

/** White space, a colon, and what may stand before a text: a byte order mark, a record separator. */
const isBetween = (code: number): boolean =>
  code <= 0x20 || code === 0x3a || code === 0xef || code === 0xbb || code === 0xbf

/** Ten digits, nine where a zero was lost, six and something between them and the rest, or seven and letters. */
function mayBePerson(run: number, next: number): boolean {
  if (run > 8) return run <= 10
  return run < 8 && next !== 0x2e && next !== 0x2c && next !== QUOTE
}

/** RFC 8259 section 7 "Strings". */
function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-f]{4})|(.))/gis, (_, hex: string | undefined, sign: string) =>
    hex === undefined ? (/[bfnrt]/.test(sign) ? ' ' : sign) : String.fromCharCode(Number.parseInt(hex, 16)),
  )
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
