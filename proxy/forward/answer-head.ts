/**
 * The head of an answer, for `res.writeHead`: spelling, order and duplicates as the BI server sent them, hop-by-hop
 * fields left out (RFC 9110, section 7.6.1 "Connection").
 */
import type { IncomingMessage } from 'node:http'
import { keepLatin1 } from './content-disposition.ts'

export interface AnswerFraming {
  /** The answer may be chunked towards the client: it speaks HTTP/1.1, and there is a body or a HEAD of one. */
  readonly chunked: boolean
  /** The client's connection ends with this answer. */
  readonly close: boolean
}

/** `null`: the BI server used a transfer coding nobody asked it for, and the body cannot be passed on as it is. */
export function answerHeaders(answer: IncomingMessage, framing: AnswerFraming): string[] | null {
  const raw = answer.rawHeaders
  const coding = answer.headers['transfer-encoding']
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return null
  const chunked = framing.chunked && coding !== undefined
  const named = optionsOf(answer.headers.connection)
  const headers: string[] = []
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? ''
    const value = raw[at + 1] ?? ''
    const lower = name.toLowerCase()
    switch (lower) {
      case 'connection':
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
  if (framing.close) headers.push('Connection', 'close')
  keepLatin1(headers)
  return headers
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

/** The BI server wants NTLM or Negotiate, which hold for a connection (RFC 4559, section 4 "HTTP Negotiate"). */
export function asksForLogin({ statusCode, rawHeaders }: IncomingMessage): boolean {
  if (statusCode !== 401) return false
  return pairs(rawHeaders).some(
    ([name, value]) =>
      name.toLowerCase() === 'www-authenticate' && /(?:^|,)\s*(?:ntlm|negotiate)(?:[\s,]|$)/i.test(value),
  )
}
