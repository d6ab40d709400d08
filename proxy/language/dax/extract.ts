import { place as dimension } from '../findings.ts'
import type { StatementFacts } from '../statement.ts'
import type { DefinitionOf, Evaluation, Query } from './ast.ts'
import { columnPath } from './path.ts'
import { FORMULA, type Place, silent, testedIn } from './place.ts'
import { Reading, type Source } from './reading.ts'
import { Walk } from './walk.ts'

/**
 * From the tree of a query to what it asks (GOLD_RULES; section numbers here are its).
 *
 * One walk from the EVALUATEs over what is live: variables, tables and columns of DEFINE are read where they are used,
 * once for each way of being used, and measures once. Each expression is read as a table, as a value or as a condition,
 * where criteria come from (`walk.ts`).
 *
 * Whatever is live is visited, and every literal on the way that could be a person's number is kept, though the rules
 * make no criterion of it: whoever is named in a query has been searched for.
 */
export function extractQuery(query: Query, source: Source): StatementFacts {
  return new Extraction(query, source).facts()
}

class Extraction {
  readonly #query: Query
  readonly #reading: Reading
  readonly #walk: Walk

  constructor(query: Query, source: Source) {
    this.#query = query
    this.#reading = new Reading(query, source)
    this.#walk = new Walk(this.#reading)
  }

  facts(): StatementFacts {
    const { start, end, evaluations, definitions } = this.#query
    const { names, pending, candidates, findings, subject } = this.#reading
    const place: Place = { ...FORMULA, environment: names.root }
    for (const definition of definitions) if (definition.kind === 'parameter') this.#modelParameter(definition, place)
    for (const evaluation of evaluations) this.#evaluate(evaluation, place)
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) this.#formula(next, place)
    candidates.keep(findings, subject)
    const { measures, calculatedMeasures: calculated, dimensions, criteria } = findings
    return { kind: 'evaluate', cube: null, start, end, measures, calculated, dimensions, criteria }
  }

  #evaluate({ table, orderBy, startAt }: Evaluation, place: Place): void {
    const shape = this.#walk.table(table, place)
    const columns = shape.columns.flatMap(({ path }) => (path === null ? [] : [path]))
    this.#reading.findings.axis(
      0,
      [...shape.tables, ...columns].map((path) => dimension(path)),
    )
    const sorting = testedIn(shape, place)
    for (const key of orderBy) this.#walk.value(key, sorting)
    for (const [i, start] of startAt.entries()) {
      const key = orderBy[i]
      const literal = this.#walk.literal(start, place)
      if (key === undefined || literal === null) this.#walk.value(start, sorting)
      else this.#reading.criterion(this.#reading.subject(key, sorting)?.path ?? null, 'start at', [literal], sorting)
    }
  }

  #formula({ table, name, expression }: DefinitionOf<'measure'>, place: Place): void {
    this.#walk.value(expression, { ...place, via: columnPath(table, name) })
  }

  /** MPARAMETER gives a value to the query that the model's source is asked. */
  #modelParameter({ name, expression }: DefinitionOf<'parameter'>, place: Place): void {
    const items = expression.kind === 'rows' ? expression.rows : [expression]
    for (const item of items) {
      const literal = this.#walk.literal(item, place)
      if (literal === null) this.#walk.value(item, silent(place))
      else this.#reading.findings.criterion(columnPath(null, name), '=', [literal.value], 'parameter')
    }
  }
}
