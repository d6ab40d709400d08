import { regionOf } from '../source.ts'
import { StatementLimitError, StatementSyntaxError } from '../syntax-error.ts'
import type { TokenPurse } from '../token-purse.ts'
import type { Column, Definition, Evaluation, Expression, NamedExpression, Operator, Query } from './ast.ts'
import { Lexer } from './lexer.ts'
import { TOKEN, type Token, type TokenKind } from './token-kind.ts'

/**
 * The DAX that is sent as a query: `DEFINE … EVALUATE …`.
 *
 * Recursive descent; each production stands above its function. Nothing but StatementSyntaxError and StatementLimitError
 * leaves here, the cost is linear in the length of the text, and the stack is bounded by `maxDepth`: every recursion goes
 * through `#enter`.
 *
 * We take more than the server does: a missing separator, a missing operand, a sign that means nothing. A query that the
 * server refuses was still asked. `doubtful` tells where reading on was a guess.
 */
export class DaxParser {
  readonly #text: string
  readonly #lexer: Lexer
  readonly #purse: TokenPurse
  readonly #maxDepth: number
  #token: Token
  #ahead: Token | null = null
  #depth = 0
  #lastEnd = 0
  #doubtful = false

  constructor(text: string, purse: TokenPurse, decimalComma = false) {
    this.#text = text
    this.#lexer = new Lexer(text, purse, decimalComma)
    this.#purse = purse
    this.#maxDepth = purse.limits.maxDepth
    this.#token = this.#lexer.next()
  }

  /** `{ DEFINE definition… | EVALUATE table [ORDER BY …] [START AT …] } [;]` */
  query(): Query {
    const { start } = this.#token
    const definitions: Definition[] = []
    const evaluations: Evaluation[] = []
    while (this.#token.kind !== TOKEN.end) {
      if (this.#isWord('EVALUATE')) evaluations.push(this.#evaluation())
      else if (this.#isWord('DEFINE')) this.#advance()
      else if (this.#startsDefinition()) definitions.push(this.#definition())
      else if (!this.#skips(TOKEN.semicolon)) throw this.#error('EVALUATE or a definition')
    }
    if (evaluations.length === 0) throw this.#error('EVALUATE')
    return { definitions, evaluations, start, end: this.#lastEnd, tokens: this.#purse.spent, doubtful: this.#doubtful }
  }

  #evaluation(): Evaluation {
    this.#advance()
    const table = this.#body('a table')
    const orderBy = this.#clause('ORDER', 'BY')
    const startAt = this.#clause('START', 'AT')
    return { table, orderBy, startAt }
  }

  /** An expression, and whatever stands around it that should not. */
  #body(expected: string): Expression {
    if (!this.#isWord('VAR') && this.#endsBody()) throw this.#error(expected)
    const parts: Expression[] = []
    while (parts.length === 0 ? this.#token.kind !== TOKEN.end : !this.#endsBody()) {
      const part = this.#listed()
      if (part.kind !== 'empty') parts.push(part)
    }
    const [first, ...strays] = parts
    if (first === undefined) throw this.#error(expected)
    if (strays.length === 0) return first
    this.#doubtful = true
    return { kind: 'block', variables: strays.map((expression) => ({ name: '', expression })), result: first }
  }

  /** `word1 word2 expression [ASC | DESC] {, …}` */
  #clause(one: string, two: string): readonly Expression[] {
    if (!this.#areWords(one, two)) return []
    this.#advance()
    this.#advance()
    const items: Expression[] = []
    while (!this.#endsBody()) {
      const item = this.#listed()
      if (item.kind !== 'empty' && !isDirection(item)) items.push(item)
      this.#skips(TOKEN.comma)
    }
    return items
  }

  #startsDefinition(): boolean {
    return this.#token.kind === TOKEN.name && DEFINITIONS.has(this.#token.word)
  }

  #definition(): Definition {
    const { word } = this.#token
    this.#advance()
    if (word === 'FUNCTION') return this.#function()
    if (word === 'MEASURE' || word === 'COLUMN')
      return this.#columnDefinition(word === 'MEASURE' ? 'measure' : 'column')
    const kind = word === 'VAR' ? 'var' : word === 'TABLE' ? 'table' : 'parameter'
    const name = this.#definedName()
    this.#expectOperator('=')
    const expression = this.#body('an expression')
    if (kind === 'table') this.#skipVisualShape()
    return { kind, name, expression }
  }

  /** `MEASURE 'Fakta'[Beløb] = expression` */
  #columnDefinition(kind: 'measure' | 'column'): Definition {
    const table = this.#token.kind === TOKEN.bracketed ? null : this.#definedName()
    if (this.#token.kind !== TOKEN.bracketed) throw this.#error('the name of a measure or column in brackets')
    const name = unquote(this.#textOf(this.#token))
    this.#advance()
    this.#expectOperator('=')
    return { kind, table, name, expression: this.#body('an expression') }
  }

  /** `FUNCTION name = ( [parameter [: type…] [= default]] {, …} ) => expression` */
  #function(): Definition {
    const name = this.#definedName().toUpperCase()
    this.#expectOperator('=')
    this.#expect(TOKEN.open)
    const parameters: { name: string; fallback: Expression | null }[] = []
    while (this.#token.kind !== TOKEN.close) {
      parameters.push(this.#functionParameter())
      if (!this.#skips(TOKEN.comma) && !this.#skips(TOKEN.semicolon)) break
    }
    this.#expect(TOKEN.close)
    this.#expectOperator('=>')
    return { kind: 'function', name, parameters, expression: this.#body('an expression') }
  }

  #functionParameter(): { name: string; fallback: Expression | null } {
    const name = this.#definedName()
    if (this.#isOperator(':')) this.#advance()
    while (this.#token.kind === TOKEN.name) this.#advance()
    if (!this.#isOperator('=')) return { name, fallback: null }
    this.#advance()
    return { name, fallback: this.#expression() }
  }

  /** `WITH VISUAL SHAPE AXIS ROWS GROUP [Year] TOTAL [IsTotal] ORDER BY [Year] … DENSIFY "flag"`: names of this query. */
  #skipVisualShape(): void {
    if (!this.#isWord('WITH')) return
    while (this.#token.kind !== TOKEN.end && !this.#startsDefinition() && !STATEMENTS.has(this.#token.word)) {
      this.#advance()
    }
  }

  #definedName(): string {
    const { kind } = this.#token
    if (kind !== TOKEN.name && kind !== TOKEN.table) throw this.#error('a name')
    const text = this.#textOf(this.#token)
    this.#advance()
    return kind === TOKEN.table ? unquote(text) : text
  }

  /** An expression in a list. Where there is none, one token is passed over, so that every list comes to its end. */
  #listed(): Expression {
    const { start } = this.#token
    const found = this.#expression()
    if (found.kind === 'empty' && this.#token.start === start && this.#token.kind !== TOKEN.end) {
      this.#doubtful = true
      if (this.#closes()) throw this.#error('an opening bracket for this one')
      this.#advance()
    }
    return found
  }

  /** `expression = or` … by precedence, loosest first. */
  #expression(): Expression {
    return this.#binary(0)
  }

  #binary(level: number): Expression {
    const operators = LEVELS[level]
    if (operators === undefined) return this.#operand()
    if (level === NOT_LEVEL && this.#isWord('NOT')) return this.#not()
    const first = this.#binary(level + 1)
    let operator = this.#operatorOf(operators)
    if (operator === null) return first
    const operands = [first]
    const found: Operator[] = []
    for (; operator !== null; operator = this.#operatorOf(operators)) {
      found.push(operator)
      this.#advance()
      const operand = this.#binary(level === NOT_LEVEL && this.#isWord('NOT') ? NOT_LEVEL : level + 1)
      if (operand.kind === 'empty' || operands.at(-1)?.kind === 'empty') this.#doubtful = true
      operands.push(operand)
    }
    return { kind: 'operation', operands, operators: found }
  }

  /** `NOT a = b` denies the comparison. A chain of NOTs is counted, not climbed. */
  #not(): Expression {
    let denied = false
    for (; this.#isWord('NOT'); this.#advance()) denied = !denied
    this.#enter()
    const operand = this.#binary(NOT_LEVEL)
    this.#depth--
    return denied ? { kind: 'prefix', operator: 'NOT', operand } : operand
  }

  #enter(): void {
    if (++this.#depth > this.#maxDepth) throw new StatementLimitError('depth', this.#maxDepth)
  }

  #operatorOf(operators: ReadonlySet<string>): Operator | null {
    const { kind, word } = this.#token
    if (kind !== TOKEN.operator && !(kind === TOKEN.name && word === 'IN')) return null
    return operators.has(word) ? (word as Operator) : null
  }

  /** `[-|+]… primary`: a chain of signs needs no depth. */
  #operand(): Expression {
    let sign: '-' | '+' | null = null
    while (this.#token.kind === TOKEN.operator && (this.#token.word === '-' || this.#token.word === '+')) {
      sign = this.#token.word === '-' ? (sign === '-' ? '+' : '-') : (sign ?? '+')
      this.#advance()
    }
    this.#enter()
    const operand = this.#primary()
    this.#depth--
    return sign === null ? operand : { kind: 'prefix', operator: sign, operand }
  }

  #primary(): Expression {
    const token = this.#token
    const { kind } = token
    if (kind === TOKEN.open) return this.#tuple()
    if (kind === TOKEN.bracketed) return this.#column(null)
    if (kind === TOKEN.table || kind === TOKEN.name) return this.#named()
    const read = LITERALS[kind]
    if (read === undefined && kind !== TOKEN.openBrace) return { kind: 'empty' }
    this.#advance()
    return read?.(this.#textOf(token)) ?? { kind: 'rows', rows: this.#list(TOKEN.closeBrace) }
  }

  /** `(a)` is a; `(a, b)` a row or a pair of columns. */
  #tuple(): Expression {
    this.#advance()
    const elements = this.#list(TOKEN.close)
    const [only] = elements
    return elements.length === 1 && only !== undefined ? only : { kind: 'tuple', elements }
  }

  /** `expression {, expression}` up to the closing bracket, which falls away. Arguments may be empty. */
  #list(close: TokenKind): readonly Expression[] {
    const items: Expression[] = []
    while (this.#token.kind !== close) {
      if (this.#token.kind === TOKEN.end) throw this.#error(`a closing bracket ${close}`)
      if (this.#skips(TOKEN.comma) || this.#skips(TOKEN.semicolon)) {
        items.push({ kind: 'empty' })
        continue
      }
      const item = this.#listed()
      if (item.kind !== 'empty') items.push(item)
      if (this.#token.kind !== close && !this.#skips(TOKEN.comma)) this.#skips(TOKEN.semicolon)
    }
    this.#advance()
    return items
  }

  /** `name`, `name(…)`, `'table'[column]`, or a block. */
  #named(): Expression {
    const token = this.#token
    if (token.kind === TOKEN.name && token.word === 'VAR' && this.#peek().kind === TOKEN.name) return this.#block()
    if (token.kind === TOKEN.name && token.word === 'NOT') return this.#not()
    if (this.#depth <= 1 && this.#endsBody()) return { kind: 'empty' }
    this.#advance()
    const name = token.kind === TOKEN.table ? unquote(this.#textOf(token)) : this.#textOf(token)
    if (this.#token.kind === TOKEN.open && token.kind === TOKEN.name) {
      this.#advance()
      return { kind: 'call', name: token.word, args: this.#list(TOKEN.close) }
    }
    if (this.#token.kind === TOKEN.bracketed && !RESERVED.has(token.word)) return this.#column(name)
    if (this.#token.kind === TOKEN.dot && this.#peek().kind === TOKEN.bracketed) {
      this.#advance()
      return this.#column(name)
    }
    return { kind: 'name', name, quoted: token.kind === TOKEN.table }
  }

  /** `[column]`, `[column].[part]`, and MDX's way of writing `[table].[column]`; `[measure](filter, …)` is CALCULATE. */
  #column(table: string | null): Expression {
    const name = unquote(this.#textOf(this.#token))
    this.#advance()
    const part = this.#part()
    const [inTable, column] = table === null && part !== null ? [name, part] : [table, name]
    const found: Column = { kind: 'column', table: inTable, column, part: inTable === table ? part : null }
    if (this.#token.kind !== TOKEN.open || this.#token.start !== this.#lastEnd) return found
    this.#advance()
    return { kind: 'call', name: 'CALCULATE', args: [found, ...this.#list(TOKEN.close)] }
  }

  #part(): string | null {
    if (this.#token.kind !== TOKEN.dot || this.#peek().kind !== TOKEN.bracketed) return null
    this.#advance()
    const part = unquote(this.#textOf(this.#token))
    this.#advance()
    return part
  }

  /** `VAR name = expression {VAR …} RETURN expression` */
  #block(): Expression {
    const variables: NamedExpression[] = []
    while (this.#isWord('VAR')) {
      this.#advance()
      const name = this.#definedName()
      this.#expectOperator('=')
      variables.push({ name, expression: this.#expression() })
    }
    if (!this.#isWord('RETURN')) throw this.#error('VAR or RETURN')
    this.#advance()
    return { kind: 'block', variables, result: this.#expression() }
  }

  /** Does the next thing begin outside of every bracket? */
  #endsBody(): boolean {
    const { kind, word } = this.#token
    if (kind === TOKEN.end || kind === TOKEN.semicolon) return true
    if (kind !== TOKEN.name) return false
    if (STATEMENTS.has(word)) return true
    if (word === 'ORDER' || word === 'START') return this.#peek().word === (word === 'ORDER' ? 'BY' : 'AT')
    if (word === 'WITH') return this.#peek().word === 'VISUAL'
    return DEFINITIONS.has(word) && this.#opensDefinition()
  }

  /** `MEASURE` before a name is no table. */
  #opensDefinition(): boolean {
    const { kind, word } = this.#peek()
    if (word === 'ORDER' || word === 'START') return false
    return kind === TOKEN.name || kind === TOKEN.table || (kind === TOKEN.bracketed && this.#isWord('MEASURE'))
  }

  #isWord(word: string): boolean {
    return this.#token.kind === TOKEN.name && this.#token.word === word
  }

  #areWords(one: string, two: string): boolean {
    return this.#isWord(one) && this.#peek().word === two
  }

  #isOperator(sign: string): boolean {
    return this.#token.kind === TOKEN.operator && this.#token.word === sign
  }

  #closes(): boolean {
    return this.#token.kind === TOKEN.close || this.#token.kind === TOKEN.closeBrace
  }

  #skips(kind: TokenKind): boolean {
    if (this.#token.kind !== kind) return false
    this.#advance()
    return true
  }

  #expect(kind: TokenKind): void {
    if (!this.#skips(kind)) throw this.#error(kind)
  }

  #expectOperator(sign: string): void {
    if (!this.#isOperator(sign)) throw this.#error(sign)
    this.#advance()
  }

  #peek(): Token {
    this.#ahead ??= this.#lexer.next()
    return this.#ahead
  }

  #advance(): void {
    this.#lastEnd = this.#token.end
    this.#token = this.#ahead ?? this.#lexer.next()
    this.#ahead = null
  }

  #textOf({ start, end }: Token): string {
    return this.#text.slice(start, end)
  }

  #error(expected: string): StatementSyntaxError {
    return new StatementSyntaxError(regionOf(this.#text, this.#token.start, this.#token.end), expected)
  }
}

function isDirection(item: Expression): boolean {
  return item.kind === 'name' && !item.quoted && /^(?:asc|desc)$/i.test(item.name)
}

/** Without the signs at both ends, the doubled one inside undone. */
function unquote(text: string): string {
  const close = text.charAt(text.length - 1)
  return text.slice(1, -1).replaceAll(close + close, close)
}

const LITERALS: Readonly<Partial<Record<TokenKind, (text: string) => Expression>>> = {
  [TOKEN.string]: (text) => ({ kind: 'string', value: unquote(text) }),
  [TOKEN.date]: (text) => ({ kind: 'date', value: text.slice(3, -1) }),
  [TOKEN.number]: (raw) => ({ kind: 'number', raw }),
  [TOKEN.parameter]: (text) => ({ kind: 'parameter', name: text.slice(1) }),
}

const STATEMENTS: ReadonlySet<string> = new Set(['EVALUATE', 'DEFINE'])
const DEFINITIONS: ReadonlySet<string> = new Set(['MEASURE', 'VAR', 'TABLE', 'COLUMN', 'FUNCTION', 'MPARAMETER'])

/** Words that are no tables though a bracket follows: `RETURN [Beløb]`, `BY [Year]`. */
const RESERVED: ReadonlySet<string> = new Set([
  'RETURN',
  'VAR',
  'EVALUATE',
  'DEFINE',
  'NOT',
  'IN',
  'BY',
  'AT',
  'ASC',
  'DESC',
])

/** Microsoft's table of DAX operators, from the loosest; NOT stands between comparison and `&&`. */
const LEVELS: readonly ReadonlySet<string>[] = [
  ['||'],
  ['&&'],
  ['=', '==', '<>', '!=', '<', '>', '<=', '>=', 'IN'],
  ['&'],
  ['+', '-'],
  ['*', '/'],
  ['^'],
].map((operators) => new Set(operators))
const NOT_LEVEL = 2
