/** Scripts made at random: valid requests and valid answers, however odd, one or more on a connection. */
import * as fc from 'fast-check'
import type { AllowanceName } from './allowed.ts'
import type { Script } from './script.ts'
import { chunk } from './scripts.ts'

const TOKEN = "!#$%&'*+-.^_`|~0123456789abcXYZ".split('')
const TEXT = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).filter((char) =>
  /[\t -~\x80-\xff]/.test(char),
)

/** What says how a message is read, or belongs to one hop, is the scripts' to try. */
const MEANT =
  /^(?:connection|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade|content-length|host|authorization|expect|content-disposition|http2-settings)$/i

const from = (chars: readonly string[], constraints: fc.StringConstraints) =>
  fc.string({ unit: fc.constantFrom(...chars), ...constraints })

const name = fc
  .oneof(
    from(TOKEN, { minLength: 1, maxLength: 20 }),
    fc.constantFrom(
      'Accept',
      'accept',
      'COOKIE',
      'SOAPAction',
      'X-Forwarded-For',
      'Content-Type',
      'Content-Encoding',
      'User-Agent',
      'Range',
    ),
  )
  .filter((text) => !MEANT.test(text))
const value = fc
  .oneof({ weight: 8, arbitrary: from(TEXT, { maxLength: 60 }) }, from(TEXT, { minLength: 1000, maxLength: 6000 }))
  .map((text) => text.trim().replace(/^[\t ]+|[\t ]+$/g, ''))
const line = fc.tuple(name, value).map(([field, text]) => `${field}: ${text}\r\n`)
const lines = fc.array(line, { maxLength: 12 }).map((all) => all.join(''))

const bytes = fc.oneof(
  { weight: 6, arbitrary: fc.uint8Array({ maxLength: 300 }).map((all) => Buffer.from(all).toString('latin1')) },
  fc.integer({ min: 1, max: 200_000 }).map((size) => '\x00\xff<m>\r\n'.repeat(Math.ceil(size / 7)).slice(0, size)),
)

interface Body {
  readonly lines: string
  readonly text: string
}

const NONE: Body = { lines: '', text: '' }
const coding = fc.constantFrom('Transfer-Encoding: chunked\r\n', 'transfer-encoding: Chunked\r\n')
const sized = bytes.map((text): Body => ({ lines: `Content-Length: ${text.length}\r\n`, text }))
const chunked = fc
  .tuple(
    coding,
    fc.array(
      bytes.filter((text) => text !== ''),
      { maxLength: 4 },
    ),
    fc.boolean(),
    lines,
  )
  .map(([said, pieces, announced, trailers]): Body => {
    const tail = /^(?:via|range|x-forwarded-|cookie|if-|content-|soapaction|accept-encoding)/im.test(trailers)
      ? ''
      : trailers
    return {
      lines: said + (announced ? 'Trailer: x\r\n' : ''),
      text: `${pieces.map(chunk).join('')}0\r\n${tail}\r\n`,
    }
  })

const path = from('abcXYZ0189/.-_~!$&\'()*+,;=:@%?{}|^"`<>[]\\'.split(''), { maxLength: 80 })
const host = fc.constantFrom('bi', 'BI:80', '[::1]:8080', 'a.b-c')
const method = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'REPORT', 'SEARCH')

export interface Exchange {
  readonly method: string
  readonly request: string
  readonly ahead: string
  readonly answer: string
  /** How the bytes of both come: in pieces of so many. */
  readonly pieces: number
}

const request = fc
  .record({ method, path, host, before: lines, after: lines, body: fc.oneof(fc.constant(NONE), sized, chunked) })
  .map(({ method: verb, path: rest, host: authority, before, after, body }) => {
    const head = `${verb} /${rest} HTTP/1.1\r\n${before}Host: ${authority}\r\n${after}${body.lines}\r\n`
    return { method: verb, text: head + body.text }
  })

const ahead = fc.oneof(
  { weight: 5, arbitrary: fc.constant('') },
  fc
    .tuple(fc.constantFrom(102, 103, 150), from(TEXT, { maxLength: 10 }), lines)
    .map(([status, text, said]) => `HTTP/1.1 ${status} ${text.trim()}\r\n${said}\r\n`),
)

const status = fc.oneof({ weight: 4, arbitrary: fc.constant(200) }, fc.integer({ min: 200, max: 599 }))
const answer = fc.record({ status, reason: from(TEXT, { maxLength: 20 }), said: lines, body: fc.oneof(sized, chunked) })

/** One exchange; its answer is what may stand after its method and with its status. */
const exchange = fc.record({ request, ahead, answer, pieces: fc.constantFrom(0, 0, 0, 1, 17) }).map((all): Exchange => {
  const { status: code, reason, said, body } = all.answer
  const bodiless = all.request.method === 'HEAD' || code === 204 || code === 304
  const framing = code === 204 || code === 304 ? '' : body.lines
  const head = `HTTP/1.1 ${code} ${reason.trim()}\r\n${said}${framing}\r\n`
  const pieces = all.request.text.length + body.text.length > 3000 ? 0 : all.pieces
  return {
    method: all.request.method,
    request: all.request.text,
    ahead: all.ahead,
    answer: head + (bodiless ? '' : body.text),
    pieces,
  }
})

export const exchanges = fc.array(exchange, { minLength: 1, maxLength: 3 })

const ALLOWS: readonly AllowanceName[] = ['chunks', 'white-space']

/** Each request when the one before it has been answered. */
export function scriptOf(all: readonly Exchange[]): Script {
  return {
    title: 'made at random',
    allows: ALLOWS,
    client: async (client) => {
      for (const [at, { request: text, pieces }] of all.entries()) {
        await (pieces === 0 ? client.says(text) : client.trickles(text, pieces))
        await client.hears(`answered ${at}`)
      }
    },
    server: all.map(({ ahead: information, answer: text, pieces }, at) => async (server) => {
      await server.request()
      if (information !== '') await server.says(information)
      await (pieces === 0 ? server.says(text) : server.trickles(text, pieces))
      server.tells(`answered ${at}`)
    }),
  }
}
