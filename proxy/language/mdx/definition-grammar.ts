import { regionOf } from '../source.ts'
import { StatementSyntaxError } from '../syntax-error.ts'
import type { Definition, Expression, ExpressionOf, Path, Property } from './ast.ts'
import { Cursor } from './cursor.ts'
import { continuesExpression, expression, level } from './expressions.ts'
import { keywords } from './keywords.ts'
import { pathOf } from './path-name.ts'
import { TOKEN, type Token } from './token-kind.ts'

/** What WITH, CREATE and DECLARE define: members, sets, cell calculations; icCube's functions; a measure in DAX. */

const DEFINITION_WORDS = keywords('MEMBER SET CELL MEASURE FUNCTION CONST')
const SCOPE_WORDS = keywords('SESSION GLOBAL HIDDEN STATIC DYNAMIC CALCULATED CATEGORY DECLARE')

export function definitions(c: Cursor): Definition[] {
  const found: Definition[] = []
  for (;;) {
    // A comma between definitions is no MDX, but Analysis Services lets it pass.
    if (c.isSign(TOKEN.comma) && DEFINITION_WORDS.has(c.peek().word)) c.advance()
    scopeWords(c)
    if (!startsDefinition(c)) break
    found.push(definition(c))
  }
  if (found.length === 0) throw c.error('MEMBER or SET')
  return found
}

export function scopeWords(c: Cursor): string[] {
  const scope: string[] = []
  while (SCOPE_WORDS.has(c.token.word)) scope.push(c.take().word)
  return scope
}

export const startsDefinition = (c: Cursor): boolean => DEFINITION_WORDS.has(c.token.word)

/** definition : ( MEMBER | SET | CONST ) path AS formula { property } | CELL … | MEASURE … | FUNCTION … */
export function definition(c: Cursor): Definition {
  const { word } = c.take()
  if (word === 'CELL') return cellCalculation(c)
  if (word === 'MEASURE') return measure(c)
  const name = c.plainPath()
  if (word === 'FUNCTION') functionParameters(c)
  c.expectWord('AS')
  const kind = word === 'MEMBER' ? 'member' : word === 'FUNCTION' ? 'function' : 'set'
  return { kind, name, formula: formula(c), properties: properties(c) }
}

/** function-parameters : '(' [ name { , name } ] ')' */
function functionParameters(c: Cursor): void {
  c.expect(TOKEN.open)
  while (!c.skipSign(TOKEN.close)) c.take()
}

/** cell-calculation : CELL CALCULATION path FOR formula AS formula { property } */
function cellCalculation(c: Cursor): Definition {
  c.expectWord('CALCULATION')
  const name = c.plainPath()
  c.expectWord('FOR')
  const scope = c.isSign(TOKEN.string) ? codeIn(c, c.take()) : level(c, 0)
  c.expectWord('AS')
  return { kind: 'cell-calculation', name, scope, formula: formula(c), properties: properties(c) }
}

/**
 * measure : MEASURE [ 'table' | name ] name = dax
 *
 * Analysis Services in tabular mode takes formulas of DAX into MDX. They end where the next definition or the query
 * begins; of what stands between, names and strings are kept.
 */
function measure(c: Cursor): Definition {
  if (c.isSign(TOKEN.string) || (c.isSign(TOKEN.name) && c.peek().kind === TOKEN.bracketed)) c.advance()
  const own = c.name('the name of a measure')
  if (!c.skipOperator('=')) throw c.error('=')
  const elements: Expression[] = []
  while (!startsDefinition(c) && !c.isWord('SELECT') && !c.isSign(TOKEN.end)) elements.push(...daxPart(c))
  const measures = { kind: 'name', text: 'Measures', bracketed: false } as const
  return { kind: 'measure', name: pathOf([measures, own]), formula: { kind: 'set', elements }, properties: [] }
}

/** `'T'[C]` and `T[C]` are columns, `[M]` a measure; functions and signs are of no interest. */
function daxPart(c: Cursor): (Path | ExpressionOf<'string'>)[] {
  const { kind } = c.token
  const next = c.peek().kind
  if (next === TOKEN.bracketed && (kind === TOKEN.string || kind === TOKEN.name)) {
    const table = kind === TOKEN.string ? c.stringValue(c.take()) : c.textOf(c.take())
    return [pathOf([{ kind: 'name', text: `[${table.replaceAll(']', ']]')}]`, bracketed: true }, c.name('a column')])]
  }
  if (kind === TOKEN.bracketed) return [pathOf([c.name('a measure')])]
  const token = c.take()
  return kind === TOKEN.string ? [{ kind: 'string', value: c.stringValue(token) }] : []
}

/** property : , name = expression */
function properties(c: Cursor): Property[] {
  const found: Property[] = []
  while (c.isSign(TOKEN.comma) && !DEFINITION_WORDS.has(c.peek().word)) {
    c.advance()
    const name = c.name('a property')
    if (!c.skipOperator('=')) throw c.error('=')
    found.push({ name, value: expression(c) })
  }
  return found
}

/** formula : 'code' | expression. Double quotes hold a text, not code. */
function formula(c: Cursor): Expression {
  const { token } = c
  const quoted = token.kind === TOKEN.string && c.lexer.text[token.start] === "'"
  if (!quoted || continuesExpression(c.peek())) return expression(c)
  return codeIn(c, c.take())
}

/** A mistake in quoted code is shown at the whole string: within, doubled quotes shift the places. */
function codeIn(c: Cursor, token: Token): Expression {
  const value = c.stringValue(token)
  if (value.trim() === '') return { kind: 'string', value }
  try {
    return expressionOnly(new Cursor(value, c.purse, c.depth, c.lexer.comments))
  } catch (error) {
    if (!(error instanceof StatementSyntaxError)) throw error
    throw new StatementSyntaxError(regionOf(c.lexer.text, token.start, token.end), error.expected)
  }
}

/** The whole text as one expression: a quoted formula, the argument of StrToSet, the value of a parameter. */
export function expressionOnly(c: Cursor): Expression {
  const found = expression(c)
  if (!c.isSign(TOKEN.end)) throw c.error('an operator or the end of the expression')
  return found
}
