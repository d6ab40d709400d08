/**
 * Saiku (github.com/OSBI/saiku, `Query2Resource`): `POST …/rest/saiku/api/query/execute` with a query model or with MDX,
 * and calls that go on from a query by its name: drill-through, exports, members of a level.
 *
 * A model's requests bring along the MDX of the time before; only the model counts. The query's name, which a saved
 * file's may be, is the report: by it what goes on from a query is found beside it.
 */
import type { Claims, Part, Reading } from '../adapter.ts'
import { NO_CLAIMS } from '../adapter.ts'
import { parentPath, segmentsOf } from '../path.ts'
import type { StatementContext } from '../statement/statement.ts'
import { partsOf } from '../statement/statement.ts'
import type { Call, JsonApi } from './call.ts'
import { jsonPart, queryText } from './call.ts'
import { readJson } from './json-reader.ts'
import type { MaybeJson } from './json-value.ts'
import { idOf, member, membersOf, scalarOf, stringOf } from './json-value.ts'
import { criteriaOf, dimensionOf, measureOf, path } from './rows.ts'
import { levelPath, modelRows } from './saiku-model.ts'

/** Older servers have the user's name where newer ones have `api`. */
const QUERY = /\/rest\/saiku\/[^/]+\/query\/(.+?)\/?$/
const DISCOVER = /\/rest\/saiku\/[^/]+\/discover\/[^/]+\/([^/]+)\/[^/]+\/([^/]+)\/(.+?)\/?$/

export const saiku: JsonApi = {
  name: 'saiku',
  address(path) {
    const rest = QUERY.exec(path)?.[1]
    return rest === undefined
      ? null
      : { ...NO_CLAIMS, report: isOwnWord(rest) ? null : (rest.split('/', 1)[0] ?? null) }
  },
  read(call) {
    const rest = QUERY.exec(call.path)?.[1]
    if (rest === undefined) return readDiscover(call)
    return isOwnWord(rest) ? readQuery(call, rest) : goOn(call, rest)
  },
}

const isOwnWord = (rest: string): boolean => /^(?:execute|enrich|export\/html)$/.test(rest)

/** `enrich` and a query that is opened run nothing yet. */
function readQuery(call: Call, rest: string): Reading {
  return readModel(call, call.body, call.text, rest === 'enrich' ? 'prepare' : null)
}

function readModel(call: Call, query: MaybeJson, text: string, action: Part['action'] | null): Reading {
  const cube = member(query, 'cube')
  const claims: Claims = {
    ...NO_CLAIMS,
    catalog: stringOf(member(cube, 'catalog')),
    report: stringOf(member(query, 'file')) ?? idOf(member(query, 'name')),
  }
  const mdx = filled(stringOf(member(query, 'mdx')) ?? '', query)
  const asMdx = stringOf(member(query, 'type'))?.toUpperCase() === 'MDX' || !hasModel(query)
  const context = contextOf(call, claims.catalog)
  const parts = asMdx && mdx !== '' ? partsOf(mdx, new Map(), call.rules, context) : [modelPart(call, query, text)]
  return { claims, parts: action === null ? parts : parts.map((part) => ({ ...part, action })) }
}

const hasModel = (query: MaybeJson): boolean => membersOf(member(query, 'queryModel')).length > 0

function modelPart(call: Call, query: MaybeJson, text: string): Part {
  const cube = stringOf(member(query, 'cube', 'name'))
  const kept = queryText(text === call.text ? call : { ...call, text })
  if (!hasModel(query)) return jsonPart(kept, { cube, opaque: 'unknown-protocol' })
  const context = contextOf(call, stringOf(member(query, 'cube', 'catalog')))
  return jsonPart(kept, { cube, ...modelRows(query, context, call.rules) })
}

/** What earlier metadata taught of the cube. */
function contextOf({ known }: Call, catalog: string | null): StatementContext {
  return { model: (cube) => (cube === null ? null : known.model(catalog, cube)), session: [] }
}

/** Longer a text does not become by its parameters: beyond that it is read with their names in it. */
const MAX_FILLED = 16 * 1024 * 1024

/** Saiku puts parameters where `${name}` stands, before it asks. */
function filled(mdx: string, query: MaybeJson): string {
  const values = new Map(membersOf(member(query, 'parameters')).map(({ name, value }) => [name, scalarOf(value) ?? '']))
  const longest = [...values.values()].reduce((length, value) => Math.max(length, value.length), 0)
  if (mdx.split('${').length * longest > MAX_FILLED) return mdx.trim()
  return mdx.replace(/\$\{([^{}]*)\}/g, (whole, name: string) => values.get(name) ?? whole).trim()
}

/** `{name}/drillthrough`, `{name}/export/csv`, `{name}/result/metadata/hierarchies/{hierarchy}/levels/{level}` … */
function goOn(call: Call, rest: string): Reading {
  const [name = '', ...what] = rest.split('/')
  const claims = { ...NO_CLAIMS, report: name }
  const json = call.form.get('json')
  if (what.length === 0 && json !== null) {
    const reading = readModel(call, readJson(json).value, json, 'prepare')
    return { ...reading, claims: { ...reading.claims, report: name } }
  }
  return { claims, parts: [jsonPart(queryText(call), partOf(call, what))] }
}

function partOf(call: Call, what: readonly string[]): Partial<Part> {
  if (call.method === 'DELETE') return { action: 'command' }
  if (what.length === 0) return { action: 'prepare' }
  if (what[0] === 'drillthrough') return { action: 'drillthrough', ...returned(call.parameters.get('returns') ?? '') }
  const at = what.indexOf('levels')
  if (at < 0) return { action: 'query' }
  return { action: 'discover', criteria: searchRows(call, what[at - 1] ?? '', what[at + 1] ?? '') }
}

/** `[Borger].[Distrikt],[Measures].[Beløb]` */
function returned(list: string): Pick<Part, 'measures' | 'dimensions'> {
  const names = list.split(/,(?=\s*\[)/).flatMap((name) => name.trim() || [])
  const isMeasure = (name: string) => /^\[measures\]/i.test(name)
  return {
    measures: names.filter(isMeasure).map((name) => measureOf(name)),
    dimensions: names.filter((name) => !isMeasure(name)).map((name) => dimensionOf(path(name), 'return')),
  }
}

/** Part of a name is typed, and Saiku offers what members there are. */
function searchRows(call: Call, hierarchy: string, level: string): Part['criteria'] {
  const text = call.parameters.get('search')
  if (text === null || text === '') return []
  const name = path(levelPath(hierarchy, level))
  return criteriaOf({ name, op: 'contains', values: [text], clause: 'restriction' }, call.rules)
}

/** `…/discover/{connection}/{catalog}/{schema}/{cube}/…`: of a level its members, of a member its children. */
function readDiscover(call: Call): Reading | null {
  const [, catalog = '', cube = '', rest = ''] = DISCOVER.exec(call.path) ?? []
  if (rest === '') return null
  const what = rest.split('/')
  const levels = what.indexOf('levels')
  const named = what.includes('member') ? what[what.indexOf('member') + 1] : undefined
  const searched = levels < 0 ? [] : searchRows(call, what[levels - 1] ?? '', what[levels + 1] ?? '')
  const criteria = named === undefined ? searched : memberRows(call, named, what.includes('children'))
  const action = levels >= 0 || named !== undefined ? 'discover' : 'metadata'
  return { claims: { ...NO_CLAIMS, catalog }, parts: [jsonPart(queryText(call), { action, cube, criteria })] }
}

function memberRows(call: Call, member: string, children: boolean): Part['criteria'] {
  const condition = { name: path(parentOf(member)), op: children ? 'children' : '=', values: [member] }
  return criteriaOf({ ...condition, clause: 'restriction' }, call.rules)
}

const parentOf = (member: string): string => parentPath(segmentsOf(member)) ?? member
