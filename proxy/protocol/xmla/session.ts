/**
 * What a request has from its session. A client says the catalog, its program, the user it asks for once, with
 * BeginSession, and may leave them out afterwards; members and sets it created live on by name.
 *
 * A session id is no identity: whoever has learnt one can send it. So what a session knows is only taken over by the
 * user who began it, or by a request that names nobody at all; and where another user asks in it, that is told.
 */
import type { Exchange } from '../../exchange.ts'
import type { Known, Request } from '../adapter.ts'
import { header } from '../headers.ts'
import type { Lesson, XmlaSession } from '../knowledge.ts'
import { sessionDefinitions } from '../../language/mdx/session.ts'
import type { Envelope, Properties } from './call.ts'

/** Properties that hold for the session, so that later requests need not repeat them. */
const LASTING = [
  'catalog',
  'cube',
  'roles',
  'effectiveroles',
  'effectiveusername',
  'customdata',
  'sspropinitappname',
  'localeidentifier',
] as const

/** A longer value names nothing. */
const MAX_VALUE = 2000
/** Of the texts that created members and sets, in characters; the oldest are forgotten first. */
const MAX_DEFINITIONS = 100_000

export interface InSession {
  readonly ids: readonly string[]
  /** What holds in this request; `null`: nothing is known, or it is not this user's. */
  readonly session: XmlaSession | null
  /** Whose session it is. `new`: nothing is known of it; `unknown`: nobody can say whether it is this user's. */
  readonly relation: 'new' | 'own' | 'foreign' | 'unknown'
}

export function inSession(envelope: Envelope, request: Request, known: Known): InSession {
  const named = [envelope.sessionId, header(request.headers, 'x-as-sessionid')]
  const ids = [...new Set(named.filter((id) => id !== null))]
  const [session = null] = ids.flatMap((id) => {
    const found = known.session(id)
    return found?.kind === 'xmla' ? [found] : []
  })
  if (session === null) return { ids, session, relation: 'new' }
  const relation = relationOf(session.user, request.identity)
  return { ids, session: relation === 'own' ? session : null, relation }
}

function relationOf(begunBy: string | null, { user, source }: Request['identity']): 'own' | 'foreign' | 'unknown' {
  if (begunBy === null || (user === null && source === 'none')) return 'own'
  if (user === null) return 'unknown'
  if (isSameUser(begunBy, user)) return 'own'
  return accountOf(begunBy) === accountOf(user) ? 'unknown' : 'foreign'
}

/** `KOMMUNE\anna` and `anna` are one user of one server, and so are names that differ in case. */
function isSameUser(one: string, other: string): boolean {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()]
  return a === b || a.endsWith(`\\${b}`) || b.endsWith(`\\${a}`)
}

/** The account in `KOMMUNE\anna` and `anna@kommune.dk`: of two spellings nobody can say whether they are one user's. */
function accountOf(user: string): string {
  const [account = ''] = user.slice(user.lastIndexOf('\\') + 1).split('@', 1)
  return account.toLowerCase()
}

/** The session's own say, where the request does not. */
export function withSession(own: Properties, session: XmlaSession | null): Properties {
  return session === null ? own : new Map([...Object.entries(session.properties), ...own])
}

/**
 * What a request teaches of its session, once the BI server has answered it without a fault: that it began, what holds in
 * it from now on, or that it is over.
 */
export function sessionLessons(
  envelope: Envelope,
  { ids, session, relation }: InSession,
  statements: readonly string[],
  exchange: Exchange,
): readonly Lesson[] {
  const { server } = exchange.asked
  if (!wentWell(exchange)) return []
  if (envelope.session === 'EndSession') return ids.map((id) => ({ kind: 'session-ended', server, id }))
  const begun = envelope.session === 'BeginSession'
  if (!begun && (relation === 'foreign' || relation === 'unknown')) return []
  const before = begun ? null : session
  const after = sessionAfter(before, envelope, statements, exchange)
  if (before !== null && isSame(before, after)) return []
  const opened = openedBy(exchange)
  const all = begun ? opened : [...ids, ...opened]
  return [...new Set(all)].map((id) => ({ kind: 'session', server, id, session: after }))
}

function wentWell({ answered }: Exchange): boolean {
  if (answered === null || answered.ending !== 'complete') return false
  const { status, facts } = answered
  if (status === null || status < 200 || status > 299) return false
  return facts !== null && facts.decoded && facts.kind !== 'fault' && facts.faultCode === null
}

/** Ids the BI server gave with its answer: in the SOAP header, or in the head. */
function openedBy({ answered }: Exchange): string[] {
  const given = [answered?.facts?.opened ?? null, header(answered?.headers ?? [], 'x-as-sessionid')]
  return given.filter((id) => id !== null)
}

/** What was said first stays; a request later on may add to it, and answers for itself only where it says otherwise. */
function sessionAfter(
  before: XmlaSession | null,
  envelope: Envelope,
  statements: readonly string[],
  { asked, answered }: Exchange,
): XmlaSession {
  const said = lasting(envelope)
  const user = before === null ? (answered?.userConfirmed === true ? asked.identity.user : null) : before.user
  const definitions = statements.reduce((list, text) => sessionDefinitions(text, list), before?.definitions ?? [])
  const properties = { ...said, ...before?.properties }
  return { kind: 'xmla', user, properties, definitions: bounded(definitions) }
}

function lasting({ calls, securityUser }: Envelope): Record<string, string> {
  const said = new Map<string, string>()
  for (const name of LASTING) {
    const value = calls.map(({ properties }) => properties.get(name)).find((one) => one !== undefined)
    if (value !== undefined && value.length <= MAX_VALUE) said.set(name, value)
  }
  if (securityUser !== null && !said.has('effectiveusername')) said.set('effectiveusername', securityUser)
  return Object.fromEntries(said)
}

function bounded(definitions: readonly string[]): readonly string[] {
  let length = 0
  const from = definitions.findLastIndex((text) => (length += text.length) > MAX_DEFINITIONS) + 1
  return from === 0 ? definitions : definitions.slice(from)
}

const isSame = (one: XmlaSession, other: XmlaSession): boolean =>
  one.definitions.length === other.definitions.length &&
  one.definitions.every((text, i) => text === other.definitions[i]) &&
  Object.keys(one.properties).length === Object.keys(other.properties).length
