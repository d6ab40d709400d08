import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { interpret } from '../../proxy/protocol/interpret.ts'
import { Learned } from '../../proxy/protocol/learned/learned.ts'
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
  readonly basicUser?: string
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

/** Names as a server writes them, to compare with a restriction in the entry's words. */
const inWords = (value: string): string => (/^[^[].*\s|"/su.test(value) ? JSON.stringify(value) : value)

if (!existsSync(CAPTURES)) {
  test('captured exchanges are recorded', (t) => t.diagnostic('left out: there is no ../shared/captures here'))
} else {
  const index = JSON.parse(readFileSync(join(CAPTURES, 'index.json'), 'utf8')) as readonly Entry[]
  const learned = new Learned()
  const begun = new Map<string, string | null>()
  for (const entry of index) {
    test(`${entry.file.replaceAll(/-?cpr-?/g, '-')} is recorded with what its index says`, async () => {
      const [request, response] = [message(entry.file, 'request'), message(entry.file, 'response')]
      const facts = await factsOf(response, 777)
      const exchange = exchangeOf(request, response, facts)
      const { records, lessons } = interpret(exchange, SETTINGS, learned)
      learned.learn(lessons, exchange.asked.askedAt)
      const [record] = records
      assert.ok(record !== undefined)
      assert.equal(records.length, 1)
      assert.equal(record.outcome, outcome(entry))
      assert.equal(record.status, entry.status)
      assert.equal(record.faultCode, entry.faultCode ?? null)
      assert.equal(record.decoded, true)
      // The one the server could not read either.
      assert.equal(record.opaque, entry.file.endsWith('fault-syntax') ? 'syntax' : null)
      assert.equal(record.action, actionOf(entry))
      if (entry.statement !== undefined && entry.statement !== '') assert.equal(record.query, entry.statement.trim())
      if (entry.requestType !== undefined) assert.equal(record.query.split(' ', 1)[0], entry.requestType)
      for (const [name, value] of Object.entries(entry.restrictions ?? {}))
        assert.ok(record.query.includes(` ${name}=${inWords(value)}`), name)
      const { CATALOG_NAME: catalog } = entry.restrictions ?? {}
      if (catalog !== undefined) assert.equal(record.catalog, catalog)
      if (entry.restrictions?.['CUBE_NAME'] !== undefined) assert.equal(record.cube, entry.restrictions['CUBE_NAME'])
      // Who begins a session has its id from the answer.
      const begins = Buffer.from(request.body).includes('<BeginSession')
      if (!begins || facts?.opened !== null) assert.equal(record.sessionId, entry.session ?? null)
      if (begins && entry.session !== undefined && facts?.opened === entry.session)
        begun.set(entry.session, entry.wsSecurityUser ?? null)
      assert.equal(record.userName, entry.basicUser === undefined || entry.basicUser === '' ? null : entry.basicUser)
      assert.equal(record.userConfirmed, record.userName !== null && entry.status !== 401)
      // A name given once holds for the session.
      const inSession = begun.get(entry.session ?? '') ?? null
      assert.equal(record.effectiveUser, entry.wsSecurityUser ?? inSession)
      const found = records.flatMap(({ criteria }) => criteria.map(({ person }) => person))
      assert.deepEqual(new Set(found.filter((person) => person !== null)), new Set(persons(entry)))
    })
  }
}

/** What the index says was asked: a statement's first word tells what it is. */
function actionOf({ method, statement, requestType, restrictions = {} }: Entry): string {
  if (method !== 'Discover' && method !== 'Execute') return 'request'
  if (method === 'Discover')
    return requestType === 'MDSCHEMA_MEMBERS' || 'MEMBER_UNIQUE_NAME' in restrictions ? 'discover' : 'metadata'
  if (statement === '') return 'session'
  return statement?.startsWith('DRILLTHROUGH') === true ? 'drillthrough' : 'query'
}
