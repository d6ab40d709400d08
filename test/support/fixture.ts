/**
 * Fixtures of whole exchanges: `test/fixtures/xmla/<client>-<case>/{request.http,response.http,record.json}`. A `.http`
 * file is a head, an empty line and the body's bytes as they crossed the wire (chunked transfer coding apart). What a
 * person reads and changes is `record.json`; `node test/support/golden.ts` writes it again.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { AnswerFacts, Asked, Exchange, Identity, RawHeaders } from '../../proxy/exchange.ts'
import { createAnswerReader } from '../../proxy/answer/answer-threads.ts'
import type { InterpretSettings } from '../../proxy/protocol/interpret.ts'
import { interpret } from '../../proxy/protocol/interpret.ts'
import type { LogId, Origin } from '../../schema/record/ids.ts'
import type { QueryRecord } from '../../schema/record/record.ts'

export const FIXTURES = join(import.meta.dirname, '../fixtures/xmla')

/** The invented persons are born up to 2057. */
export const SETTINGS: InterpretSettings = {
  modules: [{ catalog: 'kommune*', cube: 'borger', module: 'Borgersager' }],
  persons: { latestBirth: '2057-12-31', threshold: 20, attributes: [] },
}

export interface Message {
  readonly start: string
  readonly headers: RawHeaders
  readonly body: Uint8Array
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

export function readHead(bytes: Buffer): Pick<Message, 'start' | 'headers'> {
  const [start = '', ...lines] = bytes.toString('latin1').split(/\r?\n/)
  const headers = lines
    .filter((line) => line.includes(':'))
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()] as const)
  return { start, headers }
}

const isSecret = (name: string): boolean => /^(?:authorization|cookie)$/i.test(name)

export function askedOf({ start, headers, body }: Message): Asked {
  const [method = '', target = ''] = start.split(' ')
  return {
    askedAt: Date.UTC(2026, 10, 21, 21, 7, 56),
    server: 'bi',
    clientAddress: '192.0.2.17',
    method,
    target,
    headers: headers.map(([name, value]) => [name, isSecret(name) && value !== '' ? '…' : value] as const),
    socket: null,
    identity: identityOf(headers),
    body: { bytes: body, extent: 'whole' },
  }
}

function identityOf(headers: RawHeaders): Identity {
  const basic = headers.find(([name]) => /^authorization$/i.test(name))?.[1].replace(/^basic /i, '') ?? ''
  const user = Buffer.from(basic, 'base64').toString().split(':', 1)[0] ?? ''
  return user === '' ? { user: null, source: 'none', workstation: null } : { user, source: 'basic', workstation: null }
}

export function exchangeOf(request: Message, response: Message, facts: AnswerFacts | null): Exchange {
  const asked = askedOf(request)
  const status = Number(response.start.split(' ')[1])
  return {
    seq: 1,
    logId: '913425000000000000' as LogId,
    origin: 'fixture-000000' as Origin,
    asked,
    answered: {
      ending: 'complete',
      status,
      headers: response.headers,
      firstByteAt: asked.askedAt + 5,
      endedAt: asked.askedAt + 12,
      answerBytes: response.body.length,
      userConfirmed: status !== 401 && asked.identity.user !== null,
      requestBytes: request.body.length,
      requestHash: null,
      facts,
    },
  }
}

const reader = createAnswerReader({ persons: SETTINGS.persons })

/** Ends the reading thread, so that the process can end. */
export const closeReader = (): Promise<void> => reader.close()

/** Reads `response` through a real reading thread, in pieces of `size` bytes. */
export async function factsOf(response: Message, size = 1000): Promise<AnswerFacts | null> {
  const reading = reader.readAnswer({ status: Number(response.start.split(' ')[1]), headers: response.headers })
  for (let at = 0; at < response.body.length; at += size) reading?.write(response.body.subarray(at, at + size))
  return (await reading?.end(true)) ?? null
}

export async function recordsOf(name: string): Promise<readonly QueryRecord[]> {
  const request = readMessage(readFileSync(join(FIXTURES, name, 'request.http')))
  const response = readMessage(readFileSync(join(FIXTURES, name, 'response.http')))
  return interpret(exchangeOf(request, response, await factsOf(response)), SETTINGS).records
}

export function goldenOf(name: string): unknown {
  const path = join(FIXTURES, name, 'record.json')
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null
}
