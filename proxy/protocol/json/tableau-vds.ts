/**
 * Tableau's VizQL Data Service (github.com/tableau/VizQL-Data-Service, "VizQLDataServiceOpenAPISchema.json"):
 * `POST /api/v1/vizql-data-service/query-datasource`, and beside it what tells of a data source without its rows.
 *
 * A field with an aggregation or a calculation is a measure, also a calculation that aggregates nothing, for only the
 * data source's metadata tells these apart. A field with a function of dates (`YEAR`, `TRUNC_MONTH`) breaks the answer
 * down. Formulas are left as they stand; whom they name is found by the sweep.
 */
import { negated } from '../../language/condition.ts'
import type { PersonRules } from '../../../schema/record/person-number.ts'
import type { Criterion } from '../../../schema/record/record.ts'
import type { Part } from '../adapter.ts'
import { NO_CLAIMS } from '../adapter.ts'
import type { Call, JsonApi } from './call.ts'
import { jsonPart, queryText } from './call.ts'
import type { Json, MaybeJson } from './json-value.ts'
import { idOf, isTrue, itemsOf, member, scalarOf, stringOf, valuesOf } from './json-value.ts'
import type { Condition } from './rows.ts'
import { caption, criteriaOf, dimensionOf, distinct, measureOf } from './rows.ts'

const ADDRESS =
  /\/vizql-data-service\/(query-datasource|simple-request|read-metadata|get-datasource-model|list-supported-functions)\/?$/

export const tableauVds: JsonApi = {
  name: 'tableau-vds',
  address: (path) => (ADDRESS.test(path) ? NO_CLAIMS : null),
  read(call) {
    const asked = ADDRESS.exec(call.path)?.[1]
    if (asked === undefined) return null
    const catalog = idOf(member(call.body, 'datasource', 'datasourceLuid'))
    const queries = asked === 'query-datasource' || asked === 'simple-request'
    return { claims: { ...NO_CLAIMS, catalog }, parts: [queries ? queryPart(call) : metadataPart(call)] }
  },
}

const metadataPart = (call: Call): Part => jsonPart(queryText(call), { action: 'metadata' })

function queryPart(call: Call): Part {
  const query = member(call.body, 'query')
  if (query === null) return jsonPart(queryText(call), { opaque: 'unknown-protocol' })
  const fields = itemsOf(member(query, 'fields'))
  const measures = fields.filter(isMeasure).map((field) => measureOf(nameOf(field)))
  const dimensions = fields.filter((field) => !isMeasure(field)).map((field) => dimensionOf(caption(nameOf(field))))
  const criteria = [
    ...itemsOf(member(query, 'filters')).flatMap((filter) => filterRows(filter, call.rules)),
    ...itemsOf(member(query, 'parameters')).flatMap((parameter) => parameterRows(parameter, call.rules)),
  ]
  return jsonPart(queryText(call), { measures: distinct(measures), dimensions: distinct(dimensions), criteria })
}

const OF_DATES =
  /^(?:TRUNC_)?(?:YEAR|QUARTER|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)$|^(?:ISO_)?(?:YEAR|QUARTER|WEEK|WEEKDAY)$/i

/** A function that leaves the field what it is. */
const NO_FUNCTION = /^(?:NONE|UNSPECIFIED)$/i

function functionOf(field: MaybeJson): string | null {
  const name = stringOf(member(field, 'function'))
  return name === null || NO_FUNCTION.test(name) ? null : name
}

function isMeasure(field: MaybeJson): boolean {
  const name = functionOf(field)
  if (name !== null) return !OF_DATES.test(name)
  return member(field, 'calculation') !== null || member(field, 'tableCalculation') !== null
}

/** `SUM(Beløb)`; a calculation by its caption, and where it has none by its formula. */
function nameOf(field: MaybeJson): string {
  const name = stringOf(member(field, 'fieldCaption')) ?? stringOf(member(field, 'calculation')) ?? ''
  const by = functionOf(field)
  return by === null ? name : `${by}(${name})`
}

function filterRows(filter: Json, rules: PersonRules): Criterion[] {
  const field = member(filter, 'field')
  const conditions = conditionsOf(filter, stringOf(member(filter, 'filterType'))?.toUpperCase() ?? '')
  return conditions.flatMap(({ op, values, of = field }) =>
    criteriaOf({ name: caption(nameOf(of)), op, values, amount: isMeasure(of) }, rules),
  )
}

interface Test extends Pick<Condition, 'op' | 'values'> {
  /** Only where it is another field than the filter's. */
  readonly of?: MaybeJson
}

function conditionsOf(filter: Json, type: string): readonly Test[] {
  const excluded = isTrue(member(filter, 'exclude'))
  switch (type) {
    case 'SET':
      return [{ op: excluded ? 'not in' : 'in', values: valuesOf(member(filter, 'values')) }]
    case 'MATCH':
      return matches(filter).map(({ op, values }) => ({ op: excluded ? negated(op) : op, values }))
    case 'QUANTITATIVE_NUMERICAL':
      return [bounds(filter, 'min', 'max')]
    case 'QUANTITATIVE_DATE':
      return [bounds(filter, 'minDate', 'maxDate')]
    case 'DATE':
      return [{ op: 'relative', values: [period(filter)] }]
    case 'TOP':
      return [{ op: 'topcount', values: valuesOf(member(filter, 'howMany')) }]
    case 'CONDITION':
      return [condition(filter)]
    default:
      // A type of a later version: what it holds is left to the sweep, that there was one is not.
      return [{ op: type === '' ? 'filter' : type.toLowerCase(), values: valuesOf(member(filter, 'values')) }]
  }
}

const MATCHES = [
  ['contains', 'contains'],
  ['startsWith', 'starts with'],
  ['endsWith', 'ends with'],
] as const

function matches(filter: Json): readonly Test[] {
  return MATCHES.flatMap(([name, op]) => {
    const values = valuesOf(member(filter, name))
    return values.length === 0 ? [] : [{ op, values }]
  })
}

/** Bounds that are given count, whatever type is said; without any the type tells. */
function bounds(filter: Json, low: string, high: string): Test {
  const [min, max] = [scalarOf(member(filter, low)), scalarOf(member(filter, high))]
  const type = stringOf(member(filter, 'quantitativeFilterType'))?.toUpperCase()
  if (type === 'ONLY_NULL') return { op: 'is null', values: [] }
  if (min !== null && max !== null) return { op: 'range', values: [min, max] }
  if (min !== null) return { op: '>=', values: [min] }
  return max === null ? { op: 'not null', values: [] } : { op: '<=', values: [max] }
}

/** `LASTN 3 MONTHS`, and the day from which it is reckoned. */
function period(filter: Json): string {
  const names = ['dateRangeType', 'rangeN', 'periodType']
  const words = names.flatMap((name) => scalarOf(member(filter, name)) ?? [])
  const anchor = scalarOf(member(filter, 'anchorDate'))
  return [...words, ...(anchor === null ? [] : ['from', anchor])].join(' ')
}

/** Those members of the field of which something holds: an aggregation compared, or a formula. */
function condition(filter: Json): Test {
  const of = member(filter, 'condition')
  const formula = stringOf(member(filter, 'calculation'))
  if (formula !== null) return { op: 'condition', values: [formula] }
  return { op: stringOf(member(of, 'comparison')) ?? '=', values: valuesOf(member(of, 'value')), of }
}

function parameterRows(parameter: Json, rules: PersonRules): Criterion[] {
  const name = stringOf(member(parameter, 'parameterCaption')) ?? stringOf(member(parameter, 'parameterName'))
  const values = valuesOf(member(parameter, 'value'))
  return criteriaOf({ name: name === null ? null : caption(name), op: '=', values, clause: 'parameter' }, rules)
}
