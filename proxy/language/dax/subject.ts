import type { Expression } from './ast.ts'
import { EMPTY, hasSubject, NO_SUBJECT } from './form.ts'
import { PARTS_OF_TEXT } from './functions.ts'
import type { Literals } from './literal.ts'
import type { Names } from './names.ts'
import type { Place } from './place.ts'

/** What is compared. */
export interface Subject {
  readonly path: string
  /** The operator that a function around the column makes of `=`, as LEFT does; `null`: none. */
  readonly op: string | null
}

/** Functions in functions, and variables that stand for variables, are followed so far. */
const MAX_STEPS = 64

/** What a condition is about: a column, also inside functions of it, or a measure. `null`: nothing, or too much. */
export function subjectOf(expression: Expression, place: Place, names: Names, literals: Literals): Subject | null {
  let inner = expression
  let op: string | null = null
  let around = place
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    if (inner.kind === 'column') return { path: names.columnPath(inner, around), op }
    const variable = around.environment.variable(inner)
    if (variable !== null) {
      inner = variable.expression
      around = { ...around, environment: variable.environment, scope: variable.scope ?? around.scope }
      continue
    }
    if (inner.kind === 'operation' && inner.operators[0] === '&') {
      const { environment } = around
      const [only = EMPTY, ...more] = inner.operands.filter((part) => literals.of(part, environment) === null)
      if (more.length > 0) return null
      inner = only
      continue
    }
    if (inner.kind !== 'call' || NO_SUBJECT.has(inner.name)) return null
    const { name, args } = inner
    const columns: readonly Expression[] = name === 'CALCULATE' ? args.slice(0, 1) : args.filter(hasSubject)
    const [only] = columns
    if (only === undefined || columns.length > 1) return null
    op ??= PARTS_OF_TEXT[name] ?? null
    inner = only
  }
  return null
}
