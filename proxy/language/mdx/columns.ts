import type { Dmv, Expression, Path } from './ast.ts'
import { comparisonIn, literalOf, mirrored, opOf, unwrap } from './comparison.ts'
import type { Reading } from './reading.ts'
import { forEachPart } from './visitor.ts'

/** The restrictions of a query on a schema rowset: conditions of SQL, where a path is a column. */
export function columnConditions({ restrictions, where }: Dmv, reading: Reading): void {
  for (const restriction of restrictions) condition(restriction, false, reading)
  if (where !== null) condition(where, false, reading)
}

function condition(expression: Expression, negated: boolean, reading: Reading): void {
  const inner = unwrap(expression)
  if (inner.kind === 'prefix') return condition(inner.operand, !negated, reading)
  if (inner.kind !== 'operation') return
  const comparison = comparisonIn(inner)
  if (comparison === null) return inner.operands.forEach((operand) => condition(operand, negated, reading))
  const { left, operator, right } = comparison
  if (literalOf(left) === null) compared(left, opOf(operator, negated), right, reading)
  else compared(right, opOf(mirrored(operator), negated), left, reading)
}

function compared(subject: Expression, op: string, values: Expression, reading: Reading): void {
  const list = values.kind === 'tuple' || values.kind === 'set' ? values.elements : [values]
  const literals = list.map(literalOf).filter((literal) => literal !== null)
  if (literals.length === 0) return
  const written = literals.map((literal) => reading.valueOf(literal))
  reading.findings.criterion(columnIn(subject)?.name.written ?? null, op, written, 'filter')
}

/** The column itself, or the one that a function is about: `LEFT(TABLE_ID, 2)`. */
function columnIn(expression: Expression): Path | null {
  if (expression.kind === 'path') return expression
  let found: Path | null = null
  forEachPart(expression, (part) => {
    found ??= columnIn(part)
  })
  return found
}
