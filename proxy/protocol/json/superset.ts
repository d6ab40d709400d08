/**
 * Apache Superset's REST API (superset.apache.org, "API": Charts and SQL Lab): `POST /api/v1/chart/data` asks in JSON,
 * `GET /api/v1/chart/{id}/data/` for what a saved chart asks, `POST /api/v1/sqllab/execute/` in SQL. Older versions ask in
 * a form, `/superset/explore_json/`. A filter's list of choices is the distinct values of a column.
 */
import type { PersonRules } from '../../../schema/record/person-number.ts'
import type { Criterion } from '../../../schema/record/record.ts'
import { likeTest, negated } from '../../language/condition.ts'
import type { Claims, Part, Reading } from '../adapter.ts'
import { NO_CLAIMS } from '../adapter.ts'
import type { Call, JsonApi } from './call.ts'
import { jsonPart, queryText, slicesOf } from './call.ts'
import { readJson } from './json-reader.ts'
import type { Json, MaybeJson } from './json-value.ts'
import { idOf, itemsOf, member, membersOf, oneOrMore, stringOf, valuesOf } from './json-value.ts'
import type { Name } from './rows.ts'
import { caption, criteriaOf, dimensionOf, distinct, measureOf, ofMany } from './rows.ts'
import type { SqlParameter } from './sql.ts'
import { sqlConditions, sqlPart } from './sql.ts'

const CHART = /\/(?:api\/v1\/chart\/(?:(\d+)\/)?data|superset\/explore_json)(?:\/[^/]*){0,3}$/i
const SQL = /\/(?:api\/v1\/sqllab\/execute|superset\/sql_json)\/?$/i
const CHOICES = /\/api\/v1\/datasource\/(\w+)\/(\d+)\/column\/([^/]+)\/values\/?$/i

export const superset: JsonApi = {
  name: 'superset',
  address(path) {
    const chart = CHART.exec(path)
    if (chart !== null) return { ...NO_CLAIMS, report: numbered('slice', chart[1] ?? null) }
    return SQL.test(path) || CHOICES.test(path) ? NO_CLAIMS : null
  },
  read(call) {
    const choices = CHOICES.exec(call.path)
    if (choices !== null) return { claims: NO_CLAIMS, parts: [choicesPart(call, choices)] }
    if (SQL.test(call.path)) return sqlReading(call)
    const chart = CHART.exec(call.path)
    return chart === null ? null : chartReading(call, chart[1] ?? null)
  },
}

function choicesPart(call: Call, [, type = '', id = '', column = '']: readonly string[]): Part {
  const dimensions = [dimensionOf(caption(column))]
  return jsonPart(queryText(call), { action: 'discover', cube: `${type}:${id}`, dimensions })
}

function sqlReading({ body, rules, ...call }: Call): Reading {
  const claims = { ...NO_CLAIMS, catalog: numbered('database', idOf(member(body, 'database_id'))) }
  const sql = stringOf(member(body, 'sql'))?.trim() ?? ''
  if (sql === '')
    return { claims, parts: [jsonPart(queryText({ body, rules, ...call }), { opaque: 'unknown-protocol' })] }
  return { claims, parts: [sqlPart(sql, templateParameters(member(body, 'templateParams')), rules)] }
}

/** Values for the template's names: an object, mostly written as text. */
function templateParameters(given: MaybeJson): SqlParameter[] {
  const written = stringOf(given)
  const reading = written === null ? null : readJson(written)
  return membersOf(reading === null ? given : reading.value).map(({ name, value }) => ({
    name,
    values: valuesOf(value),
  }))
}

function chartReading(call: Call, saved: string | null): Reading {
  const form = formData(call)
  const queries = itemsOf(member(call.body, 'queries'))
  const context = member(call.body, 'form_data') ?? form
  const claims = claimsOf(call, context, saved)
  const cube = cubeOf(member(call.body, 'datasource') ?? member(context, 'datasource'))
  if (queries.length > 0) {
    const texts = slicesOf(call.text, queries)
    return { claims, parts: queries.map((query, i) => chartPart(query, texts[i] ?? '', cube, call.rules)) }
  }
  const text = queryText(call)
  if (form !== null) return { claims, parts: [chartPart(form, text, cube, call.rules)] }
  // The question of a saved chart stays with the server; the chart's id is all there is.
  const known = call.body === null && claims.report !== null
  return { claims, parts: [jsonPart(text, known ? {} : { opaque: 'unknown-protocol' })] }
}

/** Older clients ask with a form, and name the chart in the address. */
function formData({ form, parameters }: Call): MaybeJson {
  const written = form.get('form_data') ?? parameters.get('form_data')
  return written === null ? null : readJson(written).value
}

function claimsOf({ parameters }: Call, context: MaybeJson, saved: string | null): Claims {
  const chart = saved ?? idOf(member(context, 'slice_id')) ?? parameters.get('slice_id')
  const dashboard = idOf(member(context, 'dashboardId')) ?? parameters.get('dashboard_id')
  return { ...NO_CLAIMS, report: numbered('slice', chart) ?? numbered('dashboard', dashboard) }
}

/** Numbers of different kinds of thing are told apart. */
const numbered = (kind: string, id: string | null): string | null => (id === null ? null : `${kind}:${id}`)

/** datasource : { id, type } | '7__table' */
function cubeOf(datasource: MaybeJson): string | null {
  const [written, id] = [stringOf(datasource), idOf(member(datasource, 'id'))]
  if (written !== null) return written.replace(/^(.+)__(\w+)$/, '$2:$1')
  return id === null ? null : `${stringOf(member(datasource, 'type')) ?? 'table'}:${id}`
}

function chartPart(query: Json, text: string, cube: string | null, rules: PersonRules): Part {
  const measures = [
    ...listed(query, ['metrics', 'metric', 'percent_metrics', 'series_limit_metric', 'timeseries_limit_metric']),
    // What only sorts is read too, where it is a measure.
    ...itemsOf(member(query, 'orderby')).flatMap((pair) => itemsOf(pair).slice(0, 1).filter(isAdhocMetric)),
  ].flatMap((metric) => metricName(metric) ?? [])
  const amounts = new Set(measures)
  const columns = listed(query, ['columns', 'groupby', 'all_columns', 'series_columns']).flatMap(
    (column) => columnName(column) ?? [],
  )
  return jsonPart(text, {
    cube,
    measures: distinct(measures.map((measure) => measureOf(measure))),
    dimensions: distinct(columns.map((column) => dimensionOf(column))),
    criteria: distinct([
      ...listed(query, ['filters', 'adhoc_filters']).flatMap((filter) => filterRows(filter, amounts, rules)),
      ...sqlRows(query, rules),
      ...timeRows(query, rules),
    ]),
  })
}

const listed = (query: Json, names: readonly string[]): readonly Json[] =>
  names.flatMap((name) => oneOrMore(member(query, name)))

const isAdhocMetric = (node: Json): boolean => member(node, 'expressionType') !== null

/** metric : string | { expressionType: 'SIMPLE', aggregate, column } | { expressionType: 'SQL', sqlExpression, label } */
function metricName(metric: Json): string | null {
  const column = stringOf(member(metric, 'column', 'column_name')) ?? stringOf(member(metric, 'column'))
  const aggregate = stringOf(member(metric, 'aggregate'))
  if (aggregate !== null && column !== null) return `${aggregate}(${column})`
  return stringOf(metric) ?? stringOf(member(metric, 'label')) ?? stringOf(member(metric, 'sqlExpression'))
}

/** column : string | { label, sqlExpression } */
function columnName(column: MaybeJson): Name | null {
  const own = stringOf(member(column, 'label')) ?? stringOf(member(column, 'sqlExpression'))
  const name = stringOf(column) ?? own ?? stringOf(member(column, 'column_name'))
  return name === null ? null : caption(name)
}

const OPERATORS: Readonly<Record<string, string>> = {
  '==': '=',
  '=': '=',
  equals: '=',
  '!=': '<>',
  '<>': '<>',
  in: 'in',
  'not in': 'not in',
  'is null': 'is null',
  'is not null': 'not null',
}

/** filter : { col, op, val } | { subject, operator, comparator } | { expressionType: 'SQL', sqlExpression } */
function filterRows(filter: Json, measures: ReadonlySet<string>, rules: PersonRules): Criterion[] {
  const sql = stringOf(member(filter, 'sqlExpression'))
  if (sql !== null && member(filter, 'col') === null) return sqlConditions(sql, rules)
  const name = columnName(member(filter, 'col') ?? member(filter, 'subject'))
  const values = valuesOf(member(filter, 'val') ?? member(filter, 'comparator'))
  const written = stringOf(member(filter, 'op')) ?? stringOf(member(filter, 'operator')) ?? ''
  const amount = name !== null && measures.has(name.whole)
  return tests(written.toLowerCase().replaceAll('_', ' '), values).flatMap(({ op, values }) =>
    criteriaOf({ name, op, values, amount }, rules),
  )
}

interface Test {
  readonly op: string
  readonly values: readonly string[]
}

function tests(operator: string, values: readonly string[]): readonly Test[] {
  const like = /^(not )?i?like$/.exec(operator)
  if (like !== null) {
    return values.map((value) => {
      const { op, value: text } = likeTest(value)
      return { op: like[1] === undefined ? op : negated(op), values: [text] }
    })
  }
  if (operator === 'temporal range') return values.flatMap(timeRange)
  const [, truth] = /^is (true|false)$/.exec(operator) ?? []
  if (truth !== undefined) return [{ op: '=', values: [truth] }]
  const op = OPERATORS[operator] ?? operator
  if (op.endsWith('null')) return [{ op, values: [] }]
  return [{ op: op === '=' || op === '<>' ? ofMany(op, values) : op, values }]
}

/** `2024-01-01 : 2024-12-31`, either end of which may be missing, or words (`Last week`). */
function timeRange(range: string): readonly Test[] {
  if (/^\s*(?:no filter)?\s*$/i.test(range)) return []
  const [from, to] = range.split(/\s+:\s*|\s*:\s+/, 2).map((end) => end.trim())
  if (from === undefined || to === undefined) return [{ op: 'range', values: [range.trim()] }]
  if (from === '') return [{ op: '<', values: [to] }]
  return [to === '' ? { op: '>=', values: [from] } : { op: 'range', values: [from, to] }]
}

/** Conditions in SQL: `extras.where` and `having`; in forms without `extras` around them. */
function sqlRows(query: Json, rules: PersonRules): Criterion[] {
  const clauses = [member(query, 'extras'), query].flatMap((at) => [member(at, 'where'), member(at, 'having')])
  return clauses.flatMap((clause) => stringOf(clause) ?? []).flatMap((clause) => sqlConditions(clause, rules))
}

/** The time range is one of the time column, which newer versions name in a filter of its own instead. */
function timeRows(query: Json, rules: PersonRules): Criterion[] {
  const name = columnName(member(query, 'granularity') ?? member(query, 'granularity_sqla'))
  const range = stringOf(member(query, 'time_range')) ?? ''
  const [since, until] = [stringOf(member(query, 'since')), stringOf(member(query, 'until'))]
  const own = since === null && until === null ? '' : `${since ?? ''} : ${until ?? ''}`
  return [range, own].flatMap(timeRange).flatMap((test) => criteriaOf({ name, ...test }, rules))
}
