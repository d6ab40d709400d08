/**
 * The worked examples of declared mappings, `docs/mappings/<example>/`: the mapping, one exchange, and `records.json`, which
 * `npm run golden` writes and a person reads.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { interpret } from '../../proxy/protocol/interpret.ts'
import { readExchange } from '../../proxy/trial/exchange-files.ts'
import { loadMapping } from '../../schema/config/load-mapping.ts'
import type { QueryRecord } from '../../schema/record/record.ts'
import { SETTINGS, exchangeOf, factsOf } from './fixture.ts'

export const EXAMPLES = join(import.meta.dirname, '../../docs/mappings')

export const exampleNames = (): string[] => readdirSync(EXAMPLES).sort()

export const exampleMapping = (name: string) => loadMapping(join(EXAMPLES, name, 'mapping.json'))

export async function exampleRecordsOf(name: string): Promise<readonly QueryRecord[]> {
  const { request, response } = readExchange(join(EXAMPLES, name))
  if (response === null) throw new Error('an example has an answer')
  const settings = { ...SETTINGS, mappings: [exampleMapping(name)] }
  return interpret(exchangeOf(request, response, await factsOf(response)), settings).records
}

export function exampleGoldenOf(name: string): unknown {
  const path = join(EXAMPLES, name, 'records.json')
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null
}
