import type { IdentityConfig } from '../../schema/config/identity.ts'
import { Directory } from './directory.ts'
import type { DirectoryOptions } from './directory.ts'
import { OrganisationSource } from './organisation-source.ts'

/** `null`: the configuration names neither file nor LDAP. LDAP's package is loaded only where it is configured. */
export async function openDirectory(
  { organisations, directory }: Pick<IdentityConfig, 'organisations' | 'directory'>,
  onError: DirectoryOptions['onError'],
): Promise<Directory | null> {
  if (organisations === null && directory === null) return null
  const lookup = directory === null ? null : new (await import('./ldap-lookup.ts')).LdapLookup(directory)
  return new Directory({
    organisations: organisations === null ? null : new OrganisationSource(organisations),
    lookup,
    ...(directory !== null && { keepMs: directory.keepMs }),
    onError,
  })
}
