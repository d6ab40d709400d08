/**
 * Fixtures of whole exchanges: `test/fixtures/xmla/<client>-<case>/{request.http,response.http,record.json}`. A `.http`
 * file is a head, an empty line and the body's bytes as they crossed the wire (chunked transfer coding apart). What a
 * person reads and changes is `record.json`; `node test/support/golden.ts` writes it again.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { AnswerFacts, Asked, Exchange } from '../../proxy/exchange.ts'
import { createAnswerReader } from '../../proxy/answer/answer-threads.ts'
import type { InterpretSettings } from '../../proxy/protocol/interpret.ts'
import { interpret } from '../../proxy/protocol/interpret.ts'
import type { LogId, Origin } from '../../schema/record/ids.ts'
import type { QueryRecord } from '../../schema/record/record.ts'
import type { Message } from '../../proxy/trial/exchange-files.ts'
import { readHead } from '../../proxy/trial/exchange-files.ts'
import * as exchange from '../../proxy/trial/exchange.ts'
import type { Circumstances } from '../../proxy/trial/exchange.ts'

export type { Message } from '../../proxy/trial/exchange-files.ts'
export { readHead } from '../../proxy/trial/exchange-files.ts'

export const FIXTURES = join(import.meta.dirname, '../fixtures/xmla')

/** The invented persons are born up to 2057. */
export const SETTINGS: InterpretSettings = {
  modules: [{ catalog: 'kommune*', cube: 'borger', module: 'Borgersager' }],
  persons: { latestBirth: '2057-12-31', threshold: 20, attributes: [] },
}

export function fixtureNames(): string[] {
  return readdirSync(FIXTURES).sort()
}

export function readMessage(bytes: Buffer): Message {
  const end = bytes.indexOf('\n\n')
  return {
    ...readHead(bytes.subarray(0, end < 0 ? undefined : end)),
    body: bytes.subarray(end < 0 ? bytes.length : end + 2),
  }
}

/** When and where every fixture was asked. */
const CIRCUMSTANCES: Circumstances = {
  askedAt: Date.UTC(2026, 10, 21, 21, 7, 56),
  server: 'bi',
  clientAddress: '192.0.2.17',
  logId: '913425000000000000' as LogId,
  origin: 'fixture-000000' as Origin,
}

export const askedOf = (request: Message): Asked => exchange.askedOf(request, CIRCUMSTANCES)

export const exchangeOf = (request: Message, response: Message, facts: AnswerFacts | null): Exchange =>
  exchange.exchangeOf(request, response, facts, CIRCUMSTANCES)

const reader = createAnswerReader({ persons: SETTINGS.persons })

/** Ends the reading thread, so that the process can end. */
export const closeReader = (): Promise<void> => reader.close()

/** Reads `response` through a real reading thread, in pieces of `size` bytes. */
export const factsOf = (response: Message, size = 1000): Promise<AnswerFacts | null> =>
  exchange.factsOf(response, reader.readAnswer, size)

export async function recordsOf(name: string): Promise<readonly QueryRecord[]> {
  const request = readMessage(readFileSync(join(FIXTURES, name, 'request.http')))
  const response = readMessage(readFileSync(join(FIXTURES, name, 'response.http')))
  return interpret(exchangeOf(request, response, await factsOf(response)), SETTINGS).records
}

export function goldenOf(name: string): unknown {
  const path = join(FIXTURES, name, 'record.json')
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null
}
