/**
 * A WebSocket's two ends (RFC 6455), once the BI server has switched protocols: bytes pass both ways until one side has
 * had enough. What is said in it is heard by the `Conversation`, which may hold back what comes down.
 */
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Ending } from '../exchange.ts'
import { passedOn } from '../memory.ts'
import { pairs } from './answer-head.ts'
import type { Conversation } from './websocket/conversation.ts'

export interface Switched {
  readonly answer: IncomingMessage
  readonly upstream: Duplex
  /** Bytes that came with the answer. */
  readonly first: Buffer
  readonly talk: Conversation
}

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
  #isOpen = false
  #upstream: Duplex | null = null

  constructor(client: Socket, first: Buffer) {
    this.#client = client
    if (first.length > 0) this.#keep(first)
    // Read from the start: a client that leaves before the switch would not be noticed otherwise.
    client.on('data', this.#keep)
    // Told as `close`.
    client.on('error', ignored)
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Nothing came of it: gives back what the client has sent since its request, and hears it no more. */
  release(): Buffer {
    this.#client.removeListener('data', this.#keep).removeListener('error', ignored)
    return Buffer.concat(this.#early)
  }

  /** Passes the switch on and joins the two; `done` is called once, when both have closed and all entries are answered. */
  open({ answer, upstream, first, talk }: Switched, done: (end: TunnelEnd) => void): void {
    const client = this.#client
    this.#isOpen = true
    this.#upstream = upstream
    client.removeListener('data', this.#keep)
    client.setTimeout(0)
    client.setKeepAlive(true, PROBE_MS)
    client.write(switchHead(answer), 'latin1')
    const counted = { up: 0, down: 0 }
    let ending: Ending = 'complete'
    let firstClosed: Ending | null = null
    const fails = (kind: Ending) => () => {
      if (ending === 'complete') ending = kind
    }
    client.on('error', fails('client-gone'))
    upstream.on('error', fails('upstream-gone'))
    let open = 2
    /** What came down last has left, or never will. */
    let left: Promise<void> = Promise.resolve()
    const closes = (other: Duplex, kind: Ending) => () => {
      firstClosed ??= kind
      // Only the client still has something to come.
      void (other === client ? left : Promise.resolve()).then(() => destroyOnceWritten(other))
      open -= 1
      if (open === 0)
        void talk.end(ending === 'complete' ? firstClosed : ending).then(() => done({ ending, ...counted }))
    }
    client.on('close', closes(upstream, 'client-gone'))
    upstream.on('close', closes(client, 'upstream-gone'))
    const up = (chunk: Buffer) => {
      counted.up += chunk.length
      const { pass, heard } = talk.up(chunk)
      return pass ? sendOn(client, upstream, chunk, heard) : undefined
    }
    const down = async (chunk: Buffer) => {
      counted.down += chunk.length
      upstream.pause()
      if (await talk.down(chunk)) sendOn(upstream, client, chunk, Promise.resolve())
    }
    const downNext = (chunk: Buffer) => {
      left = down(chunk)
    }
    if (this.#earlyBytes > 0) up(Buffer.concat(this.#early))
    this.#early = []
    client.on('data', up)
    if (client.readableEnded) upstream.end()
    else client.on('end', () => upstream.end())
    if (first.length > 0) downNext(first)
    void left.then(() => {
      upstream.on('data', downNext)
      // Told also while the last of it is held: the client's end follows what leaves before it.
      const ended = () => void left.then(() => client.end())
      // It may have said all there is with the switch itself, while the entry was synced.
      if (upstream.readableEnded) ended()
      else upstream.on('end', ended)
    })
    client.resume()
  }

  /** Ends both sides at once. */
  cut(): void {
    this.#client.destroy()
    this.#upstream?.destroy()
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
}

const ignored = (): void => undefined

/** Sends `chunk` on, and lets `from` go on when it has been heard and there is room for more. */
function sendOn(from: Duplex, to: Duplex, chunk: Buffer, heard: Promise<void>): void {
  from.pause()
  passedOn(chunk.length)
  const room = to.write(chunk) ? Promise.resolve() : new Promise<void>((resolve) => to.once('drain', () => resolve()))
  void Promise.all([heard, room]).then(() => from.resume())
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
