/** JSON that a person wrote: read, and where Ajv finds it wrong, told so that the person can mend it. */
import type { ErrorObject } from 'ajv'
import { ConfigError } from './config-error.ts'
import type { Mistake } from './config-error.ts'
import { readRegularFile } from './regular-file.ts'

/** @throws ConfigError */
export function readJson(path: string): unknown {
  let text: string
  try {
    text = readRegularFile(path)
      .toString('utf8')
      .replace(/^\uFEFF/, '')
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

/** Every mistake that Ajv found, once each; a schema's `title` says what was expected. */
export function mistakesOf(errors: readonly ErrorObject[]): Mistake[] {
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
