/**
 * Apache Druid (druid.apache.org/docs, "Native queries" and "Druid SQL API"): `POST /druid/v2` with a query as JSON, and
 * `POST /druid/v2/sql` with SQL. Queries nest in `dataSource`; what an inner one filters or adds up decides what the outer
 * one shows, so all of them count, and the breakdown is that of the outermost which has one.
 */
import type { PersonRules } from '../../../schema/record/person-number.ts'
import { namesPersonNumbers } from '../../../schema/record/person-number.ts'
import type { Action, Criterion, DimensionUse, MeasureUse } from '../../../schema/record/record.ts'
import type { Claims, Part } from '../adapter.ts'
import { NO_CLAIMS } from '../adapter.ts'
import type { Call, JsonApi } from './call.ts'
import { jsonPart, queryText } from './call.ts'
import { filterCriteria, intervalCriteria, searched } from './druid-filter.ts'
import type { Json, MaybeJson } from './json-value.ts'
import { idOf, isTrue, itemsOf, member, oneOrMore, scalarOf, stringOf, valuesOf } from './json-value.ts'
import { caption, criteriaOf, dimensionOf, distinct, measureOf } from './rows.ts'
import { sqlPart } from './sql.ts'

const NATIVE = /\/druid\/v2(?:\/candidates)?\/?$/
const SQL = /\/druid\/v2\/sql(?:\/(?:task|statements|avatica(?:-protobuf)?))?\/?$/

export const druid: JsonApi = {
  name: 'druid',
  address: (path) => (NATIVE.test(path) || SQL.test(path) ? NO_CLAIMS : null),
  read(call) {
    if (call.method !== 'POST') return null
    const { body, path } = call
    if (SQL.test(path)) return { claims: claimsOf(body), parts: [partOfSql(call)] }
    if (!NATIVE.test(path) || member(body, 'queryType') === null) return null
    return { claims: claimsOf(body), parts: [nativePart(call)] }
  },
}

/** The id by which Druid's own logs know the query. */
function claimsOf(body: MaybeJson): Claims {
  const names = ['sqlQueryId', 'queryId']
  const id = names.map((name) => idOf(member(body, 'context', name))).find((found) => found !== null)
  return { ...NO_CLAIMS, correlationId: id ?? null }
}

/** `{ query, parameters: [{ type, value }] }`; of the JDBC driver `{ request, sql }`. */
function partOfSql(call: Call): Part {
  const sql = stringOf(member(call.body, 'query')) ?? stringOf(member(call.body, 'sql'))
  if (sql === null) return jsonPart(queryText(call), { action: 'request' })
  const given = itemsOf(member(call.body, 'parameters')).map((parameter) => valuesOf(member(parameter, 'value')))
  const parameters = given.map((values, i) => ({ name: String(i + 1), values }))
  return sqlPart(sql, parameters, call.rules)
}

const METADATA = new Set(['segmentmetadata', 'timeboundary', 'datasourcemetadata'])

function nativePart(call: Call): Part {
  const reader = new DruidReader(call.rules)
  reader.query(call.body)
  const type = stringOf(member(call.body, 'queryType'))?.toLowerCase() ?? ''
  const action: Action = METADATA.has(type) ? 'metadata' : call.path.includes('candidates') ? 'explain' : 'query'
  return jsonPart(queryText(call), { action, ...reader.found() })
}

class DruidReader {
  readonly #rules: PersonRules
  readonly #measures: MeasureUse[] = []
  readonly #criteria: Criterion[] = []
  #dimensions: readonly DimensionUse[] = []
  #cube: string | null = null

  constructor(rules: PersonRules) {
    this.#rules = rules
  }

  found(): Pick<Part, 'cube' | 'measures' | 'dimensions' | 'criteria'> {
    return {
      cube: this.#cube,
      measures: distinct(this.#measures),
      dimensions: distinct(this.#dimensions),
      criteria: distinct(this.#criteria),
    }
  }

  query(node: MaybeJson): void {
    this.#source(member(node, 'dataSource'))
    const listed = oneOrMore(member(node, 'dimensions') ?? member(node, 'dimension'))
    const columns = [...itemsOf(member(node, 'columns')), ...itemsOf(member(node, 'searchDimensions'))]
    const names = [...timesOf(node), ...[...listed, ...columns].map((dimension) => this.#dimension(dimension))]
    if (names.length > 0) this.#dimensions = names.map((name) => dimensionOf(caption(name)))
    for (const aggregation of itemsOf(member(node, 'aggregations'))) this.#aggregation(aggregation)
    for (const one of itemsOf(member(node, 'postAggregations'))) this.#calculated(one)
    this.#restrictions(node)
  }

  #restrictions(node: MaybeJson): void {
    const rules = this.#rules
    for (const name of ['filter', 'having']) this.#keep(filterCriteria(member(node, name), rules))
    this.#keep(intervalCriteria(member(node, 'intervals') ?? member(node, 'interval'), rules))
    const threshold = valuesOf(member(node, 'threshold'))
    const [first] = oneOrMore(member(node, 'dimension'))
    if (first !== undefined && threshold.length > 0) {
      const name = caption(columnOf(first))
      this.#keep(criteriaOf({ name, op: 'topcount', values: threshold }, rules))
    }
    this.#search(node)
  }

  /** A query of type `search`. */
  #search(node: MaybeJson): void {
    if (stringOf(member(node, 'queryType'))?.toLowerCase() !== 'search') return
    const columns = itemsOf(member(node, 'searchDimensions')).map(columnOf)
    for (const one of searched(columns, member(node, 'query'))) this.#keep(criteriaOf(one, this.#rules))
  }

  /** source : name | { type: table | query | union | join | lookup | inline | unnest | filter | restrict, … } */
  #source(node: MaybeJson): void {
    const name = stringOf(node) ?? stringOf(member(node, 'name')) ?? stringOf(member(node, 'lookup'))
    if (name !== null) this.#cube ??= name
    const query = member(node, 'query')
    if (query !== null) this.query(query)
    const inner = [
      ...itemsOf(member(node, 'dataSources')),
      ...['left', 'base', 'right'].flatMap((side) => member(node, side) ?? []),
    ]
    for (const source of inner) this.#source(source)
    for (const filter of ['filter', 'leftFilter', 'unnestFilter']) {
      this.#keep(filterCriteria(member(node, filter), this.#rules))
    }
    this.#inline(node)
  }

  /** Rows that the query brings along: a person in them is asked about, also one whose number is written as a number. */
  #inline(node: MaybeJson): void {
    const names = itemsOf(member(node, 'columnNames')).map((column) => stringOf(column) ?? '')
    const named = new Map([...names.entries()].filter(([, name]) => namesPersonNumbers(name, this.#rules)))
    const values = new Map<string, string[]>()
    for (const row of named.size === 0 ? [] : itemsOf(member(node, 'rows'))) {
      for (const [at, value] of itemsOf(row).entries()) {
        const name = named.get(at)
        if (name !== undefined) listed(values, name).push(scalarOf(value) ?? '')
      }
    }
    for (const [name, given] of values)
      this.#keep(criteriaOf({ name: caption(name), op: 'in', values: given }, this.#rules))
  }

  /** One at a time: as arguments of a call a long list would exhaust the stack. */
  #keep(rows: readonly Criterion[]): void {
    for (const row of rows) this.#criteria.push(row)
  }

  /** A specification may keep only some values: listFiltered, regexFiltered, prefixFiltered. */
  #dimension(node: Json): string {
    const inner = member(node, 'delegate')
    const name = columnOf(inner ?? node)
    const values = valuesOf(member(node, 'values'))
    const [pattern, prefix] = [valuesOf(member(node, 'pattern')), valuesOf(member(node, 'prefix'))]
    const kept = member(node, 'isWhitelist') === null || isTrue(member(node, 'isWhitelist'))
    for (const [op, given] of [
      [kept ? 'in' : 'not in', values],
      ['matches', pattern],
      ['starts with', prefix],
    ] as const) {
      if (given.length > 0) this.#keep(criteriaOf({ name: caption(name), op, values: given }, this.#rules))
    }
    return name
  }

  /** `filtered` holds a filter, and the aggregation it is for. */
  #aggregation(node: Json): void {
    const inner = member(node, 'aggregator')
    this.#keep(filterCriteria(member(node, 'filter'), this.#rules))
    if (inner !== null) return this.#aggregation(inner)
    this.#measures.push(measureOf(measureName(node)))
  }

  #calculated(node: Json): void {
    const name = stringOf(member(node, 'name'))
    if (name !== null) this.#measures.push({ measure: name, calculated: true, via: null })
  }
}

function listed(lists: Map<string, string[]>, name: string): string[] {
  const list = lists.get(name) ?? []
  lists.set(name, list)
  return list
}

/** `doubleSum(beløb)`, `count`; one that is made by an expression has its own name only. */
function measureName(node: MaybeJson): string {
  const type = stringOf(member(node, 'type')) ?? ''
  const fields = [
    ...valuesOf(member(node, 'fieldName')),
    ...valuesOf(member(node, 'fieldNames')),
    ...oneOrMore(member(node, 'fields')).map((field) => columnOf(field)),
  ]
  if (fields.length > 0) return `${type}(${fields.join(', ')})`
  return type === 'count' ? type : (stringOf(member(node, 'name')) ?? type)
}

/** The column of a dimension: a name, or a specification. */
function columnOf(node: Json): string {
  return stringOf(node) ?? stringOf(member(node, 'dimension')) ?? stringOf(member(node, 'name')) ?? ''
}

/** `month`, `P1M`, a duration: what the answer is broken down by in time. */
function timesOf(node: MaybeJson): string[] {
  const granularity = member(node, 'granularity')
  const unit =
    scalarOf(granularity) ?? stringOf(member(granularity, 'period')) ?? scalarOf(member(granularity, 'duration'))
  return unit === null || /^(?:all|none|null)$/i.test(unit) ? [] : [`__time:${unit}`]
}
