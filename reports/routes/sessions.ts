/**
 * Sessions of signed-in people, in memory: a restart signs everybody out. The cookie holds a random id and nothing
 * else, is out of reach of scripts, and is not sent along from other sites.
 */
import type { SessionStore } from '@fastify/session'
import type { Session } from 'fastify'
import type { Role } from '../../schema/store/store.ts'

interface SignedIn {
  readonly name: string
  readonly role: Role
  /** Names the session in the log. Not its secret. */
  readonly ref: string
  readonly signedInAt: number
}

declare module 'fastify' {
  interface Session {
    user?: SignedIn
  }
}

export const SESSION_COOKIE = 'tilsyn-session'
/** Unused for so long, a session ends. */
export const IDLE_MS = 60 * 60_000
/** So long after signing in it ends in any case. */
const WORKDAY_MS = 10 * 60 * 60_000
const MOST_SESSIONS = 10_000

/** Bounded: only signing in makes a session, and the oldest go first. */
export class Sessions implements SessionStore {
  readonly #sessions = new Map<string, { readonly session: Session; readonly expiresAt: number }>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  set(id: string, session: Session, done: (error?: unknown) => void): void {
    this.#sessions.delete(id)
    this.#sessions.set(id, { session, expiresAt: this.#now() + IDLE_MS })
    for (const [old, { expiresAt }] of this.#sessions) {
      // In order of their last use, so the first that is young enough ends the search.
      if (expiresAt > this.#now() && this.#sessions.size <= MOST_SESSIONS) break
      this.#sessions.delete(old)
    }
    done()
  }

  get(id: string, done: (error: unknown, session?: Session | null) => void): void {
    const found = this.#sessions.get(id)
    const user = found?.session.user
    const now = this.#now()
    if (found === undefined || user === undefined || found.expiresAt <= now || user.signedInAt + WORKDAY_MS <= now) {
      this.#sessions.delete(id)
      done(null, null)
    } else {
      done(null, found.session)
    }
  }

  destroy(id: string, done: (error?: unknown) => void): void {
    this.#sessions.delete(id)
    done()
  }
}
