/** Exchanges made by hand, for tests of what is on record of them. */
import type { Answered, AnswerFacts, Asked, Exchange } from '../../proxy/exchange.ts'
import type { QueryRecord } from '../../schema/record/record.ts'
import { interpret } from '../../proxy/protocol/interpret.ts'
import { UNREAD_ANSWER } from '../../proxy/protocol/unknown/unread-answer.ts'
import { SETTINGS, exchangeOf } from './fixture.ts'

const NOTHING = { start: 'HTTP/1.1 200 OK', headers: [], body: new Uint8Array(0) }

export const FACTS: AnswerFacts = {
  ...UNREAD_ANSWER,
  kind: 'dataset',
  decoded: true,
  rows: 1,
  cells: 1,
}

export interface Given {
  readonly method?: string
  readonly target?: string
  readonly headers?: Asked['headers']
  readonly body?: string | Uint8Array
  readonly extent?: Asked['body']['extent']
  readonly answered?: Partial<Answered> | null
}

export function exchange(given: Given): Exchange {
  const {
    method = 'POST',
    target = '/xmla',
    headers = [['Content-Type', 'text/xml']],
    body = '',
    extent = 'whole',
  } = given
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  const made = exchangeOf({ start: `${method} ${target} HTTP/1.1`, headers, body: bytes }, NOTHING, FACTS)
  const asked = { ...made.asked, body: { bytes, extent } }
  if (given.answered === null || made.answered === null) return { ...made, asked, answered: null }
  return { ...made, asked, answered: { ...made.answered, ...given.answered } }
}

export function records(given: Given): readonly QueryRecord[] {
  return interpret(exchange(given), SETTINGS).records
}

/** The first record, which every exchange has. */
export function record(given: Given): QueryRecord {
  const [first] = records(given)
  if (first === undefined) throw new Error('an exchange made no record')
  return first
}

export function envelope(body: string, header = ''): string {
  const soap = 'http://schemas.xmlsoap.org/soap/envelope/'
  return `<s:Envelope xmlns:s="${soap}"><s:Header>${header}</s:Header><s:Body>${body}</s:Body></s:Envelope>`
}

export function execute(command: string, properties = '', parameters = ''): string {
  return envelope(
    `<Execute xmlns="urn:schemas-microsoft-com:xml-analysis"><Command>${command}</Command>` +
      `<Properties><PropertyList>${properties}</PropertyList></Properties>${parameters}</Execute>`,
  )
}

export function statement(mdx: string, properties = '', parameters = ''): string {
  return execute(
    `<Statement>${mdx.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</Statement>`,
    properties,
    parameters,
  )
}

export function discover(requestType: string, restrictions: string, properties = ''): string {
  return envelope(
    `<Discover xmlns="urn:schemas-microsoft-com:xml-analysis"><RequestType>${requestType}</RequestType>` +
      `<Restrictions><RestrictionList>${restrictions}</RestrictionList></Restrictions>` +
      `<Properties><PropertyList>${properties}</PropertyList></Properties></Discover>`,
  )
}
