/**
 * Who sends a Kerberos token, read with the BI service's own keytab. A witness, not an acceptor: nothing is answered, no
 * replay cache is kept or used up, and the token goes on to the BI server as it came, which alone lets anybody in.
 *
 * The keytab is looked at again now and then, for passwords of services change; one that cannot be used leaves the last
 * good one in force and is told once. What could not be read names nobody, and is told by
 * a code.
 */
import { readFileSync, statSync } from 'node:fs'
import { ConfigError } from '../../../schema/config/config-error.ts'
import type { KerberosConfig } from '../../../schema/config/identity.ts'
import { isKnown } from './encryption.ts'
import { broken, type KerberosCode, KerberosError } from './kerberos-error.ts'
import { type KeytabKey, MAX_KEYTAB_BYTES, readKeytab } from './keytab.ts'
import { readNegotiated } from './spnego.ts'
import { userOfRequest } from './ticket.ts'

/** `KERBEROS_KEYTAB`: the file has changed and cannot be used. `KERBEROS_FAILED`: a fault of ours, or of the platform's. */
export type TicketTrouble = KerberosCode | 'KERBEROS_KEYTAB' | 'KERBEROS_FAILED'

/** What a token says: whose it is (`null`: not to be read), or that it only ends what the one before it began. */
export type TicketReading =
  { readonly kind: 'request'; readonly user: string | null } | { readonly kind: 'continuation' }

export interface TicketReaderSettings {
  readonly config: KerberosConfig
  /** A ticket could not be read, or, once, the changed keytab. For counting: anybody can send any number. */
  readonly onTrouble: (code: TicketTrouble) => void
  /** The same for a log: of each kind at most once a minute, with how many there were since. */
  readonly tell: (code: TicketTrouble, count: number) => void
  /** Milliseconds on a clock that never goes back. */
  readonly clock?: () => number
}

const LOOK_EVERY_MS = 1000
const TELL_EVERY_MS = 60_000
const UNREAD: TicketReading = { kind: 'request', user: null }

export class TicketReader {
  readonly #its: TicketReaderSettings
  #keys: readonly KeytabKey[]
  #version: string
  #lookedAt: number
  readonly #troubles = new Map<TicketTrouble, { toldAt: number; untold: number }>()

  /** @throws ConfigError when there is no keytab to begin with */
  constructor(its: TicketReaderSettings) {
    this.#its = its
    this.#lookedAt = this.#now()
    try {
      this.#version = versionOf(its.config.keytab)
      this.#keys = keysIn(its.config.keytab)
    } catch (error) {
      const expected = `expected a keytab (version 0x0502) with keys for AES or RC4 (${reasonOf(error)})`
      const mistake = { path: 'identity.kerberos.keytab', expected, example: null }
      throw new ConfigError(its.config.configFile, [mistake], { cause: error })
    }
  }

  /** Never throws: the token comes from anybody. */
  read(token: Buffer): TicketReading {
    this.#look()
    try {
      const negotiated = readNegotiated(token)
      if (negotiated.kind === 'continuation') return negotiated
      if (negotiated.kind === 'other') return UNREAD
      return { kind: 'request', user: userOfRequest(negotiated.message, this.#keys) }
    } catch (error) {
      // Whatever it is, the request goes its way, and its entry names nobody.
      this.#trouble(error instanceof KerberosError ? error.code : 'KERBEROS_FAILED')
      return UNREAD
    }
  }

  #look(): void {
    const now = this.#now()
    if (now - this.#lookedAt < LOOK_EVERY_MS) return
    this.#lookedAt = now
    const { keytab } = this.#its.config
    const version = versionOf(keytab)
    if (version === this.#version) return
    // Noted before it is read: one that cannot be used is told once, and what is written meanwhile is a change again.
    this.#version = version
    try {
      this.#keys = keysIn(keytab)
    } catch {
      this.#trouble('KERBEROS_KEYTAB')
    }
  }

  #trouble(code: TicketTrouble): void {
    this.#its.onTrouble(code)
    const now = this.#now()
    const { toldAt, untold } = this.#troubles.get(code) ?? { toldAt: Number.NEGATIVE_INFINITY, untold: 0 }
    const isDue = now - toldAt >= TELL_EVERY_MS
    if (isDue) this.#its.tell(code, untold + 1)
    this.#troubles.set(code, isDue ? { toldAt: now, untold: 0 } : { toldAt, untold: untold + 1 })
  }

  #now(): number {
    return this.#its.clock?.() ?? performance.now()
  }
}

function keysIn(path: string): readonly KeytabKey[] {
  const found = statSync(path)
  // Whoever opens a FIFO waits for its other end.
  if (!found.isFile()) throw broken('no regular file')
  if (found.size > MAX_KEYTAB_BYTES) throw broken('a file that is too long')
  const keys = readKeytab(readFileSync(path)).filter(({ etype }) => isKnown(etype))
  if (keys.length === 0) throw broken('no key of these kinds')
  return keys
}

function versionOf(path: string): string {
  try {
    const { mtimeNs, ctimeNs, size, ino } = statSync(path, { bigint: true })
    return `${mtimeNs} ${ctimeNs} ${size} ${ino}`
  } catch (error) {
    return reasonOf(error)
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof KerberosError) return error.message
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
}
