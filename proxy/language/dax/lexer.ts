import { isBlank, isDigit, isLetter, isLineEnd } from '../characters.ts'
import { regionOf } from '../source.ts'
import { StatementSyntaxError } from '../syntax-error.ts'
import type { TokenPurse } from '../token-purse.ts'
import { TOKEN, type Token, type TokenKind } from './token-kind.ts'

/**
 * Text to tokens, one at a time and each character once. White space and comments (`--`, `//` and block comments, which
 * do not nest) fall away here.
 *
 * A sign that no DAX has becomes a token of its own: the server will refuse such a query, we still tell what it names.
 */
export class Lexer {
  readonly text: string
  readonly #purse: TokenPurse
  /** `1,5` is one number: the list separator is the semicolon. */
  readonly #decimalComma: boolean
  #at = 0

  constructor(text: string, purse: TokenPurse, decimalComma = false) {
    purse.checkLength(text)
    this.text = text
    this.#purse = purse
    this.#decimalComma = decimalComma
  }

  next(): Token {
    this.#skipBlanks()
    this.#purse.spend()
    const start = this.#at
    if (start >= this.text.length) return token(TOKEN.end, start, start)
    const found = this.#read(start, this.text.charCodeAt(start))
    this.#at = found.end
    return found
  }

  #read(start: number, code: number): Token {
    if (code === OPEN_BRACKET) return token(TOKEN.bracketed, start, this.#closing(start, ']', 'bracket'))
    if (code === APOSTROPHE) return token(TOKEN.table, start, this.#closing(start, "'", 'quote'))
    if (code === QUOTE) return token(TOKEN.string, start, this.#closing(start, '"', 'quote'))
    const single = SINGLE[code]
    if (single !== undefined && !(code === DOT && isDigit(this.text.charCodeAt(start + 1)))) {
      return token(single, start, start + 1)
    }
    if (isDigit(code) || code === DOT) return token(TOKEN.number, start, this.#numberEnd(start))
    if (isLetter(code)) return this.#name(start)
    if (code === AT) return this.#parameter(start)
    return this.#operator(start)
  }

  /** One past the closing sign, whose double stands for itself. */
  #closing(start: number, sign: string, what: string): number {
    for (let at = this.text.indexOf(sign, start + 1); at >= 0; at = this.text.indexOf(sign, at + 2)) {
      if (this.text[at + 1] !== sign) return at + 1
    }
    throw this.#error(start, start + 1, `a closing ${what} for this one`)
  }

  #numberEnd(start: number): number {
    let at = this.#digits(start)
    const point = this.text.charCodeAt(at)
    if (point === DOT || (this.#decimalComma && point === COMMA && this.#isFraction(start, at))) {
      at = this.#digits(at + 1)
    }
    if ((this.text.charCodeAt(at) | 32) !== LOWER_E) return at
    const sign = this.text.charCodeAt(at + 1)
    const digits = at + (sign === PLUS || sign === HYPHEN ? 2 : 1)
    return isDigit(this.text.charCodeAt(digits)) ? this.#digits(digits) : at
  }

  /** Is the comma at `comma` a decimal one? Two numbers as long as person numbers are a list, whatever stands around. */
  #isFraction(start: number, comma: number): boolean {
    const end = this.#digits(comma + 1)
    return end > comma + 1 && comma - start < KEY_DIGITS && end - comma - 1 < KEY_DIGITS
  }

  #digits(from: number): number {
    let at = from
    while (isDigit(this.text.charCodeAt(at))) at++
    return at
  }

  /** Functions may have dots in their names: `NORM.S.DIST`, `INFO.VIEW.TABLES`. */
  #name(start: number): Token {
    let end = this.#wordEnd(start + 1)
    while (this.text.charCodeAt(end) === DOT && isLetter(this.text.charCodeAt(end + 1))) end = this.#wordEnd(end + 2)
    const word = this.text.slice(start, end).toUpperCase()
    if (word === 'DT' && this.text.charCodeAt(end) === QUOTE) {
      return token(TOKEN.date, start, this.#closing(end, '"', 'quote'))
    }
    return { kind: TOKEN.name, start, end, word }
  }

  #wordEnd(from: number): number {
    let at = from
    for (let code = this.text.charCodeAt(at); isLetter(code) || isDigit(code); code = this.text.charCodeAt(at)) at++
    return at
  }

  #parameter(start: number): Token {
    const end = this.#wordEnd(start + 1)
    return token(end === start + 1 ? TOKEN.stray : TOKEN.parameter, start, end)
  }

  #operator(start: number): Token {
    const two = this.text.slice(start, start + 2)
    if (TWO_SIGNS.has(two)) return { kind: TOKEN.operator, start, end: start + 2, word: two }
    const one = two.charAt(0)
    return { kind: ONE_SIGN.has(one) ? TOKEN.operator : TOKEN.stray, start, end: start + 1, word: one }
  }

  #skipBlanks(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.#at)
      const next = this.text.charCodeAt(this.#at + 1)
      if (isBlank(code)) this.#at++
      else if ((code === HYPHEN || code === SLASH) && next === code) this.#skipLine()
      else if (code === SLASH && next === ASTERISK) this.#skipBlock()
      else return
    }
  }

  #skipLine(): void {
    while (this.#at < this.text.length && !isLineEnd(this.text.charCodeAt(this.#at))) this.#at++
  }

  #skipBlock(): void {
    const close = this.text.indexOf('*/', this.#at + 2)
    if (close < 0) throw this.#error(this.#at, this.#at + 2, 'the end of this comment')
    this.#at = close + 2
  }

  #error(start: number, end: number, expected: string): StatementSyntaxError {
    return new StatementSyntaxError(regionOf(this.text, start, end), expected)
  }
}

/**
 * Is the list separator of this query the semicolon, as in countries with a decimal comma? Clients change it before they
 * send; what is pasted elsewhere keeps it. One between brackets decides, for a query may end in one anyhow.
 */
export function hasSemicolonLists(text: string, purse: TokenPurse): boolean {
  if (!text.includes(';')) return false
  const lexer = new Lexer(text, purse)
  let depth = 0
  for (let token = lexer.next(); token.kind !== TOKEN.end; token = lexer.next()) {
    if (token.kind === TOKEN.open || token.kind === TOKEN.openBrace) depth++
    else if (token.kind === TOKEN.close || token.kind === TOKEN.closeBrace) depth--
    else if (token.kind === TOKEN.semicolon && depth > 0) return true
  }
  return false
}

const token = (kind: TokenKind, start: number, end: number): Token => ({ kind, start, end, word: '' })

const OPEN_BRACKET = 0x5b
const QUOTE = 0x22
const APOSTROPHE = 0x27
const DOT = 0x2e
const COMMA = 0x2c
const AT = 0x40
const PLUS = 0x2b
const HYPHEN = 0x2d
const SLASH = 0x2f
const ASTERISK = 0x2a
const LOWER_E = 0x65

/** A person's number in a numeric column may have lost its leading zero. */
const KEY_DIGITS = 9

const SINGLE: Readonly<Record<number, TokenKind>> = Object.fromEntries(
  [TOKEN.open, TOKEN.close, TOKEN.openBrace, TOKEN.closeBrace, TOKEN.comma, TOKEN.semicolon, TOKEN.dot].map(
    (sign): [number, TokenKind] => [sign.charCodeAt(0), sign],
  ),
)
const TWO_SIGNS: ReadonlySet<string> = new Set(['<>', '<=', '>=', '==', '&&', '||', '=>', '!='])
const ONE_SIGN: ReadonlySet<string> = new Set(['+', '-', '*', '/', '^', '=', '<', '>', '&', ':', '!'])
