/**
 * Cube's REST API (cube.dev/docs, "REST API reference" and "Query format"): `POST` or `GET /cubejs-api/v1/load`, where the
 * base path is the installation's own choice. A list of queries is a blend of them; each is a part.
 *
 * While Cube reckons it answers `Continue wait`, and the client asks again. Each of these requests was made by a user and
 * is an entry; the answers that only say "wait" have no rows, so an auditor sees which one showed something.
 */
import type { PersonRules } from '../../../schema/record/person-number.ts'
import type { Criterion } from '../../../schema/record/record.ts'
import type { Part, Reading } from '../adapter.ts'
import { NO_CLAIMS } from '../adapter.ts'
import type { Call, JsonApi } from './call.ts'
import { jsonPart, queryText, slicesOf } from './call.ts'
import { readJson } from './json-reader.ts'
import type { Json, MaybeJson } from './json-value.ts'
import { itemsOf, member, membersOf, oneOrMore, scalarOf, stringOf, valuesOf } from './json-value.ts'
import { criteriaOf, dimensionOf, distinct, dotted, measureOf, ofMany } from './rows.ts'

const ADDRESS = /\/cubejs-api\/v1\/(?:load|sql|dry-run|subscribe)\/?$/i
/** Under another base path the body must look like a query of Cube's too. */
const LIKELY = /\/v1\/(?:load|sql|dry-run|subscribe)\/?$/i

export const cubeJsLoad: JsonApi = {
  name: 'cubejs-load',
  address: (path) => (ADDRESS.test(path) ? NO_CLAIMS : null),
  read(call) {
    const [text, query] = queryOf(call)
    const queries = oneOrMore(query).filter((one) => one.kind === 'object')
    const likely = LIKELY.test(call.path) || isMessage(call)
    if (!ADDRESS.test(call.path) && !(likely && queries.some(looksLikeQuery))) return null
    return { claims: NO_CLAIMS, parts: partsOf(call, text, queries) } satisfies Reading
  },
}

/** The queries, and the text they stand in: the body, or in a GET the parameter; in either the query may be a string. */
function queryOf(call: Call): readonly [text: string, query: MaybeJson] {
  const { body, text, parameters } = call
  const inBody = isMessage(call) ? member(body, 'params', 'query') : member(body, 'query')
  const written = body === null ? parameters.get('query') : stringOf(inBody)
  if (written === null) return [text, inBody]
  const reading = readJson(written)
  return [written, reading.kind === 'json' ? reading.value : null]
}

/** The same over a WebSocket: `{ messageId, method: "load", params: { query } }`. */
function isMessage({ body, request }: Call): boolean {
  return request.socket !== null && member(body, 'messageId') !== null
}

const NAMES = ['measures', 'dimensions', 'segments'] as const

function looksLikeQuery(query: Json): boolean {
  const names = NAMES.flatMap((list) => itemsOf(member(query, list)).map((name) => stringOf(name) ?? ''))
  return (names.length > 0 || member(query, 'timeDimensions') !== null) && names.every((name) => /^\w+\.\w/.test(name))
}

function partsOf(call: Call, text: string, queries: readonly Json[]): Part[] {
  const action = /\/(?:sql|dry-run)\/?$/i.test(call.path) ? 'explain' : 'query'
  if (queries.length === 0) return [jsonPart(queryText(call), { action, opaque: 'unknown-protocol' })]
  const texts = slicesOf(text, queries)
  return queries.map((query, i) => ({ ...partOf(query, texts[i] ?? '', call.rules), action }))
}

function partOf(query: Json, text: string, rules: PersonRules): Part {
  const names = (list: string) => itemsOf(member(query, list)).flatMap((item) => stringOf(item) ?? [])
  const measures = names('measures')
  const amounts = new Set(measures)
  const times = itemsOf(member(query, 'timeDimensions'))
  const dimensions = [...names('dimensions'), ...times.flatMap(timeDimension)]
  const cube = [...measures, ...dimensions, ...names('segments')][0]?.split('.', 1)[0] ?? null
  return jsonPart(text, {
    cube,
    measures: distinct(measures.map((measure) => measureOf(measure))),
    dimensions: distinct(dimensions.map((name) => dimensionOf(dotted(name)))),
    criteria: [
      ...itemsOf(member(query, 'filters')).flatMap((filter) => filterRows(filter, amounts, rules)),
      ...times.flatMap((time) => dateRows(time, rules)),
      ...names('segments').flatMap((name) => criteriaOf({ name: dotted(name), op: 'segment', values: [] }, rules)),
    ],
  })
}

/** A time dimension without granularity only restricts; the answer is not broken down by it. */
function timeDimension(time: Json): string[] {
  const name = stringOf(member(time, 'dimension'))
  const granularity = stringOf(member(time, 'granularity'))
  return name === null || granularity === null ? [] : [`${name}.${granularity}`]
}

/** `dateRange` is two ends, one day, or words (`last week`); `compareDateRange` is a list of such. */
function dateRows(time: Json, rules: PersonRules): Criterion[] {
  const name = stringOf(member(time, 'dimension'))
  if (name === null) return []
  const ranges = [member(time, 'dateRange'), ...itemsOf(member(time, 'compareDateRange'))].map(oneOrMore)
  return ranges.flatMap((range) => {
    const values = range.flatMap((end) => scalarOf(end) ?? [])
    return values.length === 0 ? [] : criteriaOf({ name: dotted(name), op: 'range', values }, rules)
  })
}

const OPERATORS: Readonly<Record<string, string>> = {
  contains: 'contains',
  notcontains: 'not contains',
  startswith: 'starts with',
  notstartswith: 'not starts with',
  endswith: 'ends with',
  notendswith: 'not ends with',
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
  set: 'not null',
  notset: 'is null',
  indaterange: 'range',
  notindaterange: 'not range',
  ondate: '=',
  beforedate: '<',
  beforeorondate: '<=',
  afterdate: '>',
  afterorondate: '>=',
}

/** filter : { and: [filter] } | { or: [filter] } | { member | dimension, operator, values } */
function filterRows(filter: Json, amounts: ReadonlySet<string>, rules: PersonRules): Criterion[] {
  const nested = membersOf(filter).filter(({ name }) => name === 'and' || name === 'or')
  if (nested.length > 0) {
    return nested.flatMap(({ value }) => itemsOf(value).flatMap((inner) => filterRows(inner, amounts, rules)))
  }
  const name = stringOf(member(filter, 'member')) ?? stringOf(member(filter, 'dimension'))
  const values = valuesOf(member(filter, 'values'))
  const op = operatorOf(stringOf(member(filter, 'operator')) ?? '', values)
  if (name === null) return []
  return criteriaOf({ name: dotted(name), op, values, amount: amounts.has(name) }, rules)
}

function operatorOf(operator: string, values: readonly string[]): string {
  const lower = operator.toLowerCase()
  if (lower === 'equals') return ofMany('=', values)
  return lower === 'notequals' ? ofMany('<>', values) : (OPERATORS[lower] ?? operator)
}
