import { bracketEnd, DASHES, isBlank, isDigit, isLetter, isLineEnd } from '../characters.ts'
import { regionOf } from '../source.ts'
import { StatementSyntaxError } from '../syntax-error.ts'
import type { TokenPurse } from '../token-purse.ts'
import { keywordAt, withLetter } from './keywords.ts'
import { TOKEN, type Token, type TokenKind } from './token-kind.ts'

/**
 * Text to tokens, one at a time and each character once.
 *
 * White space and comments (`--`, `//` and block comments) fall away here, also between the segments of a path.
 *
 * Liberties, taken because the queries that use them are answered or at least say whom they ask about: names may hold
 * letters of any script without brackets; `&amp;`, `&lt;`, `&gt;`, `\"` and `\n` (texts escaped once too often on their
 * way) stand for their signs; and what a program forgot to fill in (`${x}`, `$[x]`) is a parameter.
 */
export class Lexer {
  readonly text: string
  readonly comments: Comments
  readonly #purse: TokenPurse
  readonly #end: number
  #at: number
  /** Where the last name ended: a dot right there separates segments, so `Time.1997` holds no fraction. */
  #segmentEnd = -1

  constructor(text: string, purse: TokenPurse, comments: Comments = 'flat', start = 0) {
    purse.checkLength(text)
    this.text = text
    this.comments = comments
    this.#purse = purse
    this.#end = text.length
    this.#at = start
  }

  next(): Token {
    this.#skipBlanks()
    this.#purse.spend()
    const start = this.#at
    if (start >= this.#end) return { kind: TOKEN.end, start, end: start, word: '' }
    const token = this.#read(start, this.text.charCodeAt(start))
    this.#at = token.end
    if (this.#endsSegment(token)) this.#segmentEnd = token.end
    return token
  }

  /** `<name, type, value>` as editors leave it in their templates, where an expression should begin; `null`: none. */
  angledTemplate(start: number): Token | null {
    const length = this.text.slice(start, start + MAX_TEMPLATE).indexOf('>')
    if (length < 2) return null
    this.#at = start + length + 1
    return token(TOKEN.parameter, start, this.#at)
  }

  /**
   * Passes the rest of a path whose first name in brackets ends at `from`, the last token read, as programs write it: names
   * in brackets and their keys, `.[b].&[c]&[d]`, with nothing between. Gives where that ends. It costs as many tokens as
   * there are, and what is written in another way is left where it is.
   */
  passPath(from: number): number {
    let end = from
    for (let next = this.#passSegment(end); next > 0; next = this.#passSegment(end)) end = next
    this.#at = end
    this.#segmentEnd = end
    return end
  }

  /** -1: no such segment begins with this dot. */
  #passSegment(dot: number): number {
    const { text } = this
    if (text.charCodeAt(dot) !== DOT) return -1
    const isName = text.charCodeAt(dot + 1) === OPEN_BRACKET
    const end = isName ? bracketEnd(text, dot + 1) : this.#passKey(dot + 1)
    if (end < 0 || (isName && end - dot - 1 === FUNCTION_LENGTH)) return -1
    this.#purse.spend(isName ? 2 : 1)
    return end
  }

  /** `&[c]&[d]` */
  #passKey(start: number): number {
    let end = -1
    for (let at = start; this.text.charCodeAt(at) === AMPERSAND; at = end) {
      end = this.text.charCodeAt(at + 1) === OPEN_BRACKET ? bracketEnd(this.text, at + 1) : -1
      if (end < 0) return -1
      this.#purse.spend(2)
    }
    return end
  }

  #endsSegment({ kind, start }: Token): boolean {
    return kind === TOKEN.name || kind === TOKEN.bracketed || (kind === TOKEN.number && this.#isSegment(start))
  }

  #read(start: number, code: number): Token {
    if (code === OPEN_BRACKET) return this.#bracketed(start)
    if (isPlainLetter(code)) return this.#name(start)
    const single = SINGLE[code]
    if (single !== undefined && !(code === DOT && this.#startsFraction(start))) return token(single, start, start + 1)
    if (isDigit(code) || code === DOT) return this.#number(start)
    if (code === DOLLAR && this.#opensTemplate(start + 1)) return this.#template(start)
    if (isLetter(code)) return this.#name(start)
    if (code === QUOTE || code === APOSTROPHE) return this.#string(start, code)
    if (code === BACKSLASH && this.text.charCodeAt(start + 1) === QUOTE) return this.#escapedString(start)
    if (code === AT) return this.#parameter(start)
    return this.#operator(start, code)
  }

  #startsFraction(start: number): boolean {
    return start !== this.#segmentEnd && isDigit(this.text.charCodeAt(start + 1))
  }

  #bracketed(start: number): Token {
    const end = bracketEnd(this.text, start)
    if (end < 0) throw this.#error(start, start + 1, 'a closing bracket for this one')
    return token(TOKEN.bracketed, start, end)
  }

  #string(start: number, quote: number): Token {
    const sign = String.fromCharCode(quote)
    for (let at = this.text.indexOf(sign, start + 1); at >= 0; at = this.text.indexOf(sign, at + 2)) {
      if (this.text.charCodeAt(at + 1) !== quote) return token(TOKEN.string, start, at + 1)
    }
    throw this.#error(start, start + 1, 'a closing quote for this one')
  }

  /** `\"x\"` in a text that was escaped once too often. */
  #escapedString(start: number): Token {
    const close = this.text.indexOf('\\"', start + 2)
    if (close < 0) throw this.#error(start, start + 2, 'a closing quote for this one')
    return token(TOKEN.string, start, close + 2)
  }

  #number(start: number): Token {
    let at = this.#digits(start)
    // After a dot there are no fractions: `Time.1997.Q1` has three segments.
    if (!this.#isSegment(start) && this.text.charCodeAt(at) === DOT && isDigit(this.text.charCodeAt(at + 1))) {
      at = this.#digits(at + 1)
    }
    const exponent = this.text.charCodeAt(at) | 32
    if (exponent === 101) {
      const sign = this.text.charCodeAt(at + 1)
      const digits = at + (sign === 43 || sign === 45 ? 2 : 1)
      if (isDigit(this.text.charCodeAt(digits))) at = this.#digits(digits)
    }
    return token(TOKEN.number, start, at)
  }

  #isSegment(start: number): boolean {
    return start > 0 && this.text.charCodeAt(start - 1) === DOT
  }

  #digits(from: number): number {
    let at = from
    while (isDigit(this.text.charCodeAt(at))) at++
    return at
  }

  #name(start: number): Token {
    let end = start
    let hash = 0
    for (let code = this.text.charCodeAt(end); isPlainLetter(code) || isDigit(code) || isLetter(code);) {
      hash = withLetter(hash, code)
      code = this.text.charCodeAt(++end)
    }
    return { kind: TOKEN.name, start, end, word: keywordAt(this.text, start, end, hash) }
  }

  #nameEnd(from: number): number {
    let at = from
    for (let code = this.text.charCodeAt(at); isPlainLetter(code) || isDigit(code) || isLetter(code);)
      code = this.text.charCodeAt(++at)
    return at
  }

  #opensTemplate(at: number): boolean {
    const code = this.text.charCodeAt(at)
    return code === OPEN_BRACKET || code === OPEN_BRACE
  }

  /** `${x}` and `$[x]`: what a program was to fill in before it sent the text. */
  #template(start: number): Token {
    const close = this.text.indexOf(this.text.charCodeAt(start + 1) === OPEN_BRACE ? '}' : ']', start + 2)
    if (close < 0) throw this.#error(start, start + 2, 'the end of this template')
    return token(TOKEN.parameter, start, close + 1)
  }

  #parameter(start: number): Token {
    const end = this.#nameEnd(start + 1)
    if (end === start + 1) throw this.#error(start, end, 'the name of a parameter')
    return token(TOKEN.parameter, start, end)
  }

  #operator(start: number, code: number): Token {
    if (code === AMPERSAND) return this.#ampersand(start)
    if (DASHES.has(code)) return { kind: TOKEN.operator, start, end: start + 1, word: '-' }
    const two = this.text.slice(start, start + 2)
    if (TWO_SIGNS.has(two)) return { kind: TOKEN.operator, start, end: start + 2, word: two }
    const one = two.charAt(0)
    if (ONE_SIGN.has(one)) return { kind: TOKEN.operator, start, end: start + 1, word: one }
    throw this.#error(start, start + 1, 'a name, a string, a number or an operator')
  }

  #ampersand(start: number): Token {
    if (this.text.charCodeAt(start + 1) === OPEN_BRACKET) return token(TOKEN.ampersand, start, start + 1)
    const entity = ENTITIES.find(([written]) => this.text.startsWith(written, start))
    if (entity === undefined) return token(TOKEN.ampersand, start, start + 1)
    const [written, sign] = entity
    let end = start + written.length
    if (sign === '&') return token(TOKEN.ampersand, start, end)
    const two = sign + this.text.charAt(end)
    if (sign === '<' && this.text.startsWith('&gt;', end))
      return { kind: TOKEN.operator, start, end: end + 4, word: '<>' }
    if (TWO_SIGNS.has(two)) end++
    return { kind: TOKEN.operator, start, end, word: TWO_SIGNS.has(two) ? two : sign }
  }

  #skipBlanks(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.#at)
      if (code <= 0x20) this.#at++
      else if (code < 0x7f && code !== HYPHEN && code !== SLASH && code !== BACKSLASH) return
      else if (isBlank(code)) this.#at++
      else if (code === BACKSLASH && this.#isEscapedBlank(this.#at + 1)) this.#at += 2
      else if (code === HYPHEN && this.text.charCodeAt(this.#at + 1) === HYPHEN) this.#skipLine()
      else if (code === SLASH && this.text.charCodeAt(this.#at + 1) === SLASH) this.#skipLine()
      else if (code === SLASH && this.text.charCodeAt(this.#at + 1) === ASTERISK) this.#skipBlock()
      else return
    }
  }

  /** `\n`, `\r`, `\t` and `\s` in a text that was escaped once too often. */
  #isEscapedBlank(at: number): boolean {
    const code = this.text.charCodeAt(at)
    return code === 0x6e || code === 0x72 || code === 0x74 || code === 0x73
  }

  #skipLine(): void {
    while (this.#at < this.#end && !isLineEnd(this.text.charCodeAt(this.#at))) this.#at++
  }

  #skipBlock(): void {
    const start = this.#at
    let depth = 1
    for (this.#at += 2; depth > 0;) {
      const close = this.text.indexOf('*/', this.#at)
      if (close < 0) throw this.#error(start, start + 2, 'the end of this comment')
      if (this.comments === 'nested') depth += this.#opensBefore(close)
      depth--
      this.#at = close + 2
    }
  }

  #opensBefore(close: number): number {
    let opens = 0
    for (let at = this.#at; at < close; at++) {
      if (this.text.charCodeAt(at) !== SLASH || this.text.charCodeAt(at + 1) !== ASTERISK) continue
      opens++
      at++
    }
    return opens
  }

  #error(start: number, end: number, expected: string): StatementSyntaxError {
    return new StatementSyntaxError(regionOf(this.text, start, end), expected)
  }
}

/** Whether block comments nest. Analysis Services ends one at the first `*` `/`; its own examples assume otherwise. */
export type Comments = 'flat' | 'nested'

const token = (kind: TokenKind, start: number, end: number): Token => ({ kind, start, end, word: '' })

/** Longer than this nobody's template is; it keeps the search for its end cheap. */
const MAX_TEMPLATE = 200

const OPEN_BRACKET = 0x5b
const DOT = 0x2e
const QUOTE = 0x22
const APOSTROPHE = 0x27
const AT = 0x40
const AMPERSAND = 0x26
const HYPHEN = 0x2d
const SLASH = 0x2f
const ASTERISK = 0x2a
const BACKSLASH = 0x5c
const DOLLAR = 0x24
const OPEN_BRACE = 0x7b
/** Of `[CurrentMember]` and `[DefaultMember]`, which are functions in brackets too. */
const FUNCTION_LENGTH = 15

const SIGNS = [TOKEN.open, TOKEN.close, TOKEN.openBrace, TOKEN.closeBrace, TOKEN.comma, TOKEN.dot, TOKEN.semicolon]
/** By the code of the sign. */
const SINGLE: readonly (TokenKind | undefined)[] = Array.from({ length: 128 }, (_, code) =>
  SIGNS.find((sign) => sign.charCodeAt(0) === code),
)
const TWO_SIGNS: ReadonlySet<string> = new Set(['<>', '<=', '>=', '||', '==', '!='])
const ONE_SIGN: ReadonlySet<string> = new Set(['+', '-', '*', '/', '^', '=', '<', '>', ':', '!', '|'])
const ENTITIES: readonly (readonly [string, string])[] = [
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
]

const isPlainLetter = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95
