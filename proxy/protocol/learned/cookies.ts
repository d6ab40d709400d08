import type { CookieHolder } from '../knowledge.ts'

/** Users stay logged in over a weekend; a cookie that has not been sent for so long says nothing any more. */
const TIMEOUT_MS = 14 * 24 * 3_600_000
/** Being used is noted so often, no oftener: what is noted must be written. */
const NOTED_EVERY_MS = 3_600_000
const MAX_COOKIES = 20_000

export interface HeldCookie {
  readonly server: string
  readonly cookie: string
  /** `null`: it was given to more than one, so it is nobody's. */
  readonly user: string | null
  /** Its requests are the user's from here on. */
  readonly since: number
  /** And no longer from here on; `null`: they still are. */
  readonly until: number | null
  /** When it was last used, as far as noted. */
  readonly at: number
}

/**
 * Whose session cookies are, least recently used first. A cookie that was given to two users, be it one after the other, names
 * nobody ever after: it is shared, or its server goes on with one value after another's login, unseen too. Time is that of requests and answers, so a second reading
 * of the journal gives the same.
 */
export class LearnedCookies {
  readonly #held = new Map<string, HeldCookie>()

  get(server: string, cookie: string, at: number): CookieHolder | null {
    const held = this.#held.get(keyOf(server, cookie))
    if (held === undefined || at < held.since || at - held.at > TIMEOUT_MS) return null
    if (held.until !== null && at >= held.until) return null
    return { user: held.user, until: held.until }
  }

  /** The answer of each changing method: has anything changed? */
  give(server: string, cookie: string, user: string, at: number): boolean {
    const before = this.#held.get(keyOf(server, cookie))
    if (before !== undefined && before.user !== user) {
      return before.user !== null && this.#put({ ...before, user: null, until: null, at: Math.max(at, before.at) })
    }
    if (before?.until === null) return this.use(server, cookie, at)
    return this.#put({ server, cookie, user, since: at, until: null, at })
  }

  use(server: string, cookie: string, at: number): boolean {
    const held = this.#held.get(keyOf(server, cookie))
    return held !== undefined && at - held.at >= NOTED_EVERY_MS && this.#put({ ...held, at })
  }

  /** Requests that were under way still are the user's. */
  end(server: string, cookie: string, at: number): boolean {
    const held = this.#held.get(keyOf(server, cookie))
    // One that is nobody's stays so.
    if (held === undefined || held.until !== null || held.user === null) return false
    return this.#put({ ...held, until: at })
  }

  restore(held: HeldCookie): void {
    this.#held.set(keyOf(held.server, held.cookie), held)
  }

  get all(): readonly HeldCookie[] {
    return [...this.#held.values()]
  }

  #put(held: HeldCookie): boolean {
    const key = keyOf(held.server, held.cookie)
    this.#held.delete(key)
    this.#held.set(key, held)
    for (const [oldest, { at }] of this.#held) {
      if (this.#held.size <= MAX_COOKIES && held.at - at <= TIMEOUT_MS) break
      this.#held.delete(oldest)
    }
    return true
  }
}

const keyOf = (server: string, cookie: string): string => `${server}\n${cookie}`
