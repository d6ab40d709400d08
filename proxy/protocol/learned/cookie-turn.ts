/**
 * What the head of an answer teaches about session cookies, and whom they name.
 *
 * A cookie is somebody's if an answer set it for a request whose user the BI server had accepted; or, where cookies roll,
 * for a request that the cookie before it had named. Whatever looks like a login, and does not say whose, ends what is
 * known of the cookies it carries: they may be another's from then on. So a user is forgotten rather than mistaken.
 */
import type { Asked, CookieTurn } from '../../exchange.ts'
import type { CookieHolder, Knowledge, Lesson } from '../knowledge.ts'
import { loginOf } from './login.ts'
import { requestOf } from '../request/request.ts'

/** Whom the cookies of a request name: somebody if they agree, nobody as soon as one of them is more than one's. */
export function cookieHolder(asked: Asked, knowledge: Knowledge): CookieHolder | null {
  const { server, cookies = [], askedAt } = asked
  const holders = cookies.map((cookie) => knowledge.cookie(server, cookie, askedAt)).filter((one) => one !== null)
  const [first] = holders
  if (first === undefined) return null
  const agree = holders.every(({ user }) => user !== null && user === first.user)
  return agree ? { user: first.user, isOver: holders.some(({ isOver }) => isOver) } : { user: null, isOver: false }
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
  const isTurn = turn.isLogin || (turn.set.length > 0 && isRedirect(turn.status)) || isSomebody(turn, asked)
  const user = named ?? (isTurn ? null : rolledOn(turn, asked, knowledge))
  const isForeign = (cookie: string) => {
    const holder = knowledge.cookie(server, cookie, asked.askedAt)
    return holder !== null && holder.user !== named
  }
  const inDoubt = named !== null ? carried.filter(isForeign) : isTurn ? [...carried, ...turn.set] : []
  const ended = new Set([...turn.cleared, ...inDoubt])
  return [
    ...[...ended].map((cookie): Lesson => ({ kind: 'cookie-ended', server, cookie })),
    ...(user === null ? [] : turn.set.map((cookie): Lesson => ({ kind: 'cookie', server, cookie, user }))),
  ]
}

/** The user whom the request itself names, if the BI server took its word. */
function namedBy(turn: CookieTurn, asked: Asked): string | null {
  const { user, source } = asked.identity
  if (source !== 'none') return turn.userConfirmed ? user : null
  const login = turn.isLogin ? loginOf(requestOf(asked)) : null
  return login?.accepted(turn.status, turn.redirect) === true ? login.user : null
}

/** A server that sets a new cookie with every answer: whoever the old one named, where it was taken. */
function rolledOn({ status }: CookieTurn, asked: Asked, knowledge: Knowledge): string | null {
  if (asked.identity.source !== 'none' || status < 200 || status > 299) return null
  return cookieHolder(asked, knowledge)?.user ?? null
}

/** The BI server took the word of one whom we cannot name, or may have. */
function isSomebody({ status, userConfirmed }: CookieTurn, { identity: { user, source } }: Asked): boolean {
  return source !== 'none' && (user === null || !userConfirmed) && status !== 401 && status !== 403
}

const isRedirect = (status: number): boolean => status >= 300 && status < 400
