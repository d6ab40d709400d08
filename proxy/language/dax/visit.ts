import type { Expression } from './ast.ts'
import type { Literal } from './literal-value.ts'
import type { Place } from './place.ts'
import type { Shape } from './shape.ts'

/** What each part of the walk asks of the whole (`walk.ts`): it reads what is its own, and hands on what is in it. */
export interface Visit {
  /** Reads `expression` as a table and gives its columns. */
  table(expression: Expression, place: Place): Shape
  value(expression: Expression, place: Place): void
  /** Reads `expression` as a condition, where criteria come from. */
  condition(expression: Expression, place: Place, denied: boolean): void
  /** Reads an argument that filters: a condition, or a table whose rows are let through. */
  filter(expression: Expression, place: Place): void
  /** Reads what may be a table or a value. */
  argument(expression: Expression, place: Place): Shape
  /** The value of `expression`, if the text tells it. What leads to it, such as the test of an IF, is live as well. */
  literal(expression: Expression, place: Place): Literal | null
}
