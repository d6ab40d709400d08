/**
 * Real sockets for the tests of forwarding: BI servers that say exactly what they are told to, clients that see every
 * byte, Tilsyn's forwarder, and beside it a bare http-proxy as people set it up, to show which defects are closed.
 */
import http from 'node:http'
import net from 'node:net'
import httpProxy from 'http-proxy'
import type { Answered, Asked, CookieTurn, ReadAnswer, Ticket, Witness } from '../../proxy/exchange.ts'
import {
  createForward,
  type ForwardEvent,
  type ForwardServer,
  type ForwardStats,
  type Limits,
} from '../../proxy/forward/forward.ts'
import { USUAL_LIMITS } from '../../proxy/forward/limits.ts'
import type { SessionCookies } from '../../proxy/identity/session-cookies.ts'
import type { WhoAsks } from '../../proxy/identity/who-asks.ts'
import { JsonMessageId } from '../../proxy/protocol/request/message-id.ts'
import { logId } from '../../schema/record/ids.ts'

export interface Scope {
  after(work: () => unknown): void
  /** How long what is waited for may take to come; absent: long, for a machine that has much else to do. */
  readonly patienceMs?: number
}

const PATIENCE_MS = 15_000

export async function listen(scope: Scope, server: net.Server): Promise<number> {
  const open = new Set<net.Socket>()
  server.on('connection', (socket: net.Socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  scope.after(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening on a port')
  return address.port
}

/** A BI server of `node:http`. */
export async function biServer(scope: Scope, listener: http.RequestListener): Promise<number> {
  const server = http.createServer({ maxHeaderSize: 262_144 }, listener)
  server.maxHeadersCount = 0
  server.on('clientError', (_error, socket) => socket.destroy())
  return listen(scope, server)
}

/** A BI server that works on bytes: `talk` gets each connection. */
export async function rawServer(scope: Scope, talk: (socket: net.Socket) => void): Promise<number> {
  return listen(scope, net.createServer({ allowHalfOpen: false }, talk))
}

/** Answers each request whose head has come with `answer`, and keeps what it saw. */
export async function scripted(scope: Scope, answer: string | ((request: string) => string)): Promise<Scripted> {
  const seen: string[] = []
  const port = await rawServer(scope, (socket) => {
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      for (let end = wholeRequest(text); end !== -1; end = wholeRequest(text)) {
        const request = text.slice(0, end)
        text = text.slice(end)
        seen.push(request)
        socket.write(typeof answer === 'string' ? answer : answer(request), 'latin1')
      }
    })
  })
  return { port, seen }
}

export interface Scripted {
  readonly port: number
  readonly seen: readonly string[]
}

/** Where the first request in `text` ends, read as a strict server reads it; -1 while it has not come. */
function wholeRequest(text: string): number {
  const head = text.indexOf('\r\n\r\n')
  if (head === -1) return -1
  const lines = text.slice(0, head).toLowerCase()
  if (/\r\ntransfer-encoding: *chunked/.test(lines)) {
    const last = /\r\n0\r\n(?:[^\r\n]+\r\n)*\r\n/.exec(text.slice(head + 2))
    return last === null ? -1 : head + 2 + last.index + last[0].length
  }
  const length = Number(/\r\ncontent-length: *(\d+)/.exec(lines)?.[1] ?? 0)
  return text.length >= head + 4 + length ? head + 4 + length : -1
}

/** A client that writes and reads bytes, one character each. */
export class RawClient {
  readonly socket: net.Socket
  text = ''
  ended = false
  /** The connection broke, or was cut without an orderly end. */
  reset = false
  closed = false
  #wake: () => void = () => undefined
  readonly #patienceMs: number

  constructor(port: number, localAddress = '127.0.0.1', patienceMs = PATIENCE_MS) {
    this.#patienceMs = patienceMs
    this.socket = net.connect({ port, host: '127.0.0.1', localAddress, allowHalfOpen: true })
    this.socket.setNoDelay(true)
    this.socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1')
      this.#wake()
    })
    this.socket.on('end', () => {
      this.ended = true
      this.socket.end()
      this.#wake()
    })
    this.socket.on('error', () => {
      this.reset = true
    })
    this.socket.on('close', () => {
      this.closed = true
      this.#wake()
    })
  }

  send(text: string): this {
    this.socket.write(text, 'latin1')
    return this
  }

  /** Resolves when `seen` holds; rejects after `ms`, naming `what`. */
  async until(what: string, seen: (client: this) => boolean, ms = this.#patienceMs): Promise<this> {
    let late = false
    const timer = setTimeout(() => {
      late = true
      this.#wake()
    }, ms)
    try {
      while (!seen(this)) {
        if (late || this.closed) throw new Error(`${what} never came; seen: ${JSON.stringify(this.text.slice(0, 400))}`)
        await new Promise<void>((resolve) => (this.#wake = resolve))
      }
      return this
    } finally {
      clearTimeout(timer)
    }
  }

  async has(part: string | RegExp, ms?: number): Promise<string> {
    const found = (text: string) => (typeof part === 'string' ? text.includes(part) : part.test(text))
    return (await this.until(String(part), (client) => found(client.text), ms)).text
  }

  async end(ms?: number): Promise<string> {
    return (await this.until('the end', (client) => client.closed, ms)).text
  }
}

export function connect(scope: Scope, port: number, localAddress?: string): RawClient {
  const client = new RawClient(port, localAddress, scope.patienceMs)
  scope.after(() => client.socket.destroy())
  return client
}

/** Sends `request`, and resolves with everything up to the end of the connection. */
export async function roundTrip(scope: Scope, port: number, request: string, ms?: number): Promise<string> {
  return connect(scope, port).send(request).end(ms)
}

/** Waits for a condition that another party brings about; polls, because it is a count and nobody signals it. */
export async function eventually(what: string, holds: () => boolean, ms = PATIENCE_MS): Promise<void> {
  const deadline = Date.now() + ms
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`${what} never came to be`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** A witness whose promises the test keeps, or does not. */
export class TestWitness implements Witness {
  ready = true
  readonly asked: Asked[] = []
  readonly answers: { readonly ticket: Ticket; readonly answered: Answered }[] = []
  readonly turns: { readonly ticket: Ticket; readonly turn: CookieTurn }[] = []
  misses: string[] = []
  /** What `ask` promises. */
  durable: (asked: Asked) => Promise<void> = () => Promise.resolve()
  onAsk: (asked: Asked) => void = () => undefined

  ask(asked: Asked): { readonly ticket: Ticket; readonly durable: Promise<void> } {
    this.onAsk(asked)
    this.asked.push(asked)
    const id = logId(String(this.asked.length || 1))
    if (id === null) throw new Error('no id')
    return { ticket: { seq: this.asked.length, logId: id }, durable: this.durable(asked) }
  }

  turn(ticket: Ticket, turn: CookieTurn): void {
    this.turns.push({ ticket, turn })
  }

  answer(ticket: Ticket, answered: Answered): void {
    this.answers.push({ ticket, answered })
  }

  miss(server: string): void {
    this.misses.push(server)
  }

  /** The answers of the first `count` tickets, in order of asking, once all are there; none may come twice. */
  async outcomes(count: number, ms?: number): Promise<Answered[]> {
    await eventually(`${count} answered tickets`, () => this.answers.length >= count, ms)
    const sorted = this.answers.toSorted((a, b) => a.ticket.seq - b.ticket.seq)
    const tickets = sorted.map(({ ticket }) => ticket.seq)
    if (new Set(tickets).size !== tickets.length) throw new Error(`a ticket was answered twice: ${tickets.join()}`)
    return sorted.map(({ answered }) => answered)
  }
}

export interface OurOptions {
  readonly servers?: readonly Partial<ForwardServer>[]
  readonly whoAsks?: WhoAsks
  readonly cookies?: SessionCookies
  readonly readAnswer?: ReadAnswer
  readonly captureBytes?: number
  readonly timeoutMs?: number
  readonly onJournalFailure?: 'refuse' | 'forward'
  readonly limits?: Partial<Limits>
  /** Shorter times than a test could wait for. */
  readonly tune?: (server: http.Server) => void
}

type PassedEvent = Extract<ForwardEvent, { readonly kind: 'passed' }>

export interface Ours {
  readonly port: number
  readonly witness: TestWitness
  /** What an operator is told. */
  readonly events: readonly ForwardEvent[]
  readonly passed: readonly PassedEvent[]
  /** What was said in WebSockets: how long each piece was in the proxy. */
  readonly pieces: readonly number[]
  stats(): ForwardStats
  close(): Promise<void>
}

/** The BI server on `port`, with what is usual for one. */
export const usualServer = (port: number): ForwardServer => ({
  name: 'bi',
  upstream: new URL(`http://127.0.0.1:${port}`),
  host: null,
  path: null,
  onJournalFailure: 'refuse',
  binaryXml: 'avoid',
  timeoutMs: 10_000,
})

/** Tilsyn's forwarder before the BI server on `upstream`. */
export async function ours(scope: Scope, upstream: number, options: OurOptions = {}): Promise<Ours> {
  const witness = new TestWitness()
  const events: ForwardEvent[] = []
  const passed: PassedEvent[] = []
  const pieces: number[] = []
  const { onJournalFailure = 'refuse', timeoutMs = 10_000 } = options
  const usual = { ...usualServer(upstream), onJournalFailure, timeoutMs }
  const forward = createForward({
    servers: (options.servers ?? [{}]).map((server) => ({ ...usual, ...server })),
    witness,
    ...(options.whoAsks !== undefined && { whoAsks: options.whoAsks }),
    ...(options.cookies !== undefined && { cookies: options.cookies }),
    readAnswer: options.readAnswer ?? (() => null),
    findMessageId: () => new JsonMessageId(),
    captureBytes: options.captureBytes ?? 65_536,
    limits: { ...USUAL_LIMITS, ...options.limits },
    report: (event) => {
      if (event.kind === 'passed') passed.push(event)
      else if (event.kind === 'piece-passed') pieces.push(event.proxyMs)
      else events.push(event)
    },
  })
  options.tune?.(forward.server)
  const port = await listen(scope, forward.server)
  return { port, witness, events, passed, pieces, stats: () => forward.stats(), close: () => forward.close() }
}

/** http-proxy as its README sets it up, with a keep-alive agent so that it can keep pace. */
export async function bare(scope: Scope, upstream: number): Promise<{ readonly port: number }> {
  const agent = new http.Agent({ keepAlive: true })
  const proxy = httpProxy.createProxyServer({ target: `http://127.0.0.1:${upstream}`, agent })
  proxy.on('error', (_error, _req, res) => {
    if (!('writeHead' in res)) res.destroy()
    else if (res.headersSent) res.end()
    else res.writeHead(502).end('bad gateway')
  })
  const server = http.createServer({ maxHeaderSize: 65_536 }, (req, res) => proxy.web(req, res))
  server.on('upgrade', (req, socket, head) => proxy.ws(req, socket, head))
  scope.after(() => agent.destroy())
  return { port: await listen(scope, server) }
}

/** What this process has used of the processor, microseconds. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

export type Front = (scope: Scope, upstream: number) => Promise<{ readonly port: number }>
