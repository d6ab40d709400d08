import { PERSON } from '../person-text.ts'
import type { Expression, ExpressionOf } from './ast.ts'
import { SEARCHES } from './functions.ts'

/** What the extraction asks about the form of an expression, apart from anything around it. */

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
