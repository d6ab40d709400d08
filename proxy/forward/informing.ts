/** What a BI server says ahead of its answer (RFC 9110, section 15.2 "Informational 1xx"), with its own text and lines. */
import type { ServerResponse } from 'node:http'
import { type Information, pairs } from './answer-head.ts'
import type { Entry } from './entry.ts'

/** To one request. Nobody takes them off a slow client's hands, so without a bound they would pile up. */
const MAX_INFORMED = 1000

export class Informing {
  readonly #res: ServerResponse
  readonly #entry: Entry
  readonly #brokeOff: (code: string) => void
  #count = 0

  constructor(res: ServerResponse, entry: Entry, brokeOff: (code: string) => void) {
    this.#res = res
    this.#entry = entry
    this.#brokeOff = brokeOff
  }

  pass(information: Information): void {
    this.#count += 1
    if (this.#count > MAX_INFORMED) return this.#brokeOff('TOO_MANY_INFORMATIONS')
    // Clients of HTTP/1.0 do not expect it.
    if (this.#res.req.httpVersion !== '1.1') return
    // 100 says nothing of the query, and the rest of the query waits for it; all others wait for the entry.
    if (information.statusCode === 100) this.#write(information)
    else this.#entry.whenKept(() => this.#write(information))
  }

  /** Past Node, which would drop text and lines. */
  #write({ statusCode, statusMessage, rawHeaders }: Information): void {
    if (this.#res.headersSent || this.#res.destroyed) return
    const lines = pairs(rawHeaders).map(([name, value]) => `${name}: ${value}\r\n`)
    this.#res.socket?.write(`HTTP/1.1 ${statusCode} ${statusMessage}\r\n${lines.join('')}\r\n`, 'latin1')
  }
}
