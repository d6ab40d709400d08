/**
 * Says whether a bearer token is what it claims: signed by a key of the issuer's, for this audience, in its time (RFC 7519,
 * section 7.2 "Validating a JWT"). It is asked beside the query's way: what it finds decides what the entry says, and
 * neither delays nor refuses a request, for that is the BI server's work.
 *
 * The keys are a JWK Set (RFC 7517), in a file or at an address; a key of a new `kid` is looked for where the set comes
 * from, but not more often than {@link COOLDOWN_MS}. Keys that cannot be had verify nobody, and that is told.
 */
import { readFile, stat } from 'node:fs/promises'
import { createLocalJWKSet, createRemoteJWKSet, errors, jwtVerify } from 'jose'
import type { JWTVerifyGetKey } from 'jose'
import type { TokenConfig } from '../../schema/config/identity.ts'
import { userOfClaims } from './bearer.ts'

const COOLDOWN_MS = 30_000
const KEYS_TIMEOUT_MS = 5000
/** Then its entry is made without. */
const LONGEST_MS = 6000
const KEEP_KEYS_MS = 600_000
/** The file is not looked at more often than this. */
const LOOK_EVERY_MS = 1000

export class TokenVerifier {
  readonly #config: TokenConfig
  readonly #keys: JWTVerifyGetKey
  readonly #onTrouble: (code: string) => void
  #troubled = false

  /** @param onTrouble the keys cannot be had; told once until they can. */
  constructor(config: TokenConfig, onTrouble: (code: string) => void) {
    this.#config = config
    this.#onTrouble = onTrouble
    this.#keys = config.keys.kind === 'file' ? keysInFile(config.keys.path) : this.#keysAt(config.keys.url)
  }

  /** Is `token` good, and does it name `user`? Never rejects, and takes no longer than {@link LONGEST_MS}. */
  async verify(token: string, user: string): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const timer = setTimeout(() => resolve(false), LONGEST_MS)
    const verdict = await Promise.race([this.#verify(token, user), promise])
    clearTimeout(timer)
    return verdict
  }

  async #verify(token: string, user: string): Promise<boolean> {
    const { issuer, audience, algorithms, skewSeconds } = this.#config
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        issuer: [...issuer],
        audience: [...audience],
        algorithms: [...algorithms],
        clockTolerance: skewSeconds,
        requiredClaims: ['exp'],
      })
      this.#troubled = false
      return userOfClaims(new Map(Object.entries(payload))) === user
    } catch (error) {
      // A token that is no good is an answer; that there are no keys to try it with is none.
      if (!isVerdict(error)) this.#trouble(error)
      return false
    }
  }

  #trouble(error: unknown): void {
    if (this.#troubled) return
    this.#troubled = true
    this.#onTrouble(error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN')
  }

  #keysAt(url: string): JWTVerifyGetKey {
    const keys = createRemoteJWKSet(new URL(url), {
      timeoutDuration: KEYS_TIMEOUT_MS,
      cooldownDuration: COOLDOWN_MS,
      cacheMaxAge: KEEP_KEYS_MS,
    })
    // So that the first user does not wait for them, and the operator hears of a wrong address at once.
    keys.reload().catch((error: unknown) => this.#trouble(error))
    return keys
  }
}

/** What is wrong is the token, or that none of the keys is its. */
function isVerdict(error: unknown): boolean {
  const { JWKSTimeout, JWKSInvalid, JWKInvalid, JOSEError } = errors
  if (error instanceof JWKSTimeout || error instanceof JWKSInvalid || error instanceof JWKInvalid) return false
  // Of its own class, without a code of its own: the address answered with something else than keys.
  return error instanceof JOSEError && error.code !== JOSEError.code
}

/** The keys in a file, read again when it has changed; one that cannot be read leaves the last good ones in force. */
function keysInFile(path: string): JWTVerifyGetKey {
  let keys: JWTVerifyGetKey | null = null
  let failure: unknown = null
  let version = ''
  let notBefore = Number.NEGATIVE_INFINITY
  const refresh = async () => {
    if (performance.now() < notBefore) return
    notBefore = performance.now() + LOOK_EVERY_MS
    try {
      const found = await stat(path)
      // Whoever opens a FIFO waits for its other end.
      if (!found.isFile()) throw new Error('no regular file')
      const { mtimeMs, size, ino } = found
      if (version === `${mtimeMs} ${size} ${ino}`) return
      keys = createLocalJWKSet(JSON.parse(await readFile(path, 'utf8')))
      version = `${mtimeMs} ${size} ${ino}`
    } catch (error) {
      failure = error
    }
  }
  // One at a time, so that nobody goes by keys that are just being read.
  let reading = refresh()
  return async (header, token) => {
    reading = reading.then(refresh)
    await reading
    if (keys === null) throw failure
    return keys(header, token)
  }
}
