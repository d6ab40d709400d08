/** From what a statement asks to the rows of `crit`, `dim` and `meas`. */
import type { CriterionFact, MeasureFact, StatementFacts } from '../../language/statement.ts'
import type { PersonNumber } from '../../../schema/record/ids.ts'
import type { PersonRules } from '../../../schema/record/person-number.ts'
import { speaksOfPersons } from '../../../schema/record/person-number.ts'
import type { Criterion, DimensionUse, MeasureUse, OriginClause } from '../../../schema/record/record.ts'
import type { PathColumns } from '../path.ts'
import { columnsOf } from '../path.ts'
import { dependsOnWording, isMeasure, personsIn } from '../persons/persons.ts'

export interface Rows {
  readonly criteria: readonly Criterion[]
  readonly dimensions: readonly DimensionUse[]
  readonly measures: readonly MeasureUse[]
}

export const NO_ROWS: Rows = { criteria: [], dimensions: [], measures: [] }

/** What the rows of one criterion have in common. */
export interface Sought {
  readonly columns: PathColumns
  /** What the value belongs to, for telling whether it is a person. */
  readonly path: string | null
  readonly operator: string
  readonly originClause: OriginClause
  /** The values are compared with an amount. Where nothing is said, the path tells. */
  readonly amount?: boolean
}

/** @param text the statement's own. */
export function rowsOf(facts: StatementFacts, text: string, rules: PersonRules): Rows {
  const spoken = facts.criteria.some(({ values }) => values.some(dependsOnWording)) && speaksOfPersons(text, rules)
  const isDax = facts.kind === 'evaluate'
  return {
    criteria: facts.criteria.flatMap((fact) =>
      isDax ? daxRows(fact, facts, spoken, rules) : criterionRows(fact, spoken, isMeasure(fact.dimension), rules),
    ),
    dimensions: facts.dimensions.flatMap(({ path, axis }): DimensionUse[] => {
      const columns = columnsOf(path)
      return columns.dimension === null ? [] : [{ ...columns, dimension: columns.dimension, axis: String(axis) }]
    }),
    measures: measureRows(facts),
  }
}

/**
 * DAX does not write which names are measures, so what the answer shows as one is; not a column that is summed or counted,
 * for it may be the persons' own. And it loses no attribute, so what is compared by order with a column, or with one made
 * in the query, is not a person merely because the statement speaks of persons.
 */
function daxRows(fact: CriterionFact, facts: StatementFacts, spoken: boolean, rules: PersonRules): Criterion[] {
  const { dimension, op } = fact
  const ordered = /^[<>]=?$/.test(op) && dimension !== null
  const calculated = facts.calculated.some((name) => dimension !== null && name.endsWith(dimension))
  const shown = dimension?.startsWith('[') === true && facts.measures.some(({ measure }) => measure === dimension)
  const amount = calculated ? ordered : shown
  return criterionRows(fact, spoken && !ordered, amount, rules)
}

function criterionRows(fact: CriterionFact, spoken: boolean, amount: boolean, rules: PersonRules): Criterion[] {
  const sought: Sought = {
    columns: columnsOf(fact.dimension),
    path: fact.dimension,
    operator: fact.op,
    originClause: fact.clause,
    amount,
  }
  return soughtRows(sought, fact.values, spoken, rules)
}

/** One row per value; the two ends of a range, or of what a range leaves out, are one. */
export function soughtRows(
  sought: Sought,
  values: readonly string[],
  spoken: boolean,
  rules: PersonRules,
): Criterion[] {
  const [from, to] = values
  const isRange = sought.operator === 'range' || sought.operator === 'not range'
  if (isRange && from !== undefined && to !== undefined && values.length === 2) {
    return rangeRows(sought, from, to, spoken, rules)
  }
  return values.flatMap((value) => valueRows(sought, value, spoken, rules))
}

/** One row, or one per person where a value (a set in a parameter, a text) names several. */
export function valueRows(sought: Sought, value: string, spoken: boolean, rules: PersonRules): Criterion[] {
  const persons = personsIn(value, sought.path, spoken, rules, sought.amount)
  return persons.length === 0 ? [rowOf(sought, value, null)] : persons.map((person) => rowOf(sought, value, person))
}

function rowOf({ columns, operator, originClause }: Sought, value: string, person: PersonNumber | null): Criterion {
  const { dimension, hierarchy, level } = columns
  return { dimension, hierarchy, level, operator, value, valueTo: null, personTo: null, originClause, person }
}

function rangeRows(sought: Sought, value: string, valueTo: string, spoken: boolean, rules: PersonRules): Criterion[] {
  const persons = personsIn(value, sought.path, spoken, rules, sought.amount)
  const personsTo = personsIn(valueTo, sought.path, spoken, rules, sought.amount)
  const { columns, operator, originClause } = sought
  const length = Math.max(persons.length, personsTo.length, 1)
  return Array.from({ length }, (_, i) => {
    const [person, personTo] = [persons[i] ?? null, personsTo[i] ?? null]
    return { ...columns, operator, value, valueTo, person, personTo, originClause }
  })
}

/** Calculated measures stand in rows of their own, beside the base measures their formulas lead to. */
function measureRows(facts: StatementFacts): MeasureUse[] {
  const calculated = new Set(facts.calculated)
  const own = facts.calculated.map((measure): MeasureUse => ({ measure, calculated: true, via: null }))
  const base = facts.measures.filter(({ measure }) => !calculated.has(measure))
  return [...own, ...base.map(baseRow)]
}

/** No name of a measure, so that it is none's formula. */
const BY_DEFAULT = 'default'

function baseRow({ measure, via, byDefault }: MeasureFact): MeasureUse {
  return { measure, calculated: false, via: byDefault === true ? BY_DEFAULT : via }
}
