/**
 * One exchange in files: `request.head`, `request.body`, `response.head`, `response.body`, in a folder of its own or
 * with a common prefix (`captures/07-execute.request.head` is named `captures/07-execute`). A head is the start line and the
 * header lines; a body is its bytes as they crossed the wire, transfer coding (chunks) undone, content coding not.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '../../schema/config/config-error.ts'
import type { RawHeaders } from '../exchange.ts'

export interface Message {
  /** Request line or status line. */
  readonly start: string
  readonly headers: RawHeaders
  readonly body: Uint8Array
}

export interface ExchangeFiles {
  readonly request: Message
  /** `null`: no answer was captured. */
  readonly response: Message | null
}

/**
 * Reads the exchange at `place`.
 *
 * @throws ConfigError naming the file that is missing or no head
 */
export function readExchange(place: string): ExchangeFiles {
  const file = existsSync(join(place, 'request.head'))
    ? (name: string) => join(place, name)
    : (name: string) => `${place}.${name}`
  const request = messageAt(file, 'request', /^[A-Z][A-Z-]* \S+ HTTP\/\d/, 'POST /bi/query HTTP/1.1')
  if (request === null) throw mistaken(place, 'request.head', 'expected a folder, or a prefix, with this file')
  return { request, response: messageAt(file, 'response', /^HTTP\/\d(?:\.\d)? [1-5]\d\d/, 'HTTP/1.1 200 OK') }
}

function messageAt(file: (name: string) => string, which: string, start: RegExp, example: string): Message | null {
  const [head, body] = [file(`${which}.head`), file(`${which}.body`)]
  if (!existsSync(head)) return null
  const message = readHead(readFileSync(head))
  if (!start.test(message.start)) throw mistaken(head, 'line 1', `expected a line such as ${example}`)
  return { ...message, body: existsSync(body) ? readFileSync(body) : new Uint8Array(0) }
}

const mistaken = (file: string, path: string, expected: string): ConfigError =>
  new ConfigError(file, [{ path, expected, example: null }])

/** Header lines are Latin-1 (RFC 9110 section 5.5 "Field Values"). */
export function readHead(bytes: Buffer): Pick<Message, 'start' | 'headers'> {
  const [start = '', ...lines] = bytes.toString('latin1').split(/\r?\n/)
  const headers = lines
    .filter((line) => line.includes(':'))
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()] as const)
  return { start, headers }
}
