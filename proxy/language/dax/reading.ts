import { Findings } from '../findings.ts'
import type { StatementLimits } from '../syntax-error.ts'
import type { DefinitionOf, Expression, Query } from './ast.ts'
import { Budget } from './budget.ts'
import { Candidates } from './candidates.ts'
import { Literals, type ParameterValues, wholeNumber } from './literal.ts'
import type { Literal } from './literal-value.ts'
import { Names } from './names.ts'
import { columnPath } from './path.ts'
import { clauseOf, type Place } from './place.ts'
import { type Subject, subjectOf } from './subject.ts'

export interface Source {
  readonly parameters: ParameterValues
  readonly limits: StatementLimits
}

/** What all parts of the walk over one query share: what its names mean, what it may cost, and what was found so far. */
export class Reading {
  readonly findings = new Findings()
  readonly names: Names
  readonly literals: Literals
  readonly candidates: Candidates
  readonly budget: Budget
  /** Measures whose formulas wait to be read: a chain of measures needs no depth. */
  readonly pending: DefinitionOf<'measure'>[] = []
  readonly #reached = new Set<string>()

  constructor({ definitions, tokens, doubtful }: Query, { parameters, limits }: Source) {
    this.names = new Names(definitions)
    this.literals = new Literals(parameters)
    this.candidates = new Candidates(this.literals, doubtful)
    this.budget = new Budget(tokens, limits)
  }

  /** A measure of this query is live. Its formula is read in its turn, once. */
  reach(definition: DefinitionOf<'measure'>): void {
    const { table, name } = definition
    const key = name.toLowerCase()
    if (this.#reached.has(key)) return
    this.#reached.add(key)
    this.findings.calculated(columnPath(table, name))
    this.pending.push(definition)
  }

  readonly subject = (expression: Expression, place: Place): Subject | null =>
    subjectOf(expression, place, this.names, this.literals)

  criterion(path: string | null, op: string, literals: readonly Literal[], place: Place): void {
    const values = literals.map(({ value }) => value)
    const [first] = literals
    if (op === '=' && first !== undefined) this.findings.member(path, op, first.value, clauseOf(place), 0)
    else this.findings.criterion(path, op, values, clauseOf(place))
    for (const literal of literals) this.#otherSpelling(path, op, literal, place)
  }

  /** One of the values that stand in `scope` together. */
  member(path: string | null, op: string, literal: Literal, place: Place, scope: number): void {
    this.findings.member(path, op, literal.value, clauseOf(place), scope)
    this.#otherSpelling(path, op, literal, place)
  }

  /** A number with a fraction or an exponent may still be a person's. */
  #otherSpelling(path: string | null, op: string, { value, isNumber }: Literal, place: Place): void {
    const whole = isNumber ? wholeNumber(value) : null
    if (whole !== null && /^\d{9,10}$/.test(whole)) this.findings.member(path, op, whole, clauseOf(place), 0)
  }
}
