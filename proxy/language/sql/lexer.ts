/**
 * SQL of any dialect to tokens, each character once: T-SQL, PostgreSQL, MySQL, Oracle, BigQuery, Druid, and the templates
 * that BI tools put in it (`{{cpr}}`, `[[ AND … ]]`, `{% … %}`).
 *
 * Dialects contradict one another; where they do, that reading is taken which keeps more: a text that does not close its
 * quotes goes on to its end, and nothing is ever refused but a text beyond the limits.
 */
import { StatementLimitError, type StatementLimits } from '../syntax-error.ts'
import { RESERVED } from './words.ts'

/** `name`: a word, or an identifier in `"…"`, backticks or `[…]`. `parameter`: `?`, `@x`, `:x`, `$1`, `{{x}}`. */
export type SqlTokenKind = 'name' | 'string' | 'number' | 'parameter' | 'sign'

export interface SqlToken {
  readonly kind: SqlTokenKind
  /** A name, string or parameter without its delimiters; a number or sign as written. */
  readonly text: string
  /** A word without delimiters, in capitals: only such a one can be a keyword. Empty for every other token. */
  readonly word: string
  readonly start: number
  readonly end: number
}

export function sqlTokens(text: string, limits: StatementLimits): readonly SqlToken[] {
  if (text.length > limits.maxLength) throw new StatementLimitError('length', limits.maxLength)
  const lexer = new SqlLexer(text)
  const tokens: SqlToken[] = []
  for (let token = lexer.next(); token !== null; token = lexer.next()) {
    if (tokens.length >= limits.maxTokens) throw new StatementLimitError('tokens', limits.maxTokens)
    tokens.push(token)
  }
  return tokens
}

const BLANK = /\s+/uy
const WORD = /[\p{L}_#$][\p{L}\p{N}_#$]*/uy
const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y
const VARIABLE = /@{1,2}[\p{L}\p{N}_#$]+|:[\p{L}_][\p{L}\p{N}_]*|\$\d+/uy
const SIGNS = /\[\[|\]\]|&&|<=>|<>|!=|>=|<=|==|::|\|\||!~\*?|~\*?|./suy
const DOLLAR_QUOTE = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy

class SqlLexer {
  readonly #text: string
  #at = 0
  /** Does a name or a list end right here? Then `[` is an index, or belongs to `ARRAY`, and begins no name. */
  #indexable = -1
  /** Closing signs of which none is left: looked for once, so that the scan stays linear. */
  readonly #missing = new Set<string>()

  constructor(text: string) {
    this.#text = text
  }

  next(): SqlToken | null {
    this.#skipBlanks()
    if (this.#at >= this.#text.length) return null
    const token = this.#read(this.#text.charAt(this.#at))
    this.#at = token.end
    const listed = token.kind === 'name' ? !RESERVED.has(token.word) : token.text === ']' || token.text === ')'
    if (listed) this.#indexable = token.end
    return token
  }

  #read(first: string): SqlToken {
    const start = this.#at
    if (first === "'") return this.#quoted('string', start, start, "'")
    if (first === '"' || first === '`') return this.#quoted('name', start, start, first)
    if (first === '[' && this.#opensName()) return this.#quoted('name', start, start, ']')
    if (this.#text.startsWith('{{', start)) return this.#template(start)
    const dollar = first === '$' ? this.#match(DOLLAR_QUOTE) : ''
    if (dollar !== '') return this.#delimited('string', start, start + dollar.length, dollar)
    const variable = this.#match(VARIABLE)
    if (variable !== '')
      return this.#token('parameter', start, start + variable.length, variable.replace(/^[@:$]+/, ''))
    if (first === '?') return this.#token('parameter', start, start + 1, '?')
    const number = this.#match(NUMBER)
    if (number !== '') return this.#token('number', start, start + number.length, number)
    const word = this.#match(WORD)
    if (word !== '') return this.#word(start, word)
    return this.#token('sign', start, start + this.#match(SIGNS).length)
  }

  /** A word, unless it is the prefix of a string: `N'…'`, `E'…'`, `X'…'`. */
  #word(start: number, word: string): SqlToken {
    const quote = start + word.length
    if (this.#text.charAt(quote) === "'" && /^[nexbu]$/i.test(word)) {
      return this.#quoted('string', start, quote, "'", /^e$/i.test(word))
    }
    return { kind: 'name', text: word, word: word.toUpperCase(), start, end: quote }
  }

  /** From the sign at `open` to `close`, whose double stands for itself; with `escapes` a backslash shields it too. */
  #quoted(kind: SqlTokenKind, start: number, open: number, close: string, escapes = false): SqlToken {
    const text = this.#text
    let at = this.#find(close, open + 1)
    for (; at < text.length; at = this.#find(close, at)) {
      if (escapes && isShielded(text, open, at)) at += 1
      else if (text.charAt(at + 1) === close) at += 2
      else break
    }
    const inner = text.slice(open + 1, at).replaceAll(close + close, close)
    return this.#token(kind, start, Math.min(at + 1, text.length), escapes ? inner.replace(/\\(.)/gs, '$1') : inner)
  }

  /** `[[` opens a template's optional clause, and behind a name `[` is an index. */
  #opensName(): boolean {
    return this.#indexable !== this.#at && this.#text.charAt(this.#at + 1) !== '['
  }

  #template(start: number): SqlToken {
    const { text, end } = this.#delimited('parameter', start, start + 2, '}}')
    return this.#token('parameter', start, end, text.trim())
  }

  #delimited(kind: SqlTokenKind, start: number, from: number, close: string): SqlToken {
    const at = this.#find(close, from)
    return this.#token(kind, start, Math.min(at + close.length, this.#text.length), this.#text.slice(from, at))
  }

  #token(kind: SqlTokenKind, start: number, end: number, text = this.#text.slice(start, end)): SqlToken {
    return { kind, text, word: '', start, end }
  }

  /** White space, comments, and a template's instructions. */
  #skipBlanks(): void {
    for (;;) {
      this.#at += this.#match(BLANK).length
      const two = this.#text.slice(this.#at, this.#at + 2)
      if (two === '--') this.#at = this.#find('\n', this.#at)
      else if (two === '/*') this.#at = this.#find('*/', this.#at + 2) + 2
      else if (two === '{%') this.#at = this.#find('%}', this.#at + 2) + 2
      else return
    }
  }

  /** Where `sign` stands next, or the end of the text. */
  #find(sign: string, from: number): number {
    if (this.#missing.has(sign)) return this.#text.length
    const at = this.#text.indexOf(sign, from)
    if (at >= 0) return at
    this.#missing.add(sign)
    return this.#text.length
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    return pattern.exec(this.#text)?.[0] ?? ''
  }
}

/** Stands an odd number of backslashes before `at`? */
function isShielded(text: string, open: number, at: number): boolean {
  let from = at
  while (from - 1 > open && text.charAt(from - 1) === '\\') from -= 1
  return (at - from) % 2 === 1
}
