import type { Branch, Expression, NameSegment, Operator, Prefix, Segment, Step } from './ast.ts'
import type { Cursor } from './cursor.ts'
import { keywords, STEP_WORDS } from './keywords.ts'
import { pathOf } from './path-name.ts'
import { TOKEN, type Token, type TokenKind } from './token-kind.ts'

/** The grammar of sets, tuples, members and values, which MDX does not tell apart before it knows the cube. */

/** expression : level-0 [ AS name ] */
export function expression(c: Cursor): Expression {
  const inner = level(c, 0)
  return c.skipWord('AS') ? { kind: 'alias', expression: inner, name: alias(c) } : inner
}

/** Mondrian's tests have an alias in quotes. */
function alias(c: Cursor): NameSegment {
  if (!c.isSign(TOKEN.string)) return c.name('an alias')
  return { kind: 'name', text: `[${c.stringValue(c.take()).replaceAll(']', ']]')}]`, bracketed: true }
}

/** level-n : level-(n+1) { operator-n level-(n+1) }, all levels in one loop; each chain is one flat node */
export function level(c: Cursor, lowest: number): Expression {
  let left = prefixed(c)
  for (let found = operatorLevel(c); found >= lowest; found = operatorLevel(c)) {
    const operands = [left]
    const operators: Operator[] = []
    do {
      operators.push(operator(c))
      operands.push(level(c, found + 1))
    } while (operatorLevel(c) === found)
    left = { kind: 'operation', operands, operators }
  }
  return left
}

/** -1 where no operator stands. */
function operatorLevel(c: Cursor): number {
  const { word, kind } = c.token
  if (word === '') return -1
  if (word === 'NOT') return NEGATABLE.has(c.peek().word) ? COMPARISON : -1
  const found = LEVELS.get(word) ?? -1
  return found >= 0 && kind === TOKEN.name && c.peek().kind === TOKEN.dot ? -1 : found
}

function operator(c: Cursor): Operator {
  const { word } = c.take()
  const found = OPERATORS.get(word === 'NOT' ? `NOT ${c.take().word}` : word)
  if (found === undefined) throw c.error('an operator')
  return found
}

/** The sign that stands here, if it compares. */
export function comparison(c: Cursor): Operator | null {
  return c.isSign(TOKEN.operator) && operatorLevel(c) === COMPARISON ? operator(c) : null
}

/** prefixed : prefix level-of-prefix | operand */
export function prefixed(c: Cursor): Expression {
  const found = c.token.word === '' ? null : prefix(c)
  if (found === null) return operand(c)
  c.enter()
  const inner = level(c, found === 'NOT' ? COMPARISON : RANGE)
  c.leave()
  return { kind: 'prefix', operator: found, operand: inner }
}

function prefix(c: Cursor): Prefix | null {
  const { word } = c.token
  if (word === '-' || word === '+') return c.skip() ? word : null
  if (word === 'NON') return c.skipWords('NON', 'EMPTY') ? 'NON EMPTY' : null
  if (word !== 'NOT' && word !== 'EXISTING' && word !== 'DISTINCT' && word !== 'TM1IGNORE_BADTUPLES') return null
  const next = c.peek()
  if (next.kind === TOKEN.dot || (word === 'DISTINCT' && next.kind !== TOKEN.openBrace)) return null
  return c.skip() ? word : null
}

/** operand : primary { . name [ arguments ] | [ . ] arguments }, the last as in TM1's `[cube].([a].[b], …)` */
export function operand(c: Cursor): Expression {
  c.enter()
  const base = primary(c)
  const { kind } = c.token
  const inner = kind === TOKEN.dot || kind === TOKEN.open ? accessOf(c, base) : base
  c.leave()
  return inner
}

function accessOf(c: Cursor, base: Expression): Expression {
  const steps: Step[] = []
  for (;;) {
    if (c.skipSign(TOKEN.dot)) steps.push(step(c))
    else if (c.isSign(TOKEN.open) && takesItem(base, steps)) steps.push({ kind: 'item', args: list(c, TOKEN.close) })
    else break
  }
  return steps.length === 0 ? base : { kind: 'access', base, steps }
}

/** `{…}(0)` and `f(x)(0)`; a path before brackets is a call, and a number or a string takes none. */
function takesItem(base: Expression, steps: readonly Step[]): boolean {
  return steps.length > 0 || base.kind === 'set' || base.kind === 'tuple' || base.kind === 'call'
}

function step(c: Cursor): Step {
  if (c.isSign(TOKEN.open)) return { kind: 'item', args: list(c, TOKEN.close) }
  if (c.isSign(TOKEN.number)) throw c.error('a function')
  const { word } = c.token
  const name = c.name('a function')
  const inCapitals = word === '' ? capitals(name) : word
  if (!c.isSign(TOKEN.open)) return { kind: 'property', name, word: inCapitals }
  return { kind: 'method', name, word: inCapitals, args: list(c, TOKEN.close) }
}

const capitals = ({ text, bracketed }: NameSegment): string => (bracketed ? text.slice(1, -1) : text).toUpperCase()

function primary(c: Cursor): Expression {
  const { kind } = c.token
  if (kind === TOKEN.bracketed) return pathOrCall(c)
  if (kind === TOKEN.name) return word(c)
  if (kind === TOKEN.openBrace) return { kind: 'set', elements: list(c, TOKEN.closeBrace) }
  if (kind === TOKEN.open) return { kind: 'tuple', elements: list(c, TOKEN.close) }
  if (kind === TOKEN.ampersand) return pathOf([c.segment()])
  const literal = c.literal()
  if (literal === null) throw c.error('an expression')
  return literal
}

function word(c: Cursor): Expression {
  const { word } = c.token
  if (word === '' || !MEANINGFUL_WORDS.has(word) || c.peek().kind === TOKEN.dot) return pathOrCall(c)
  if (word === 'CASE') return caseOf(c)
  if (word !== 'NULL') throw c.error('an expression')
  c.advance()
  return { kind: 'null' }
}

/** case : CASE [ expression ] { WHEN expression THEN expression } [ ELSE expression ] END */
function caseOf(c: Cursor): Expression {
  c.advance()
  const subject = c.isWord('WHEN') ? null : expression(c)
  const branches: Branch[] = []
  while (c.skipWord('WHEN')) {
    const when = expression(c)
    c.expectWord('THEN')
    branches.push({ when, result: expression(c) })
  }
  const otherwise = c.skipWord('ELSE') ? expression(c) : null
  c.expectWord('END')
  return { kind: 'case', subject, branches, otherwise }
}

/** list : open [ [ expression ] { , [ expression ] } ] close */
export function list(c: Cursor, close: TokenKind): Expression[] {
  c.advance()
  const elements: Expression[] = []
  if (c.skipSign(close)) return elements
  do {
    const { kind } = c.token
    elements.push(kind === TOKEN.comma || kind === close ? { kind: 'empty' } : expression(c))
  } while (c.skipSign(TOKEN.comma))
  c.expect(close)
  return elements
}

/** path-or-call : segment { . segment } { step } | name { ( . | ! ) name } arguments */
function pathOrCall(c: Cursor): Expression {
  const { start, word } = c.token
  const written = c.isSign(TOKEN.bracketed) ? c.writtenPath() : null
  if (written !== null && !goesOn(c)) return written
  const first = written === null ? c.name('a name') : null
  const segments: Segment[] = first === null ? [...(written?.segments ?? [])] : [first]
  const passed = segments.length
  let asWritten = first === null || first.bracketed
  let called = word
  for (;;) {
    const { kind } = c.token
    if (kind === TOKEN.dot) {
      const next = c.peek()
      if (next.kind === TOKEN.open || isStep(next, c.lexer.text)) break
      asWritten &&= c.token.start === c.lastEnd && next.start === c.token.end
      called = next.word
      c.advance()
    } else if (kind === TOKEN.ampersand) {
      asWritten = false
      if (continuesKey(c, segments)) continue
    } else if (c.isOperator('!')) return foreignCall(c, segments)
    else if (kind === TOKEN.name && segments.length > 1 && continuesName(c, segments)) continue
    else break
    const from = c.token.start
    const segment = c.segment()
    asWritten &&= (segment.kind === 'key' || segment.bracketed) && segment.text.length === c.lastEnd - from
    segments.push(segment)
  }
  if (c.isSign(TOKEN.open)) return callOn(c, segments, called)
  if (written !== null && asWritten && segments.length === passed) return written
  return pathOf(segments, asWritten ? c.lexer.text.slice(start, c.lastEnd) : null)
}

/** Does a path, or a call, go on behind a name in brackets or a key? */
const goesOn = (c: Cursor): boolean =>
  c.isSign(TOKEN.dot) || c.isSign(TOKEN.ampersand) || c.isSign(TOKEN.open) || c.isOperator('!')

/** All that stands behind one `&` after the other is one key. */
function continuesKey(c: Cursor, segments: Segment[]): boolean {
  const last = segments.at(-1)
  if (last?.kind !== 'key') return false
  segments[segments.length - 1] = { kind: 'key', text: last.text + c.segment().text }
  return true
}

/** `Store.Store City.x`: no server reads such a name without brackets, but what is meant is plain. */
function continuesName(c: Cursor, segments: Segment[]): boolean {
  const last = segments.at(-1)
  if (last?.kind !== 'name' || last.bracketed || c.token.word !== '') return false
  segments[segments.length - 1] = { kind: 'name', text: `[${last.text} ${c.textOf(c.take())}]`, bracketed: true }
  return true
}

/** `VBA!Left(…)`: a function of a library, by any separator. */
function foreignCall(c: Cursor, library: readonly Segment[]): Expression {
  const name = library.filter(isName)
  if (name.length < library.length) throw c.error('an operator')
  let called = ''
  do {
    c.advance()
    called = c.token.word
    name.push(c.name('a function'))
  } while (c.isOperator('!'))
  if (!c.isSign(TOKEN.open)) throw c.error('(')
  return { kind: 'call', name, word: wordOf(called, name.at(-1)), args: list(c, TOKEN.close) }
}

const wordOf = (word: string, name: NameSegment | undefined): string =>
  word === '' ? (name?.text.toUpperCase() ?? '') : word

/** `f(…)`, `Library.f(…)`, `[Set](0)`, or `[Store].Levels(…)`, which is a method of what stands before it. */
function callOn(c: Cursor, segments: readonly Segment[], called: string): Expression {
  const [only] = segments
  if (segments.length === 1 && only?.kind === 'name')
    return { kind: 'call', name: [only], word: wordOf(called, only), args: list(c, TOKEN.close) }
  const names = segments.filter(isName)
  const last = names.at(-1)
  if (last === undefined || names.length < segments.length) throw c.error('an operator')
  const ofPath = names.length > 1 && names.some((segment) => segment.bracketed)
  if (!ofPath) return { kind: 'call', name: names, word: wordOf(called, last), args: list(c, TOKEN.close) }
  const base = pathOf(segments.slice(0, -1))
  const method: Step = { kind: 'method', name: last, word: capitals(last), args: list(c, TOKEN.close) }
  return { kind: 'access', base, steps: [method] }
}

const isName = (segment: Segment): segment is NameSegment => segment.kind === 'name'

/** After a dot these words are functions, unless in brackets; `[Measures].[CurrentMember]` alone is met in brackets too. */
function isStep(token: Token, text: string): boolean {
  if (token.kind !== TOKEN.bracketed) return token.word !== '' && STEP_WORDS.has(token.word)
  const length = token.end - token.start
  if (length !== '[CurrentMember]'.length && length !== '[DefaultMember]'.length) return false
  return /^\[(?:current|default)member\]$/i.test(text.slice(token.start, token.end))
}

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
const OPERATOR_WORDS = keywords('OR XOR AND IS IN NOT MATCHES LIKE')
const NEGATABLE = keywords('IN MATCHES LIKE')
const MEANINGFUL_WORDS = keywords('CASE NULL SELECT FROM WHERE ON WITH AS AND OR XOR THEN WHEN ELSE END HAVING')

/** Whether what stands here goes on with an expression begun before it. */
export const continuesExpression = ({ kind, word }: Token): boolean =>
  kind === TOKEN.operator || kind === TOKEN.dot || OPERATOR_WORDS.has(word)
