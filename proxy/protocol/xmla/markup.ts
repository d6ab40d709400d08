/**
 * Reads the markup of an answer as its bytes arrive: elements, and the text in them. It knows no more of XML than that.
 *
 * It is made for speed over answers in which nothing is to be found. A byte is looked at once, and where it came to; a
 * name that was read before is compared and not made again; of a text only its digits are noted and whether a reference
 * may hide some, and a string is made of it only for whoever asks. Attributes are read on demand.
 *
 * Bytes are UTF-8, or any encoding whose markup is ASCII. Chunks end anywhere. What is not well formed is passed over:
 * {@link MarkupHandler.torn} tells where the nesting was not what it seemed. Only what would take memory or time without
 * bound ends the reading: depth, a tag, a name or a text beyond its limit, and entities of a document's own.
 */
import type { Attributes } from './attributes.ts'
import { hasHyphenated, mayBeNamed, mayHide, mayHoldPerson, textMayHoldPerson } from './candidate.ts'
import type { MarkupName } from './markup-name.ts'
import { startsWith } from './markup-name.ts'
import { decodeReferences, hasDigitReference } from './references.ts'
import type { Spellings } from './spellings.ts'
import { Vocabulary } from './vocabulary.ts'

/** Told of each element. While it is, the reader tells of its attributes and of the text before the tag. */
export interface MarkupHandler {
  /** `name` begins, and is the innermost now; the text before it is its parent's. */
  open(name: MarkupName): void
  /** `name` ends, and is still the innermost. */
  close(name: MarkupName): void
  /** An end tag had no beginning, an element no end, or `<` no name. */
  torn(): void
}

const MAX_DEPTH = 200
const MAX_NAME = 8 * 1024
const MAX_TAG = 1024 * 1024
/** A text is held until it ends; none in an answer is this long. */
const MAX_TEXT = 16 * 1024 * 1024
/** Memory for one token beyond this is given back when the token is over. */
const SPARE = 256 * 1024

const TAB = 0x09
const SPACE = 0x20
const BANG = 0x21
const QUOTE = 0x22
const HASH = 0x23
const AMPERSAND = 0x26
const APOSTROPHE = 0x27
const SLASH = 0x2f
const LESS = 0x3c
const GREATER = 0x3e
const QUESTION = 0x3f

/** Longer texts are not looked up. */
const MAX_SPELLED = 256
/** A person number has seven at least, where it is written as `7.07334E+8`. */
const FEWEST_DIGITS = 7

/** What a text was seen to hold. */
const DIGITS = 1
const REFERENCES = 2
/** Characters that may be digits of another script, or be passed over within a number. */
const HIDDEN = 4

type Step = 'more' | 'wait'

export class MarkupReader {
  readonly #handler: MarkupHandler
  readonly #names: Vocabulary['names']
  readonly #attributes: Vocabulary['attributes']
  readonly #open: MarkupName[] = []
  #lastOpened: MarkupName | null = null
  #buffer: Buffer = Buffer.alloc(0)
  /** The buffer is the reader's own, and may be written to. */
  #isOwn = true
  /** Bytes of the buffer in use. What stands before `keep` is over. */
  #end = 0
  #keep = 0
  #at = 0
  #textFrom = 0
  #textTo = 0
  #noted = 0
  #digits = 0
  /** Digits of the whole text, together or not. */
  #digitsInAll = 0
  /** Text before a comment or a CDATA section, decoded. */
  #parts = ''
  /** The start tag that is being read: its name, and how far its attributes were looked through. */
  #opening: MarkupName | null = null
  #tagAt = 0
  #attributesFrom = 0
  #attributesTo = 0
  #quote = 0
  /** The attributes of the innermost element, where a comment parts them from its end. */
  #kept: Attributes | null = null
  /** Where to go on looking for the end of a comment or the like. */
  #searched = 0
  #stopped = false

  constructor(handler: MarkupHandler, { names, attributes } = new Vocabulary()) {
    this.#handler = handler
    this.#names = names
    this.#attributes = attributes
  }

  get depth(): number {
    return this.#open.length
  }

  /** The element `up` levels above the innermost. */
  ancestor(up: number): MarkupName | undefined {
    return this.#open[this.#open.length - 1 - up]
  }

  /** Is an element of this name open? */
  isWithin(local: string): boolean {
    return this.#open.some((name) => name.local === local)
  }

  /** A limit was passed, and nothing is read any more. */
  isStopped(): boolean {
    return this.#stopped
  }

  /** `bytes` must stay as they are until the next call: they are not copied. */
  write(bytes: Uint8Array): void {
    if (this.#stopped) return
    this.#append(bytes)
    while (this.#next() === 'more');
    if (this.isStopped()) this.#forget()
  }

  /** The text since the last tag, its references resolved. */
  text(): string {
    return this.#parts + decodeReferences(this.#buffer.toString('utf8', this.#textFrom, this.#textTo))
  }

  get textIsEmpty(): boolean {
    return this.#textFrom === this.#textTo && this.#parts === ''
  }

  /** Might a person number stand in the text? Never a wrong no. */
  mayHoldPerson(): boolean {
    if (this.#isEncoded()) return textMayHoldPerson(this.text())
    return (this.#noted & DIGITS) !== 0 && mayHoldPerson(this.#buffer, this.#textFrom, this.#textTo)
  }

  /** The same where the text is named for person numbers, in which they may be written in any way. */
  mayHoldNamedPerson(): boolean {
    return this.#digitsInAll >= FEWEST_DIGITS || this.#isEncoded()
  }

  /** Might the text be the name of an attribute that everybody knows to hold persons or places? Never a wrong no. */
  mayBeNamed(): boolean {
    if (this.#parts !== '' || (this.#noted & REFERENCES) !== 0) return true
    return mayBeNamed(this.#buffer, this.#textFrom, this.#textTo)
  }

  /** What the text means, where it is one of those that are known; else what `meaning` says of it. */
  spelled<T>(known: Spellings<T>, meaning: (text: string) => T): T {
    if (this.#parts !== '' || this.#textTo - this.#textFrom > MAX_SPELLED) return meaning(this.text())
    return known.at(this.#buffer, this.#textFrom, this.#textTo, (text) => meaning(decodeReferences(text)))
  }

  /** The same for one with a hyphen or dash, which no amount has. */
  mayHoldHyphenated(): boolean {
    if (this.#isEncoded()) return textMayHoldPerson(this.text())
    return (this.#noted & (DIGITS | REFERENCES)) !== 0 && hasHyphenated(this.#buffer, this.#textFrom, this.#textTo)
  }

  /** Is the text not told by its bytes alone? */
  #isEncoded(): boolean {
    if (this.#parts !== '' || (this.#noted & HIDDEN) !== 0) return true
    return (this.#noted & REFERENCES) !== 0 && hasDigitReference(this.#buffer, this.#textFrom, this.#textTo)
  }

  /** Those of the element in hand: asked when it opens, or when it closes with nothing but text in it. Else none. */
  attributes(): Attributes {
    return this.#kept ?? this.#attributes.read(this.#buffer, this.#attributesFrom, this.#attributesTo)
  }

  get hasAttributes(): boolean {
    return this.#attributesTo > this.#attributesFrom
  }

  /** Might a person number stand in an attribute? */
  attributesMayHoldPerson(): boolean {
    const [from, to] = [this.#attributesFrom, this.#attributesTo]
    return hasDigitReference(this.#buffer, from, to) || mayHoldPerson(this.#buffer, from, to)
  }

  #append(bytes: Uint8Array): void {
    const held = this.#end - this.#keep
    if (held === 0) return this.#adopt(bytes)
    const needed = held + bytes.length
    const room = this.#buffer.length
    if (!this.#isOwn || needed > room || (room > SPARE && needed < SPARE / 4)) {
      const roomier = Buffer.allocUnsafeSlow(Math.max(needed + 256, needed > room ? held * 2 : 0))
      this.#buffer.copy(roomier, 0, this.#keep, this.#end)
      this.#buffer = roomier
      this.#isOwn = true
    } else if (this.#keep > 0) this.#buffer.copyWithin(0, this.#keep, this.#end)
    this.#move(this.#keep)
    this.#buffer.set(bytes, held)
    this.#end = needed
  }

  /** Nothing is left of what came before: these are read where they are. */
  #adopt(bytes: Uint8Array): void {
    this.#move(this.#keep)
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#isOwn = false
    this.#end = bytes.length
  }

  /** What is not over goes to the front. It is less than was read since the last time, or all of it is one token. */
  #move(by: number): void {
    this.#end -= by
    this.#at -= by
    this.#textFrom -= by
    this.#textTo -= by
    this.#tagAt -= by
    this.#attributesFrom -= by
    this.#attributesTo -= by
    this.#searched -= by
    this.#keep = 0
  }

  #forget(): void {
    this.#buffer = Buffer.alloc(0)
    this.#isOwn = true
    this.#keep = 0
    this.#end = 0
    this.#textBegins(0)
  }

  #stop(): Step {
    this.#stopped = true
    return 'wait'
  }

  /** Reads on to the end of the next token, or says that more bytes are needed for it. */
  #next(): Step {
    if (this.#opening !== null) return this.#restOfTag(this.#opening)
    const found = this.#skipText()
    if (this.#at - this.#textFrom + this.#parts.length > MAX_TEXT) return this.#stop()
    if (!found) return 'wait'
    if (this.#at + 1 >= this.#end) return 'wait'
    switch (this.#buffer[this.#at + 1] ?? 0) {
      case SLASH:
        return this.#endTag()
      case BANG:
        return this.#declaration()
      case QUESTION:
        return this.#skipTo('?>', this.#at + 2)
      default:
        return this.#startTag()
    }
  }

  /** To the next `<`, noting what the text holds. */
  #skipText(): boolean {
    const buffer = this.#buffer
    const end = this.#end
    let at = this.#at
    let digits = this.#digits
    let inAll = this.#digitsInAll
    let noted = this.#noted
    for (; at < end; at += 1) {
      const byte = buffer[at] ?? 0
      if (byte > LESS) {
        digits = 0
        if (byte >= 0xad && mayHide(byte, buffer[at - 1] ?? 0)) noted |= HIDDEN
      } else if (byte === LESS) break
      else if (byte >= 0x30 && byte <= 0x39) {
        digits += 1
        inAll += 1
        if (digits === 6) noted |= DIGITS
      } else {
        digits = 0
        if (byte === HASH && at > this.#textFrom && buffer[at - 1] === AMPERSAND) noted |= REFERENCES
      }
    }
    this.#at = at
    this.#textTo = at
    this.#digits = digits
    this.#digitsInAll = inAll
    this.#noted = noted
    return at < end
  }

  /** A tag is over at `at`, and a new text begins. */
  #textBegins(at: number): void {
    this.#at = at
    this.#textFrom = at
    this.#textTo = at
    this.#noted = 0
    this.#digits = 0
    this.#digitsInAll = 0
    if (this.#parts !== '') this.#parts = ''
  }

  #startTag(): Step {
    const from = this.#at + 1
    const name = this.#name(from)
    if (name === 'wait') return this.#end - from > MAX_NAME ? this.#stop() : 'wait'
    if (name === null) return this.#notMarkup()
    if (name.bytes.length > MAX_NAME) return this.#stop()
    this.#opening = name
    this.#tagAt = this.#at
    this.#attributesFrom = from + name.bytes.length
    this.#at = this.#attributesFrom
    this.#quote = 0
    return this.#restOfTag(name)
  }

  /** The name at `from`; `null` where none begins. */
  #name(from: number): MarkupName | 'wait' | null {
    const guess = this.#lastOpened?.next ?? null
    if (guess !== null) {
      const after = from + guess.bytes.length
      if (after < this.#end && endsName(this.#buffer[after]) && startsWith(this.#buffer, from, guess.bytes))
        return guess
    }
    if (!beginsName(this.#buffer[from] ?? 0)) return null
    let to = from
    while (to < this.#end && !endsName(this.#buffer[to])) to += 1
    return to < this.#end ? this.#names.at(this.#buffer, from, to) : 'wait'
  }

  /** The attributes, and the end of the tag: a `>` that is not in quotes. */
  #restOfTag(name: MarkupName): Step {
    const buffer = this.#buffer
    const end = this.#end
    let at = this.#at
    let quote = this.#quote
    for (; at < end; at += 1) {
      const byte = buffer[at] ?? 0
      if (quote !== 0) {
        if (byte === quote) quote = 0
      } else if (byte === GREATER) return this.#opened(name, at)
      else if (byte === QUOTE || byte === APOSTROPHE) quote = byte
    }
    this.#at = at
    this.#quote = quote
    return at - this.#tagAt > MAX_TAG ? this.#stop() : 'wait'
  }

  #opened(name: MarkupName, at: number): Step {
    if (at - this.#tagAt > MAX_TAG) return this.#stop()
    const empty = this.#buffer[at - 1] === SLASH
    this.#attributesTo = empty ? at - 1 : at
    this.#opening = null
    this.#kept = null
    if (this.#open.push(name) > MAX_DEPTH) return this.#stop()
    if (this.#lastOpened !== null && this.#lastOpened.next !== name) this.#lastOpened.next = name
    this.#lastOpened = name
    this.#handler.open(name)
    this.#keep = this.#tagAt
    this.#textBegins(at + 1)
    if (empty) this.#closed(name, at + 1)
    return 'more'
  }

  #closed(name: MarkupName, after: number): void {
    this.#handler.close(name)
    this.#open.pop()
    this.#attributesFrom = 0
    this.#attributesTo = 0
    this.#kept = null
    this.#keep = after
    this.#textBegins(after)
  }

  #endTag(): Step {
    const name = this.#open.at(-1)
    const from = this.#at + 2
    let to = from + (name?.bytes.length ?? 0)
    while (to < this.#end && isSpace(this.#buffer[to])) to += 1
    if (to >= this.#end && this.#end - from <= MAX_NAME) return 'wait'
    if (name === undefined || this.#buffer[to] !== GREATER || !startsWith(this.#buffer, from, name.bytes))
      return this.#otherEndTag(from)
    this.#closed(name, to + 1)
    return 'more'
  }

  /** One that does not close the innermost element: it closes those within the one it names, if there is one. */
  #otherEndTag(from: number): Step {
    let to = from
    while (to < this.#end && this.#buffer[to] !== GREATER && to - from <= MAX_NAME) to += 1
    if (to - from > MAX_NAME) return this.#stop()
    if (to >= this.#end) return 'wait'
    this.#handler.torn()
    const bytes = Buffer.from(this.#buffer.toString('latin1', from, to).trimEnd(), 'latin1')
    const depth = this.#open.findLastIndex((name) => bytes.equals(name.bytes))
    for (const name of depth < 0 ? [] : this.#open.slice(depth).toReversed()) this.#closed(name, to + 1)
    this.#textBegins(to + 1)
    return 'more'
  }

  /** A `<` that begins nothing is text. */
  #notMarkup(): Step {
    this.#handler.torn()
    this.#at += 1
    this.#digits = 0
    return 'more'
  }

  /** `<!`: a comment, a CDATA section, a document type. */
  #declaration(): Step {
    const from = this.#at
    const head = this.#buffer.toString('latin1', from, Math.min(from + 9, this.#end))
    if (head.startsWith('<!--')) return this.#skipTo('-->', from + 4)
    if (head === '<![CDATA[') return this.#skipTo(']]>', from + 9, true)
    if ('<![CDATA['.startsWith(head) || '<!--'.startsWith(head)) return 'wait'
    return this.#documentType()
  }

  /** One with entities of its own cannot be read: digits may hide in them. */
  #documentType(): Step {
    const to = this.#buffer.indexOf(GREATER, this.#at)
    const over = to >= 0 && to < this.#end
    const text = this.#buffer.toString('latin1', this.#at, over ? to : this.#end)
    if (text.includes('[') || text.length > MAX_NAME) return this.#stop()
    return over ? this.#interrupted('', to + 1) : 'wait'
  }

  #skipTo(end: string, from: number, isText = false): Step {
    const begin = Math.max(from, this.#searched - end.length)
    const to = this.#buffer.subarray(0, this.#end).indexOf(end, begin, 'latin1')
    this.#searched = this.#end
    if ((to < 0 ? this.#end : to) - this.#textFrom + this.#parts.length > MAX_TEXT) return this.#stop()
    if (to < 0) return 'wait'
    return this.#interrupted(isText ? this.#buffer.toString('utf8', from, to) : '', to + end.length)
  }

  /** The text goes on behind a comment, and over the content of a CDATA section. */
  #interrupted(content: string, after: number): Step {
    const parts = this.text() + content
    if (parts.length > MAX_TEXT) return this.#stop()
    if (this.#keep <= this.#attributesFrom) this.#kept ??= this.attributes()
    this.#keep = after
    this.#textBegins(after)
    this.#searched = 0
    this.#parts = parts
    return 'more'
  }
}

function beginsName(byte: number): boolean {
  const letter = byte | 0x20
  return (letter >= 0x61 && letter <= 0x7a) || byte === 0x5f || byte === 0x3a || byte >= 0x80
}

function endsName(byte: number | undefined): boolean {
  return byte === GREATER || byte === SLASH || isSpace(byte)
}

function isSpace(byte: number | undefined): boolean {
  return byte === SPACE || (byte !== undefined && byte >= TAB && byte <= 0x0d)
}
