import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { interpret } from '../../proxy/protocol/interpret.ts'
import type { Message } from '../support/fixture.ts'
import { SETTINGS, closeReader, exchangeOf, factsOf, readHead } from '../support/fixture.ts'

// Exchanges of a real server with real clients, kept beside the project. What a correct reading gives stands in their index.
const CAPTURES = join(import.meta.dirname, '../../../shared/captures')

interface Entry {
  readonly file: string
  readonly status: number
  readonly method: string
  readonly statement?: string
  readonly requestType?: string
  readonly restrictions?: Readonly<Record<string, string>>
  readonly faultCode?: string
  readonly session?: string
  readonly wsSecurityUser?: string
  readonly responseIsUtf8?: boolean
}

function message(file: string, which: 'request' | 'response'): Message {
  const head = readHead(readFileSync(join(CAPTURES, `${file}.${which}.head`)))
  const body = join(CAPTURES, `${file}.${which}.body`)
  return { ...head, body: existsSync(body) ? readFileSync(body) : new Uint8Array(0) }
}

/** Ten digits in the request's own words: here they are always a person. */
const persons = (entry: Entry): string[] => {
  const text = [entry.statement ?? '', ...Object.values(entry.restrictions ?? {})].join(' ').replaceAll(/--.*/g, '')
  return [...text.matchAll(/\b(\d{6})-?(\d{4})\b/g)].map((match) => `${match[1]}${match[2]}`)
}

function outcome({ status, faultCode }: Entry): string {
  if (status === 401) return 'refused'
  return status >= 400 || faultCode !== undefined ? 'fault' : 'answered'
}

after(closeReader)

if (!existsSync(CAPTURES)) {
  test('captured exchanges are recorded', (t) => t.diagnostic('left out: there is no ../shared/captures here'))
} else {
  const index = JSON.parse(readFileSync(join(CAPTURES, 'index.json'), 'utf8')) as readonly Entry[]
  for (const entry of index) {
    test(`${entry.file.replaceAll(/-?cpr-?/g, '-')} is recorded with what its index says`, async () => {
      const [request, response] = [message(entry.file, 'request'), message(entry.file, 'response')]
      const facts = await factsOf(response, 777)
      const records = interpret(exchangeOf(request, response, facts), SETTINGS).records
      const [record] = records
      assert.ok(record !== undefined)
      assert.equal(record.outcome, outcome(entry))
      assert.equal(record.faultCode, entry.faultCode ?? null)
      assert.equal(record.decoded, true)
      if (entry.statement !== undefined && entry.statement !== '') assert.equal(record.query, entry.statement.trim())
      if (entry.statement === '') assert.equal(record.action, 'session')
      if (entry.requestType !== undefined) assert.ok(record.query.startsWith(entry.requestType))
      // A server gives the id in its answer to BeginSession; the request does not have it yet.
      if (record.sessionId !== null) assert.equal(record.sessionId, entry.session)
      if (entry.wsSecurityUser !== undefined) assert.equal(record.effectiveUser, entry.wsSecurityUser)
      const found = records.flatMap(({ criteria }) => criteria.map(({ person }) => person))
      for (const person of persons(entry)) assert.ok(found.includes(person as never), person)
    })
  }
}
