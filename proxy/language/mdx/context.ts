import type { CubeModel } from '../cube-model.ts'
import type { Clause } from '../statement.ts'
import type { StatementLimits } from '../syntax-error.ts'
import type { Expression } from './ast.ts'
import type { Place } from '../findings.ts'

/** What turns strings and parameters into code, and what is known beside the text; `read.ts` gives it. */
export interface CodeSource {
  readonly limits: StatementLimits
  /** Throws what the parser throws. */
  readonly parse: (code: string) => Expression
  /** By name in small letters. */
  readonly parameters: ReadonlyMap<string, string>
  readonly model: ((cube: string | null) => CubeModel | null) | null
  readonly session: readonly string[]
}

/** Where an expression stands, as far as that decides what it says. */
export interface Context {
  readonly clause: Clause
  /** What becomes of a member mentioned here. */
  readonly op: string
  /** The calculated measure whose formula this is. */
  readonly via: string | null
  readonly scope: number
  /** A value is asked for, no set: `-` subtracts. */
  readonly scalar: boolean
  /** What the set of an enclosing Generate yields. */
  readonly iterated: readonly Place[]
  /** Calculated members are added to what is named. */
  readonly calculated: boolean
}

/** Goes through an expression, notes what it names, and gives the places of the set it yields. */
export type Visit = (expression: Expression, context: Context) => readonly Place[]

export const NOWHERE: readonly Place[] = []
