/**
 * What a request has from its session. A client says the catalog, its program, the user it asks for once, with
 * BeginSession, and may leave them out afterwards; members and sets it created live on by name.
 *
 * A session id is no identity: whoever has learnt one can send it. So what a session knows is only taken over by the
 * user who began it, or by a request that names nobody at all; and where another user asks in it, that is told.
 */
import type { Exchange } from '../../exchange.ts'
import type { Known, Request } from '../adapter.ts'
import { header } from '../request/headers.ts'
import type { Lesson, XmlaSession } from '../knowledge.ts'
import { relationOf } from '../learned/same-user.ts'
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
/** One in the envelope, one in the head; more no session has. */
const MAX_IDS = 4
/** Of the texts that created members and sets, in characters; the oldest are forgotten first. */
const MAX_DEFINITIONS = 100_000

/** The one that is told, first. */
const RELATIONS = ['foreign', 'own', 'unknown', 'new'] as const
type Relation = (typeof RELATIONS)[number]

export interface InSession {
  /** What holds in this request; `null`: nothing is known, or it is not this user's. */
  readonly session: XmlaSession | null
  /** Whose session it is. `new`: nothing is known of it; `unknown`: nobody can say whether it is this user's. */
  readonly relation: Relation
  /** Ids that the request names. */
  readonly ids: readonly string[]
  /** Is an id, of the request or of its answer, one of this session's, or nobody's yet? Of others it teaches nothing. */
  readonly mayTeach: (id: string) => boolean
}

/**
 * The session a request is asked in. A request may name two, in the envelope and in its head, and each is looked at by
 * itself: being let into one's own is no right to the other. One that begins a session is in none yet.
 */
export function inSession(envelope: Envelope, request: Request, known: Known): InSession {
  const named = [envelope.sessionId, header(request.headers, 'x-as-sessionid')].filter((id) => id !== null)
  const ids = envelope.session === 'BeginSession' ? [] : distinct(named)
  const sessionOf = (id: string): XmlaSession | null => {
    const session = known.session(id)
    return session?.kind === 'xmla' ? session : null
  }
  const found = ids.map((id) => {
    const session = sessionOf(id)
    return { id, session, relation: session === null ? 'new' : relationTo(session.user, request.identity) } as const
  })
  const own = found.find(({ relation }) => relation === 'own') ?? null
  const relation = RELATIONS.find((one) => found.some((each) => each.relation === one)) ?? 'new'
  const mayTeach = (id: string): boolean => {
    const session = sessionOf(id)
    return session === null || (own !== null && session.ids.includes(own.id))
  }
  return { session: own?.session ?? null, relation, ids, mayTeach }
}

function relationTo(begunBy: string | null, { user, source }: Request['identity']): Exclude<Relation, 'new'> {
  if (begunBy === null || (user === null && source === 'none')) return 'own'
  if (user === null) return 'unknown'
  return relationOf(begunBy, user)
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
  { ids, session, mayTeach }: InSession,
  statements: readonly string[],
  exchange: Exchange,
): readonly Lesson[] {
  const { server } = exchange.asked
  if (!wentWell(exchange)) return []
  const begun = envelope.session === 'BeginSession'
  // The BI server may give an id again that another session had; what merely goes on takes no other's place.
  const asked = [...(session?.ids ?? []), ...ids].filter(mayTeach)
  if (envelope.session === 'EndSession') return distinct(asked).map((id) => ({ kind: 'session-ended', server, id }))
  const opened = openedBy(exchange)
  const under = distinct(begun ? opened : [...asked, ...opened.filter(mayTeach)]).slice(0, MAX_IDS)
  if (under.length === 0) return []
  const after = sessionAfter(session, under, envelope, statements, exchange)
  if (session !== null && isSame(session, after)) return []
  return under.map((id) => ({ kind: 'session', server, id, session: after }))
}

const distinct = (ids: readonly string[]): string[] => [...new Set(ids)]

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
  ids: readonly string[],
  envelope: Envelope,
  statements: readonly string[],
  { asked, answered }: Exchange,
): XmlaSession {
  const said = lasting(envelope)
  const user = before === null ? (answered?.userConfirmed === true ? asked.identity.user : null) : before.user
  const definitions = statements.reduce((list, text) => sessionDefinitions(text, list), before?.definitions ?? [])
  const properties = { ...said, ...before?.properties }
  return { kind: 'xmla', ids, user, properties, definitions: bounded(definitions) }
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
  one.ids.length === other.ids.length &&
  one.definitions.length === other.definitions.length &&
  one.definitions.every((text, i) => text === other.definitions[i]) &&
  Object.keys(one.properties).length === Object.keys(other.properties).length
