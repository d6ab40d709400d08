/**
 * What web pages of another origin need of a BI server and Mondrian lacks: CORS (Fetch Standard, "CORS protocol") and a
 * login cookie. Stands between the proxy and Mondrian, the same whether the browser comes through the proxy or not, and
 * writes down what arrives.
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { Agent, createServer, request as send } from 'node:http'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { bytes, endToEnd } from '../mondrian/onlooker.ts'

export const COOKIE = 'BISESSION'

export interface Arrived {
  readonly method: string
  readonly cookie: string | null
  readonly authorization: string | null
  /** `null`: there was none, for its client had left. */
  readonly coding: string | null
  readonly ending: 'answered' | 'left'
}

/** When an answer stops coming, until its client leaves. */
export type Stall = 'before' | 'midway'

export interface Front {
  readonly url: URL
  /** In the order of their endings. */
  readonly arrived: readonly Arrived[]
  /** The next query's answer comes no further than this; resolves once it stands still. */
  stall(where: Stall): Promise<void>
  /** Resolves when the next request has ended. */
  next(): Promise<Arrived>
  close(): Promise<void>
}

export async function front(upstream: URL): Promise<Front> {
  const desk = new Desk(upstream)
  const server = createServer((incoming, outgoing) => {
    desk.serve(incoming, outgoing).catch((error: Error) => outgoing.destroy(error))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: new URL(`http://127.0.0.1:${address.port}/xmla`),
    arrived: desk.arrived,
    stall: (where) => desk.stall(where),
    next: () => desk.next(),
    async close() {
      const closed = once(server.close(), 'close')
      server.closeAllConnections()
      desk.agent.destroy()
      await closed
    },
  }
}

class Desk {
  readonly arrived: Arrived[] = []
  readonly agent = new Agent({ keepAlive: true })
  readonly #upstream: URL
  /** The credentials that a login cookie stands for. */
  readonly #logins = new Map<string, string>()
  #stall: { readonly where: Stall; readonly reached: () => void } | null = null
  #waiting: ((arrived: Arrived) => void)[] = []

  constructor(upstream: URL) {
    this.#upstream = upstream
  }

  stall(where: Stall): Promise<void> {
    return new Promise((reached) => (this.#stall = { where, reached }))
  }

  next(): Promise<Arrived> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #note(arrived: Arrived): void {
    this.arrived.push(arrived)
    for (const tell of this.#waiting.splice(0)) tell(arrived)
  }

  async serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await bytes(incoming)
    const { method = '', headers } = incoming
    const cookie = headers.cookie ?? null
    const told = { method, cookie, authorization: headers.authorization ?? null }
    const note = (ending: Arrived['ending'], coding: string | null) => this.#note({ ...told, coding, ending })
    if (method === 'OPTIONS') {
      note('answered', null)
      outgoing.writeHead(204, preflight(incoming)).end()
      return
    }
    const stall = this.#stall
    this.#stall = null
    if (stall !== null) outgoing.once('close', () => note('left', null))
    if (stall?.where === 'before') return stall.reached()
    const { answer, answered } = await this.#ask(incoming, body)
    const head = [...quiet(answer.rawHeaders), ...this.#mine(incoming, answer.statusCode ?? 0)]
    outgoing.writeHead(answer.statusCode ?? 0, answer.statusMessage, head)
    if (stall?.where === 'midway') return void outgoing.write(answered.subarray(0, answered.length / 2), stall.reached)
    note('answered', answer.headers['content-encoding'] ?? null)
    outgoing.end(answered)
  }

  async #ask(incoming: IncomingMessage, body: Buffer): Promise<{ answer: IncomingMessage; answered: Buffer }> {
    const { authorization } = incoming.headers
    const login = authorization === undefined ? this.#logins.get(cookieOf(incoming) ?? '') : undefined
    const headers = [...endToEnd(incoming.rawHeaders), ...(login === undefined ? [] : ['Authorization', login])]
    const forwarded = send(this.#upstream, {
      method: 'POST',
      path: this.#upstream.pathname,
      headers,
      agent: this.agent,
    })
    const answering = once(forwarded, 'response') as Promise<[IncomingMessage]>
    forwarded.end(body)
    const [answer] = await answering
    return { answer, answered: await bytes(answer) }
  }

  #mine(incoming: IncomingMessage, status: number): string[] {
    const { origin = 'null', authorization } = incoming.headers
    const allowed = [
      'Access-Control-Allow-Origin',
      origin,
      'Access-Control-Allow-Credentials',
      'true',
      'Vary',
      'Origin',
    ]
    if (status !== 200 || authorization === undefined) return allowed
    const id = randomUUID()
    this.#logins.set(id, authorization)
    return [...allowed, 'Set-Cookie', `${COOKIE}=${id}; Path=/; HttpOnly; SameSite=Strict`]
  }
}

const cookieOf = ({ headers }: IncomingMessage): string | undefined =>
  new RegExp(`(?:^|; )${COOKIE}=([^;]+)`).exec(headers.cookie ?? '')?.[1]

/** Without the challenge of a 401, at which a browser would ask for the password in a window of its own. */
function quiet(rawHeaders: readonly string[]): string[] {
  const headers = endToEnd(rawHeaders)
  return headers.filter((_, at) => headers[at - (at % 2)]?.toLowerCase() !== 'www-authenticate')
}

function preflight({ headers }: IncomingMessage): OutgoingHttpHeaders {
  return {
    'Access-Control-Allow-Origin': headers.origin ?? 'null',
    'Access-Control-Allow-Credentials': 'true',
    'Access-Control-Allow-Methods': 'POST',
    'Access-Control-Allow-Headers': headers['access-control-request-headers'] ?? '',
    'Access-Control-Max-Age': '600',
    Vary: 'Origin',
  }
}
