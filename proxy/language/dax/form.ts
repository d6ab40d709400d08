import { PERSON } from '../person-text.ts'
import type { Expression, ExpressionOf } from './ast.ts'
import { SEARCHES } from './functions.ts'

/** What the extraction asks about the form of an expression, apart from anything around it. */

export const EMPTY: Expression = { kind: 'empty' }

export const nameOf = (expression: Expression): string => (expression.kind === 'column' ? expression.column : '')

/** `("a", 1)`, and DATATABLE's `{"a", 1}`. */
export function cellsOf(row: Expression): readonly Expression[] {
  if (row.kind === 'tuple') return row.elements
  return row.kind === 'rows' ? row.rows : [row]
}

/** `SELECTCOLUMNS({…}, "CPR", [Value])` has the same rows. */
export const isRenaming = (args: readonly Expression[]): boolean =>
  args.slice(1).every((arg) => arg.kind === 'string' || (arg.kind === 'column' && arg.table === null))

/** Stands for itself. */
export const isLiteral = ({ kind }: Expression): boolean =>
  kind === 'string' || kind === 'number' || kind === 'parameter' || kind === 'date'

export const hasSubject = (expression: Expression): boolean =>
  expression.kind === 'column' ||
  (expression.kind === 'call' && expression.args.some((arg) => arg.kind === 'column' || arg.kind === 'call'))

export const isCondition = ({ name }: ExpressionOf<'call'>): boolean =>
  CONNECTIVES.has(name) || name in SEARCHES || CONDITIONS.has(name)

/** The persons' numbers in what parts of a text make together; what only the server knows, `null`, parts them. */
export function personsJoined(texts: readonly (string | null)[]): readonly string[] {
  if (texts.filter((text) => text !== null).length < 2) return []
  const joined = texts.map((text) => text ?? '\0').join('')
  return /^\d{9}$/.test(joined) ? [joined] : (joined.match(PERSON) ?? [])
}

/** `707334000 + 285` is somebody's number too. */
export function sumOf(operands: readonly Expression[], operators: readonly string[]): string | null {
  let sum = 0
  for (const [i, operand] of operands.entries()) {
    const operator = operators[i - 1] ?? '+'
    if (operand.kind !== 'number' || (operator !== '+' && operator !== '-')) return null
    sum += operator === '-' ? -Number(operand.raw) : Number(operand.raw)
  }
  return String(sum)
}

export const mayBePerson = (value: string): boolean => value.search(PERSON) >= 0 || /^-?\d{9}$/.test(value.trim())

export function operatorOf(operator: string, denied: boolean): string {
  const op = operator === '==' ? '=' : operator === '!=' ? '<>' : operator
  return denied ? (DENIED[op] ?? `not ${op}`) : op
}

export const TESTS: ReadonlySet<string> = new Set(['=', '==', '<>', '!=', '<', '>', '<=', '>=', 'IN', '&&', '||'])
export const MIRRORED: Readonly<Record<string, string>> = { '<': '>', '>': '<', '<=': '>=', '>=': '<=' }
// prettier-ignore
export const DENIED: Readonly<Record<string, string>> = {
  '=': '<>', '<>': '=', '<': '>=', '>=': '<', '>': '<=', '<=': '>',
}

export const PASSES_FILTER: ReadonlySet<string> = new Set(['KEEPFILTERS', 'NONVISUAL'])
export const CONNECTIVES: ReadonlySet<string> = new Set([
  'AND',
  'OR',
  'IF',
  'IFERROR',
  'COALESCE',
  'EVALUATEANDLOG',
  'KEEPFILTERS',
])
// prettier-ignore
export const CONDITIONS: ReadonlySet<string> = new Set([
  'NOT', 'SWITCH', 'CONTAINS', 'CONTAINSROW', 'PATHCONTAINS', 'ISONORAFTER', 'ISAFTER',
])

/** A count of rows is no criterion; a search holds its own text. */
// prettier-ignore
export const NO_SUBJECT: ReadonlySet<string> = new Set([
  'COUNTROWS', 'NOT', 'AND', 'OR', 'IF', 'SWITCH', 'ISBLANK', 'ISEMPTY', ...Object.keys(SEARCHES), ...CONDITIONS,
])
