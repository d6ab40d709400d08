/**
 * Finds users in LDAP (RFC 4511), as Active Directory keeps them. The name goes into the search as the value of an
 * equality filter, a length and bytes: no character of it can mean anything else.
 *
 * A connection is opened for the users of one batch and closed after it; a directory that is slow or away costs the
 * time-out once. Groups are those the user's entry names; groups within groups are the directory's to resolve.
 */
import { readFileSync } from 'node:fs'
import { Client, EqualityFilter } from 'ldapts'
import type { Entry } from 'ldapts'
import type { DirectoryConfig } from '../../schema/config/identity.ts'
import type { Listed, Lookup } from './directory.ts'

const MAX_USER = 256
const MAX_VALUE = 400
const MAX_GROUPS = 1000

export class LdapLookup implements Lookup {
  readonly #config: DirectoryConfig
  #client: Promise<Client> | null = null

  constructor(config: DirectoryConfig) {
    this.#config = config
  }

  async find(user: string): Promise<Listed | null> {
    const filter = this.#filterFor(user)
    if (filter === null) return null
    const { base, organisationAttribute, roleAttribute, groupAttribute, timeoutMs } = this.#config
    this.#client ??= this.#connect()
    const client = await this.#client
    const { searchEntries } = await within(
      timeoutMs,
      client.search(base, {
        scope: 'sub',
        filter,
        // One more than there may be.
        sizeLimit: 2,
        timeLimit: Math.ceil(timeoutMs / 1000),
        attributes: [groupAttribute, organisationAttribute, roleAttribute].filter((name) => name !== null),
      }),
    ).catch((error: unknown) => nothingWhere(error, ['SizeLimitExceededError', 'NoSuchObjectError']))
    const [entry, another] = searchEntries
    // Two of that name: which of them asked nobody can say.
    if (entry === undefined || another !== undefined) return null
    const first = (name: string | null) => (name === null ? null : (valuesOf(entry, name)[0] ?? null))
    const groups = valuesOf(entry, groupAttribute).slice(0, MAX_GROUPS)
    return {
      organisation: first(organisationAttribute)?.slice(0, MAX_VALUE) ?? null,
      role: first(roleAttribute)?.slice(0, MAX_VALUE) ?? null,
      groups: groups.flatMap((name) => [name, ...commonName(name)]),
    }
  }

  async rest(): Promise<void> {
    const opening = this.#client
    this.#client = null
    // A connection that is broken or was never made has nothing to say good-bye with.
    await opening?.then((client) => within(this.#config.timeoutMs, client.unbind())).catch(() => undefined)
  }

  async #connect(): Promise<Client> {
    const { url, timeoutMs, plaintext, authorities, bind } = this.#config
    const tlsOptions = authorities === null ? {} : { ca: readFileSync(authorities) }
    const secure = url.startsWith('ldaps:')
    const client = new Client({ url, timeout: timeoutMs, connectTimeout: timeoutMs, ...(secure && { tlsOptions }) })
    try {
      if (!secure && !plaintext) await within(timeoutMs, client.startTLS({ ...tlsOptions, host: hostOf(url) }))
      if (bind !== null) await within(timeoutMs, client.bind(bind.user, bind.password))
      return client
    } catch (error) {
      // What is half open must not be left so.
      await within(timeoutMs, client.unbind()).catch(() => undefined)
      throw error
    }
  }

  /** `null`: nobody of that name can be in this directory. */
  #filterFor(user: string): EqualityFilter | null {
    const { accountAttribute, principalAttribute, domains } = this.#config
    if (user === '' || user.length > MAX_USER) return null
    const cut = user.indexOf('\\')
    if (cut === -1 && user.includes('@')) return new EqualityFilter({ attribute: principalAttribute, value: user })
    if (cut !== -1 && domains.length > 0 && !domains.includes(user.slice(0, cut).toLowerCase())) return null
    const account = user.slice(cut + 1)
    return account === '' ? null : new EqualityFilter({ attribute: accountAttribute, value: account })
  }
}

const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[|\]$/g, '')

function nothingWhere(error: unknown, names: readonly string[]): { readonly searchEntries: Entry[] } {
  if (error instanceof Error && names.includes(error.constructor.name)) return { searchEntries: [] }
  throw error
}

/** The values of an attribute as text, whatever the case of its name in the answer. */
function valuesOf(entry: Entry, name: string): readonly string[] {
  const key = Object.keys(entry).find((key) => key.toLowerCase() === name.toLowerCase())
  const value = key === undefined ? [] : entry[key]
  const values: readonly (Buffer | string)[] = Array.isArray(value) ? value : value === undefined ? [] : [value]
  return values
    .map((one) => one.toString().normalize('NFC').trim())
    .filter((text) => text !== '' && !/\p{Cc}/u.test(text))
}

/** `BI-Ydelse` of `CN=BI-Ydelse,OU=Grupper,DC=kommune` (RFC 4514, section 2.4 "Converting an AttributeTypeAndValue"). */
function commonName(dn: string): readonly string[] {
  const escaped = /^cn=((?:[^\\,+]|\\.)*)/i.exec(dn)?.[1]
  if (escaped === undefined) return []
  const octets = escaped.replace(/\\([0-9a-f]{2})|\\(.)|%/gi, (_, hex?: string, sign?: string) =>
    hex === undefined ? (sign ?? '%25') : `%${hex}`,
  )
  try {
    return [decodeURIComponent(octets)]
  } catch {
    // Octets that are no UTF-8: the whole name is in the list beside it.
    return []
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error('the directory did not answer in time')), ms)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
