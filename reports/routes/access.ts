/**
 * Ways in: tokens for programs, one-time links for people. Both are 256 random bits of which only the SHA-256 is kept;
 * with so many bits a plain hash is enough, there is nothing to guess (NIST SP 800-63B, 5.1.2.2, "Look-Up Secret
 * Verifiers", asks for salted and slow hashes below 112 bits only).
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { StoreError } from '../../schema/store/store.ts'
import type { AccessStore, AccessToken, Role } from '../../schema/store/store.ts'

export interface NewToken {
  /** Shown once to whoever made it; stored nowhere. */
  readonly token: string
  /** To be stored with `AccessStore.addToken`. */
  readonly record: AccessToken
}

/** The prefix lets secret scanners find a token that was committed or mailed by mistake. */
const PREFIX = 'tilsyn_'

export function newToken(of: {
  readonly name: string
  readonly role: Role
  /** UTC milliseconds. */
  readonly now: number
  readonly ttlMs: number
}): NewToken {
  const token = `${PREFIX}${secret()}`
  const record = { hash: sha256(token), name: of.name, role: of.role, createdAt: of.now, expiresAt: of.now + of.ttlMs }
  return { token, record }
}

/** The token's record; `null` when it is unknown or expired. */
export async function checkToken(access: AccessStore, token: string, now: number): Promise<AccessToken | null> {
  const hash = sha256(token)
  const found = await access.findToken(hash)
  // The database compares hashes, whose timing tells nothing of the token; this makes sure that it compared all of it.
  if (found === null || !sameHash(found.hash, hash) || found.expiresAt <= now) return null
  return found
}

/** Far more than there are programs that watch one service. */
const MOST_REMEMBERED = 1000

/**
 * `access`, which vouches for tokens it has seen even while the database is away: else the one who asks how far behind
 * the tables are would hear nothing just when they are. Only for what gives nothing personal (`routes/guard.ts`).
 */
export function remembering(access: AccessStore): AccessStore {
  const seen = new Map<string, AccessToken>()
  return {
    addToken: (token) => access.addToken(token),
    async findToken(hash) {
      try {
        const found = await access.findToken(hash)
        seen.delete(hash)
        if (found !== null) seen.set(hash, found)
        const [oldest] = seen.keys()
        if (seen.size > MOST_REMEMBERED && oldest !== undefined) seen.delete(oldest)
        return found
      } catch (error) {
        const found = error instanceof StoreError ? seen.get(hash) : undefined
        if (found === undefined) throw error
        return found
      }
    },
  }
}

function sameHash(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)]
  return x.length === y.length && timingSafeEqual(x, y)
}

export interface Person {
  readonly name: string
  readonly role: Role
}

export interface SignInCodes {
  /** A code for one sign-in as `person`. */
  issue(person: Person): string
  /** Whom the code lets in; `null` when it is unknown, used or expired. A code is used up by this. */
  redeem(code: string): Person | null
  /** Nobody got in by the code just redeemed, for want of a database to log it in: it is good again, until it expires. */
  giveBack(code: string): void
}

const QUARTER_HOUR_MS = 15 * 60_000

/** Codes live in memory: a restart of the service makes every open link void, and the operator makes a new one. */
export function createSignInCodes(
  settings: { readonly now?: () => number; readonly ttlMs?: number } = {},
): SignInCodes {
  const { now = Date.now, ttlMs = QUARTER_HOUR_MS } = settings
  const codes = new Map<string, { readonly person: Person; readonly expiresAt: number; readonly used: boolean }>()
  const mark = (code: string, used: boolean) => {
    const hash = sha256(code)
    const found = codes.get(hash)
    if (found !== undefined) codes.set(hash, { ...found, used })
    return found
  }
  return {
    issue(person) {
      for (const [hash, { expiresAt }] of codes) if (expiresAt <= now()) codes.delete(hash)
      const code = secret()
      codes.set(sha256(code), { person, expiresAt: now() + ttlMs, used: false })
      return code
    },
    redeem(code) {
      const found = mark(code, true)
      return found === undefined || found.used || found.expiresAt <= now() ? null : found.person
    },
    giveBack(code) {
      mark(code, false)
    },
  }
}

function secret(): string {
  return randomBytes(32).toString('base64url')
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
