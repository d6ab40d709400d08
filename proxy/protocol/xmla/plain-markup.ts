/**
 * XML as programs write it, taken apart in one pass without the cost of a whole parser: elements and attributes named in
 * ASCII, texts with the references everybody uses, CDATA, comments. Nearly every request is of this kind.
 *
 * Nothing is judged here. What is in any way unusual, an error among it, is left to the strict parser, which reads the
 * request from its beginning; so this may be narrow, but never tell anything that the strict parser would not tell
 * (a test holds the two together).
 */
export interface Attribute {
  readonly local: string
  readonly value: string
}

export interface Tag {
  readonly local: string
  /** Of its namespace; empty: none. */
  readonly uri: string
  /** Declarations of namespaces among them. */
  readonly attributes: readonly Attribute[]
}

export interface MarkupSink {
  /** @param at where the tag begins in the source. `false`: read no further. */
  open(tag: Tag, at: number): boolean
  text(text: string): void
  /** @param end one past the end of the element. */
  close(end: number): void
}

/** `refused`: the sink wants no more of it. `unusual`: what the sink was told is to be forgotten. */
export type PlainReading = 'read' | 'refused' | 'unusual'

export function readPlainMarkup(text: string, sink: MarkupSink): PlainReading {
  return UNUSUAL_SIGN.test(text) ? 'unusual' : new PlainReader(text, sink).read()
}

/** Beyond XML 1.0 section 2.2 "Characters", or of two UTF-16 units. */
const UNUSUAL_SIGN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/
const DECLARATION = /<\?xml version="1\.0"(?: encoding="[A-Za-z][\w.-]*")?(?: standalone="(?:yes|no)")? ?\?>/y
const NO_SPACE = /[^ \t\n\r]/
const NO_VALUE = /[<&\t\n\r]/
const RESERVED = /^http:\/\/www\.w3\.org\/(?:XML\/1998\/namespace|2000\/xmlns\/)$/
const MAX_DEPTH = 32
const MAX_ATTRIBUTES = 10
const MAX_ELEMENTS = 10_000

/** What a prefix stands for; the default namespace is that of the empty prefix. */
interface Scope {
  readonly prefix: string
  readonly uri: string
  readonly outer: Scope | null
}

interface Element {
  readonly name: string
  /** What holds around it. */
  readonly scope: Scope | null
}

interface Name {
  readonly prefix: string
  readonly local: string
  readonly end: number
}

class PlainReader {
  readonly #text: string
  readonly #sink: MarkupSink
  readonly #open: Element[] = []
  #at = 0
  #scope: Scope | null = null
  #elements = 0

  constructor(text: string, sink: MarkupSink) {
    this.#text = text
    this.#sink = sink
  }

  read(): PlainReading {
    DECLARATION.lastIndex = 0
    this.#at = DECLARATION.test(this.#text) ? DECLARATION.lastIndex : 0
    for (;;) {
      const tag = this.#text.indexOf('<', this.#at)
      if (!this.#textTo(tag < 0 ? this.#text.length : tag)) return 'unusual'
      if (tag < 0) return this.#elements > 0 && this.#open.length === 0 ? 'read' : 'unusual'
      const found = this.#markup(tag)
      if (found !== 'read') return found
    }
  }

  #markup(tag: number): PlainReading {
    switch (this.#text.charCodeAt(tag + 1)) {
      case SLASH:
        return this.#endTag(tag)
      case BANG:
        return this.#commentOrSection(tag)
      default:
        return this.#startTag(tag)
    }
  }

  #textTo(end: number): boolean {
    if (end === this.#at) return true
    const raw = this.#text.slice(this.#at, end)
    if (this.#open.length === 0) return !NO_SPACE.test(raw)
    const text = raw.includes(']]>') ? null : dereferenced(withLineFeeds(raw))
    if (text !== null) this.#sink.text(text)
    return text !== null
  }

  #startTag(tag: number): PlainReading {
    const name = this.#mayOpen() ? this.#name(tag + 1) : null
    if (name === null) return 'unusual'
    const outer = this.#scope
    const attributes = this.#attributes(name.end)
    const uri = attributes === null ? null : this.#resolve(name.prefix)
    if (attributes === null || uri === null) return 'unusual'
    this.#elements += 1
    if (!this.#sink.open({ local: name.local, uri, attributes }, tag)) return 'refused'
    if (this.#text.charCodeAt(this.#at) === SLASH) {
      this.#at += 2
      this.#sink.close(this.#at)
      this.#scope = outer
      return 'read'
    }
    this.#at += 1
    this.#open.push({ name: this.#text.slice(tag + 1, name.end), scope: outer })
    return 'read'
  }

  #mayOpen(): boolean {
    const depth = this.#open.length
    return depth === 0 ? this.#elements === 0 : depth < MAX_DEPTH && this.#elements < MAX_ELEMENTS
  }

  /** Leaves `#at` at the end of the tag, `>` or `/>`, and `#scope` as it holds in the element. */
  #attributes(from: number): readonly Attribute[] | null {
    const found: Attribute[] = []
    const prefixes: string[] = []
    for (let at = from; ;) {
      const sign = this.#skipSpace(at)
      const code = this.#text.charCodeAt(sign)
      if (code === GREATER || (code === SLASH && this.#text.charCodeAt(sign + 1) === GREATER)) {
        this.#at = sign
        return prefixes.every((prefix) => prefix !== '' && this.#resolve(prefix) !== null) ? found : null
      }
      const name = sign === at || found.length === MAX_ATTRIBUTES ? null : this.#name(sign)
      const value = name === null ? null : this.#value(name.end)
      if (name === null || value === null || found.some(({ local }) => local === name.local)) return null
      if (name.prefix === '' && name.local !== 'xmlns') at = name.end + value.length + 3
      else if (name.prefix !== '' && name.prefix !== 'xmlns') prefixes.push(name.prefix)
      else if (!this.#declare(name.prefix === '' ? '' : name.local, value.trim())) return null
      found.push({ local: name.local, value })
      at = name.end + value.length + 3
    }
  }

  /** `="…"` from `from` on. */
  #value(from: number): string | null {
    const quote = this.#text.charCodeAt(from + 1)
    if (this.#text.charCodeAt(from) !== EQUALS || (quote !== QUOTE && quote !== APOSTROPHE)) return null
    const end = this.#text.indexOf(quote === QUOTE ? '"' : "'", from + 2)
    const value = end < 0 ? null : this.#text.slice(from + 2, end)
    return value === null || NO_VALUE.test(value) ? null : value
  }

  #declare(prefix: string, uri: string): boolean {
    if ((prefix !== '' && uri === '') || prefix === 'xml' || prefix === 'xmlns' || RESERVED.test(uri)) return false
    this.#scope = { prefix, uri, outer: this.#scope }
    return true
  }

  #resolve(prefix: string): string | null {
    for (let scope = this.#scope; scope !== null; scope = scope.outer) if (scope.prefix === prefix) return scope.uri
    return prefix === '' ? '' : null
  }

  #endTag(tag: number): PlainReading {
    const element = this.#open.pop()
    if (element === undefined || !this.#text.startsWith(element.name, tag + 2)) return 'unusual'
    const end = this.#skipSpace(tag + 2 + element.name.length)
    if (this.#text.charCodeAt(end) !== GREATER) return 'unusual'
    this.#at = end + 1
    this.#sink.close(this.#at)
    this.#scope = element.scope
    return 'read'
  }

  #commentOrSection(tag: number): PlainReading {
    const text = this.#text
    const isComment = text.startsWith('--', tag + 2)
    if (this.#open.length === 0 || (!isComment && !text.startsWith('[CDATA[', tag + 2))) return 'unusual'
    const end = isComment ? text.indexOf('--', tag + 4) : text.indexOf(']]>', tag + 9)
    if (end < 0 || text.charCodeAt(end + 2) !== GREATER) return 'unusual'
    if (!isComment) this.#sink.text(withLineFeeds(text.slice(tag + 9, end)))
    this.#at = end + 3
    return 'read'
  }

  /** name : [ part : ] part */
  #name(from: number): Name | null {
    const end = this.#partEnd(from)
    if (end === from) return null
    if (this.#text.charCodeAt(end) !== COLON) return { prefix: '', local: this.#text.slice(from, end), end }
    const last = this.#partEnd(end + 1)
    if (last === end + 1) return null
    return { prefix: this.#text.slice(from, end), local: this.#text.slice(end + 1, last), end: last }
  }

  #partEnd(from: number): number {
    let at = from
    while (isLetter(this.#text.charCodeAt(at)) || (at > from && isNameSign(this.#text.charCodeAt(at)))) at += 1
    return at
  }

  #skipSpace(from: number): number {
    let at = from
    while (isSpace(this.#text.charCodeAt(at))) at += 1
    return at
  }
}

/** XML 1.0 section 2.11 "End-of-Line Handling". */
const withLineFeeds = (raw: string): string => (raw.includes('\r') ? raw.replace(/\r\n?/g, '\n') : raw)

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])
const MAX_REFERENCE = 8

/** `null`: a reference in it is none of the usual. */
function dereferenced(raw: string): string | null {
  let text = ''
  let from = 0
  for (let at = raw.indexOf('&'); at >= 0; at = raw.indexOf('&', from)) {
    const end = raw.indexOf(';', at)
    const reference = end < 0 || end - at > MAX_REFERENCE ? '' : raw.slice(at + 1, end)
    const sign = ENTITIES.get(reference) ?? signNumbered(reference)
    if (sign === null) return null
    text += raw.slice(from, at) + sign
    from = end + 1
  }
  return from === 0 ? raw : text + raw.slice(from)
}

function signNumbered(reference: string): string | null {
  const [, hex, decimal] = /^#(?:x([0-9A-Fa-f]+)|([0-9]+))$/.exec(reference) ?? []
  if (hex === undefined && decimal === undefined) return null
  const sign = String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16))
  return UNUSUAL_SIGN.test(sign) ? null : sign
}

const [SLASH, BANG, GREATER, COLON, EQUALS, QUOTE, APOSTROPHE] = [0x2f, 0x21, 0x3e, 0x3a, 0x3d, 0x22, 0x27]

const isLetter = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95
const isNameSign = (code: number): boolean => (code >= 48 && code <= 57) || code === 45 || code === 46
const isSpace = (code: number): boolean => code === 32 || code === 9 || code === 10 || code === 13
