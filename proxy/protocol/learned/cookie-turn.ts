/**
 * What the head of an answer teaches about session cookies, and whom they name.
 *
 * A cookie is somebody's if an answer set it for a request whose user had proved who they are; or, where cookies roll, for a
 * request that the cookie before it had named. Whatever looks like a login, and does not say whose, ends what is known of
 * the cookies it carries: they may be another's from then on. So a user is forgotten rather than mistaken.
 *
 * A name in Basic or in a bearer token is no proof here: a BI server that goes by its cookies looks past it, and whoever
 * writes a colleague's there would have the next cookie be that colleague's. Who really logs in so, does it in each request.
 */
import type { UserSource } from '../../../schema/record/record.ts'
import type { Asked, CookieTurn } from '../../exchange.ts'
import type { CookieHolder, Knowledge, Lesson } from '../knowledge.ts'
import { loginOf } from './login.ts'
import { RELATIONS, relationOf, type UserRelation } from './same-user.ts'
import { requestOf } from '../request/request.ts'

/**
 * Whom the cookies of a request name: somebody if each of them is that user's. One of which nothing is known may be
 * anybody's, and be the one that the BI server goes by.
 */
export function cookieHolder(asked: Asked, knowledge: Knowledge): CookieHolder | null {
  const holders = holdersOf(asked, knowledge)
  const known = holders.filter((one) => one !== null)
  const [first] = known
  if (first === undefined) return null
  const agree = known.length === holders.length && known.every(({ user }) => user !== null && user === first.user)
  return agree ? { user: first.user, until: firstOf(known.map(({ until }) => until)) } : { user: null, until: null }
}

function firstOf(times: readonly (number | null)[]): number | null {
  return times.reduce((first, at) => (first === null || (at !== null && at < first) ? at : first), null)
}

function holdersOf({ server, cookies = [], askedAt }: Asked, knowledge: Knowledge): readonly (CookieHolder | null)[] {
  return cookies.map((cookie) => knowledge.cookie(server, cookie, askedAt))
}

/** Are the cookies of a request those of the user whom it names beside them? `null`: it has none, or names nobody. */
export function cookieRelation(asked: Asked, knowledge: Knowledge): UserRelation | null {
  const { user } = asked.identity
  const holders = holdersOf(asked, knowledge)
  if (user === null || holders.length === 0) return null
  const relations = holders.map((one) => (one === null || one.user === null ? 'unknown' : relationOf(one.user, user)))
  return RELATIONS.find((one) => relations.includes(one)) ?? null
}

/** Never throws: a fault costs what would have been learnt. */
export function cookieLessons(turn: CookieTurn, asked: Asked, knowledge: Knowledge): readonly Lesson[] {
  try {
    return lessonsOf(turn, asked, knowledge)
  } catch {
    return []
  }
}

function lessonsOf(turn: CookieTurn, asked: Asked, knowledge: Knowledge): readonly Lesson[] {
  const { server, cookies: carried = [] } = asked
  const named = namedBy(turn, asked)
  const isLogin = turn.isLogin && turn.status < 400
  const isTurn = isLogin || (turn.set.length > 0 && isRedirect(turn.status)) || isSomebody(turn, asked)
  const rolled = named === null && !isTurn ? rolledOn(turn, asked, knowledge) : null
  const isForeign = (cookie: string) => {
    const holder = knowledge.cookie(server, cookie, asked.askedAt)
    return holder !== null && holder.user !== named
  }
  const inDoubt = named !== null ? carried.filter(isForeign) : isTurn ? [...carried, ...turn.set] : []
  const ended = new Set([...turn.cleared, ...inDoubt])
  return [
    ...[...ended].map((cookie): Lesson => ({ kind: 'cookie-ended', server, cookie })),
    ...given(server, turn.set, named),
    ...given(server, turn.rolled, rolled),
  ]
}

function given(server: string, cookies: readonly string[], user: string | null): readonly Lesson[] {
  return user === null ? [] : cookies.map((cookie) => ({ kind: 'cookie', server, cookie, user }))
}

/** The user whom the request itself names, and proves, if the BI server took its word. */
function namedBy(turn: CookieTurn, asked: Asked): string | null {
  const { user, source } = asked.identity
  if (source !== 'none') return turn.userConfirmed && PROVING.has(source) ? user : null
  const login = turn.isLogin ? loginOf(requestOf(asked)) : null
  return login?.accepted(turn.status) === true ? login.user : null
}

/** A cookie that is new with every answer: whoever the old one named, where it was taken. */
function rolledOn({ status }: CookieTurn, asked: Asked, knowledge: Knowledge): string | null {
  if (asked.identity.source !== 'none' || status < 200 || status > 299) return null
  return cookieHolder(asked, knowledge)?.user ?? null
}

/** The BI server took the word of one whom we cannot name, or may have. */
function isSomebody({ status, userConfirmed }: CookieTurn, { identity: { user, source } }: Asked): boolean {
  const isNamed = user !== null && userConfirmed && PROVING.has(source)
  return source !== 'none' && !isNamed && status !== 401 && status !== 403
}

const PROVING: ReadonlySet<UserSource> = new Set(['ntlm', 'kerberos', 'header'])

const isRedirect = (status: number): boolean => status >= 300 && status < 400
