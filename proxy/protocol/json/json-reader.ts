/**
 * Reads a JSON text (RFC 8259) into a tree. It reads a little more than the grammar has, for a server may too: control
 * characters in strings and leading zeros are taken as they are.
 *
 * Invariants: it never throws; the cost is linear; depth and number of nodes are bounded. A text that breaks off, or
 * that no reader could take, still gives the tree up to there, for the persons that stand in it were asked about.
 */
import type { Json, JsonMember, JsonScalar } from './json-value.ts'

export type JsonReading =
  | { readonly kind: 'json'; readonly value: Json }
  | {
      readonly kind: 'broken'
      readonly reason: 'syntax' | 'limits'
      readonly offset: number
      /** `line:column` of the offset. */
      readonly at: string
      /** What was read up to there. */
      readonly value: Json | null
    }

/** BI clients nest some thirty deep. */
const MAX_DEPTH = 200
const MAX_NODES = 1_000_000

export function readJson(text: string): JsonReading {
  const reader = new Reader(text)
  try {
    return { kind: 'json', value: reader.whole() }
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    const { reason, offset } = error
    return { kind: 'broken', reason, offset, at: positionOf(text, offset), value: reader.root }
  }
}

/** Ends the reading; never leaves this file. */
class JsonError extends Error {
  override readonly name = 'JsonError'
  readonly reason: 'syntax' | 'limits'
  readonly offset: number

  constructor(reason: 'syntax' | 'limits', offset: number) {
    super(reason)
    this.reason = reason
    this.offset = offset
  }
}

function positionOf(text: string, offset: number): string {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  let line = 1
  for (let at = before.indexOf('\n'); at >= 0; at = before.indexOf('\n', at + 1)) line += 1
  return `${line}:${offset - lineStart + 1}`
}

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORD = /(?:true|false|null)(?![\p{L}\p{N}_])/uy
const BLANK = /[ \t\r\n\ufeff]*/y
const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

/** Takes a value as soon as it is begun, so that what was read is there when the rest cannot be. */
type Keep = (value: Json) => void

class Reader {
  root: Json | null = null
  readonly #text: string
  #at = 0
  #nodes = 0

  constructor(text: string) {
    this.#text = text
  }

  /** text : value */
  whole(): Json {
    this.#value(0, (value) => (this.root = value))
    this.#blank()
    if (this.#at < this.#text.length || this.root === null) this.#fail('syntax')
    return this.root
  }

  /** value : object | list | string | number | 'true' | 'false' | 'null' */
  #value(depth: number, keep: Keep): void {
    this.#blank()
    this.#nodes += 1
    if (depth > MAX_DEPTH || this.#nodes > MAX_NODES) this.#fail('limits')
    const first = this.#text[this.#at]
    if (first === '{') this.#object(depth, keep)
    else if (first === '[') this.#list(depth, keep)
    else if (first === '"') this.#string((text) => keep({ kind: 'string', text }))
    else keep(this.#scalar())
  }

  /** object : '{' (string ':' value (',' string ':' value)*)? '}' */
  #object(depth: number, keep: Keep): void {
    const members: JsonMember[] = []
    const object = { kind: 'object' as const, members, start: this.#at, end: this.#text.length }
    keep(object)
    this.#at += 1
    if (this.#next('}')) {
      object.end = this.#at
      return
    }
    do {
      this.#blank()
      if (this.#text[this.#at] !== '"') this.#fail('syntax')
      let name = ''
      this.#string((text) => (name = text))
      if (!this.#next(':')) this.#failWithin(() => members.push({ name, value: { kind: 'word', text: 'null' } }))
      this.#value(depth + 1, (value) => members.push({ name, value }))
    } while (this.#next(','))
    if (!this.#next('}')) this.#fail('syntax')
    object.end = this.#at
  }

  /** list : '[' (value (',' value)*)? ']' */
  #list(depth: number, keep: Keep): void {
    const items: Json[] = []
    const list = { kind: 'list' as const, items, start: this.#at, end: this.#text.length }
    keep(list)
    this.#at += 1
    if (this.#next(']')) {
      list.end = this.#at
      return
    }
    do this.#value(depth + 1, (value) => items.push(value))
    while (this.#next(','))
    if (!this.#next(']')) this.#fail('syntax')
    list.end = this.#at
  }

  /** string : '"' (character | '\' escape)* '"' — one that does not end is kept as far as it goes. */
  #string(keep: (text: string) => void): void {
    const text = this.#text
    let from = this.#at + 1
    let done = ''
    for (let at = from; at < text.length; at += 1) {
      const code = text.charCodeAt(at)
      if (code === 0x22) {
        this.#at = at + 1
        return keep(done + text.slice(from, at))
      }
      if (code !== 0x5c) continue
      const [character, length] = this.#escape(at, () => keep(done + text.slice(from, at)))
      done += text.slice(from, at) + character
      at += length - 1
      from = at + 1
    }
    this.#at = text.length
    this.#failWithin(() => keep(done + text.slice(from)))
  }

  /** escape : '"' | '\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u' hex hex hex hex */
  #escape(at: number, keepSoFar: () => void): readonly [character: string, length: number] {
    const letter = this.#text[at + 1] ?? ''
    const plain = /["\\/]/.test(letter) ? letter : ESCAPES[letter]
    if (plain !== undefined) return [plain, 2]
    const hex = letter === 'u' ? this.#text.slice(at + 2, at + 6) : ''
    if (/^[0-9a-f]{4}$/i.test(hex)) return [String.fromCharCode(Number.parseInt(hex, 16)), 6]
    this.#at = at
    return this.#failWithin(keepSoFar)
  }

  #scalar(): JsonScalar {
    const number = this.#match(NUMBER)
    if (number !== '') return { kind: 'number', text: number }
    const word = this.#match(WORD)
    return word === '' ? this.#fail('syntax') : { kind: 'word', text: word }
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += found.length
    return found
  }

  #blank(): void {
    const code = this.#text.charCodeAt(this.#at)
    if (code <= 0x20 || code === 0xfeff) this.#match(BLANK)
  }

  #next(character: string): boolean {
    this.#blank()
    if (this.#text[this.#at] !== character) return false
    this.#at += 1
    return true
  }

  #failWithin(keep: () => void): never {
    keep()
    return this.#fail('syntax')
  }

  #fail(reason: 'syntax' | 'limits'): never {
    throw new JsonError(reason, this.#at)
  }
}
