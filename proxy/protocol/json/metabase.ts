/**
 * Metabase's API (metabase.com/docs, "API reference"): questions asked freely (`/api/dataset`), saved ones (`/api/card`,
 * and on dashboards), public and embedded ones, and the look-up of a field's values.
 *
 * A saved question's request holds no query, so its number is the report, and what its parameters are given are the
 * criteria. An embedded one is named by a signed token in the address: the token is a key and is on record nowhere, but
 * what it says of question and locked parameters is read.
 */
import type { Claims, Part, Reading } from '../adapter.ts'
import { NO_CLAIMS } from '../adapter.ts'
import type { Call, JsonApi } from './call.ts'
import { jsonPart, queryText } from './call.ts'
import { readJson } from './json-reader.ts'
import type { MaybeJson } from './json-value.ts'
import { idOf, isNull, itemsOf, member, membersOf, stringOf } from './json-value.ts'
import { readMbql } from './metabase-mbql.ts'
import { parametersFrom, parametersIn, parametersNamed } from './metabase-parameters.ts'
import { caption, criteriaOf, distinct, ofMany } from './rows.ts'
import type { SqlParameter } from './sql.ts'
import { sqlPart } from './sql.ts'

const FREE = /(?:^|\/)api\/dataset(?:\/(?:pivot|native|csv|json|xlsx))?\/?$/
const SEARCH =
  /(?:^|\/)api\/(?:field\/(\d+)\/search\/\d+|(?:(?:public|embed)\/)?(?:dashboard|card)\/[^/]+\/params\/([^/]+)\/search\/([^/]+))\/?$/

export const metabase: JsonApi = {
  name: 'metabase',
  address(path) {
    if (FREE.test(path)) return NO_CLAIMS
    const saved = savedAt(path)
    return saved === null ? null : { ...NO_CLAIMS, report: saved.report }
  },
  read(call) {
    return readSearch(call) ?? readFree(call) ?? readSaved(call)
  },
}

/** The query is the body; of a download it is the form's field `query`, in later versions a member of the body. */
function readFree(call: Call): Reading | null {
  if (!FREE.test(call.path) || call.method !== 'POST') return null
  const field = call.form.get('query')
  const asked = field === null ? wrapped(call.body) : (readJson(field).value ?? null)
  const database = idOf(member(asked, 'database'))
  const looksRight = ['query', 'native', 'stages'].some((name) => member(asked, name) !== null)
  if (database === null && !looksRight) return null
  const claims: Claims = { ...NO_CLAIMS, catalog: database === null ? null : `database:${database}` }
  const part = partOf(asked, call)
  return { claims, parts: [call.path.includes('/native') ? { ...part, action: 'explain' } : part] }
}

/** `{ query: { database, type, query } }` */
function wrapped(body: MaybeJson): MaybeJson {
  const inner = member(body, 'query')
  return member(body, 'database') === null && member(inner, 'database') !== null ? inner : body
}

function partOf(asked: MaybeJson, call: Call): Part {
  const native = nativeOf(asked)
  const parameters = parametersIn(member(asked, 'parameters'), native?.tags ?? null)
  if (native?.sql === null) {
    const criteria = parameterRows(parameters, call)
    return jsonPart(queryText(call), { opaque: 'unknown-language', cube: native.collection, criteria })
  }
  const stages = itemsOf(member(asked, 'stages'))
  if (native !== null && stages.length <= 1) return sqlPart(native.sql, parameters, call.rules)
  const mbql = readMbql(stages.length === 0 ? member(asked, 'query') : asked, parameters, call.rules)
  // SQL in a stage has taken the parameters up itself.
  const beside = native === null ? parameterRows(parameters, call) : []
  return jsonPart(queryText(call), { ...mbql, criteria: distinct([...mbql.criteria, ...beside]) })
}

type Native = { readonly tags: MaybeJson } & (
  | { readonly sql: string }
  /** The database speaks no SQL. */
  | { readonly sql: null; readonly collection: string | null }
)

/** `{ type: 'native', native: { query, template-tags } }`, or the first stage of MBQL 5 that has `native`. */
function nativeOf(asked: MaybeJson): Native | null {
  const stage = itemsOf(member(asked, 'stages')).find((stage) => member(stage, 'native') !== null)
  const node = stage ?? member(asked, 'native')
  if (node === undefined || node === null || isNull(node)) return null
  const tags = member(node, 'template-tags')
  const sql = stringOf(member(node, stage === undefined ? 'query' : 'native'))
  return sql === null ? { sql, tags, collection: stringOf(member(node, 'collection')) } : { sql, tags }
}

function parameterRows(parameters: readonly SqlParameter[], { rules }: Call): Part['criteria'] {
  return parameters.flatMap(({ name, values, about, op }) =>
    criteriaOf({ name: about ?? caption(name), op: op ?? ofMany('=', values), values, clause: 'parameter' }, rules),
  )
}

interface Saved {
  readonly report: string
  /** What the token of an embedded question says, signature unchecked: Metabase checks it. */
  readonly token: MaybeJson
}

const FORMATS = new Set(['csv', 'json', 'xlsx'])

/**
 * `card/{id}/query`, `dashboard/{id}/dashcard/{id}/card/{id}/query`, both behind `public` or `embed` too, and for pivots
 * with `pivot` somewhere; behind it may stand a format.
 */
function savedAt(path: string): Saved | null {
  const segments = (/(?:^|\/)api\/(.*)$/.exec(path)?.[1] ?? '')
    .split('/')
    .filter((name) => name !== '' && name !== 'pivot')
  const shared = segments[0] === 'public' || segments[0] === 'embed' ? segments[0] : null
  const [kind, id, ...rest] = segments.slice(shared === null ? 0 : 1)
  if (id === undefined || (kind !== 'card' && kind !== 'dashboard')) return null
  const format = FORMATS.has(rest.at(-1) ?? '')
  const places = rest.slice(0, format ? -1 : undefined)
  const asks = places.at(-1) === 'query' || shared !== null
  const card = kind === 'card' ? '' : cardIn(places)
  if (!asks || card === null || (kind === 'card' && places.length > 1)) return null
  const token = shared === 'embed' ? payloadOf(id) : null
  const named = shared === 'embed' ? (idOf(member(token, 'resource', RESOURCES[kind])) ?? 'embedded') : id
  return { report: `${kind}:${named}${card}`, token }
}

const RESOURCES = { card: 'question', dashboard: 'dashboard' } as const

/** `null`: the dashboard itself is asked for, not what it shows. */
function cardIn(places: readonly string[]): string | null {
  const card = places[places.indexOf('card') + 1]
  return places.includes('card') && card !== undefined ? `/card:${card}` : null
}

/** A JWT's middle (RFC 7519 section 3 "JSON Web Token (JWT) Overview"). */
function payloadOf(token: string): MaybeJson {
  const [, payload = ''] = token.split('.')
  return readJson(Buffer.from(payload, 'base64url').toString('utf8')).value
}

function readSaved(call: Call): Reading | null {
  const saved = savedAt(call.path)
  if (saved === null) return null
  const locked = membersOf(member(saved.token, 'params')).map(({ name, value }) => [name, value] as const)
  const inAddress = [...call.parameters].filter(([name]) => name !== 'parameters')
  const parameters = [
    ...parametersIn(member(call.body, 'parameters'), null),
    ...parametersFrom(call.form.get('parameters') ?? call.parameters.get('parameters')),
    ...parametersNamed([...locked, ...inAddress.map(([name, text]) => [name, { kind: 'string', text }] as const)]),
  ]
  const criteria = distinct(parameterRows(parameters, call))
  return { claims: { ...NO_CLAIMS, report: saved.report }, parts: [jsonPart(queryText(call), { criteria })] }
}

/** Somebody types part of a value into a filter, and Metabase offers what there is. */
function readSearch(call: Call): Reading | null {
  const found = SEARCH.exec(call.path)
  if (found === null || call.method !== 'GET') return null
  const [, field, parameter = '', typed] = found
  const value = field === undefined ? typed : call.parameters.get('value')
  const name = caption(field === undefined ? parameter : `field:${field}`)
  const condition = { name, op: 'contains', values: value === undefined || value === null ? [] : [value] }
  const criteria = criteriaOf({ ...condition, clause: 'restriction' }, call.rules)
  return { claims: NO_CLAIMS, parts: [jsonPart(queryText(call), { action: 'discover', criteria })] }
}
