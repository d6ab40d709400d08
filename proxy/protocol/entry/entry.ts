/** Puts an entry together: what the request asks, who asked, and what became of it. */
import { createHash } from 'node:crypto'
import { LAST_PART, logIdOfPart } from '../../../schema/record/ids.ts'
import type { QueryRecord } from '../../../schema/record/record.ts'
import type { Exchange } from '../../exchange.ts'
import { header } from '../request/headers.ts'
import type { Claims, Part, Reading } from '../adapter.ts'
import type { CookieHolder } from '../knowledge.ts'
import type { Login } from '../learned/login.ts'
import type { UserRelation } from '../learned/same-user.ts'
import { moduleOf } from './module-rule.ts'
import type { AnswerColumns } from './outcome.ts'
import { answerColumns } from './outcome.ts'
import { fitNames } from './names.ts'
import { maskSecrets } from './secrets.ts'
import type { ModuleRule } from '../settings.ts'

/** Stands in `faultCode`, as an auditor is to see it, though the BI server had no objection of its own. */
const FOREIGN_SESSION = 'session-of-another-user'

/** What tells of the user beside credentials and body. */
export interface Told {
  /** Whom the session cookies name; `null`: nothing is known of them. */
  readonly cookie: CookieHolder | null
  /** Whether they are the user's whom the request names beside them; `null`: there is nothing to compare. */
  readonly beside: UserRelation | null
  /** Name and password were typed. */
  readonly login: Login | null
}

/** One record per part. The answer is one for all of them, so its figures stand at the first only. */
export function entriesOf(
  exchange: Exchange,
  reading: Reading,
  told: Told,
  modules: readonly ModuleRule[],
): QueryRecord[] {
  const common = commonColumns(exchange, reading.claims, told)
  const answer = answerColumns(exchange.answered)
  const later = { rowCount: null, cellCount: null, answerBytes: null, personsSeen: null, seen: [] }
  return withinLastPart(reading.parts).map((part, number) => {
    const catalog = part.catalog ?? reading.claims.catalog
    const { module: said = null } = reading.claims
    const path = pathOf(exchange.asked.target)
    const evidence = { catalog, cube: part.cube, path, application: common.application, said }
    return fitNames({
      ...common,
      ...answer,
      ...(number > 0 && later),
      faultCode: answer.faultCode ?? (isForeign(reading.claims, told) ? FOREIGN_SESSION : null),
      logId: logIdOfPart(exchange.logId, number),
      part: number,
      module: moduleOf(evidence, modules),
      catalog,
      cube: part.cube,
      action: part.action === 'prepare' && showsData(answer) ? 'query' : part.action,
      language: part.language,
      query: part.query,
      opaque: part.opaque,
      opaqueAt: part.opaqueAt,
      criteria: part.criteria,
      dimensions: part.dimensions,
      measures: part.measures,
    })
  })
}

const isForeign = ({ foreignSession = false }: Claims, { beside }: Told): boolean =>
  foreignSession || beside === 'foreign'

/** Ids end at the last part: what follows is kept in it, as text, with everything it asked for. */
function withinLastPart(parts: readonly Part[]): readonly Part[] {
  const [head, rest] = [parts.slice(0, LAST_PART), parts.slice(LAST_PART)]
  const [first] = rest
  if (first === undefined || rest.length === 1) return parts
  return [
    ...head,
    {
      ...first,
      query: rest.map(({ query }) => query).join('\n'),
      opaque: 'limits',
      opaqueAt: null,
      criteria: rest.flatMap(({ criteria }) => criteria),
      dimensions: rest.flatMap(({ dimensions }) => dimensions),
      measures: rest.flatMap(({ measures }) => measures),
    },
  ]
}

/** A server that answers what it was to check alone has been asked a query after all; where nobody can say, so too. */
function showsData({ decoded, answerBytes, rowCount, cellCount, personsSeen }: AnswerColumns): boolean {
  if (!decoded && answerBytes !== null && answerBytes > 0) return true
  return [rowCount, cellCount, personsSeen].some((count) => count !== null && count > 0)
}

type Common = Omit<QueryRecord, keyof AnswerColumns | keyof Part | 'logId' | 'part' | 'module' | 'catalog'>

function commonColumns(exchange: Exchange, claims: Claims, told: Told): Common {
  const { asked, answered } = exchange
  return {
    origin: exchange.origin,
    seq: exchange.seq,
    askedAt: asked.askedAt,
    durationMs: answered === null ? null : Math.max(answered.endedAt - asked.askedAt, 0),
    server: asked.server,
    report: claims.report ?? refererOf(asked.headers),
    application: claims.application ?? firstHeader(asked.headers, ['sspropinitappname', 'user-agent']),
    // Organisation and role come from the directory, in the recorder.
    organisation: null,
    role: null,
    ...userColumns(exchange, claims, told),
    effectiveRoles: claims.effectiveRoles,
    customData: claims.customData,
    ip: asked.clientAddress,
    requestBytes: answered?.requestBytes ?? asked.body.bytes.length,
    requestHash: answered?.requestHash ?? hashOf(exchange),
    correlationId: correlationOf(exchange, claims),
    // Who begins a session has its id from the answer.
    sessionId: claims.sessionId ?? header(asked.headers, 'x-as-sessionid') ?? answered?.facts?.opened ?? null,
    purpose: null,
    changes: [],
  }
}

/**
 * A session stands in for a user only where the request brings none at all: a ticket we cannot read is somebody's. Of two
 * sessions that are different users', neither does.
 */
function sessionUserOf(
  { identity, headers }: Exchange['asked'],
  { sessionUser = null }: Claims,
  { cookie }: Told,
): string | null {
  if (identity.user !== null || identity.source !== 'none') return null
  if (header(headers, 'authorization') !== null || hasUnreadCredentials(headers)) return null
  const users = [sessionUser, cookie?.user ?? null].filter((user) => user !== null)
  return users.every((user) => user === users[0]) ? (users[0] ?? null) : null
}

/** Credentials of a kind that we do not read may be another's, and go before a session with the BI server. */
const UNREAD_CREDENTIALS = new Set([
  'x-api-key',
  'x-guesttoken',
  'x-metabase-apikey',
  'x-metabase-session',
  'x-tableau-auth',
])

function hasUnreadCredentials(headers: Exchange['asked']['headers']): boolean {
  return headers.some(([name]) => UNREAD_CREDENTIALS.has(name.toLowerCase()))
}

/**
 * Did the BI server take the word of the user whom the request names? One that goes by session cookies looks past Basic and
 * bearer, so a cookie beside them must be known for the same user's; beside a login it must not be known for another's.
 */
function isConfirmed({ asked, answered }: Exchange, { beside }: Told): boolean {
  if (answered?.userConfirmed !== true || beside === 'foreign') return false
  const { source } = asked.identity
  if (source !== 'basic' && source !== 'bearer') return true
  return beside !== 'unknown' && !hasUnreadCredentials(asked.headers)
}

/**
 * Did the BI server go on with the session, and so with its user? A cookie that it sends to a login page, or takes away,
 * it has not gone on with.
 */
function wasLetIn(answered: Exchange['answered'], { cookie }: Told): boolean {
  const { outcome, status } = answerColumns(answered)
  const isSentAway = cookie !== null && status !== null && status >= 300 && status < 400 && status !== 304
  return outcome === 'answered' && !isSentAway && !isOver(answered, cookie)
}

/**
 * An answer that is read late comes into the journal behind the end of its session, and was let in all the same. The answer
 * whose own head ended it is no such: it left with that, or after.
 */
function isOver(answered: Exchange['answered'], cookie: Told['cookie']): boolean {
  const until = cookie?.until ?? null
  return until !== null && (answered === null || answered.endedAt >= until)
}

type UserColumns = Pick<QueryRecord, 'userName' | 'userSource' | 'userConfirmed' | 'effectiveUser'>

/**
 * Who asked, and beside them for whom. Where the operator believes the body about the user, the two change places, so that
 * neither is lost: an auditor finds the person, and still sees by which account the BI server was asked. The BI server has
 * then confirmed the account, not the person. Somebody who authenticated in a way that hides the name (Kerberos) is not
 * nobody: the body is then a claim beside it.
 */
function userColumns(exchange: Exchange, claims: Claims, told: Told): UserColumns {
  const { asked, answered } = exchange
  const { effectiveUser, believed } = claims
  const { user, source } = asked.identity
  const asksForOthers = (believed?.from ?? []).some((name) => name.toLowerCase() === user?.toLowerCase())
  const trusted = source === 'none' || asksForOthers
  if (believed && effectiveUser !== null && trusted) {
    return { userName: effectiveUser, userSource: 'body', userConfirmed: false, effectiveUser: user }
  }
  if (told.login !== null && source === 'none') {
    const userConfirmed = answered !== null && told.login.accepted(answered.status)
    return { userName: told.login.user, userSource: 'body', userConfirmed, effectiveUser }
  }
  const sessionUser = sessionUserOf(asked, claims, told)
  if (sessionUser !== null) {
    return { userName: sessionUser, userSource: 'session', userConfirmed: wasLetIn(answered, told), effectiveUser }
  }
  return { userName: user, userSource: source, userConfirmed: isConfirmed(exchange, told), effectiveUser }
}

/** Of a head there is no hash of the whole; the proxy gives it with the answer. */
function hashOf({ asked: { body } }: Exchange): string | null {
  if (body.bytes.length === 0 || body.extent === 'head') return null
  return createHash('sha256').update(body.bytes).digest('hex')
}

function correlationOf({ asked }: Exchange, claims: Claims): string | null {
  const activity = firstHeader(asked.headers, ['x-as-activityid', 'x-as-currentactivityid'])
  const others = ['x-as-requestid', 'traceparent', 'x-request-id', 'x-correlation-id']
  return activity ?? claims.correlationId ?? firstHeader(asked.headers, others)
}

function firstHeader(headers: Exchange['asked']['headers'], names: readonly string[]): string | null {
  for (const name of names) {
    const value = header(headers, name)
    if (value !== null) return value
  }
  return null
}

/** The page a browser asks from is the report; its query string may hold anything. */
function refererOf(headers: Exchange['asked']['headers']): string | null {
  const referer = header(headers, 'referer')
  return referer === null ? null : maskSecrets(pathOf(referer))
}

const pathOf = (target: string): string => target.split(/[?#]/, 1)[0] ?? ''
