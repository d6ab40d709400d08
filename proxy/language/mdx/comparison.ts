import type { Expression, ExpressionOf, Operator, Path } from './ast.ts'
import { TEXTUAL } from './functions.ts'
import { forEachPart } from './visitor.ts'

/** A value that stands in the text itself. */
export type Literal =
  { readonly kind: 'text' | 'number'; readonly value: string } | { readonly kind: 'parameter'; readonly name: string }

/** What a condition compares with a literal. */
export type Subject =
  /** A measure, alone or in a tuple whose other members count for themselves. */
  | { readonly kind: 'measure'; readonly path: Path }
  /** A text about a member: its name, caption, key or property. `null` where no hierarchy is named. */
  | { readonly kind: 'text'; readonly of: Expression | null; readonly op: string | null; readonly isNumber: boolean }
  | { readonly kind: 'other' }

/** `((x))` is x. */
export function unwrap(expression: Expression): Expression {
  let inner = expression
  while (inner.kind === 'tuple' && inner.elements.length === 1 && inner.elements[0] !== undefined)
    inner = inner.elements[0]
  return inner
}

export function literalOf(expression: Expression): Literal | null {
  const inner = unwrap(expression)
  if (inner.kind === 'string') return { kind: 'text', value: inner.value }
  if (inner.kind === 'number') return { kind: 'number', value: inner.raw }
  if (inner.kind === 'parameter') return { kind: 'parameter', name: inner.name }
  if (inner.kind === 'call') return converted(inner)
  if (inner.kind !== 'prefix' || (inner.operator !== '-' && inner.operator !== '+')) return null
  const operand = unwrap(inner.operand)
  if (operand.kind !== 'number') return null
  return { kind: 'number', value: inner.operator === '-' ? `-${operand.raw}` : operand.raw }
}

/** What makes a date, a number or a text of its only argument: `CDate("2031-01-01")`, as Excel writes its date filters. */
const CONVERSIONS: ReadonlySet<string> = new Set(['CDATE', 'DATEVALUE', 'CINT', 'CLNG', 'CDBL', 'CSTR', 'VAL'])

function converted({ word, args: [only, ...more] }: ExpressionOf<'call'>): Literal | null {
  return only !== undefined && more.length === 0 && CONVERSIONS.has(word) ? literalOf(only) : null
}

const SEARCHES: Readonly<Record<string, string>> = { LEFT: 'starts with', RIGHT: 'ends with', MID: 'contains' }

/**
 * What `expression` is about. A text function around a caption makes a search of the comparison: Left, Right and Mid
 * here; InStr, which holds its own text, in `searchOf`.
 */
export function subjectOf(expression: Expression, isMeasure: (path: Path) => boolean): Subject {
  const inner = withoutValue(unwrap(expression))
  if (inner.kind === 'path' && isMeasure(inner)) return { kind: 'measure', path: inner }
  if (inner.kind === 'tuple') {
    const measure = inner.elements.map(unwrap).find((e): e is Path => e.kind === 'path' && isMeasure(e))
    return measure === undefined ? { kind: 'other' } : { kind: 'measure', path: measure }
  }
  const op = inner.kind === 'call' ? (SEARCHES[inner.word] ?? null) : null
  const of = textAbout(inner)
  if (of === null) return op === null ? { kind: 'other' } : { kind: 'text', of: null, op, isNumber: false }
  return { kind: 'text', of, op, isNumber: inner.kind === 'call' && inner.word === 'LEN' }
}

/** What is compared as x: `x.Value`, `CDbl(x)`, `CoalesceEmpty(x, 0)`. */
function withoutValue(expression: Expression): Expression {
  if (expression.kind === 'call') {
    const [first, ...more] = expression.args
    const same = expression.word === 'COALESCEEMPTY' || (CONVERSIONS.has(expression.word) && more.length === 0)
    return same && first !== undefined ? withoutValue(unwrap(first)) : expression
  }
  if (expression.kind !== 'access' || expression.steps.length > 1) return expression
  const [step] = expression.steps
  return step?.kind === 'property' && step.word === 'VALUE' ? unwrap(expression.base) : expression
}

/** The thing whose `.Name`, `.Properties(…)` or key stands somewhere in `expression`; its steps before that function. */
function textAbout(expression: Expression): Expression | null {
  if (expression.kind === 'access') {
    const { base, steps } = expression
    const at = steps.findIndex((step) => step.kind !== 'item' && TEXTUAL.has(step.word))
    if (at >= 0) return at === 0 ? base : { ...expression, steps: steps.slice(0, at) }
  }
  let found: Expression | null = null
  forEachPart(expression, (part) => {
    found ??= textAbout(part)
  })
  return found
}

/** `InStr([start,] text, part [, compare])`: the text looked through, and the part looked for. */
export function searchOf(expression: Expression): { readonly of: Expression; readonly part: Literal } | null {
  const inner = unwrap(expression)
  if (inner.kind !== 'call' || (inner.word !== 'INSTR' && inner.word !== 'INSTRREV')) return null
  const args = literalOf(inner.args[0] ?? { kind: 'empty' })?.kind === 'number' ? inner.args.slice(1) : inner.args
  const [text, part] = args
  const literal = part === undefined ? null : literalOf(part)
  if (text === undefined || literal === null) return null
  return { of: textAbout(text) ?? text, part: literal }
}

const MIRRORED: Readonly<Partial<Record<Operator, Operator>>> = { '<': '>', '>': '<', '<=': '>=', '>=': '<=' }
// prettier-ignore
const NEGATED: Readonly<Record<string, string>> = {
  '=': '<>', '<>': '=', '<': '>=', '>=': '<', '>': '<=', '<=': '>', in: 'not in', 'not in': 'in',
}

/** The operator with its sides exchanged: `5 < x` is `x > 5`. */
export const mirrored = (operator: Operator): Operator => MIRRORED[operator] ?? operator

export function opOf(operator: string, negated: boolean): string {
  const op = SPELLINGS[operator] ?? operator.toLowerCase()
  if (!negated) return op
  return NEGATED[op] ?? (op.startsWith('not ') ? op.slice(4) : `not ${op}`)
}

const SPELLINGS: Readonly<Record<string, string>> = { '==': '=', '!=': '<>', IS: '=' }

// prettier-ignore
const COMPARISONS: ReadonlySet<Operator> = new Set<Operator>([
  '=', '==', '<>', '!=', '<', '>', '<=', '>=', 'IS', 'IN', 'NOT IN', 'MATCHES', 'NOT MATCHES', 'LIKE', 'NOT LIKE',
])

/** The operator and the two sides, if this is a comparison. */
export function comparisonIn({ operands, operators }: ExpressionOf<'operation'>): {
  readonly left: Expression
  readonly operator: Operator
  readonly right: Expression
} | null {
  const [left, right] = operands
  const [operator] = operators
  if (left === undefined || right === undefined || operator === undefined || operators.length > 1) return null
  return COMPARISONS.has(operator) ? { left, operator, right } : null
}
