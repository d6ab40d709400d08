/**
 * Reads `tilsyn.config.json`: JSON, checked by Ajv against the published schema, every mistake told at once with its
 * path, what was expected and an example; then defaults, absolute paths, addresses taken apart.
 */
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import type { Config, Domain, ModuleRule, ServerConfig, StoreConfig } from './config.ts'
import { ConfigError } from './config-error.ts'
import { mistakesOf, readJson } from './checked-json.ts'
import { address } from './address.ts'
import { healthConfig, type WrittenHealth } from './health.ts'
import { frontConfig, pemFile, type WrittenFront } from './load-front.ts'
import { identityConfig } from './load-identity.ts'
import type { WrittenIdentity } from './load-identity.ts'
import { limitsConfig, type WrittenLimits } from './limits.ts'
import { loadMapping } from './load-mapping.ts'
import { retentionConfig, type WrittenRetention } from './retention.ts'
import { secretOf } from './secret.ts'
import { settingsOf } from './settings.ts'
import schema from './config.schema.json' with { type: 'json' }

export const DEFAULT_FILE = 'tilsyn.config.json'

/**
 * Of products that make a new value for each login. None that any server may have for its own: JSESSIONID and
 * ASP.NET_SessionId stay with many when the user changes, and a `session` may be anything.
 */
const SESSION_COOKIES = ['metabase.SESSION', 'metabase.EMBEDDED_SESSION', 'X-Qlik-Session*', 'workgroup_session_id']

interface Written {
  readonly proxy?: WrittenFront & {
    readonly admin?: string
    readonly journal?: string
    readonly name?: string
    readonly captureMegabytes?: number
    readonly limits?: WrittenLimits
    readonly workers?: number
  }
  readonly servers?: readonly {
    readonly name: string
    readonly upstream: string
    readonly host?: string
    readonly path?: string
    readonly port?: number
    readonly ca?: string
    readonly health?: WrittenHealth | null
    readonly forwardedHeaders?: ServerConfig['forwardedHeaders']
    readonly onJournalFailure?: 'refuse' | 'forward'
    readonly binaryXml?: 'avoid' | 'pass'
    readonly sessionCookies?: readonly string[]
    readonly rollingCookies?: readonly string[]
    readonly timeoutSeconds?: number
  }[]
  readonly store?:
    | { readonly kind: 'embedded'; readonly path?: string }
    | { readonly kind: 'mssql'; readonly connection?: string; readonly connectionFile?: string }
  readonly reports?: { readonly listen?: string }
  readonly modules?: readonly ModuleRule[]
  readonly record?: { readonly metadata?: Config['record']['metadata'] }
  readonly retention?: WrittenRetention
  readonly mappings?: readonly string[]
  readonly persons?: Partial<{
    latestBirth: string
    threshold: number
    attributes: readonly string[]
    domains: readonly Domain[]
  }>
  readonly identity?: WrittenIdentity
  readonly log?: { readonly level?: Config['log']['level'] }
}

const ajv = new Ajv({ allErrors: true, discriminator: true, verbose: true, strictTypes: false })
addFormats.default(ajv)
const check = ajv.compile<Written>(schema)

/**
 * Loads `file`, or `tilsyn.config.json` in `folder` when none is named; without either the defaults hold and no BI
 * server is configured.
 *
 * @throws ConfigError naming every mistake
 */
export function loadConfig(file: string | null, folder: string, env: NodeJS.ProcessEnv): Config {
  const path = resolve(folder, file ?? DEFAULT_FILE)
  if (file === null && !existsSync(path)) return complete({}, folder, env, path)
  return complete(read(path), dirname(path), env, path)
}

/**
 * Where the journal is, as far as a file can tell that may hold mistakes: for reaching a proxy that runs with what stood
 * there before.
 */
export function journalFolder(file: string | null, folder: string): string {
  const path = resolve(folder, file ?? DEFAULT_FILE)
  const { proxy, store } = written(path)
  const data =
    typeof store?.path === 'string' ? dirname(resolve(dirname(path), store.path)) : join(dirname(path), 'data')
  return typeof proxy?.journal === 'string' ? resolve(dirname(path), proxy.journal) : join(data, 'journal')
}

type Unchecked = { readonly proxy?: { readonly journal?: unknown }; readonly store?: { readonly path?: unknown } }

function written(path: string): Unchecked {
  try {
    const value: unknown = readJson(path)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

function read(path: string): Written {
  const value = readJson(path)
  if (check(value)) return value
  throw new ConfigError(path, mistakesOf(check.errors ?? []))
}

function complete(written: Written, folder: string, env: NodeJS.ProcessEnv, file: string): Config {
  const store = storeConfig(written.store ?? { kind: 'embedded' }, folder, env, file)
  const data = store.kind === 'embedded' ? dirname(store.path) : join(folder, 'data')
  const { proxy = {}, persons = {} } = written
  return {
    file,
    settings: settingsOf(written, folder, env),
    proxy: {
      ...frontConfig(proxy, folder, env, file),
      admin: proxy.admin === undefined ? null : address(proxy.admin, 'proxy.admin', file),
      journal: proxy.journal === undefined ? join(data, 'journal') : resolve(folder, proxy.journal),
      name: proxy.name ?? 'tilsyn',
      captureBytes: Math.ceil((proxy.captureMegabytes ?? 16) * 1024 * 1024),
      limits: limitsConfig(proxy.limits ?? {}),
      workers: proxy.workers ?? 1,
    },
    servers: (written.servers ?? []).map((server, index) => serverConfig(server, index, folder, file)),
    store,
    reports: { listen: address(written.reports?.listen ?? '127.0.0.1:8090', 'reports.listen', file) },
    modules: written.modules ?? [],
    record: { metadata: written.record?.metadata ?? 'summary' },
    retention: retentionConfig(written.retention ?? {}, deletingLogin(written, folder, env, file), file),
    mappings: (written.mappings ?? []).map((path) => loadMapping(resolve(folder, path))),
    persons: {
      latestBirth: persons.latestBirth ?? null,
      threshold: persons.threshold ?? 20,
      attributes: persons.attributes ?? [],
      domains: persons.domains ?? [],
    },
    identity: identityConfig(written.identity ?? {}, folder, env, file),
    log: { level: written.log?.level ?? 'info' },
  }
}

function storeConfig(
  written: NonNullable<Written['store']>,
  folder: string,
  env: NodeJS.ProcessEnv,
  file: string,
): StoreConfig {
  if (written.kind === 'embedded') return { kind: 'embedded', path: resolve(folder, written.path ?? 'data/tilsyn.db') }
  const secret =
    written.connectionFile === undefined
      ? undefined
      : secretOf(resolve(folder, written.connectionFile), 'store.connectionFile', file)
  const connection = written.connection ?? secret ?? env['TILSYN_MSSQL']
  if (connection !== undefined && connection !== '') return { kind: 'mssql', connection }
  throw new ConfigError(file, [
    {
      path: 'store.connection',
      expected: 'a connection string here, in the file of connectionFile, or in the environment variable TILSYN_MSSQL',
      example: '"Server=sql01;Database=Tilsyn;User Id=tilsyn;Password=…;Encrypt=true"',
    },
  ])
}

/** Who may delete need not be who may write. */
function deletingLogin(
  { retention = {}, store }: Written,
  folder: string,
  env: NodeJS.ProcessEnv,
  file: string,
): string | null {
  if (store?.kind !== 'mssql') return null
  const { connectionFile } = retention
  if (connectionFile !== undefined) return secretOf(resolve(folder, connectionFile), 'retention.connectionFile', file)
  return env['TILSYN_MSSQL_RETENTION'] || null
}

function serverConfig(
  written: NonNullable<Written['servers']>[number],
  index: number,
  folder: string,
  file: string,
): ServerConfig {
  const upstream = URL.parse(written.upstream)
  if (upstream === null) {
    const path = `servers[${index}].upstream`
    throw new ConfigError(file, [{ path, expected: 'expected an address', example: '"http://127.0.0.1:18090"' }])
  }
  return {
    name: written.name,
    upstream,
    host: written.host ?? null,
    path: written.path ?? null,
    port: written.port ?? null,
    ca: written.ca === undefined ? null : pemFile(resolve(folder, written.ca), `servers[${index}].ca`, file),
    health: healthConfig(written.health),
    forwardedHeaders: written.forwardedHeaders ?? 'pass',
    onJournalFailure: written.onJournalFailure ?? 'refuse',
    binaryXml: written.binaryXml ?? 'avoid',
    sessionCookies: written.sessionCookies ?? SESSION_COOKIES,
    rollingCookies: written.rollingCookies ?? [],
    timeoutMs: (written.timeoutSeconds ?? 3600) * 1000,
  }
}
