import type { Findings } from '../findings.ts'
import type { Expression, ExpressionOf } from './ast.ts'
import { mayBePerson, personsJoined, sumOf } from './form.ts'
import { type Literals, wholeNumber } from './literal.ts'
import type { Near, Place } from './place.ts'
import type { Subject } from './subject.ts'

/** A person's number that no criterion holds yet. */
interface Candidate {
  readonly value: string
  readonly near: Near | null
  readonly via: string | null
}

/** Literals that could be persons, of which the rules make no criterion: whoever is named has been searched for. */
export class Candidates {
  readonly #literals: Literals
  readonly #doubtful: boolean
  readonly #found: Candidate[] = []

  constructor(literals: Literals, doubtful: boolean) {
    this.#literals = literals
    this.#doubtful = doubtful
  }

  /** A literal is kept where it may be a person's number, or where nothing is sure. */
  literal(expression: ExpressionOf<'string' | 'number' | 'date' | 'parameter'>, place: Place): void {
    const literal = this.#literals.of(expression, place.environment)
    if (literal === null || literal.value.trim() === '') return
    const { value, isNumber } = literal
    if (this.#doubtful || mayBePerson(value)) this.#add(value, place)
    const whole = isNumber ? wholeNumber(value) : null
    if (whole !== null && mayBePerson(whole)) this.#add(whole, place)
  }

  /** A person's number that stands in no part of a text, but in what the parts make together. */
  joined(parts: readonly Expression[], place: Place): void {
    const texts = this.#literals.parts(parts, place.environment)
    for (const value of personsJoined(texts)) this.#add(value, place)
  }

  sum({ operands, operators }: ExpressionOf<'operation'>, place: Place): void {
    const sum = sumOf(operands, operators)
    if (sum !== null && mayBePerson(sum)) this.#add(sum, place)
  }

  #add(value: string, { near, via }: Place): void {
    this.#found.push({ value, near, via })
  }

  /** Makes criteria of those that no criterion holds, of what they are compared with. */
  keep(findings: Findings, subject: (expression: Expression, place: Place) => Subject | null): void {
    const kept = new Set(findings.criteria.flatMap(({ values }) => values))
    for (const { value, near, via } of this.#found) {
      if (kept.has(value)) continue
      kept.add(value)
      const path = near === null ? null : (subject(near.expression, { ...near.place, bare: 'column' })?.path ?? null)
      findings.member(path, '=', value, via === null ? 'filter' : 'formula', 0)
    }
  }
}
