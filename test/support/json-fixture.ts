/**
 * Fixtures of exchanges over JSON: `test/fixtures/json/<api>-<case>/` with `request.head`, `request.body`,
 * `response.head`, `response.body` and `record.json`. A head is the start line and the header lines; a body is its bytes.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { interpret } from '../../proxy/protocol/interpret.ts'
import type { QueryRecord } from '../../schema/record/record.ts'
import type { Message } from './fixture.ts'
import { SETTINGS, exchangeOf, factsOf, readHead } from './fixture.ts'

export const JSON_FIXTURES = join(import.meta.dirname, '../fixtures/json')

export const jsonFixtureNames = (): string[] => readdirSync(JSON_FIXTURES).sort()

function message(name: string, which: 'request' | 'response'): Message {
  const file = (part: 'head' | 'body') => join(JSON_FIXTURES, name, `${which}.${part}`)
  return { ...readHead(readFileSync(file('head'))), body: readFileSync(file('body')) }
}

export async function jsonRecordsOf(name: string): Promise<readonly QueryRecord[]> {
  const response = message(name, 'response')
  return interpret(exchangeOf(message(name, 'request'), response, await factsOf(response)), SETTINGS).records
}

export function jsonGoldenOf(name: string): unknown {
  const path = join(JSON_FIXTURES, name, 'record.json')
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null
}
