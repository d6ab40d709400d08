/**
 * Where scripts are played: a BI server that works on bytes, and a whole proxy before it, journal and reader of answers
 * and all. One script at a time.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import net, { type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { pino } from 'pino'
import { openProxy } from '../../proxy/app.ts'
import { loadConfig } from '../../schema/config/load.ts'
import type { Scope } from '../forward/support.ts'
import type { Authority } from '../front/certificates.ts'
import { text } from '../front/certificates.ts'
import { type Message, readAnswers, readRequest } from './message.ts'
import { Aside, Peer } from './peer.ts'
import type { Script, ServerEnd, Standing, Transcript } from './script.ts'

export type Way = 'direct' | 'proxied'

export interface StageOptions {
  /** Its certificates, on both sides; absent: no TLS. */
  readonly authority?: Authority
  readonly server?: object
  readonly proxy?: object
}

const PROBE = 'GET /next HTTP/1.1\r\nHost: probe\r\n\r\n'
const PROBED = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext'

/** One script being played. */
interface Play {
  readonly script: Script
  readonly aside: Aside
  readonly exchanges: (() => Message)[]
  /** What the BI server's script waited for, and saw. */
  readonly stood: Standing[]
  /** Those of the script have all been played. */
  readonly over: PromiseWithResolvers<void>
  begun: number
  done: number
}

export class Stage {
  readonly #secure: { readonly ca: string; readonly cert: string; readonly key: string } | null
  readonly #connections = new Set<Peer>()
  #ports: Record<Way, number> = { direct: 0, proxied: 0 }
  #play: Play | null = null

  private constructor(authority: Authority | undefined) {
    const pair = authority?.issue('DNS:localhost')
    this.#secure =
      authority === undefined || pair === undefined
        ? null
        : { ca: text(authority.cert), cert: text(pair.cert), key: text(pair.key) }
  }

  static async open(scope: Scope, options: StageOptions = {}): Promise<Stage> {
    const stage = new Stage(options.authority)
    const direct = await stage.#listen(scope)
    const folder = mkdtempSync(join(tmpdir(), 'tilsyn-stage-'))
    const file = join(folder, 'tilsyn.config.json')
    writeFileSync(file, JSON.stringify(stage.#config(folder, direct, options)))
    const proxy = await openProxy({
      config: loadConfig(file, folder, {}),
      logger: pino({ level: 'silent' }),
    })
    scope.after(async () => {
      for (const connection of stage.#connections) connection.socket.destroy()
      await proxy.close()
      rmSync(folder, { recursive: true, force: true })
    })
    stage.#ports = { direct, proxied: Number(new URL(proxy.urls[0] ?? '').port) }
    return stage
  }

  port(way: Way): number {
    return this.#ports[way]
  }

  /** @throws when somebody waits in vain for what his script tells */
  async play(script: Script, way: Way): Promise<Transcript> {
    await this.#clear()
    const play = playOf(script)
    if (script.server.length === 0) play.over.resolve()
    this.#play = play
    const client = new Peer('the client', await this.#connect(way), play.aside)
    try {
      const isRefused = way === 'proxied' && (script.allows ?? []).some((name) => name.startsWith('refused'))
      await Promise.all([script.client(client), isRefused ? client.over() : within(play.over.promise)])
      const isUsable = await probe(client)
      const requests = play.exchanges.map((message) => message())
      const methods = [...requests.map(({ start }) => start.trim().split(' ')[0] ?? ''), 'GET']
      return {
        requests: requests.slice(0, script.server.length),
        answers: readAnswers(client.received, methods, client.standing === 'end'),
        client: client.standing,
        server: play.stood,
        isUsable,
        notes: play.aside.notes,
      }
    } finally {
      client.socket.destroy()
    }
  }

  /** The BI server's end alone, for a client of the test's own. */
  async serveOnce(act: Script['server'][number]): Promise<void> {
    const play = playOf({ title: '', client: () => Promise.resolve(), server: [act] })
    this.#play = play
    await within(play.over.promise)
  }

  #config(folder: string, direct: number, options: StageOptions): object {
    const secure = this.#secure
    if (secure !== null) {
      writeFileSync(join(folder, 'ca.pem'), secure.ca)
      writeFileSync(join(folder, 'cert.pem'), secure.cert)
      writeFileSync(join(folder, 'key.pem'), secure.key)
    }
    const upstream = `${secure === null ? 'http' : 'https'}://localhost:${direct}`
    const listen = '127.0.0.1:0'
    return {
      proxy:
        secure === null
          ? { listen, ...options.proxy }
          : { listen, tls: { certificate: 'cert.pem', key: 'key.pem' }, ...options.proxy },
      servers: [{ name: 'bi', upstream, ...(secure === null ? {} : { ca: 'ca.pem' }), ...options.server }],
      store: { kind: 'embedded', path: 'data/tilsyn.db' },
    }
  }

  async #listen(scope: Scope): Promise<number> {
    const secure = this.#secure
    const open = (socket: Socket) => this.#meet(socket)
    const server =
      secure === null
        ? net.createServer({ allowHalfOpen: true }, open)
        : tls.createServer({ ...secure, allowHalfOpen: true }, open)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    scope.after(() => server.close())
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  #connect(way: Way): Promise<Socket> {
    const { promise, resolve, reject } = Promise.withResolvers<Socket>()
    const wire = net.connect({ host: '127.0.0.1', port: this.port(way), allowHalfOpen: true })
    if (this.#secure === null) wire.once('connect', () => resolve(wire))
    else {
      const socket = tls.connect({ socket: wire, ca: this.#secure.ca, servername: 'localhost' })
      socket.once('secureConnect', () => resolve(socket)).once('error', reject)
    }
    wire.once('error', reject)
    return promise
  }

  /** Connections of the last play, so that each script finds none: the other side has let go of them too. */
  async #clear(): Promise<void> {
    this.#play = null
    const open = [...this.#connections]
    for (const { socket } of open) socket.end()
    await Promise.all(open.map(({ socket }) => closed(socket)))
  }

  #meet(socket: Socket): void {
    const connection = new Peer('the BI server', socket, this.#play?.aside ?? new Aside())
    this.#connections.add(connection)
    socket.once('close', () => this.#connections.delete(connection))
    void this.#serve(connection)
  }

  /** Plays exchange after exchange on `connection`, each from the first byte of its request. */
  async #serve(connection: Peer): Promise<void> {
    for (let start = 0; ;) {
      await connection.until('', () => connection.received.length > start || connection.standing !== 'open', 60_000)
      const play = this.#play
      if (connection.received.length <= start || play === null) return void connection.socket.end()
      const act = play.script.server[play.begun] ?? answerProbe
      play.begun += 1
      let end: number | null = null
      const from = start
      play.exchanges.push(() => messageOf(connection.received.slice(from, end ?? undefined)))
      try {
        await act(new Exchange(connection, from, play))
      } catch (error) {
        play.over.reject(error)
        return
      }
      end = Math.max(connection.seen, from + (readRequest(connection.received.slice(from))?.size ?? 0))
      start = end
      play.done += 1
      if (play.done >= play.script.server.length) play.over.resolve()
    }
  }
}

/** What a script's BI server has in hand. */
class Exchange implements ServerEnd {
  readonly #peer: Peer
  readonly #from: number
  readonly #play: Play

  constructor(peer: Peer, from: number, play: Play) {
    this.#peer = peer
    this.#from = from
    this.#play = play
    peer.seenUpTo(from)
  }

  async request(): Promise<string> {
    const whole = () => {
      const read = readRequest(this.#peer.received.slice(this.#from))
      return read?.isWhole === true ? this.#from + read.size : -1
    }
    await this.#peer.until('the whole request', () => whole() !== -1)
    const end = whole()
    this.#peer.seenUpTo(end)
    return this.#peer.received.slice(this.#from, end)
  }

  async over(): Promise<Standing> {
    const standing = await this.#peer.over()
    this.#play.stood.push(standing)
    return standing
  }

  says = (bytes: string) => this.#peer.says(bytes)
  trickles = (bytes: string, size?: number) => this.#peer.trickles(bytes, size)
  sees = (part: string | RegExp) => this.#peer.sees(part)
  seesBytes = (count: number) => this.#peer.seesBytes(count)
  seesWithin = (ms: number, part: string) => this.#peer.seesWithin(ms, part)
  pause = (ms: number) => this.#peer.pause(ms)
  ends = () => this.#peer.ends()
  leaves = () => this.#peer.leaves()
  resets = () => this.#peer.resets()
  notes = (what: string) => void this.#play.aside.notes.push(what)
  tells = (word: string) => this.#play.aside.tells(word)
  hears = (word: string) => this.#play.aside.hears(word)
}

function playOf(script: Script): Play {
  return { script, aside: new Aside(), exchanges: [], stood: [], over: Promise.withResolvers(), begun: 0, done: 0 }
}

async function answerProbe(exchange: ServerEnd): Promise<void> {
  await exchange.request()
  await exchange.says(PROBED)
}

async function probe(client: Peer): Promise<boolean> {
  if (client.hasLeft || client.standing !== 'open') return false
  await client.says(PROBE)
  await client.until('an answer after all, or the end', () => {
    return client.received.endsWith(`\r\n\r\nnext`) || client.standing !== 'open'
  })
  return client.standing === 'open'
}

/** @throws when it takes too long */
async function within(played: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(() => late.reject(new Error('the BI server has not been asked everything')), 6000)
  await Promise.race([played, late.promise]).finally(() => clearTimeout(timer))
}

function messageOf(text: string): Message {
  const read = readRequest(text)
  if (read === null) return { start: text, lines: [], body: '', framing: 'unreadable', isWhole: false }
  const { size, ...message } = read
  return { ...message, body: message.body + text.slice(size) }
}

function closed(socket: Socket): Promise<void> {
  if (socket.closed) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.destroy(), 1000)
    socket.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
