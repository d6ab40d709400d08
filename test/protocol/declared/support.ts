/** A mapping tried on a request, as short as a test can say it. */
import assert from 'node:assert/strict'
import type { Mapping } from '../../../schema/config/mapping.ts'
import type { QueryRecord } from '../../../schema/record/record.ts'
import { compileMapping } from '../../../proxy/protocol/declared/declared.ts'
import { interpret } from '../../../proxy/protocol/interpret.ts'
import { SETTINGS, exchangeOf } from '../../support/fixture.ts'

export const JSON_MAPPING: Mapping = { name: 'test', match: { path: '/bi/*' }, body: 'json' }
export const XML_MAPPING: Mapping = { name: 'test', match: { path: '/bi/*' }, body: 'xml' }

export interface Sent {
  readonly type?: string
  readonly target?: string
  readonly user?: string
  readonly headers?: readonly (readonly [string, string])[]
}

/** The records of `body`, sent to a server that `mappings` describe. */
export function recordsOf(
  mapping: Mapping | readonly Mapping[],
  body: string | Uint8Array,
  { type = 'application/octet-stream', target = '/bi/query', user, headers = [] }: Sent = {},
): readonly QueryRecord[] {
  const mappings = (Array.isArray(mapping) ? mapping : [mapping]).map((each: Mapping) => ({
    file: 'test.json',
    mapping: each,
  }))
  const basic = user === undefined ? [] : [['Authorization', `Basic ${btoa(`${user}:x`)}`] as const]
  const request = {
    start: `POST ${target} HTTP/1.1`,
    headers: [['Content-Type', type] as const, ...basic, ...headers],
    body: typeof body === 'string' ? Buffer.from(body) : body,
  }
  const response = { start: 'HTTP/1.1 200 OK', headers: [], body: new Uint8Array(0) }
  return interpret(exchangeOf(request, response, null), { ...SETTINGS, mappings }).records
}

/** The one record of `body`. */
export function recordOf(...given: Parameters<typeof recordsOf>): QueryRecord {
  const [record, ...more] = recordsOf(...given)
  assert.ok(record !== undefined && more.length === 0)
  return record
}

export const personsIn = ({ criteria }: QueryRecord): readonly (string | null)[] =>
  criteria.flatMap(({ person, personTo }) => [person, personTo]).filter((person) => person !== null)

/** What is wrong with `mapping`, by place; nothing where it can be used. */
export function mistakesOf(mapping: Mapping): Readonly<Record<string, string>> {
  const compiled = compileMapping(mapping)
  if (compiled.kind === 'compiled') return {}
  return Object.fromEntries(compiled.mistakes.map(({ path, expected }) => [path, expected]))
}
