import type { Session } from '../knowledge.ts'

/** A session in which nothing was asked for so long is over, whatever the server says. */
const TIMEOUT_MS = 24 * 3_600_000
/** Being used is noted so often, no oftener: what is noted must be written. */
const NOTED_EVERY_MS = 3_600_000

const MAX_SESSIONS = 10_000
/** Of all sessions together, in characters: definitions of members and sets may be long. */
const MAX_WEIGHT = 16_000_000

export interface HeldSession {
  readonly server: string
  readonly id: string
  /** When it was last used, as far as noted. */
  readonly at: number
  readonly session: Session
}

interface Weighed extends HeldSession {
  readonly weight: number
}

/**
 * The sessions known to be open, least recently used first. Time is that of the requests, so that reading a journal a
 * second time, years later, gives the same. Beyond the bounds the least recently used are forgotten.
 */
export class LearnedSessions {
  readonly #held = new Map<string, Weighed>()
  #weight = 0

  get(server: string, id: string, at: number): Session | null {
    const held = this.#held.get(keyOf(server, id))
    return held === undefined || at - held.at > TIMEOUT_MS ? null : held.session
  }

  /** The answer of each changing method: has anything changed? */
  put(server: string, id: string, session: Session, at: number): boolean {
    const before = this.#held.get(keyOf(server, id))
    if (before !== undefined && at - before.at < NOTED_EVERY_MS && isSame(before.session, session)) return false
    const weight = JSON.stringify(session).length + server.length + id.length
    if (weight > MAX_WEIGHT / 100) return false
    this.end(server, id)
    this.#weight += weight
    this.#held.set(keyOf(server, id), { server, id, session, at: Math.max(at, before?.at ?? at), weight })
    this.#forget(at)
    return true
  }

  use(server: string, id: string, at: number): boolean {
    const held = this.#held.get(keyOf(server, id))
    if (held === undefined || at - held.at < NOTED_EVERY_MS) return false
    return this.put(server, id, held.session, at)
  }

  end(server: string, id: string): boolean {
    const key = keyOf(server, id)
    this.#weight -= this.#held.get(key)?.weight ?? 0
    return this.#held.delete(key)
  }

  get all(): readonly HeldSession[] {
    return [...this.#held.values()].map(({ server, id, at, session }) => ({ server, id, at, session }))
  }

  #forget(now: number): void {
    for (const { server, id, at } of this.#held.values()) {
      const fits = this.#held.size <= MAX_SESSIONS && this.#weight <= MAX_WEIGHT
      if (fits && now - at <= TIMEOUT_MS) return
      this.end(server, id)
    }
  }
}

const keyOf = (server: string, id: string): string => `${server}\n${id}`

/** Plain values, made by one function of one adapter: the same content is written the same. */
const isSame = (one: Session, other: Session): boolean => one === other || JSON.stringify(one) === JSON.stringify(other)
