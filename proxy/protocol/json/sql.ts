/** SQL that stands in a JSON body: Metabase's native questions, Druid's and Superset's SQL, Looker's runner. */
import type { SqlFacts } from '../../language/sql/read.ts'
import { readSql } from '../../language/sql/read.ts'
import type { StatementKind } from '../../language/statement.ts'
import { StatementLimitError } from '../../language/syntax-error.ts'
import type { PersonRules } from '../../../schema/record/person-number.ts'
import { speaksOfPersons } from '../../../schema/record/person-number.ts'
import type { Action, Criterion } from '../../../schema/record/record.ts'
import type { Part } from '../adapter.ts'
import { mentionedIn } from '../criteria/mentioned.ts'
import { columnsOf } from '../path.ts'
import type { Sought } from '../criteria/rows.ts'
import { NO_ROWS, valueRows } from '../criteria/rows.ts'
import type { Name } from './rows.ts'
import { caption, criteriaOf, distinct, dotted, ofMany } from './rows.ts'

/** A value given beside the text. */
export interface SqlParameter {
  /** As it stands in the text, without `@`, `:` or braces; of `?` its number from 1. */
  readonly name: string
  readonly values: readonly string[]
  /** What it restricts and how, where the interface tells; else its own name does. */
  readonly about?: Name
  readonly op?: string
}

/** Mentions without a person beyond this many are left to the text itself, which is kept whole. */
const MAX_PLAIN = 1000

/** The whole text is one part, also where it holds several statements. */
export function sqlPart(query: string, parameters: readonly SqlParameter[], rules: PersonRules): Part {
  const part = {
    action: 'query' as const,
    language: 'sql',
    query,
    opaque: null,
    opaqueAt: null,
    cube: null,
    ...NO_ROWS,
  }
  const values = new Map(parameters.map(({ name, values }) => [name.toLowerCase(), values]))
  try {
    const facts = readSql(query, { parameters: values })
    const criteria = [
      ...sqlCriteria(facts, rules),
      ...parameters
        .filter(({ name, about }) => about !== undefined || !facts.placed.has(name.toLowerCase()))
        .flatMap((parameter) => parameterRows(parameter, rules)),
      ...mentionRows(facts, query, rules),
    ]
    return { ...part, action: actionOf(facts.kind), cube: facts.cube, criteria: distinct(criteria) }
  } catch (error) {
    if (!(error instanceof StatementLimitError)) throw error
    const criteria = [...parameters.flatMap((p) => parameterRows(p, rules)), ...mentionedIn(query, rules)]
    return { ...part, opaque: 'limits', criteria }
  }
}

/** Criteria of a condition that stands alone, as Superset's `extras.where` does. */
export function sqlConditions(condition: string, rules: PersonRules): Criterion[] {
  try {
    const facts = readSql(`WHERE ${condition}`, {})
    return [...sqlCriteria(facts, rules), ...mentionRows(facts, condition, rules)]
  } catch (error) {
    if (!(error instanceof StatementLimitError)) throw error
    return mentionedIn(condition, rules)
  }
}

function actionOf(kind: StatementKind): Action {
  return kind === 'explain' || kind === 'ddl' ? kind : 'query'
}

/** What an aggregate is compared with is an amount. */
function sqlCriteria({ criteria }: SqlFacts, rules: PersonRules): Criterion[] {
  return criteria.flatMap(({ dimension, op, values, clause }) => {
    const amount = dimension?.includes('(') ?? false
    const name = dimension === null ? null : amount ? caption(dimension) : dotted(dimension)
    return criteriaOf({ name, op, values, clause, amount }, rules)
  })
}

function parameterRows({ name, values, about, op }: SqlParameter, rules: PersonRules): Criterion[] {
  if (values.length === 0) return []
  const condition = { name: about ?? caption(name), op: op ?? ofMany('=', values), values }
  return criteriaOf({ ...condition, clause: 'parameter' }, rules)
}

/** Strings that no criterion holds, and numbers that are persons. */
function mentionRows({ mentioned }: SqlFacts, text: string, rules: PersonRules): Criterion[] {
  const spoken = speaksOfPersons(text, rules)
  const sought: Sought = { columns: columnsOf(null), path: null, operator: '=', originClause: 'mentioned' }
  const texts = new Map(mentioned.filter((one) => one.text.trim() !== '').map((one) => [one.text, one.kind]))
  const rows = [...texts].flatMap(([value, kind]) =>
    valueRows(sought, value, spoken, rules).filter(({ person }) => person !== null || kind === 'string'),
  )
  let plain = 0
  return rows.filter(({ person }) => person !== null || ++plain <= MAX_PLAIN)
}
