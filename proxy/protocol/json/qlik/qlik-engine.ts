/**
 * Qlik Engine (qlik.dev, "Engine API"): JSON-RPC 2.0 over a WebSocket at `/app/{id}`. Every call is a message, and so an
 * entry; what shows data carries the object's dimensions and measures, the restrictions in its expressions, and whatever
 * has been selected in the WebSocket so far.
 *
 * An object's definition is known where the client gave it (CreateSessionObject). One that is stored in the app is known
 * by its id only, which is the entry's report.
 */
import type { PersonRules } from '../../../../schema/record/person-number.ts'
import type { Action, Criterion } from '../../../../schema/record/record.ts'
import type { Claims, Reading } from '../../adapter.ts'
import { NO_CLAIMS } from '../../adapter.ts'
import type { Lesson, QlikHandle, QlikSession } from '../../knowledge.ts'
import { jsonPart, queryText } from '../call.ts'
import type { Call, JsonApi } from '../call.ts'
import type { MaybeJson } from '../json-value.ts'
import { idOf, itemsOf, member, stringOf } from '../json-value.ts'
import { caption, criteriaOf, dimensionOf, distinct, measureOf } from '../rows.ts'
import type { Condition } from '../rows.ts'
import { NO_DEFINITION, definitionOf, plain } from './definition.ts'
import type { Definition } from './definition.ts'
import type { QlikCall } from './selections.ts'
import { isSearch, selectionOf } from './selections.ts'
import { NEW_SESSION, own, withHandle } from './session.ts'
import type { FieldSet } from './set-analysis.ts'
import { fieldSetsOf } from './set-analysis.ts'

const ADDRESS = /(?:^|\/)app\/([^/?]+)/

export const qlikEngine: JsonApi = {
  name: 'qlik-engine',
  address: () => null,
  read(call) {
    const method = stringOf(member(call.body, 'method'))
    if (member(call.body, 'jsonrpc') === null || method === null || member(call.body, 'params') === null) return null
    return readingOf(call, method)
  },
}

function readingOf(call: Call, method: string): Reading {
  const session = sessionOf(call)
  const handle = own(session.handles, idOf(member(call.body, 'handle')) ?? '') ?? null
  const asked: QlikCall = { method, handle, param: parameters(call.body), session }
  const selecting = selectionOf(asked)
  const definition = shown(asked)
  const part = {
    action: actionOf(method, definition !== null || selecting !== null),
    criteria: criteria(asked, definition, selecting?.sought ?? [], call.rules),
    dimensions: (definition?.dimensions ?? []).map((name) => dimensionOf(caption(plain(name)))),
    measures: (definition?.measures ?? []).map((measure) => measureOf(measure)),
  }
  const teaches: Reading['teaches'] = (answer, { asked: { server, socket } }) => {
    if (socket === null || answer?.faultCode != null) return []
    const selected = selecting?.after ?? redefined(asked)
    const after = answer?.opened == null ? selected : withHandle(selected, answer.opened, opened(asked))
    return [{ kind: 'session', server, id: keyOf(socket), session: after } satisfies Lesson]
  }
  return { claims: claimsOf(call, session, handle), parts: [jsonPart(queryText(call), part)], teaches }
}

const keyOf = (socket: string): string => `websocket ${socket}`

function sessionOf({ request: { socket }, known }: Call): QlikSession {
  const session = socket === null ? null : known.session(keyOf(socket))
  return session?.kind === 'qlik' ? session : NEW_SESSION
}

/** By place or by name: both are JSON-RPC (section 4.2 "Parameter Structures"). */
function parameters(body: MaybeJson): QlikCall['param'] {
  const params = member(body, 'params')
  return (index, name) => (params?.kind === 'list' ? (itemsOf(params)[index] ?? null) : member(params, name))
}

function claimsOf(call: Call, session: QlikSession, handle: QlikHandle | null): Claims {
  const [, address = null] = ADDRESS.exec(call.path) ?? []
  const app = session.app ?? (address === null || /^(?:engineData|%3Ftransient)/i.test(address) ? null : address)
  const report = handle?.kind === 'object' ? handle.name : null
  return { ...NO_CLAIMS, catalog: app, report, sessionId: call.request.socket }
}

/** Calls that give an object its definition, by the place of the properties. */
const DEFINING = new Set(['CreateSessionObject', 'CreateObject', 'CreateChild', 'SetProperties', 'SetFullPropertyTree'])
/** Calls whose answer shows data of the object they go to. */
const SHOWING =
  /^(?:GetLayout|GetHyperCube\w*|GetListObject\w*|GetTreeData|ExportData|Expand\w*|Collapse\w*|Drill\w*|GetContinuousData|RangeSelect\w*)$/
const EVALUATING = new Set(['Evaluate', 'EvaluateEx', 'ExpandExpression'])
const SEARCHING = /^(?:Search(?:Associations|Results|Suggest|Objects)|GetAssociations)$/

/** What is shown by the call; `null` where nothing is. */
function shown(call: QlikCall): Definition | null {
  const { method, handle } = call
  if (DEFINING.has(method)) return definitionOf(call.param(0, 'qProp'))
  if (EVALUATING.has(method)) return { dimensions: [], measures: texts(call.param(0, 'qExpression')) }
  if (method === 'SearchListObjectFor') return { dimensions: handle?.dimensions ?? [], measures: [] }
  // A handle that nobody has seen given is an object's: only those have a layout.
  return (handle === null || handle.kind === 'object') && SHOWING.test(method) ? (handle ?? NO_DEFINITION) : null
}

const texts = (node: MaybeJson): string[] => [stringOf(node)].filter((text) => text !== null)

function actionOf(method: string, asks: boolean): Action {
  if (asks || SEARCHING.test(method) || method === 'GetTableData') return 'query'
  if (/^(?:OpenDoc|GetActiveDoc|CreateSessionApp)/.test(method)) return 'session'
  return method.startsWith('Get') ? 'metadata' : 'request'
}

function criteria(
  call: QlikCall,
  definition: Definition | null,
  sought: readonly FieldSet[],
  rules: PersonRules,
): Criterion[] {
  const conditions = [
    ...sought.map((set) => condition(set, call.handle, 'filter')),
    ...(definition === null ? [] : restrictions(definition).map((set) => condition(set, null, 'formula'))),
    ...(SEARCHING.test(call.method) ? searchTerms(call) : []),
    ...(definition === null ? [] : selectedBefore(call.session)),
  ]
  return distinct(conditions.flatMap((one) => criteriaOf(one, rules)))
}

const restrictions = ({ dimensions, measures }: Definition): FieldSet[] =>
  [...dimensions, ...measures].flatMap(fieldSetsOf)

function condition({ field, op, values }: FieldSet, handle: QlikHandle | null, clause: Condition['clause']): Condition {
  const amount = handle?.measures.includes(field) === true
  return { name: caption(plain(field)), op, values, amount, ...(clause !== undefined && { clause }) }
}

function searchTerms(call: QlikCall): Condition[] {
  const terms = [...itemsOf(call.param(1, 'qTerms')), ...itemsOf(member(call.param(0, 'qOptions'), 'qTerms'))]
  const values = terms.flatMap((term) => texts(term))
  return values.length === 0 ? [] : [{ name: null, op: 'contains', values }]
}

/** Selections are what the whole app is narrowed to: the slicer of every query after them. */
function selectedBefore({ selections }: QlikSession): Condition[] {
  return Object.entries(selections)
    .filter(([field]) => !isSearch(field))
    .map(([field, { op, values }]) => condition({ field, op, values }, null, 'slicer'))
}

/** The session where an object is given another definition. */
function redefined({ method, handle, param, session }: QlikCall): QlikSession {
  if (handle === null || !method.startsWith('Set') || !DEFINING.has(method)) return session
  const number = Object.entries(session.handles).find(([, one]) => one === handle)?.[0]
  return number === undefined ? session : withHandle(session, number, { ...handle, ...definitionOf(param(0, 'qProp')) })
}

/** What the answer's handle stands for. */
function opened({ method, param }: QlikCall): QlikHandle {
  const name = (index: number, called: string) => stringOf(param(index, called))
  switch (method) {
    case 'OpenDoc':
      return { kind: 'doc', name: name(0, 'qDocName'), ...NO_DEFINITION }
    case 'GetField':
      return { kind: 'field', name: plain(name(0, 'qFieldName') ?? ''), ...NO_DEFINITION }
    case 'GetObject':
    case 'GetChild':
      return { kind: 'object', name: name(0, 'qId'), ...NO_DEFINITION }
    case 'CreateSessionObject':
    case 'CreateObject':
    case 'CreateChild': {
      const id = stringOf(member(param(0, 'qProp'), 'qInfo', 'qId'))
      return { kind: 'object', name: id, ...definitionOf(param(0, 'qProp')) }
    }
    default:
      return { kind: method === 'GetActiveDoc' ? 'doc' : 'other', name: name(0, 'qId'), ...NO_DEFINITION }
  }
}
