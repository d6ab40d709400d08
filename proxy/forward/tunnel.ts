/**
 * A WebSocket's two ends (RFC 6455), once the BI server has switched protocols: bytes pass both ways until one side has
 * had enough. What is said in it is not read.
 */
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Ending } from '../exchange.ts'
import { pairs } from './answer-head.ts'

export interface TunnelEnd {
  readonly ending: Ending
  readonly up: number
  readonly down: number
}

/** A client may not speak before the switch; what comes too early is kept up to here, then waits in the network. */
const MAX_EARLY_BYTES = 65_536
const PROBE_MS = 60_000
const LINGER_MS = 30_000

export class Tunnel {
  readonly #client: Socket
  #early: Buffer[] = []
  #earlyBytes = 0
  #gone: () => void = () => undefined
  #isOpen = false

  constructor(client: Socket, first: Buffer) {
    this.#client = client
    if (first.length > 0) this.#keep(first)
    // Read from the start: a client that leaves before the switch would not be noticed otherwise.
    client.on('data', this.#keep)
    client.on('end', this.#end)
    client.on('error', this.#end)
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  onGone(gone: () => void): void {
    this.#gone = gone
  }

  /** Passes the switch on and joins the two; `done` is called once, when both have closed. */
  open(answer: IncomingMessage, upstream: Duplex, first: Buffer, done: (end: TunnelEnd) => void): void {
    const client = this.#client
    this.#isOpen = true
    client.removeListener('data', this.#keep)
    client.removeListener('end', this.#end)
    client.setTimeout(0)
    client.setKeepAlive(true, PROBE_MS)
    client.write(switchHead(answer), 'latin1')
    const counted = { up: 0, down: 0 }
    let ending: Ending = 'complete'
    const fails = (kind: Ending) => () => {
      if (ending === 'complete') ending = kind
    }
    client.on('error', fails('client-gone'))
    upstream.on('error', fails('upstream-gone'))
    let open = 2
    const closes = (other: Duplex) => () => {
      destroyOnceWritten(other)
      open -= 1
      if (open === 0) done({ ending, ...counted })
    }
    client.on('close', closes(upstream))
    upstream.on('close', closes(client))
    client.on('data', (chunk: Buffer) => (counted.up += chunk.length))
    upstream.on('data', (chunk: Buffer) => (counted.down += chunk.length))
    for (const chunk of this.#early) counted.up += chunk.length
    if (this.#earlyBytes > 0) upstream.write(Buffer.concat(this.#early))
    this.#early = []
    if (first.length > 0) {
      counted.down += first.length
      client.write(first)
    }
    client.pipe(upstream)
    upstream.pipe(client)
  }

  /** The client's end, closed because nothing came of the switch, or because the proxy closes. */
  destroy(): void {
    this.#client.destroy()
  }

  readonly #keep = (chunk: Buffer): void => {
    this.#early.push(chunk)
    this.#earlyBytes += chunk.length
    if (this.#earlyBytes > MAX_EARLY_BYTES) this.#client.pause()
  }

  readonly #end = (): void => {
    if (!this.#isOpen) this.#gone()
  }
}

/** What is under way to the other end still arrives, if the other end takes it. */
function destroyOnceWritten(end: Duplex): void {
  const timer = setTimeout(() => end.destroy(), LINGER_MS).unref()
  end.once('close', () => clearTimeout(timer))
  end.end(() => end.destroy())
}

/** The head as the BI server sent it; `Connection` and `Upgrade` belong to this hop too, and say the same on it. */
function switchHead(answer: IncomingMessage): string {
  const lines = pairs(answer.rawHeaders).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 101 ${answer.statusMessage ?? ''}\r\n${lines.join('')}\r\n`
}
