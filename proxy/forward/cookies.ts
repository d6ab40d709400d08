/** The session cookies of one exchange, as its entry has them: by keyed hashes alone. */
import type { IncomingMessage } from 'node:http'
import type { Asked, CookieTurn } from '../exchange.ts'
import { isLogin, redirectIn } from '../identity/session-cookies.ts'
import type { Claimed } from '../identity/who-asks.ts'
import { pairs } from './answer-head.ts'
import type { PassageSettings } from './road.ts'

export function cookiesOf({ road, route, req }: PassageSettings): Pick<Asked, 'cookies'> {
  const cookies = route === null ? [] : (road.cookies?.carried(route.server, req.rawHeaders) ?? [])
  return cookies.length === 0 ? {} : { cookies }
}

/**
 * What the answer does to them, or to what they stand for; `null`: nothing. A user whose token is still being looked at is
 * not confirmed here: what such an answer sets is nobody's.
 */
export function turnOf(
  { road, route, req }: PassageSettings,
  answer: IncomingMessage,
  { identity, verified }: Claimed,
  isAccepted: boolean,
): CookieTurn | null {
  if (road.cookies === null || route === null) return null
  const moved = road.cookies.moved(route.server, req.rawHeaders, answer.rawHeaders)
  const login = isLogin(req.method ?? '', req.url ?? '')
  const mayTurn = login || identity.source !== 'none'
  const isTurn = mayTurn && road.cookies.carried(route.server, req.rawHeaders).length > 0
  if (moved.set.length === 0 && moved.cleared.length === 0 && !isTurn) return null
  return {
    at: road.now(),
    status: answer.statusCode ?? 502,
    userConfirmed: isAccepted && verified === null,
    isLogin: login,
    redirect: redirectIn(pairs(answer.rawHeaders)),
    ...moved,
  }
}
