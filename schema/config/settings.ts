/**
 * The configuration as a list of settings, each with its place in the file (a JSON Pointer, RFC 6901), defaults too: what
 * the change log compares (docs/decisions/0016-reload.md).
 *
 * A server is found by its name and not by its number in the list, or one more in front would be a change of all; the
 * order of the list is a setting of its own. What other lists hold, they hold at a place.
 *
 * A file that a setting names counts with its content, by its SHA-256. What is secret is never part of a text here: it
 * stands in a field of its own, only to be compared, and a setting that is not known to be harmless by its name is secret.
 */
import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { readRegularFile } from './regular-file.ts'
import schema from './config.schema.json' with { type: 'json' }

export interface Setting {
  readonly pointer: string
  /** The value as JSON; `null` where all of it is secret. */
  readonly text: string | null
  /** Of the file that the value names. */
  readonly sha256: string | null
  /** Never on record, only compared. */
  readonly secret: string | null
}

/** Files whose content is part of the setting. */
const FILES = [
  /^\/proxy\/tls\/(certificate|pfx|clientCa)$/,
  /^\/servers\/[^/]*\/ca$/,
  /^\/mappings\/\d+$/,
  /^\/identity\/organisations$/,
  /^\/identity\/directory\/authorities$/,
  /^\/identity\/tokens\/keys$/,
  /^\/identity\/kerberos\/keytab$/,
]
/** Files whose content is nobody's business. */
const SECRET_FILES = [/^\/proxy\/tls\/key$/, /(password|secret|connection)File$/i]
const SECRETS = [/^\/store\/connection$/, /(password|passphrase|secret)$/i]

/** What the environment holds instead of the file: the setting, and when it is asked for. */
const FROM_ENVIRONMENT: readonly (readonly [pointer: string, variable: string, needs: string, instead: RegExp])[] = [
  ['/store/connection', 'TILSYN_MSSQL', '"mssql"', /^\/store\/connection(File)?$/],
  ['/retention/connection', 'TILSYN_MSSQL_RETENTION', '"mssql"', /^\/retention\/connectionFile$/],
  ['/proxy/tls/password', 'TILSYN_TLS_PASSWORD', '/proxy/tls/', /^\/proxy\/tls\/passwordFile$/],
  [
    '/identity/directory/password',
    'TILSYN_LDAP_PASSWORD',
    '/identity/directory/',
    /^\/identity\/directory\/passwordFile$/,
  ],
]

/** @param written checked against the schema. */
export function settingsOf(written: unknown, folder: string, env: NodeJS.ProcessEnv): readonly Setting[] {
  const settings = [...leaves(written, schema, '')].map(([pointer, value]) => settingOf(pointer, value, folder))
  const isUsed = (needs: string) =>
    settings.some(({ pointer, text }) => pointer.startsWith(needs) || (pointer === '/store/kind' && text === needs))
  const secrets = FROM_ENVIRONMENT.flatMap(([pointer, variable, needs, instead]): readonly Setting[] => {
    const secret = env[variable]
    if (secret === undefined || !isUsed(needs) || settings.some((one) => instead.test(one.pointer))) return []
    return [{ pointer, text: null, sha256: null, secret }]
  })
  return [...settings, ...secrets]
}

function settingOf(pointer: string, value: unknown, folder: string): Setting {
  const fits = (patterns: readonly RegExp[]) => patterns.some((pattern) => pattern.test(pointer))
  if (fits(SECRETS)) return { pointer, text: null, sha256: null, secret: JSON.stringify(value) }
  const text = withoutUser(JSON.stringify(value))
  if (typeof value !== 'string') return { pointer, text, sha256: null, secret: null }
  const secret = fits(SECRET_FILES) ? (contentOf(resolve(folder, value))?.toString('base64') ?? '') : null
  return { pointer, text, sha256: fits(FILES) ? hashOf(resolve(folder, value)) : null, secret }
}

/** An address may name a user with his password (RFC 3986, section 3.2.1 "User Information"). */
function withoutUser(text: string): string {
  return text.replaceAll(/\/\/[^/?#@\s"]*@/g, '//…@')
}

function hashOf(file: string): string | null {
  const content = contentOf(file)
  return content === null ? null : createHash('sha256').update(content).digest('hex')
}

function contentOf(file: string): Buffer | null {
  try {
    return readRegularFile(file)
  } catch {
    // An address, or a file that cannot be read, which whoever needs it tells.
    return null
  }
}

type Leaf = readonly [pointer: string, value: unknown]

function* leaves(value: unknown, of: unknown, pointer: string): Iterable<Leaf> {
  if (Array.isArray(value)) yield* leavesOfList(value, of, pointer)
  else if (typeof value === 'object' && value !== null) yield* leavesOfObject(value, of, pointer)
  else yield [pointer, value]
}

function* leavesOfObject(value: object, of: unknown, pointer: string): Iterable<Leaf> {
  const written: Record<string, unknown> = { ...value }
  const properties = propertiesOf(of, written)
  for (const [name, one] of Object.entries({ ...defaultsOf(properties, pointer === ''), ...written })) {
    if (pointer !== '' || name !== '$schema') yield* leaves(one, properties[name], `${pointer}/${escaped(name)}`)
  }
}

function* leavesOfList(list: readonly unknown[], of: unknown, pointer: string): Iterable<Leaf> {
  const names = list.map((one) => fields(one)['name'])
  const isNamed = list.length > 0 && names.every((name) => typeof name === 'string') && isSet(names)
  const holdsFiles = pointer === '/mappings' && list.length > 0
  // An order, or a choice: one value. So is the order of what is named.
  if (isNamed || (!holdsFiles && list.every((one) => typeof one !== 'object'))) yield [pointer, isNamed ? names : list]
  if (isNamed) {
    for (const [at, name] of names.entries())
      yield* leaves(list[at], fields(of)['items'], `${pointer}/${escaped(name)}`)
  } else if (holdsFiles || list.some((one) => typeof one === 'object')) {
    yield* list.map((one, at): Leaf => [`${pointer}/${at}`, one])
  }
}

const isSet = (all: readonly unknown[]): boolean => new Set(all).size === all.length

/** @param isTop what is not written there is there all the same, with its defaults; further down it is switched off. */
function defaultsOf(properties: Record<string, unknown>, isTop: boolean): Record<string, unknown> {
  const defaults = Object.entries(properties).flatMap(([name, of]): [string, unknown][] => {
    const { default: value, type } = fields(of)
    if (value !== undefined) return [[name, value]]
    return isTop && type === 'object' ? [[name, {}]] : []
  })
  return Object.fromEntries(defaults)
}

function propertiesOf(of: unknown, written: Record<string, unknown>): Record<string, unknown> {
  const { properties, oneOf } = fields(of)
  if (!Array.isArray(oneOf)) return fields(properties)
  const kind = (one: unknown) => fields(fields(fields(one)['properties'])['kind'])['const']
  return fields(fields(oneOf.find((one: unknown) => kind(one) === written['kind']))['properties'])
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

/** RFC 6901, section 3 "Syntax". */
function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
