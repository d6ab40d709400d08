/**
 * Reads `tilsyn.config.json`: JSON, checked by Ajv against the published schema, every mistake told at once with its
 * path, what was expected and an example; then defaults, absolute paths, addresses taken apart.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Ajv } from 'ajv'
import type { ErrorObject } from 'ajv'
import addFormats from 'ajv-formats'
import type { Address, Config, Domain, ModuleRule, ServerConfig, StoreConfig } from './config.ts'
import { ConfigError } from './config-error.ts'
import type { Mistake } from './config-error.ts'
import schema from './config.schema.json' with { type: 'json' }

export const DEFAULT_FILE = 'tilsyn.config.json'

interface Written {
  readonly proxy?: {
    readonly listen?: string
    readonly journal?: string
    readonly name?: string
    readonly captureMegabytes?: number
  }
  readonly servers?: readonly {
    readonly name: string
    readonly upstream: string
    readonly host?: string
    readonly path?: string
    readonly onJournalFailure?: 'refuse' | 'forward'
    readonly binaryXml?: 'avoid' | 'pass'
    readonly timeoutSeconds?: number
  }[]
  readonly store?:
    | { readonly kind: 'embedded'; readonly path?: string }
    | { readonly kind: 'mssql'; readonly connection?: string; readonly connectionFile?: string }
  readonly reports?: { readonly listen?: string }
  readonly modules?: readonly ModuleRule[]
  readonly record?: { readonly metadata?: Config['record']['metadata'] }
  readonly persons?: Partial<{
    latestBirth: string
    threshold: number
    attributes: readonly string[]
    domains: readonly Domain[]
  }>
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

function read(path: string): Written {
  const value = parse(path)
  if (check(value)) return value
  throw new ConfigError(path, mistakes(check.errors ?? []))
}

function parse(path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '')
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new ConfigError(path, [{ path: '', expected: `a file that can be read (${reason})`, example: null }], {
      cause: error,
    })
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    // The engine's message quotes the text around the place, which may be a password: only the position is kept.
    const at = /line \d+ column \d+/.exec(error instanceof Error ? error.message : '')?.[0] ?? place(error, text)
    throw new ConfigError(path, [{ path: '', expected: `JSON (it is broken off or mistyped at ${at})`, example: null }])
  }
}

function place(error: unknown, text: string): string {
  const offset = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1]
  const before = text.slice(0, offset === undefined ? text.length : Number(offset)).split('\n')
  return `line ${before.length} column ${(before.at(-1) ?? '').length + 1}`
}

function mistakes(errors: readonly ErrorObject[]): Mistake[] {
  const all = errors.filter(({ keyword }) => keyword !== 'oneOf' && keyword !== 'if').map(mistake)
  return [...new Map(all.map((each) => [`${each.path} ${each.expected}`, each])).values()]
}

function mistake(error: ErrorObject): Mistake {
  const path = error.instancePath
    .replace(/\/(\d+)/g, '[$1]')
    .replace(/\//g, '.')
    .replace(/^\./, '')
  const field = (name: unknown) => (path === '' ? String(name) : `${path}.${String(name)}`)
  const params: Record<string, unknown> = error.params
  switch (error.keyword) {
    case 'additionalProperties':
      return { path: field(params['additionalProperty']), expected: `unknown; ${known(error)}`, example: null }
    case 'required':
      return {
        path: field(params['missingProperty']),
        expected: 'is missing',
        example: example(property(error.parentSchema, params['missingProperty'])),
      }
    default:
      return { path, expected: expectation(error, params), example: example(error.parentSchema) }
  }
}

function expectation(error: ErrorObject, params: Record<string, unknown>): string {
  const title = record(error.parentSchema)['title']
  if (typeof title === 'string') return title
  switch (error.keyword) {
    case 'enum':
      return `expected one of ${JSON.stringify(params['allowedValues'])}`
    case 'discriminator':
      return 'expected "kind" to be "embedded" or "mssql"'
    case 'type':
      return `expected ${String(params['type'])}`
    case 'format':
      return `expected a ${String(params['format'])}`
    default:
      return `expected: ${error.message ?? error.keyword}`
  }
}

function known(error: ErrorObject): string {
  const names = Object.keys(record(record(error.parentSchema)['properties'])).filter((name) => name !== '$schema')
  return `expected one of ${names.join(', ')}`
}

function property(parent: unknown, name: unknown): unknown {
  return record(record(parent)['properties'])[String(name)]
}

function example(of: unknown): string | null {
  const examples = record(of)['examples']
  return Array.isArray(examples) && examples.length > 0 ? JSON.stringify(examples[0]) : null
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function complete(written: Written, folder: string, env: NodeJS.ProcessEnv, file: string): Config {
  const store = storeConfig(written.store ?? { kind: 'embedded' }, folder, env, file)
  const data = store.kind === 'embedded' ? dirname(store.path) : join(folder, 'data')
  const { proxy = {}, persons = {} } = written
  return {
    proxy: {
      listen: address(proxy.listen ?? '127.0.0.1:8080', 'proxy.listen', file),
      journal: proxy.journal === undefined ? join(data, 'journal') : resolve(folder, proxy.journal),
      name: proxy.name ?? 'tilsyn',
      captureBytes: Math.ceil((proxy.captureMegabytes ?? 16) * 1024 * 1024),
    },
    servers: (written.servers ?? []).map((server, index) => serverConfig(server, index, file)),
    store,
    reports: { listen: address(written.reports?.listen ?? '127.0.0.1:8090', 'reports.listen', file) },
    modules: written.modules ?? [],
    record: { metadata: written.record?.metadata ?? 'summary' },
    persons: {
      latestBirth: persons.latestBirth ?? null,
      threshold: persons.threshold ?? 20,
      attributes: persons.attributes ?? [],
      domains: persons.domains ?? [],
    },
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
    written.connectionFile === undefined ? undefined : secretOf(resolve(folder, written.connectionFile), file)
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

function secretOf(path: string, file: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    const mistake = { path: 'store.connectionFile', expected: 'expected a file that can be read', example: null }
    throw new ConfigError(file, [mistake], { cause: error })
  }
}

function serverConfig(written: NonNullable<Written['servers']>[number], index: number, file: string): ServerConfig {
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
    onJournalFailure: written.onJournalFailure ?? 'refuse',
    binaryXml: written.binaryXml ?? 'avoid',
    timeoutMs: (written.timeoutSeconds ?? 3600) * 1000,
  }
}

function address(text: string, path: string, file: string): Address {
  const cut = text.lastIndexOf(':')
  const port = Number(text.slice(cut + 1))
  if (port > 65535) {
    throw new ConfigError(file, [{ path, expected: 'expected a port up to 65535', example: '"127.0.0.1:8080"' }])
  }
  return { host: text.slice(0, cut).replace(/^\[|\]$/g, ''), port }
}
