/**
 * What a running proxy takes of a new configuration. Some settings stay until the next start, all of them or nothing: where
 * the journal and the store are, what the proxy is called, where it is monitored, what one client may take of it; and what
 * belongs to the report service, which is another process.
 */
import type { Config } from '../../schema/config/config.ts'
import type { Setting } from '../../schema/config/settings.ts'

const AT_START = [
  '/proxy/journal',
  '/proxy/name',
  '/proxy/admin',
  '/proxy/workers',
  '/proxy/limits',
  '/store',
  '/reports',
  '/retention',
] as const

/** `wanted`, as far as it can take effect while `running` does. */
export function inForce(wanted: Config, running: Config): Config {
  const { journal, name, admin, limits } = running.proxy
  return {
    ...wanted,
    proxy: { ...wanted.proxy, journal, name, admin, limits },
    store: running.store,
    reports: running.reports,
    retention: running.retention,
    settings: settingsInForce(wanted.settings, running.settings, AT_START),
  }
}

/** `wanted`, but for the settings below `places`, which stay as they are in `running`. */
export function settingsInForce(
  wanted: readonly Setting[],
  running: readonly Setting[],
  places: readonly string[],
): readonly Setting[] {
  const stays = ({ pointer }: Setting) => places.some((place) => pointer === place || pointer.startsWith(`${place}/`))
  return [...wanted.filter((setting) => !stays(setting)), ...running.filter(stays)]
}
