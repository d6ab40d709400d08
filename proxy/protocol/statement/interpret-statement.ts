/**
 * One statement on its own, in the shape a person compares with an annotated one (GOLD_RULES): for trying a statement
 * from the command line, and for measuring how well statements are understood.
 */
import type { Parameters, StatementFacts } from '../../language/statement.ts'
import type { PersonNumber } from '../../../schema/record/ids.ts'
import type { PersonRules } from '../../../schema/record/person-number.ts'
import type { Criterion, OpaqueReason } from '../../../schema/record/record.ts'
import { mentionedIn } from '../criteria/mentioned.ts'
import { rowsOf } from '../criteria/rows.ts'
import { parameterRows, understand } from './statement.ts'
import type { StatementLanguage } from './language.ts'

export interface InterpretedCriterion {
  readonly dimension: string | null
  readonly op: string
  readonly values: readonly string[]
}

export interface InterpretedStatement {
  readonly kind: StatementFacts['kind'] | 'opaque'
  readonly cube: string | null
  readonly measures: readonly string[]
  readonly calculated: readonly string[]
  readonly dimensions: readonly string[]
  readonly criteria: readonly InterpretedCriterion[]
  /** Every person number it searches for, also in exclusions and at the ends of ranges. */
  readonly persons: readonly PersonNumber[]
  /** Only where `kind` is `opaque`. */
  readonly reason?: OpaqueReason
  readonly at?: string | null
}

/** Never throws. Several statements in one text are taken together; kind and cube are the first's. */
export function interpretStatement(
  language: Extract<StatementLanguage, 'mdx' | 'dax'>,
  text: string,
  parameters: Parameters,
  rules: PersonRules,
): InterpretedStatement {
  const understood = understand(text, language, parameters)
  if (understood.kind === 'opaque') {
    const criteria = [...mentionedIn(text, rules), ...parameterRows(parameters, rules)]
    const { reason, at } = understood
    const empty = { cube: null, measures: [], calculated: [], dimensions: [] }
    return { kind: 'opaque', ...empty, criteria: criteria.map(criterionOf), persons: personsOf(criteria), reason, at }
  }
  const { facts } = understood
  return {
    kind: facts[0]?.kind ?? 'opaque',
    cube: facts.find(({ cube }) => cube !== null)?.cube ?? null,
    measures: distinct(facts.flatMap(({ measures }) => measures.map(({ measure }) => measure))),
    calculated: distinct(facts.flatMap(({ calculated }) => calculated)),
    dimensions: distinct(facts.flatMap(({ dimensions }) => dimensions.map(({ path }) => path))),
    criteria: facts.flatMap(({ criteria }) => criteria.map(({ dimension, op, values }) => ({ dimension, op, values }))),
    persons: personsOf(facts.flatMap((fact) => [...rowsOf(fact, text, rules).criteria])),
  }
}

function criterionOf({ level, hierarchy, dimension, operator, value }: Criterion): InterpretedCriterion {
  return { dimension: level ?? hierarchy ?? dimension, op: operator, values: [value] }
}

function personsOf(criteria: readonly Criterion[]): PersonNumber[] {
  return distinct(criteria.flatMap(({ person, personTo }) => [person, personTo]).filter((person) => person !== null))
}

function distinct<T>(items: readonly T[]): T[] {
  return [...new Set(items)]
}
