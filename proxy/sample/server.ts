/**
 * The sample BI server: XML for Analysis over one small cube of invented citizens, so that `npm start` has something to
 * stand in front of before a real server is named. It is no test double: it answers what clients usually send, in the
 * shapes of Analysis Services behind IIS, and ends the rest in the faults those clients know.
 *
 * Everything is in memory and the same on every run; nothing is written, and nothing of a request is logged. It asks
 * for no password: whoever may reach it is decided by the address it listens on.
 */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { EMPTY, fault, rowset, success } from './answer.ts'
import { discover } from './discover.ts'
import { execute } from './execute.ts'
import { SampleFault } from './fault.ts'
import { first, readRequest } from './request.ts'
import type { SampleRequest, SessionWish } from './request.ts'

const MAX_REQUEST_BYTES = 4_000_000
const MAX_SESSIONS = 1000

export interface SampleServer {
  readonly url: URL
  close(): Promise<void>
}

export interface ListenAt {
  readonly host: string
  /** 0 for any free one. */
  readonly port: number
}

export async function startSampleServer({ host, port }: ListenAt): Promise<SampleServer> {
  const sessions = new Sessions()
  const server = createServer((request, response) => {
    // Only reading the body fails, when the client goes away in the middle of it.
    answer(request, response, sessions).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return { url: addressOf(server, host), close: () => close(server) }
}

function addressOf(server: Server, host: string): URL {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return new URL(`http://${host.includes(':') ? `[${host}]` : host}:${port}/xmla`)
}

function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeAllConnections()
  return closed
}

async function answer(request: IncomingMessage, response: ServerResponse, sessions: Sessions): Promise<void> {
  if (request.method !== 'POST') {
    response.writeHead(405, { Allow: 'POST' }).end()
    return
  }
  const body = await readBody(request)
  if (body === null) {
    response.writeHead(413, { Connection: 'close' }).end()
    return
  }
  const { status, text } = respond(body, sessions)
  const bytes = Buffer.from(text)
  response.writeHead(status, { 'Content-Type': 'text/xml; charset=utf-8', 'Content-Length': bytes.length }).end(bytes)
}

/** The body as text, or `null` when it is too large. UTF-16 is known by its byte order mark. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_REQUEST_BYTES) return null
    chunks.push(chunk)
  }
  const bytes = Buffer.concat(chunks)
  const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe
  return new TextDecoder(utf16 ? 'utf-16le' : 'utf-8').decode(bytes)
}

function respond(body: string, sessions: Sessions): { readonly status: number; readonly text: string } {
  try {
    const request = readRequest(body)
    const sessionId = sessions.follow(request.session)
    return { status: 200, text: success(request.method, root(request), sessionId) }
  } catch (error) {
    const known = error instanceof SampleFault ? error : new SampleFault('internal', undefined, { cause: error })
    return { status: 500, text: fault(known) }
  }
}

function root(request: SampleRequest): string {
  const content = first(request.properties, 'Content')
  const withSchema = content !== 'Data'
  if (request.method === 'Discover') {
    return rowset(discover(request.requestType, request.restrictions), withSchema)
  }
  if (request.statement.trim() === '' || content === 'None') return EMPTY
  const answered = execute(request.statement, first(request.properties, 'Format') === 'Tabular')
  return answered.kind === 'tabular' ? rowset(answered.rowset, withSchema) : answered.root
}

/** The sessions that clients have begun. Bounded: the oldest gives way. */
class Sessions {
  readonly #open = new Set<string>()

  /** What the answer's header says: the id of the session that the request began or belongs to. */
  follow(wish: SessionWish | null): string | null {
    if (wish === null) return null
    if (wish.kind === 'begin') return this.#begin()
    if (!this.#open.has(wish.id)) throw new SampleFault('unknown-session')
    if (wish.kind === 'in') return wish.id
    this.#open.delete(wish.id)
    return null
  }

  #begin(): string {
    const id = randomUUID().toUpperCase()
    this.#open.add(id)
    const [oldest] = this.#open
    if (this.#open.size > MAX_SESSIONS && oldest !== undefined) this.#open.delete(oldest)
    return id
  }
}
