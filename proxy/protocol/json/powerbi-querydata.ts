/**
 * What a visual of a Power BI report asks: `POST …/querydata`, `/public/reports/querydata`, or a capacity's `…/query`. The
 * body holds queries, and each of them commands; a semantic query is one. Known by its shape too, for the capacities'
 * addresses change. Not documented: read from what the service and its published schemas show.
 *
 * A query repeats itself as text under `CacheKey`; it is not read twice. Measures that only the report has (`Extension`)
 * are DAX, and are followed to the measures and conditions under them.
 */
import type { PersonRules } from '../../../schema/record/person-number.ts'
import type { Claims, Part } from '../adapter.ts'
import { NO_CLAIMS } from '../adapter.ts'
import { mentionedIn } from '../criteria/mentioned.ts'
import type { Rows } from '../criteria/rows.ts'
import { NO_ROWS, rowsOf } from '../criteria/rows.ts'
import { understand } from '../statement/statement.ts'
import type { JsonApi } from './call.ts'
import { jsonPart, queryText, slicesOf } from './call.ts'
import type { Json, MaybeJson } from './json-value.ts'
import { idOf, itemsOf, member, stringOf } from './json-value.ts'
import { criteriaOf, dimensionOf, distinct, measureOf, path } from './rows.ts'
import type { Field } from './semantic-expression.ts'
import { ownMeasures, readSemanticQuery } from './semantic-query.ts'

const ADDRESS = /\/querydata\/?$|\/QueryExecutionService\/.*\/query\/?$/i

export const powerBiQueryData: JsonApi = {
  name: 'powerbi-querydata',
  address: (path) => (ADDRESS.test(path) ? NO_CLAIMS : null),
  read(call) {
    // An export of a visual's data wraps the same request.
    const body = member(call.body, 'executeSemanticQueryRequest') ?? call.body
    const queries = itemsOf(member(body, 'queries'))
    if (!ADDRESS.test(call.path) && !queries.some((query) => commandsOf(query).length > 0)) return null
    const claims = claimsOf(body, queries)
    if (queries.length === 0) return { claims, parts: [otherPart(queryText(call), body)] }
    const texts = slicesOf(call.text, queries)
    return { claims, parts: queries.map((query, i) => partOf(query, texts[i] ?? '', call.rules)) }
  },
}

/** A body without queries takes earlier ones back, or is nothing we know. */
function otherPart(text: string, body: MaybeJson): Part {
  const cancels = itemsOf(member(body, 'cancelQueries')).length > 0
  return jsonPart(text, cancels ? { action: 'command' } : { opaque: 'unknown-protocol' })
}

const commandsOf = (query: Json): readonly Json[] => itemsOf(member(query, 'Query', 'Commands'))

function claimsOf(body: MaybeJson, queries: readonly Json[]): Claims {
  const contexts = queries.map((query) => member(query, 'ApplicationContext'))
  const first = (...names: readonly string[]) =>
    contexts
      .map((context) => stringOf(member(itemsOf(member(context, 'Sources'))[0] ?? null, ...names)))
      .find((id) => id !== null) ?? null
  const datasets = contexts.map((context) => stringOf(member(context, 'DatasetId')))
  return {
    ...NO_CLAIMS,
    catalog:
      datasets.find((id) => id !== null) ?? stringOf(member(body, 'databaseName')) ?? idOf(member(body, 'modelId')),
    report: first('ReportId'),
    application: first('HostProperties', 'ConsumptionMethod'),
    sessionId: first('HostProperties', 'UserSession'),
    // All that one visual asks belongs together.
    correlationId: first('VisualId'),
  }
}

function partOf(query: Json, text: string, rules: PersonRules): Part {
  const commands = commandsOf(query).flatMap((command) => {
    const semantic = member(command, 'SemanticQueryDataShapeCommand')
    const definition = member(semantic, 'Query')
    return definition === null ? [] : [commandRows(definition, semantic, rules)]
  })
  if (commands.length === 0) return jsonPart(text, { opaque: 'unknown-protocol' })
  return jsonPart(text, {
    criteria: distinct(commands.flatMap(({ criteria }) => criteria)),
    dimensions: distinct(commands.flatMap(({ dimensions }) => dimensions)),
    measures: distinct(commands.flatMap(({ measures }) => measures)),
  })
}

function commandRows(query: Json, command: MaybeJson, rules: PersonRules): Rows {
  const { columns, measures, conditions } = readSemanticQuery(query, member(command, 'Binding'))
  const extension = member(command, 'Extension') ?? member(command, 'QueryExtensionSchema')
  const own = ownRows(measures, ownMeasures(extension), rules)
  return {
    criteria: [...conditions.flatMap((condition) => criteriaOf(condition, rules)), ...own.criteria],
    dimensions: columns.map((column) => dimensionOf(path(column))),
    measures: [...measures.filter((field) => !field.own).map(({ name }) => measureOf(name)), ...own.measures],
  }
}

/** Measures of the report's own: its DAX says what they come from. Where that is not understood, what it mentions. */
function ownRows(measures: readonly Field[], known: ReadonlyMap<string, string>, rules: PersonRules): Rows {
  const used = [...new Set(measures.filter(({ own }) => own).map(({ name }) => name))]
  if (used.length === 0) return NO_ROWS
  const calculated = used.map((name) => ({ measure: name, calculated: true, via: null }))
  const definitions = [...known].map(([name, expression]) => `MEASURE ${quoted(name)} = ${expression}`)
  const dax = `DEFINE ${definitions.join('\n')}\nEVALUATE ROW(${used.map((name) => `"m", ${quoted(name)}`).join(', ')})`
  const understood = understand(dax, 'dax', new Map())
  const [facts] = understood.kind === 'read' ? understood.facts : []
  if (facts === undefined) {
    return {
      criteria: [...known.values()].flatMap((text) => mentionedIn(text, rules)),
      dimensions: [],
      measures: calculated,
    }
  }
  const rows = rowsOf(facts, dax, rules)
  return {
    criteria: rows.criteria,
    dimensions: [],
    measures: [...calculated, ...rows.measures.filter((row) => !row.calculated)],
  }
}

/** `Table[Measure]` as DAX writes it. */
function quoted(name: string): string {
  const bracket = name.indexOf('[')
  return `'${name.slice(0, bracket).replaceAll("'", "''")}'${name.slice(bracket)}`
}
