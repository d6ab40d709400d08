import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { ConfigError } from './config-error.ts'
import { readJson } from './checked-json.ts'
import type { DirectoryConfig, IdentityConfig, RequestSource, TokenConfig, TrustedHeaderConfig } from './identity.ts'
import { loadOrganisations } from './organisation-file.ts'
import { readRegularFile } from './regular-file.ts'
import { secretOf } from './secret.ts'

export interface WrittenIdentity {
  readonly organisations?: string
  readonly directory?: WrittenDirectory
  readonly tokens?: WrittenTokens
  readonly kerberos?: { readonly keytab: string }
  readonly trustedHeader?: TrustedHeaderConfig
  readonly precedence?: readonly (RequestSource | 'session')[]
}

interface WrittenTokens {
  readonly keys: string
  readonly issuer: string | readonly string[]
  readonly audience: string | readonly string[]
  readonly algorithms?: readonly string[]
  readonly skewSeconds?: number
}

const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA']

const PRECEDENCE: readonly RequestSource[] = ['kerberos', 'ntlm', 'basic', 'bearer', 'header']

interface WrittenDirectory extends Partial<
  Pick<DirectoryConfig, 'plaintext' | 'accountAttribute' | 'principalAttribute' | 'domains'>
> {
  readonly url: string
  readonly authorities?: string
  readonly user?: string
  readonly passwordFile?: string
  readonly base: string
  readonly organisationAttribute?: string
  readonly roleAttribute?: string
  readonly groupAttribute?: string
  readonly timeoutSeconds?: number
  readonly keepMinutes?: number
}

/** @throws ConfigError also for mistakes in the mapping file, so that they end the start and not the first query. */
export function identityConfig(
  written: WrittenIdentity,
  folder: string,
  env: NodeJS.ProcessEnv,
  file: string,
): IdentityConfig {
  const organisations = written.organisations === undefined ? null : resolve(folder, written.organisations)
  if (organisations !== null) loadOrganisations(organisations)
  const { directory, tokens, kerberos, trustedHeader, precedence = [] } = written
  if (trustedHeader !== undefined && !isOfItsOwn(trustedHeader.name))
    throw mistake(file, 'identity.trustedHeader.name', 'expected a header that means nothing else', '"X-Remote-User"')
  checkNetworks(trustedHeader?.from ?? [], 'identity.trustedHeader.from', file)
  return {
    organisations,
    directory: directory === undefined ? null : directoryConfig(directory, folder, env, file),
    tokens: tokens === undefined ? null : tokenConfig(tokens, folder, file),
    kerberos: kerberos === undefined ? null : { keytab: resolve(folder, kerberos.keytab), configFile: file },
    trustedHeader: trustedHeader ?? null,
    precedence: precedenceOf(precedence, file),
  }
}

function tokenConfig(written: WrittenTokens, folder: string, file: string): TokenConfig {
  const isAddress = /^https?:/i.test(written.keys)
  const path = resolve(folder, written.keys)
  if (!isAddress && !isKeySet(readJson(path))) throw mistake(file, 'identity.tokens.keys', 'a JWK Set: {"keys":[…]}')
  return {
    keys: isAddress ? { kind: 'url', url: written.keys } : { kind: 'file', path },
    issuer: [written.issuer].flat(),
    audience: [written.audience].flat(),
    algorithms: written.algorithms ?? ALGORITHMS,
    skewSeconds: written.skewSeconds ?? 60,
  }
}

function isKeySet(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'keys' in value && Array.isArray(value.keys)
}

/** Taken out of everybody's requests, any other would be missed. */
function isOfItsOwn(name: string): boolean {
  return /^(?:x-|remote[-_])/i.test(name) || /user|principal|identity/i.test(name)
}

/** What is not named follows, in the usual order. */
function precedenceOf(written: readonly (RequestSource | 'session')[], file: string): readonly RequestSource[] {
  const named = written.filter((source) => source !== 'session')
  // Whoever sends another's session is not that other.
  if (written.includes('session') && written.at(-1) !== 'session')
    throw mistake(
      file,
      'identity.precedence',
      'expected "session" last: it stands in only where a request names nobody',
    )
  return [...named, ...PRECEDENCE.filter((source) => !named.includes(source))]
}

function checkNetworks(written: readonly string[], path: string, file: string): void {
  for (const [at, network] of written.entries()) {
    const [address = '', prefix = '0', more] = network.split('/')
    const longest = address.includes(':') ? 128 : 32
    const isPrefix = /^\d{1,3}$/.test(prefix) && Number(prefix) <= longest
    if (isIP(address) === 0 || address.includes('%') || !isPrefix || more !== undefined)
      throw mistake(file, `${path}[${at}]`, 'expected an address, or a network in CIDR', '"10.1.2.3/32"')
  }
}

function readable(place: string, path: string, file: string): void {
  try {
    readRegularFile(place)
  } catch {
    throw mistake(file, path, 'expected a file that can be read')
  }
}

function directoryConfig(
  written: WrittenDirectory,
  folder: string,
  env: NodeJS.ProcessEnv,
  file: string,
): DirectoryConfig {
  const authorities = written.authorities === undefined ? null : resolve(folder, written.authorities)
  if (authorities !== null) readable(authorities, 'identity.directory.authorities', file)
  return {
    url: written.url,
    plaintext: written.plaintext ?? false,
    authorities,
    bind: bindOf(written, folder, env, file),
    base: written.base,
    accountAttribute: written.accountAttribute ?? 'sAMAccountName',
    principalAttribute: written.principalAttribute ?? 'userPrincipalName',
    domains: (written.domains ?? []).map((domain) => domain.toLowerCase()),
    organisationAttribute: written.organisationAttribute ?? 'department',
    roleAttribute: written.roleAttribute ?? null,
    groupAttribute: written.groupAttribute ?? 'memberOf',
    timeoutMs: (written.timeoutSeconds ?? 3) * 1000,
    keepMs: (written.keepMinutes ?? 60) * 60_000,
  }
}

function bindOf(
  { user, passwordFile }: WrittenDirectory,
  folder: string,
  env: NodeJS.ProcessEnv,
  file: string,
): DirectoryConfig['bind'] {
  if (user === undefined) return null
  const key = 'identity.directory.passwordFile'
  const secret = passwordFile === undefined ? undefined : secretOf(resolve(folder, passwordFile), key, file)
  const password = secret ?? env['TILSYN_LDAP_PASSWORD'] ?? ''
  // RFC 4513, section 5.1.2 "Unauthenticated Authentication Mechanism": an empty one would be let in as nobody.
  if (password === '')
    throw mistake(file, key, 'a password in this file or in the environment variable TILSYN_LDAP_PASSWORD')
  return { user, password }
}

function mistake(file: string, path: string, expected: string, example: string | null = null): ConfigError {
  return new ConfigError(file, [{ path, expected, example }])
}
