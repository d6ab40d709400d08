/**
 * Looker's API (github.com/looker-open-source/sdk-codegen, "spec/Looker.4.0.json"): queries asked at once, prepared and
 * run later, from Looks, and as SQL. A saved query's number is the report.
 *
 * `fields` does not tell measures from dimensions: only the model's metadata does. So all of them are dimensions, those of
 * `dynamic_fields` apart that say they are measures or table calculations: rather a measure listed as what the answer is
 * broken down by than a breakdown by persons listed as a measure.
 */
import type { PersonRules } from '../../../schema/record/person-number.ts'
import type { Criterion } from '../../../schema/record/record.ts'
import type { Claims, Part, Reading } from '../adapter.ts'
import { NO_CLAIMS } from '../adapter.ts'
import type { Call, JsonApi } from './call.ts'
import { jsonPart, queryText } from './call.ts'
import { readJson } from './json-reader.ts'
import type { Json, MaybeJson } from './json-value.ts'
import { idOf, itemsOf, member, membersOf, oneOrMore, scalarOf, stringOf } from './json-value.ts'
import { filterTests } from './looker-filter.ts'
import { criteriaOf, dimensionOf, distinct, dotted } from './rows.ts'
import { sqlPart } from './sql.ts'

const API = /(?:^|\/)api\/(?:\d+\.\d+|internal)\/(.+?)\/?$/

/** What is saved under a number, by the path that runs it. */
const SAVED: readonly (readonly [kind: string, path: RegExp])[] = [
  ['look', /^(?:render_tasks\/)?looks\/([^/]+)\/(?:run\/)?[^/]+$/],
  ['dashboard', /^render_tasks\/dashboards\/([^/]+)\/[^/]+$/],
  ['query', /^(?:queries\/(\d[^/]*)\/run\/[^/]+|render_tasks\/queries\/([^/]+)\/[^/]+)$/],
  ['sql_query', /^sql_(?:interface_)?queries\/([^/]+)\/run\/[^/]+$/],
  ['query_task', /^query_tasks\/([^/]+)\/results$/],
]
const RUN = /^queries\/run\/[^/]+$/
const RUN_AT_ADDRESS = /^queries\/models\/([^/]+)\/views\/([^/]+)\/run\/[^/]+$/
const SUGGESTIONS = /^models\/([^/]+)\/views\/([^/]+)\/fields\/([^/]+)\/suggestions$/
const OWN = /^(?:queries|query_tasks|sql_queries|sql_interface_queries)(?:\/|$)/

export const looker: JsonApi = {
  name: 'looker',
  address(path) {
    const rest = API.exec(path)?.[1] ?? ''
    const report = savedAt(rest)
    return report === null && !OWN.test(rest) ? null : { ...NO_CLAIMS, report }
  },
  read(call) {
    const rest = API.exec(call.path)?.[1]
    return rest === undefined ? null : (atAddress(call, rest) ?? readSaved(call, rest) ?? readBody(call, rest))
  },
}

function savedAt(rest: string): string | null {
  for (const [kind, path] of SAVED) {
    const [, one, other] = path.exec(rest) ?? []
    const id = one ?? other
    if (id !== undefined) return `${kind}:${id}`
  }
  return null
}

/** A request that holds no query but the number of one; a dashboard that is drawn may be given filters. */
function readSaved(call: Call, rest: string): Reading | null {
  const report = savedAt(rest)
  if (report === null) return null
  const filters = new URLSearchParams(stringOf(member(call.body, 'dashboard_filters')) ?? '')
  const criteria = [...filters].flatMap(([name, text]) => expressionRows(name, text, call.rules))
  return reading(call, { report }, { criteria })
}

/** `?fields=a,b&f[view.field]=expression` */
function atAddress(call: Call, rest: string): Reading | null {
  const [, model, view] = RUN_AT_ADDRESS.exec(rest) ?? []
  const asked = SUGGESTIONS.exec(rest)
  if (asked !== null) return suggestions(call, asked)
  if (model === undefined || view === undefined) return null
  const list = (name: string) => (call.parameters.get(name) ?? '').split(',').filter((one) => one !== '')
  const filters = [...call.parameters].flatMap(([name, text]): (readonly [string, string])[] => {
    const field = /^f\[(.+)\]$/.exec(name)?.[1]
    return field === undefined ? [] : [[field, text]]
  })
  const dynamic = dynamicFields(call.parameters.get('dynamic_fields'))
  const query = {
    fields: list('fields'),
    pivots: list('pivots'),
    filters,
    dynamic,
    expression: call.parameters.get('filter_expression'),
  }
  return reading(call, { catalog: model }, { cube: view, ...rowsOf(query, call.rules) })
}

/** Part of a value is typed, and Looker offers what there is. */
function suggestions(call: Call, [, model, view, field = '']: RegExpExecArray): Reading {
  const term = call.parameters.get('term')
  const values = term === null || term === '' ? [] : [term]
  const criteria = criteriaOf({ name: dotted(field), op: 'contains', values, clause: 'restriction' }, call.rules)
  return reading(call, { catalog: model ?? null }, { action: 'discover', cube: view ?? null, criteria })
}

function readBody(call: Call, rest: string): Reading | null {
  if (call.method !== 'POST' && call.method !== 'PUT') return null
  const { body } = call
  if (rest === 'query_tasks') return taskReading(call)
  const sql = stringOf(member(body, 'sql'))
  if (/^sql_(?:interface_)?queries$/.test(rest) && sql !== null) {
    const part = sqlPart(sql, [], call.rules)
    return {
      claims: { ...NO_CLAIMS, catalog: idOf(member(body, 'model_name')) ?? idOf(member(body, 'connection_name')) },
      parts: [{ ...part, action: 'prepare' }],
    }
  }
  if (!RUN.test(rest) && rest !== 'queries') return null
  const cube = stringOf(member(body, 'view'))
  // A query that is only made brings no rows yet: it is run by its number.
  const action = rest === 'queries' ? ('prepare' as const) : ('query' as const)
  return reading(
    call,
    { catalog: stringOf(member(body, 'model')) },
    { action, cube, ...rowsOf(queryIn(body), call.rules) },
  )
}

/** `{ query_id, look_id, dashboard_id, result_format }`: the task runs a query that was made before. */
function taskReading(call: Call): Reading {
  const names = [
    ['look', 'look_id'],
    ['dashboard', 'dashboard_id'],
    ['query', 'query_id'],
  ] as const
  const saved = names.flatMap(([kind, name]) => {
    const id = idOf(member(call.body, name))
    return id === null ? [] : [`${kind}:${id}`]
  })
  return reading(call, { report: saved[0] ?? null }, {})
}

function reading(call: Call, claims: Partial<Claims>, part: Partial<Part>): Reading {
  return { claims: { ...NO_CLAIMS, ...claims }, parts: [jsonPart(queryText(call), part)] }
}

interface LookerQuery {
  readonly fields: readonly string[]
  readonly pivots: readonly string[]
  readonly filters: readonly (readonly [field: string, expression: string])[]
  readonly expression: string | null
  readonly dynamic: readonly Json[]
}

function queryIn(body: MaybeJson): LookerQuery {
  const names = (list: string) => itemsOf(member(body, list)).flatMap((name) => stringOf(name) ?? [])
  return {
    fields: names('fields'),
    pivots: names('pivots'),
    filters: filtersIn(member(body, 'filters')),
    expression: stringOf(member(body, 'filter_expression')),
    dynamic: dynamicFields(stringOf(member(body, 'dynamic_fields'))),
  }
}

/** `{ field: expression }`; a list of such, or of `{ field, value }`, in dynamic fields. */
function filtersIn(filters: MaybeJson): LookerQuery['filters'] {
  return oneOrMore(filters).flatMap((node) => {
    const field = stringOf(member(node, 'field'))
    if (field !== null) return [[field, scalarOf(member(node, 'value')) ?? ''] as const]
    return membersOf(node).map(
      ({ name, value }) =>
        [
          name,
          oneOrMore(value)
            .map((one) => scalarOf(one) ?? '')
            .join(','),
        ] as const,
    )
  })
}

/** JSON in a string: `[{ measure | dimension | table_calculation, expression, based_on, type, filters }]`. */
function dynamicFields(text: string | null): readonly Json[] {
  const reading = text === null ? null : readJson(text)
  return reading?.kind === 'json' ? itemsOf(reading.value) : []
}

const dynamicMeasure = (node: Json): string | null =>
  stringOf(member(node, 'measure')) ?? stringOf(member(node, 'table_calculation'))

function rowsOf(query: LookerQuery, rules: PersonRules): Pick<Part, 'measures' | 'dimensions' | 'criteria'> {
  const measures = new Set(query.dynamic.flatMap((node) => dynamicMeasure(node) ?? []))
  const pivots = new Set(query.pivots)
  const fields = [...query.fields, ...query.pivots].filter((name) => !measures.has(name))
  return {
    measures: [...measures].map((measure) => ({ measure, calculated: true, via: null })),
    dimensions: distinct(fields.map((name) => dimensionOf(dotted(name), pivots.has(name) ? '0' : null))),
    criteria: distinct([
      ...[...query.filters, ...query.dynamic.flatMap((node) => filtersIn(member(node, 'filters')))].flatMap(
        ([field, text]) => expressionRows(field, text, rules, measures.has(field)),
      ),
      ...[query.expression, ...query.dynamic.map((node) => stringOf(member(node, 'filter_expression')))].flatMap(
        (text) => (text === null ? [] : criteriaOf({ name: null, op: 'expression', values: [text] }, rules)),
      ),
    ]),
  }
}

function expressionRows(field: string, expression: string, rules: PersonRules, amount = false): Criterion[] {
  return filterTests(expression).flatMap(({ op, values }) =>
    criteriaOf({ name: dotted(field), op, values, amount }, rules),
  )
}
