import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { ConfigError } from './config-error.ts'
import type { DirectoryConfig, IdentityConfig } from './identity.ts'
import { loadOrganisations } from './organisation-file.ts'
import { secretOf } from './secret.ts'

export interface WrittenIdentity {
  readonly organisations?: string
  readonly directory?: WrittenDirectory
}

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
  const { directory } = written
  return {
    organisations,
    directory: directory === undefined ? null : directoryConfig(directory, folder, env, file),
  }
}

function directoryConfig(
  written: WrittenDirectory,
  folder: string,
  env: NodeJS.ProcessEnv,
  file: string,
): DirectoryConfig {
  const authorities = written.authorities === undefined ? null : resolve(folder, written.authorities)
  if (authorities !== null && !existsSync(authorities)) {
    throw mistake(file, 'identity.directory.authorities', 'expected a file that can be read')
  }
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

function mistake(file: string, path: string, expected: string): ConfigError {
  return new ConfigError(file, [{ path, expected, example: null }])
}
