import { regionOf } from '../source.ts'
import { StatementLimitError, StatementSyntaxError } from '../syntax-error.ts'
import type { TokenPurse } from '../token-purse.ts'
import type {
  Assignment,
  Axis,
  Branch,
  Command,
  CommandPart,
  Create,
  Definition,
  Dmv,
  Drillthrough,
  Expression,
  ExpressionOf,
  From,
  NameSegment,
  Operator,
  Path,
  Prefix,
  Property,
  SapVariable,
  Segment,
  Select,
  Statement,
  StatementBody,
  Step,
  Update,
} from './ast.ts'
import { type Comments, Lexer } from './lexer.ts'
import { TOKEN, type Token, type TokenKind } from './token-kind.ts'

/**
 * The MDX of Analysis Services and Mondrian, with what SAP BW, TM1, Cognos and Excel write beside it.
 *
 * Recursive descent; each production stands above its function. Nothing but StatementSyntaxError and StatementLimitError
 * leaves here, the cost is linear in the length of the text, and the stack is bounded by `maxDepth`: every recursion goes
 * through `#operand` or `#select`, which count.
 *
 * We take more than the servers do (axes may stand in any order, statements need no separator). What is accepted here and
 * refused there costs one record too many; the other way round costs an `opaque` one.
 */
export class MdxParser {
  readonly #lexer: Lexer
  readonly #purse: TokenPurse
  #token: Token
  #ahead: Token | null = null
  #lastEnd = 0
  #depth: number

  constructor(text: string, purse: TokenPurse, depth = 0, comments: Comments = 'flat') {
    this.#lexer = new Lexer(text, purse, comments)
    this.#purse = purse
    this.#depth = depth
    this.#token = this.#lexer.next()
  }

  /** statements : { separator } [ statement { separator { separator } statement } ] */
  statements(): Statement[] {
    const statements: Statement[] = []
    for (;;) {
      while (this.#isSign(TOKEN.semicolon) || this.#isWord('GO')) this.#advance()
      if (this.#isSign(TOKEN.end)) return statements
      if (!STATEMENT_WORDS.has(this.#token.word)) throw this.#error('a statement')
      const start = this.#token.start
      const body = this.#statement()
      statements.push({ body, start, end: this.#lastEnd })
    }
  }

  /** The whole text as one expression: a quoted formula, the argument of StrToSet, the value of a parameter. */
  expressionOnly(): Expression {
    const expression = this.#expression()
    if (!this.#isSign(TOKEN.end)) throw this.#error('an operator or the end of the expression')
    return expression
  }

  // ---- statements

  #statement(): StatementBody {
    switch (this.#token.word) {
      case 'SELECT':
      case 'WITH':
        return this.#isWord('SELECT') && this.#selectsFromSystem() ? this.#dmv() : this.#select()
      case 'DRILLTHROUGH':
        return this.#drillthrough()
      case 'EXPLAIN':
        return this.#explain()
      case 'CREATE':
        return this.#create()
      case 'UPDATE':
        return this.#update()
      case 'CALL':
        this.#advance()
        return { kind: 'procedure', expression: this.#expression() }
      default:
        return this.#command([])
    }
  }

  /** explain : EXPLAIN PLAN FOR ( select | drillthrough ) */
  #explain(): StatementBody {
    this.#advance()
    this.#expectWord('PLAN')
    this.#expectWord('FOR')
    const statement = this.#isWord('DRILLTHROUGH') ? this.#drillthrough() : this.#select()
    return { kind: 'explain', statement }
  }

  /** drillthrough : DRILLTHROUGH { MAXROWS n | FIRSTROWSET n } select [ RETURN expression { , expression } ] */
  #drillthrough(): Drillthrough {
    this.#advance()
    let maxRows: Expression | null = null
    let firstRowset: Expression | null = null
    for (;;) {
      if (this.#skipWord('MAXROWS')) maxRows = this.#prefixed()
      else if (this.#skipWord('FIRSTROWSET')) firstRowset = this.#prefixed()
      else break
    }
    const select = this.#select()
    const returns = this.#skipWord('RETURN') ? this.#list(() => this.#expression()) : []
    return { kind: 'drillthrough', maxRows, firstRowset, select, returns }
  }

  /**
   * select : [ WITH definition { definition } ] SELECT [ * | axis { , axis } ] FROM from
   *          [ WHERE expression ] [ SAP VARIABLES … ] [ [ CELL ] PROPERTIES path { , path } ]
   */
  #select(): Select {
    this.#enter()
    const definitions = this.#skipWord('WITH') ? this.#definitions() : []
    this.#expectWord('SELECT')
    const axes = this.#isWord('FROM') || this.#skipStar() ? [] : this.#axes()
    this.#expectWord('FROM')
    const from = this.#from()
    const tail = this.#selectTail()
    this.#depth--
    return { kind: 'select', definitions, axes, from, ...tail }
  }

  #skipStar(): boolean {
    return this.#isOperator('*') && this.#peek().word === 'FROM' && this.#skip()
  }

  #selectTail(): Pick<Select, 'slicer' | 'sapVariables' | 'cellProperties'> {
    let slicer: Expression | null = null
    let sapVariables: readonly SapVariable[] = []
    let cellProperties: readonly Path[] = []
    for (;;) {
      if (this.#skipWord('WHERE')) slicer = this.#expression()
      else if (this.#isWord('SAP') && this.#peek().word === 'VARIABLES') sapVariables = this.#sapVariables()
      else if (this.#isWord('CELL') && this.#peek().word === 'PROPERTIES') cellProperties = this.#properties(2)
      else if (this.#isWord('PROPERTIES')) cellProperties = this.#properties(1)
      else return { slicer, sapVariables, cellProperties }
    }
  }

  #properties(words: number): Path[] {
    for (let i = 0; i < words; i++) this.#advance()
    return this.#list(() => this.#plainPath())
  }

  /** sap-variables : SAP VARIABLES path ( INCLUDING | EXCLUDING ) expression { [ , ] path … } */
  #sapVariables(): SapVariable[] {
    this.#advance()
    this.#advance()
    const variables: SapVariable[] = []
    do {
      const name = this.#plainPath()
      const excluding = this.#skipWord('EXCLUDING')
      if (!excluding) this.#expectWord('INCLUDING')
      variables.push({ name, excluding, value: this.#expression() })
    } while (this.#skipSign(TOKEN.comma) || this.#isSign(TOKEN.bracketed))
    return variables
  }

  /** from : path | string | [ NON VISUAL ] '(' select ')' */
  #from(): From {
    const nonVisual = this.#isWord('NON') && this.#peek().word === 'VISUAL' && this.#skip() && this.#skip()
    if (this.#skipSign(TOKEN.open)) {
      const select = this.#select()
      this.#expect(TOKEN.close)
      return { kind: 'subselect', nonVisual, select }
    }
    if (nonVisual) throw this.#error('(')
    if (this.#isSign(TOKEN.string)) {
      const text = `[${this.#stringValue(this.#take()).replaceAll(']', ']]')}]`
      return { kind: 'cube', name: { kind: 'path', segments: [{ kind: 'name', text, bracketed: true }] } }
    }
    return { kind: 'cube', name: this.#plainPath() }
  }

  #axes(): Axis[] {
    return this.#list(() => this.#axis())
  }

  /** axis : [ NON EMPTY ] expression { HAVING expression | [ DIMENSION ] PROPERTIES path { , path } } ON number */
  #axis(): Axis {
    const nonEmpty = this.#isWord('NON') && this.#peek().word === 'EMPTY' && this.#skip() && this.#skip()
    const set = this.#expression()
    let having: Expression | null = null
    let dimensionProperties: readonly Path[] = []
    for (;;) {
      if (this.#skipWord('HAVING')) having = this.#expression()
      else if (this.#isWord('DIMENSION') && this.#peek().word === 'PROPERTIES')
        dimensionProperties = this.#properties(2)
      else if (this.#isWord('PROPERTIES')) dimensionProperties = this.#properties(1)
      else break
    }
    this.#expectWord('ON')
    return { nonEmpty, set, having, dimensionProperties, number: this.#axisNumber() }
  }

  /** number : COLUMNS | ROWS | PAGES | SECTIONS | CHAPTERS | n | AXIS '(' n ')' */
  #axisNumber(): number {
    const named = AXIS_NAMES.indexOf(this.#token.word)
    if (named >= 0) {
      this.#advance()
      return named
    }
    if (!this.#skipWord('AXIS')) return this.#wholeNumber()
    this.#expect(TOKEN.open)
    const number = this.#wholeNumber()
    this.#expect(TOKEN.close)
    return number
  }

  #wholeNumber(): number {
    const text = this.#isSign(TOKEN.number) ? this.#textOf(this.#token) : ''
    if (!/^\d{1,3}$/.test(text)) throw this.#error('a whole axis number')
    this.#advance()
    return Number(text)
  }

  // ---- definitions

  #definitions(): Definition[] {
    const definitions: Definition[] = []
    for (;;) {
      // A comma between definitions is no MDX, but Analysis Services lets it pass.
      if (this.#isSign(TOKEN.comma) && DEFINITION_WORDS.has(this.#peek().word)) this.#advance()
      while (SCOPE_WORDS.has(this.#token.word)) this.#advance()
      if (!DEFINITION_WORDS.has(this.#token.word)) break
      definitions.push(this.#definition())
    }
    if (definitions.length === 0) throw this.#error('MEMBER or SET')
    return definitions
  }

  /** definition : MEMBER path AS formula { property } | SET path AS formula { property } | CELL CALCULATION … */
  #definition(): Definition {
    const word = this.#take().word
    if (word === 'CELL') return this.#cellCalculation()
    const name = this.#plainPath()
    this.#expectWord('AS')
    const formula = this.#formula()
    return { kind: word === 'MEMBER' ? 'member' : 'set', name, formula, properties: this.#definitionProperties() }
  }

  /** cell-calculation : CELL CALCULATION path FOR formula AS formula { property } */
  #cellCalculation(): Definition {
    this.#expectWord('CALCULATION')
    const name = this.#plainPath()
    this.#expectWord('FOR')
    const scope = this.#isSign(TOKEN.string) ? this.#codeIn(this.#take()) : this.#level(0)
    this.#expectWord('AS')
    const formula = this.#formula()
    return { kind: 'cell-calculation', name, scope, formula, properties: this.#definitionProperties() }
  }

  /** property : , name = expression */
  #definitionProperties(): Property[] {
    const properties: Property[] = []
    while (this.#isSign(TOKEN.comma) && !DEFINITION_WORDS.has(this.#peek().word)) {
      this.#advance()
      const name = this.#name('a property')
      if (!this.#isOperator('=')) throw this.#error('=')
      this.#advance()
      properties.push({ name, value: this.#expression() })
    }
    return properties
  }

  /** formula : 'code' | expression. Double quotes hold a text, not code. */
  #formula(): Expression {
    const token = this.#token
    const quoted = token.kind === TOKEN.string && this.#lexer.text[token.start] === "'"
    if (!quoted || this.#continuesExpression(this.#peek())) return this.#expression()
    return this.#codeIn(this.#take())
  }

  #continuesExpression(token: Token): boolean {
    return token.kind === TOKEN.operator || token.kind === TOKEN.dot || OPERATOR_WORDS.has(token.word)
  }

  /** A mistake in quoted code is shown at the whole string: within, doubled quotes shift the places. */
  #codeIn(token: Token): Expression {
    const value = this.#stringValue(token)
    if (value.trim() === '') return { kind: 'string', value }
    try {
      return new MdxParser(value, this.#purse, this.#depth, this.#lexer.comments).expressionOnly()
    } catch (error) {
      if (!(error instanceof StatementSyntaxError)) throw error
      throw new StatementSyntaxError(regionOf(this.#lexer.text, token.start, token.end), error.expected)
    }
  }

  // ---- commands

  /** create : CREATE { word } ( MEMBER | SET | CELL CALCULATION ) definition, or another command */
  #create(): Create | Command {
    this.#advance()
    const scope: string[] = []
    while (SCOPE_WORDS.has(this.#token.word)) scope.push(this.#take().word)
    if (DEFINITION_WORDS.has(this.#token.word)) return { kind: 'create', scope, definition: this.#definition() }
    return this.#command(['CREATE', ...scope])
  }

  /** update : UPDATE [ CUBE ] path SET assignment { , assignment } */
  #update(): Update {
    this.#advance()
    if (this.#isWord('CUBE') && this.#peek().word !== 'SET') this.#advance()
    const cube = this.#plainPath()
    this.#expectWord('SET')
    return { kind: 'update', cube, assignments: this.#list(() => this.#assignment()) }
  }

  /** assignment : operand = expression [ name [ BY expression ] ] */
  #assignment(): Assignment {
    const cell = this.#operand()
    if (!this.#isOperator('=')) throw this.#error('=')
    this.#advance()
    const value = this.#expression()
    const allocation = this.#token.word.startsWith('USE_') ? this.#name('an allocation') : null
    const weight = this.#skipWord('BY') ? this.#expression() : null
    return { cell, value, allocation, weight }
  }

  /** command : { word } { path | string | number | sign }, up to a separator; a SCOPE goes on to its END SCOPE */
  #command(seen: readonly string[]): Command {
    const words = [...seen]
    while (COMMAND_WORDS.has(this.#token.word) && this.#peek().kind !== TOKEN.dot) words.push(this.#take().word)
    const parts: CommandPart[] = []
    let scopes = words[0] === 'SCOPE' ? 1 : 0
    while (!this.#isSign(TOKEN.end) && (scopes > 0 || !(this.#isSign(TOKEN.semicolon) || this.#isWord('GO')))) {
      const closes = this.#isWord('END') && this.#peek().word === 'SCOPE'
      if (closes) parts.push({ kind: 'sign', text: this.#take().word })
      if (this.#isWord('SCOPE')) scopes += closes ? -1 : 1
      parts.push(this.#commandPart())
    }
    return { kind: 'command', words, parts }
  }

  #commandPart(): CommandPart {
    const { kind } = this.#token
    if (kind === TOKEN.name || kind === TOKEN.bracketed) return this.#plainPath()
    const literal = this.#literal()
    if (literal !== null) return literal
    const { word } = this.#take()
    return { kind: 'sign', text: word === '' ? kind : word }
  }

  // ---- queries about the server itself

  /**
   * Whether this SELECT is SQL on a schema rowset. Looks ahead to the first FROM outside brackets, with a lexer of its
   * own, and only where the text holds such a name at all; each statement is looked through at most once.
   */
  #selectsFromSystem(): boolean {
    if (!SYSTEM_ROWSET.test(this.#lexer.text)) return false
    const lexer = new Lexer(this.#lexer.text, this.#purse, this.#lexer.comments, this.#token.end)
    for (let token = lexer.next(), depth = 0; ; token = lexer.next()) {
      if (token.kind === TOKEN.open || token.kind === TOKEN.openBrace) depth++
      if (token.kind === TOKEN.close || token.kind === TOKEN.closeBrace) depth--
      if (depth > 0) continue
      if (token.word === 'FROM') return SYSTEM_WORDS.has(lexer.next().word)
      if (token.word === 'SELECT' || token.kind === TOKEN.semicolon || token.kind === TOKEN.end) return false
    }
  }

  /** dmv : SELECT { word } FROM rowset [ WHERE expression ] [ ORDER BY { word } ] */
  #dmv(): Dmv {
    this.#advance()
    const columns: string[] = []
    while (!this.#isWord('FROM')) columns.push(this.#textOf(this.#take()))
    this.#advance()
    const { rowset, restrictions } = this.#rowset()
    const where = this.#skipWord('WHERE') ? this.#expression() : null
    const order: string[] = []
    if (this.#skipWord('ORDER')) {
      this.#expectWord('BY')
      while (!this.#isSign(TOKEN.end) && !this.#isSign(TOKEN.semicolon)) order.push(this.#textOf(this.#take()))
    }
    return { kind: 'dmv', rowset, columns, restrictions, where, order }
  }

  /** rowset : path | SYSTEMRESTRICTSCHEMA '(' path { , expression } ')' */
  #rowset(): Pick<Dmv, 'rowset' | 'restrictions'> {
    if (!this.#skipWord('SYSTEMRESTRICTSCHEMA')) return { rowset: this.#plainPath(), restrictions: [] }
    this.#expect(TOKEN.open)
    const rowset = this.#plainPath()
    const restrictions = this.#skipSign(TOKEN.comma) ? this.#list(() => this.#expression()) : []
    this.#expect(TOKEN.close)
    return { rowset, restrictions }
  }

  // ---- expressions

  /** expression : level-0 [ AS name ] */
  #expression(): Expression {
    const expression = this.#level(0)
    return this.#skipWord('AS') ? { kind: 'alias', expression, name: this.#name('an alias') } : expression
  }

  /** level-n : level-(n+1) { operator-n level-(n+1) }, all levels in one loop; each chain is one flat node */
  #level(lowest: number): Expression {
    let left = this.#prefixed()
    for (let level = this.#operatorLevel(); level >= lowest; level = this.#operatorLevel()) {
      const operands = [left]
      const operators: Operator[] = []
      do {
        operators.push(this.#operator())
        operands.push(this.#level(level + 1))
      } while (this.#operatorLevel() === level)
      left = { kind: 'operation', operands, operators }
    }
    return left
  }

  /** -1 where no operator stands. */
  #operatorLevel(): number {
    const { word, kind } = this.#token
    if (word === '') return -1
    if (word === 'NOT') return NEGATABLE.has(this.#peek().word) ? COMPARISON : -1
    if (kind === TOKEN.name && this.#peek().kind === TOKEN.dot) return -1
    return LEVELS.get(word) ?? -1
  }

  #operator(): Operator {
    const { word } = this.#take()
    const operator = OPERATORS.get(word === 'NOT' ? `NOT ${this.#take().word}` : word)
    if (operator === undefined) throw this.#error('an operator')
    return operator
  }

  /** prefixed : prefix level-of-prefix | operand */
  #prefixed(): Expression {
    const operator = this.#prefix()
    if (operator === null) return this.#operand()
    this.#enter()
    const operand = this.#level(operator === 'NOT' ? COMPARISON : RANGE)
    this.#depth--
    return { kind: 'prefix', operator, operand }
  }

  #prefix(): Prefix | null {
    const { word } = this.#token
    if (word === '') return null
    if (word === '-' || word === '+') return this.#skip() ? word : null
    if (word === 'NON') return this.#peek().word === 'EMPTY' && this.#skip() && this.#skip() ? 'NON EMPTY' : null
    const next = this.#peekIf(PREFIX_WORDS, word)
    if (next === null || next.kind === TOKEN.dot) return null
    if (word === 'DISTINCT') return next.kind === TOKEN.openBrace && this.#skip() ? word : null
    return (word === 'NOT' || word === 'EXISTING' || word === 'TM1IGNORE_BADTUPLES') && this.#skip() ? word : null
  }

  /** operand : primary { . name [ arguments ] | [ . ] arguments }, the last as in TM1's `[cube].([a].[b], …)` */
  #operand(): Expression {
    this.#enter()
    const base = this.#primary()
    const steps: Step[] = []
    for (;;) {
      if (this.#skipSign(TOKEN.dot)) steps.push(this.#step())
      else if (this.#isSign(TOKEN.open) && takesItem(base, steps)) steps.push({ kind: 'item', args: this.#arguments() })
      else break
    }
    this.#depth--
    return steps.length === 0 ? base : { kind: 'access', base, steps }
  }

  #step(): Step {
    if (this.#isSign(TOKEN.open)) return { kind: 'item', args: this.#arguments() }
    const name = this.#name('a function')
    return this.#isSign(TOKEN.open) ? { kind: 'method', name, args: this.#arguments() } : { kind: 'property', name }
  }

  #primary(): Expression {
    const { kind } = this.#token
    if (kind === TOKEN.bracketed) return this.#pathOrCall()
    if (kind === TOKEN.name) return this.#word()
    if (kind === TOKEN.openBrace) return { kind: 'set', elements: this.#bracedList(TOKEN.closeBrace) }
    if (kind === TOKEN.open) return { kind: 'tuple', elements: this.#bracedList(TOKEN.close) }
    const literal = this.#literal()
    if (literal === null) throw this.#error('an expression')
    return literal
  }

  /** literal : string | number | @parameter */
  #literal(): ExpressionOf<'string' | 'number' | 'parameter'> | null {
    const { kind } = this.#token
    if (kind === TOKEN.string) return { kind: 'string', value: this.#stringValue(this.#take()) }
    if (kind === TOKEN.number) return { kind: 'number', raw: this.#textOf(this.#take()) }
    if (kind === TOKEN.parameter) return { kind: 'parameter', name: this.#textOf(this.#take()).slice(1) }
    return null
  }

  #word(): Expression {
    const { word } = this.#token
    if (!MEANINGFUL_WORDS.has(word) || this.#peek().kind === TOKEN.dot) return this.#pathOrCall()
    if (word === 'CASE') return this.#case()
    if (word === 'NULL') return this.#skip() && { kind: 'null' }
    throw this.#error('an expression')
  }

  /** case : CASE [ expression ] { WHEN expression THEN expression } [ ELSE expression ] END */
  #case(): Expression {
    this.#advance()
    const subject = this.#isWord('WHEN') ? null : this.#expression()
    const branches: Branch[] = []
    while (this.#skipWord('WHEN')) {
      const when = this.#expression()
      this.#expectWord('THEN')
      branches.push({ when, result: this.#expression() })
    }
    const otherwise = this.#skipWord('ELSE') ? this.#expression() : null
    this.#expectWord('END')
    return { kind: 'case', subject, branches, otherwise }
  }

  /** arguments : '(' [ [ expression ] { , [ expression ] } ] ')' */
  #arguments(): Expression[] {
    return this.#bracedList(TOKEN.close)
  }

  #bracedList(close: TokenKind): Expression[] {
    this.#advance()
    if (this.#skipSign(close)) return []
    const elements = this.#list(() => this.#expressionOrEmpty(close))
    this.#expect(close)
    return elements
  }

  #expressionOrEmpty(close: TokenKind): Expression {
    return this.#isSign(TOKEN.comma) || this.#isSign(close) ? { kind: 'empty' } : this.#expression()
  }

  // ---- names

  /** path-or-call : segment { . segment } { step } | name { ( . | ! ) name } arguments */
  #pathOrCall(): Expression {
    const segments: Segment[] = [this.#name('a name')]
    while (this.#isSign(TOKEN.dot) || this.#isSign(TOKEN.ampersand) || this.#isOperator('!')) {
      if (this.#isOperator('!')) return this.#foreignCall(segments)
      if (!this.#isSign(TOKEN.ampersand)) {
        const next = this.#peek()
        if (next.kind === TOKEN.open || isFunctionWord(next, this.#lexer.text)) break
        this.#advance()
      }
      segments.push(this.#segment())
    }
    return this.#isSign(TOKEN.open) ? this.#callOn(segments) : { kind: 'path', segments }
  }

  /** `VBA!Left(…)`: a function of a library, by any separator. */
  #foreignCall(library: readonly Segment[]): Expression {
    const name = library.filter(isName)
    if (name.length < library.length) throw this.#error('an operator')
    do {
      this.#advance()
      name.push(this.#name('a function'))
    } while (this.#isOperator('!'))
    if (!this.#isSign(TOKEN.open)) throw this.#error('(')
    return { kind: 'call', name, args: this.#arguments() }
  }

  /** `f(…)`, `Library.f(…)`, `[Set](0)`, or `[Store].Levels(…)`, which is a method of what stands before it. */
  #callOn(segments: readonly Segment[]): Expression {
    const names = segments.filter(isName)
    const last = names.at(-1)
    if (last === undefined || names.length < segments.length) throw this.#error('an operator')
    const ofPath = names.length > 1 && names.some((segment) => segment.bracketed)
    if (!ofPath) return { kind: 'call', name: names, args: this.#arguments() }
    const base: Path = { kind: 'path', segments: segments.slice(0, -1) }
    return { kind: 'access', base, steps: [{ kind: 'method', name: last, args: this.#arguments() }] }
  }

  /** Names and keys alone: where no function can stand, `Count` is a name like any other. */
  #plainPath(): Path {
    const segments: Segment[] = [this.#name('a name')]
    for (;;) {
      if (this.#skipSign(TOKEN.dot) || this.#isSign(TOKEN.ampersand)) segments.push(this.#segment())
      else return { kind: 'path', segments }
    }
  }

  /** segment : name | n | & part { & part }, each part a name or a number */
  #segment(): Segment {
    if (!this.#isSign(TOKEN.ampersand)) return this.#name('a name or a key')
    let text = ''
    while (this.#skipSign(TOKEN.ampersand)) {
      text += `&${this.#name('a key').text}`
    }
    return { kind: 'key', text }
  }

  #name(expected: string): NameSegment {
    const { kind } = this.#token
    if (kind !== TOKEN.name && kind !== TOKEN.bracketed && kind !== TOKEN.number) throw this.#error(expected)
    return { kind: 'name', text: this.#textOf(this.#take()), bracketed: kind === TOKEN.bracketed }
  }

  // ---- tokens

  #list<T>(element: () => T): T[] {
    const elements = [element()]
    while (this.#skipSign(TOKEN.comma)) elements.push(element())
    return elements
  }

  #enter(): void {
    const { maxDepth } = this.#purse.limits
    if (++this.#depth > maxDepth) throw new StatementLimitError('depth', maxDepth)
  }

  #advance(): void {
    this.#lastEnd = this.#token.end
    this.#token = this.#ahead ?? this.#lexer.next()
    this.#ahead = null
  }

  #take(): Token {
    const token = this.#token
    if (token.kind === TOKEN.end) throw this.#error('more')
    this.#advance()
    return token
  }

  #skip(): true {
    this.#advance()
    return true
  }

  #peek(): Token {
    this.#ahead ??= this.#lexer.next()
    return this.#ahead
  }

  #peekIf(words: ReadonlySet<string>, word: string): Token | null {
    return words.has(word) ? this.#peek() : null
  }

  #isSign(kind: TokenKind): boolean {
    return this.#token.kind === kind
  }

  #isWord(word: string): boolean {
    return this.#token.word === word
  }

  #isOperator(sign: string): boolean {
    return this.#token.kind === TOKEN.operator && this.#token.word === sign
  }

  #skipSign(kind: TokenKind): boolean {
    return this.#isSign(kind) && this.#skip()
  }

  #skipWord(word: string): boolean {
    return this.#isWord(word) && this.#skip()
  }

  #expect(kind: TokenKind): void {
    if (!this.#skipSign(kind)) throw this.#error(kind)
  }

  #expectWord(word: string): void {
    if (!this.#skipWord(word)) throw this.#error(word)
  }

  #textOf(token: Token): string {
    return this.#lexer.text.slice(token.start, token.end)
  }

  #stringValue(token: Token): string {
    const quote = this.#lexer.text.charAt(token.start)
    return this.#lexer.text.slice(token.start + 1, token.end - 1).replaceAll(quote + quote, quote)
  }

  #error(expected: string): StatementSyntaxError {
    return new StatementSyntaxError(regionOf(this.#lexer.text, this.#token.start, this.#token.end), expected)
  }
}

const isName = (segment: Segment): segment is NameSegment => segment.kind === 'name'

/** `{…}(0)` and `f(x)(0)`; a path before brackets is a call, and a number or a string takes none. */
function takesItem(base: Expression, steps: readonly Step[]): boolean {
  return steps.length > 0 || base.kind === 'set' || base.kind === 'tuple' || base.kind === 'call'
}

/** After a dot these words are functions, unless in brackets; `[Measures].[CurrentMember]` alone is met in brackets too. */
function isFunctionWord(token: Token, text: string): boolean {
  if (token.kind === TOKEN.bracketed) return /^\[(?:current|default)member\]$/i.test(text.slice(token.start, token.end))
  return FUNCTION_WORDS.has(token.word)
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/))

const AXIS_NAMES: readonly string[] = ['COLUMNS', 'ROWS', 'PAGES', 'SECTIONS', 'CHAPTERS']

const STATEMENT_WORDS = words(`SELECT WITH DRILLTHROUGH EXPLAIN CREATE DROP ALTER UPDATE CALL REFRESH CLEAR SCOPE FREEZE
  USE BEGIN COMMIT ROLLBACK INSERT DELETE`)
const DEFINITION_WORDS = words('MEMBER SET CELL')
const SCOPE_WORDS = words('SESSION GLOBAL HIDDEN STATIC DYNAMIC CALCULATED')
const COMMAND_WORDS =
  words(`DROP ALTER CREATE REFRESH CLEAR SCOPE FREEZE USE BEGIN COMMIT ROLLBACK INSERT DELETE SESSION
  GLOBAL HIDDEN MEMBER SET CUBE SUBCUBE CELL CALCULATION CALCULATIONS KPI ACTION DIMENSION LIBRARY TRANSACTION TRAN FROM
  INTO`)

const SYSTEM_ROWSET = /\$system\b|systemrestrictschema/i
const SYSTEM_WORDS = words('$SYSTEM SYSTEMRESTRICTSCHEMA')

const COMPARISON = 2
const RANGE = 5
const BY_LEVEL: readonly (readonly Operator[])[] = [
  ['OR', 'XOR'],
  ['AND'],
  ['=', '==', '<>', '!=', '<', '>', '<=', '>=', 'IS', 'IN', 'NOT IN', 'MATCHES', 'NOT MATCHES', 'LIKE', 'NOT LIKE'],
  ['+', '-', '||'],
  ['*', '/', '^'],
  [':'],
]
const OPERATORS: ReadonlyMap<string, Operator> = new Map(BY_LEVEL.flat().map((operator) => [operator, operator]))
const LEVELS: ReadonlyMap<string, number> = new Map(
  BY_LEVEL.flatMap((operators, level) => operators.map((operator): [string, number] => [operator, level])),
)
const OPERATOR_WORDS = words('OR XOR AND IS IN NOT MATCHES LIKE')
const NEGATABLE = words('IN MATCHES LIKE')
const PREFIX_WORDS = words('NOT EXISTING DISTINCT TM1IGNORE_BADTUPLES')
const MEANINGFUL_WORDS = words('CASE NULL SELECT FROM WHERE ON WITH AS AND OR XOR THEN WHEN ELSE END HAVING')

/** Functions written after a dot without arguments, and those that may have some. */
const FUNCTION_WORDS = words(`MEMBERS ALLMEMBERS CHILDREN PARENT CURRENTMEMBER CURRENT CURRENTORDINAL DEFAULTMEMBER
  UNKNOWNMEMBER FIRSTCHILD LASTCHILD FIRSTSIBLING LASTSIBLING SIBLINGS NEXTMEMBER PREVMEMBER DATAMEMBER NAME UNIQUENAME
  UNIQUE_NAME CAPTION MEMBER_CAPTION MEMBERVALUE MEMBER_VALUE MEMBER_KEY MEMBERKEY MEMBER_NAME MEMBER_UNIQUE_NAME KEY
  KEY0 VALUE COUNT ORDINAL LEVEL LEVELS HIERARCHY HIERARCHIES DIMENSION DIMENSIONS ORDERKEY PROPERTIES ITEM LAG LEAD
  LEVEL_NUMBER LEVEL_UNIQUE_NAME HIERARCHY_UNIQUE_NAME DIMENSION_UNIQUE_NAME PARENT_UNIQUE_NAME CHILDREN_CARDINALITY
  CALCULATEDCHILD MEMBER_ORDINAL`)
