import type { Clause } from '../statement.ts'
import type { Expression } from './ast.ts'
import type { Environment, Variable } from './environment.ts'
import type { Literal } from './literal-value.ts'
import { type Scope, Shape } from './shape.ts'

/** Where an expression stands. */
export interface Place {
  readonly scope: Scope | null
  readonly environment: Environment
  /** What is taken together here is a value of the answer, not of a filter, a sort key or a test. */
  readonly counts: boolean
  /** Columns here are taken together, by SUMX and its like. */
  readonly aggregated: boolean
  /** `[X]` in rows of which the text does not tell the columns. */
  readonly bare: 'measure' | 'column'
  /** The calculated measure whose formula this is. */
  readonly via: string | null
  /** What the literals here are compared with. */
  readonly near: Near | null
}

export interface Near {
  readonly expression: Expression
  readonly place: Place
}

export const FORMULA: Omit<Place, 'environment'> = {
  scope: null,
  counts: true,
  aggregated: false,
  bare: 'measure',
  via: null,
  near: null,
}

/** Where nothing is a value of the answer. */
export const silent = (place: Place): Place => ({ ...place, counts: false, aggregated: false })

export const inRowsOf = (shape: Shape, place: Place): Place => ({ ...place, scope: { shape, outer: place.scope } })

/** Where rows are tested or sorted. */
export const testedIn = (shape: Shape, place: Place): Place => ({ ...silent(inRowsOf(shape, place)), bare: 'column' })

/** The rows that a condition outside of FILTER is tested in: those of whatever columns it names. */
export const filterRows = (place: Place): Place => testedIn(Shape.UNKNOWN, place)

/** A variable is read in the rows in which it was defined, but for what it is used. */
export const placeOf = ({ environment, scope }: Variable, place: Place): Place => ({ ...place, environment, scope })

export const clauseOf = ({ via }: Place): Clause => (via === null ? 'filter' : 'formula')

/** `[X] > 100` is more likely a measure than a column of the rows at hand; `[X] = "a"` is not. */
export function rowsComparedIn(operator: string, value: Literal, place: Place): Place {
  const ordered = value.isNumber && operator !== '=' && operator !== '==' && operator !== '<>'
  return ordered ? { ...place, bare: 'measure' } : place
}
