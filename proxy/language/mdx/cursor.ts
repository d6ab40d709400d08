import { regionOf } from '../source.ts'
import { StatementLimitError, StatementSyntaxError } from '../syntax-error.ts'
import type { ExpressionOf, NameSegment, Path, Segment } from './ast.ts'
import type { Keyword } from './keywords.ts'
import type { TokenPurse } from '../token-purse.ts'
import { type Comments, Lexer } from './lexer.ts'
import { pathOf, writtenPath } from './path-name.ts'
import { TOKEN, type Token, type TokenKind } from './token-kind.ts'

/**
 * Where a parser stands in a text: one token, one more to look ahead at, and how deep it is. All parts of the grammar
 * share it. Names and paths are read here, for every part has them.
 *
 * Every recursion of the grammar goes through `enter`, which counts; so the stack is bounded by `maxDepth`.
 */
export class Cursor {
  readonly lexer: Lexer
  readonly purse: TokenPurse
  token: Token
  /** One past the last character of what was read. */
  lastEnd = 0
  depth: number
  #ahead: Token | null = null

  constructor(text: string, purse: TokenPurse, depth: number, comments: Comments) {
    this.lexer = new Lexer(text, purse, comments)
    this.purse = purse
    this.depth = depth
    this.token = this.lexer.next()
  }

  enter(): void {
    const { maxDepth } = this.purse.limits
    if (++this.depth > maxDepth) throw new StatementLimitError('depth', maxDepth)
  }

  leave(): void {
    this.depth--
  }

  // ---- tokens

  advance(): void {
    this.lastEnd = this.token.end
    this.token = this.#ahead ?? this.lexer.next()
    this.#ahead = null
  }

  take(): Token {
    const { token } = this
    if (token.kind === TOKEN.end) throw this.error('more')
    this.advance()
    return token
  }

  skip(): true {
    this.advance()
    return true
  }

  peek(): Token {
    this.#ahead ??= this.lexer.next()
    return this.#ahead
  }

  isSign(kind: TokenKind): boolean {
    return this.token.kind === kind
  }

  isWord(word: Keyword): boolean {
    return this.token.word === word
  }

  isWords(word: Keyword, next: Keyword): boolean {
    return this.token.word === word && this.peek().word === next
  }

  isOperator(sign: string): boolean {
    return this.token.word === sign && this.token.kind === TOKEN.operator
  }

  skipSign(kind: TokenKind): boolean {
    if (this.token.kind !== kind) return false
    this.advance()
    return true
  }

  skipWord(word: Keyword): boolean {
    if (this.token.word !== word) return false
    this.advance()
    return true
  }

  skipWords(word: Keyword, next: Keyword): boolean {
    return this.isWords(word, next) && this.skip() && this.skip()
  }

  skipOperator(sign: string): boolean {
    return this.isOperator(sign) && this.skip()
  }

  expect(kind: TokenKind): void {
    if (!this.skipSign(kind)) throw this.error(kind)
  }

  expectWord(word: Keyword): void {
    if (!this.skipWord(word)) throw this.error(word)
  }

  list<T>(element: (cursor: Cursor) => T): T[] {
    const elements = [element(this)]
    while (this.skipSign(TOKEN.comma)) elements.push(element(this))
    return elements
  }

  // ---- names

  name(expected: string): NameSegment {
    const { kind } = this.token
    if (kind !== TOKEN.name && kind !== TOKEN.bracketed && kind !== TOKEN.number) {
      const template = this.template()
      if (template === null) throw this.error(expected)
      return { kind: 'name', text: `[${template.replaceAll(']', ']]')}]`, bracketed: true }
    }
    return { kind: 'name', text: this.textOf(this.take()), bracketed: kind === TOKEN.bracketed }
  }

  /** segment : name | n | & part { & part }, each part a name or a number */
  segment(): Segment {
    if (!this.isSign(TOKEN.ampersand)) return this.name('a name or a key')
    let text = ''
    while (this.skipSign(TOKEN.ampersand)) text += `&${this.name('a key').text}`
    return { kind: 'key', text }
  }

  /** Names and keys alone: where no function can stand, `Count` is a name like any other. */
  plainPath(): Path {
    const segments: Segment[] = [this.name('a name')]
    for (;;) {
      if (this.skipSign(TOKEN.dot) || this.isSign(TOKEN.ampersand)) segments.push(this.segment())
      else return pathOf(segments)
    }
  }

  /** `<name, type, value>`, where nothing can be compared. */
  template(): string | null {
    if (!this.isOperator('<') || this.#ahead !== null) return null
    const template = this.lexer.angledTemplate(this.token.start)
    if (template === null) return null
    this.token = template
    return this.textOf(this.take())
  }

  /** A path that begins with a name in brackets, as far as it stands there as programs write it. */
  writtenPath(): Path {
    const { start, end } = this.token
    this.lastEnd = this.#ahead === null ? this.lexer.passPath(end) : end
    this.token = this.#ahead ?? this.lexer.next()
    this.#ahead = null
    return writtenPath(this.lexer.text.slice(start, this.lastEnd))
  }

  // ---- texts

  textOf(token: Token): string {
    return this.lexer.text.slice(token.start, token.end)
  }

  stringValue(token: Token): string {
    const { text } = this.lexer
    const quote = text.charAt(token.start)
    if (quote === '\\') return text.slice(token.start + 2, token.end - 2)
    const inner = text.slice(token.start + 1, token.end - 1)
    return inner.includes(quote) ? inner.replaceAll(quote + quote, quote) : inner
  }

  /** literal : string | number | @parameter */
  literal(): ExpressionOf<'string' | 'number' | 'parameter'> | null {
    const { kind } = this.token
    if (kind === TOKEN.string) return { kind: 'string', value: this.stringValue(this.take()) }
    if (kind === TOKEN.number) return { kind: 'number', raw: this.textOf(this.take()) }
    if (kind === TOKEN.parameter) return { kind: 'parameter', name: parameterName(this.textOf(this.take())) }
    const template = kind === TOKEN.operator ? this.template() : null
    return template === null ? null : { kind: 'parameter', name: template }
  }

  error(expected: string): StatementSyntaxError {
    return new StatementSyntaxError(regionOf(this.lexer.text, this.token.start, this.token.end), expected)
  }
}

/** `@x`, `${x}`, `$[x]` */
const parameterName = (written: string): string => (written.startsWith('@') ? written.slice(1) : written.slice(2, -1))
