/** Columns and literals of an SQL statement, looked for where a condition may have them. */
import type { Mention } from '../statement.ts'
import type { SqlToken } from './lexer.ts'
import { AGGREGATES, RESERVED, TYPED, TYPES, WRAPPERS } from './words.ts'

/** Values of parameters by name in lower case, without `@` or braces; those of `?` and `$1` by their number from 1. */
export type SqlParameters = ReadonlyMap<string, readonly string[]>

/** What was found, the tokens whose literals it holds, and the token behind it. */
export interface Found<T> {
  readonly value: T
  readonly used: readonly number[]
  readonly next: number
}

const NOTHING: SqlToken = { kind: 'sign', text: '', word: '', start: 0, end: 0 }
const ARITHMETIC = new Set(['+', '-', '*', '/', '%', '||', '&', '|', '^'])

/** Calls inside one another, as `LOWER(TRIM(CAST(x AS text)))`: more than this is no plain column. */
const MAX_CALLS = 4

export class SqlOperands {
  readonly tokens: readonly SqlToken[]
  /** The name of a table by its alias in lower case, as far as the reader has come. */
  readonly aliases = new Map<string, string>()
  readonly placed = new Set<string>()
  readonly #text: string
  readonly #parameters: SqlParameters
  readonly #used = new Set<number>()
  /** For each opening bracket the token that closes it. */
  readonly #closes: ReadonlyMap<number, number>
  /** For each `?` which one it is. */
  readonly #positions: ReadonlyMap<number, number>

  constructor(text: string, tokens: readonly SqlToken[], parameters: SqlParameters) {
    this.#text = text
    this.tokens = tokens
    this.#parameters = parameters
    this.#closes = closingBrackets(tokens)
    const marks = tokens.flatMap(({ kind, text }, at) => (kind === 'parameter' && text === '?' ? [at] : []))
    this.#positions = new Map(marks.map((at, i) => [at, i + 1]))
  }

  at(index: number): SqlToken {
    return this.tokens[index] ?? NOTHING
  }

  isArithmetic(index: number): boolean {
    const { kind, text } = this.at(index)
    return kind === 'sign' && (ARITHMETIC.has(text) || text === '.')
  }

  /** name : NAME ('.' NAME)* */
  nameAt(at: number): { readonly parts: readonly string[]; readonly next: number } | null {
    if (!this.#isName(at)) return null
    const parts = [this.at(at).text]
    let next = at + 1
    while (this.at(next).text === '.' && this.at(next + 1).kind === 'name') {
      parts.push(this.at(next + 1).text)
      next += 2
    }
    return { parts, next }
  }

  #isName(at: number): boolean {
    const { kind, word } = this.at(at)
    return kind === 'name' && !RESERVED.has(word)
  }

  /** column : name | WRAPPER '(' column … ')' | AGGREGATE '(' … ')', and a cast behind it. */
  columnAt(at: number, calls = 0): Found<string> | null {
    const name = this.nameAt(at)
    if (name === null) return null
    const found =
      this.at(name.next).text === '('
        ? this.#call(at, name.next, calls)
        : { value: this.#columnName(name.parts), used: [], next: name.next }
    if (found === null || calls > 0) return found
    const next = this.#pastCast(found.next)
    return this.isArithmetic(next) ? null : { ...found, next }
  }

  /** The last two parts tell: the table, by its name where an alias stands, and the column. */
  #columnName(parts: readonly string[]): string {
    const [table, column] = parts.slice(-2)
    if (column === undefined) return table ?? ''
    return `${this.aliases.get((table ?? '').toLowerCase()) ?? table}.${column}`
  }

  #call(at: number, open: number, calls: number): Found<string> | null {
    const close = this.#closes.get(open)
    const { word, text } = this.at(at)
    if (close === undefined || calls >= MAX_CALLS || open !== at + 1) return null
    if (AGGREGATES.has(word)) {
      const inner = this.#aggregated(open + 1, close)
      return inner === null ? null : { value: `${text}(${inner})`, used: [], next: close + 1 }
    }
    const column = WRAPPERS.has(word) ? this.columnAt(this.#argument(open, word), calls + 1) : null
    return column === null || this.isArithmetic(column.next) ? null : { ...column, next: close + 1 }
  }

  /** The value a wrapper is called with. T-SQL's CONVERT has its type before it. */
  #argument(open: number, wrapper: string): number {
    if (!wrapper.endsWith('CONVERT') || !TYPES.has(this.at(open + 1).word)) return open + 1
    const behind = this.at(open + 2).text === '(' ? (this.#closes.get(open + 2) ?? open) + 1 : open + 2
    return behind + 1
  }

  /** `*`, a column, or `DISTINCT` and a column. */
  #aggregated(at: number, close: number): string | null {
    if (this.at(at).text === '*' && at + 1 === close) return '*'
    const distinct = this.at(at).word === 'DISTINCT'
    const column = this.nameAt(distinct ? at + 1 : at)
    if (column === null || column.next !== close) return null
    return (distinct ? 'DISTINCT ' : '') + this.#columnName(column.parts)
  }

  /** cast : '::' name ('(' … ')')? | 'COLLATE' name */
  #pastCast(at: number): number {
    if (this.at(at).text !== '::' && this.at(at).word !== 'COLLATE') return at
    const type = this.nameAt(at + 1)
    if (type === null) return at
    return this.at(type.next).text === '(' ? (this.#closes.get(type.next) ?? at) + 1 : type.next
  }

  /** list : '(' literal (',' literal)* … ')' | parameter. What follows the first thing that is no literal is left. */
  listAt(at: number): Found<readonly string[]> | null {
    if (this.at(at).kind === 'parameter') return this.literalsAt(at)
    const close = this.#closes.get(at)
    if (close === undefined) return null
    const [values, used]: [string[], number[]] = [[], []]
    let next = at + 1
    for (let found = this.literalsAt(next); found !== null; found = this.literalsAt(next)) {
      for (const value of found.value) values.push(value)
      for (const token of found.used) used.push(token)
      next = found.next
      if (this.at(next).text !== ',') break
      next += 1
    }
    if (values.length === 0) return null
    return { value: values, used, next: next === close ? next + 1 : next }
  }

  /** literal : '-'? NUMBER | STRING | TYPE STRING | TRUE | FALSE | parameter | WRAPPER '(' literal … ')' */
  literalsAt(at: number, calls = 0): Found<readonly string[]> | null {
    const found = this.#literal(at, calls)
    if (found === null || calls > 0) return found
    const next = this.#pastCast(found.next)
    return this.isArithmetic(next) ? null : { ...found, next }
  }

  #literal(at: number, calls: number): Found<readonly string[]> | null {
    const { kind, text, word } = this.at(at)
    if (kind === 'string' || kind === 'number') return { value: [text], used: [at], next: at + 1 }
    if (kind === 'parameter') return this.#parameter(at)
    if (text === '-' && this.at(at + 1).kind === 'number') {
      return { value: [`-${this.at(at + 1).text}`], used: [at + 1], next: at + 2 }
    }
    if (word === 'TRUE' || word === 'FALSE') return { value: [text], used: [], next: at + 1 }
    if (TYPED.has(word) && this.at(at + 1).kind === 'string') return this.#literal(at + 1, calls)
    return WRAPPERS.has(word) && this.at(at + 1).text === '(' ? this.#wrapped(at + 1, word, calls) : null
  }

  #wrapped(open: number, word: string, calls: number): Found<readonly string[]> | null {
    const close = this.#closes.get(open)
    if (close === undefined || calls >= MAX_CALLS) return null
    const inner = this.literalsAt(this.#argument(open, word), calls + 1)
    if (inner === null || this.isArithmetic(inner.next)) return null
    // What else stands in the brackets is a format or a type: no value that was asked for.
    return { ...inner, next: close + 1 }
  }

  /** Without a value the parameter stands for itself, as written. */
  #parameter(at: number): Found<readonly string[]> {
    const { text, start, end } = this.at(at)
    const name = text === '?' ? String(this.#positions.get(at)) : text.toLowerCase()
    const values = this.#parameters.get(name)
    if (values === undefined) return { value: [this.#text.slice(start, end)], used: [], next: at + 1 }
    return { value: values, used: [at], next: at + 1 }
  }

  /** Marks literals as held by a criterion. */
  use(tokens: readonly number[]): void {
    for (const at of tokens) {
      this.#used.add(at)
      const { kind, text } = this.at(at)
      if (kind === 'parameter') this.placed.add(text === '?' ? String(this.#positions.get(at)) : text.toLowerCase())
    }
  }

  /** Literals that no criterion holds. */
  unused(): readonly Mention[] {
    return this.tokens.flatMap(({ kind, text }, at): Mention[] => {
      if (this.#used.has(at) || (kind !== 'string' && kind !== 'number')) return []
      return [{ kind, text }]
    })
  }
}

function closingBrackets(tokens: readonly SqlToken[]): ReadonlyMap<number, number> {
  const open: number[] = []
  const closes = new Map<number, number>()
  for (const [at, { kind, text }] of tokens.entries()) {
    if (kind !== 'sign') continue
    if (text === '(') open.push(at)
    if (text !== ')') continue
    const from = open.pop()
    if (from !== undefined) closes.set(from, at)
  }
  return closes
}
