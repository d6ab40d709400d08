/**
 * Ways in: tokens for programs, one-time links for people. Both are 256 random bits of which only the SHA-256 is kept;
 * with so many bits a plain hash is enough, there is nothing to guess (NIST SP 800-63B, 5.1.2.2, "Look-Up Secret
 * Verifiers", asks for salted and slow hashes below 112 bits only).
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
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
}

const QUARTER_HOUR_MS = 15 * 60_000

/** Codes live in memory: a restart of the service makes every open link void, and the operator makes a new one. */
export function createSignInCodes(
  settings: { readonly now?: () => number; readonly ttlMs?: number } = {},
): SignInCodes {
  const { now = Date.now, ttlMs = QUARTER_HOUR_MS } = settings
  const open = new Map<string, { readonly person: Person; readonly expiresAt: number }>()
  return {
    issue(person) {
      for (const [hash, { expiresAt }] of open) if (expiresAt <= now()) open.delete(hash)
      const code = secret()
      open.set(sha256(code), { person, expiresAt: now() + ttlMs })
      return code
    },
    redeem(code) {
      const hash = sha256(code)
      const found = open.get(hash)
      open.delete(hash)
      return found === undefined || found.expiresAt <= now() ? null : found.person
    },
  }
}

function secret(): string {
  return randomBytes(32).toString('base64url')
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
