/**
 * The head of an answer, for `res.writeHead`: spelling, order and duplicates as the BI server sent them, hop-by-hop
 * fields left out (RFC 9110, section 7.6.1 "Connection"). Where it said something of its connection, and that holds of
 * the client's too, it stays in its place.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { keepLatin1 } from './content-disposition.ts'

/** An answer that is none yet. */
export interface Information {
  readonly statusCode: number
  readonly statusMessage: string
  readonly rawHeaders: string[]
}

export interface AnswerFraming {
  /** The client speaks HTTP/1.1. */
  readonly modern: boolean
  /** The status has no body: not even HEAD would tell its framing. */
  readonly bodiless: boolean
  /** The client's connection is to end with this answer. */
  readonly close: boolean
  /** The client wants it to stay. */
  readonly stays: boolean
}

export function framingOf({ req, shouldKeepAlive }: ServerResponse, bodiless: boolean, close: boolean): AnswerFraming {
  return { modern: req.httpVersion === '1.1', bodiless, close, stays: shouldKeepAlive }
}

/** The client's connection ends with this answer: we, or the client, want it so, or the BI server ends its own. */
export function endsConnection(answer: IncomingMessage, { close, modern, stays }: AnswerFraming): boolean {
  return close || says(answer, 'close') || (modern && !stays)
}

/** `null`: the BI server used a transfer coding nobody asked it for, and the body cannot be passed on as it is. */
export function answerHeaders(answer: IncomingMessage, framing: AnswerFraming): string[] | null {
  const raw = answer.rawHeaders
  const coding = answer.headers['transfer-encoding']
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return null
  const chunked = framing.modern && !framing.bodiless && coding !== undefined
  const named = optionsOf(answer.headers.connection)
  const close = endsConnection(answer, framing)
  const stays = close ? 'close' : framing.stays && says(answer, 'keep-alive') ? 'keep-alive' : null
  const headers: string[] = []
  let isSaid = stays === null
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? ''
    const value = raw[at + 1] ?? ''
    const lower = name.toLowerCase()
    switch (lower) {
      case 'connection':
        if (!isSaid) headers.push(name, sameWord(value, stays ?? ''))
        isSaid = true
        break
      case 'keep-alive':
      case 'proxy-connection':
      case 'te':
      case 'upgrade':
        break
      case 'transfer-encoding':
      case 'trailer':
        if (chunked) headers.push(name, value)
        break
      default:
        if (named === null || !named.has(lower)) headers.push(name, value)
    }
  }
  if (close && !isSaid) headers.push('Connection', 'close')
  keepLatin1(headers)
  return headers
}

/** In the BI server's spelling, where that is all it said. */
function sameWord(said: string, word: string): string {
  return said.toLowerCase() === word ? said : word
}

function says({ headers: { connection } }: IncomingMessage, option: string): boolean {
  return connection?.split(',').some((each) => each.trim().toLowerCase() === option) === true
}

function optionsOf(value: string | undefined): ReadonlySet<string> | null {
  if (value === undefined || /^(?:keep-alive|close)$/i.test(value)) return null
  const names = new Set(value.split(',').map((name) => name.trim().toLowerCase()))
  // Framing is ours to keep, whatever the BI server says of it.
  names.delete('content-length')
  return names
}

/** Header or trailer lines in pairs. */
export function pairs(raw: readonly string[]): [name: string, value: string][] {
  const lines: [string, string][] = []
  for (let at = 0; at + 1 < raw.length; at += 2) lines.push([raw[at] ?? '', raw[at + 1] ?? ''])
  return lines
}

/**
 * May the BI server say this before it has read the whole request, and be heard at once? A refusal stands for what came
 * so far. Any other answer waits until the request is complete, or enough of it is kept: what is still on its way up is
 * asked too, and must not be missing from the entry.
 */
export function isRefusal(answer: IncomingMessage): boolean {
  return (answer.statusCode ?? 0) >= 300
}

/** The values of `WWW-Authenticate`. */
export function asksFor({ rawHeaders }: IncomingMessage): readonly string[] {
  return pairs(rawHeaders).flatMap(([name, value]) => (name.toLowerCase() === 'www-authenticate' ? [value] : []))
}

/** The BI server wants NTLM or Negotiate, which hold for a connection (RFC 4559, section 4 "HTTP Negotiate"). */
export function asksForLogin(answer: IncomingMessage): boolean {
  return answer.statusCode === 401 && asksFor(answer).some((value) => LOGIN.test(value))
}

const LOGIN = /(?:^|,)\s*(?:ntlm|negotiate)(?:[\s,]|$)/i
