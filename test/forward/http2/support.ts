/** Tilsyn behind TLS with HTTP/2, and clients for it: Node's own, and one that sends whatever frames it is told to. */
import http2 from 'node:http2'
import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2'
import tls from 'node:tls'
import { Authority, text } from '../../front/certificates.ts'
import { fronted, type Fronted, type FrontedOptions, tlsConfig } from '../../front/support.ts'
import { eventually, type Scope } from '../support.ts'

export const NAME = 'bi.kommune.example'

export interface Http2Front extends Fronted {
  readonly authority: Authority
  session(): Promise<ClientHttp2Session>
  frames(): Promise<FrameClient>
}

export async function http2Front(scope: Scope, upstream: number, its: FrontedOptions = {}): Promise<Http2Front> {
  const authority = new Authority(scope)
  const tlsOf = tlsConfig(authority.issue(`DNS:${NAME}`), { http2: true })
  const config = { ...its.config, tls: { ...tlsOf, ...its.config?.tls } }
  const front = await fronted(scope, upstream, { ...its, config })
  const ca = text(authority.cert)
  return {
    ...front,
    authority,
    session: () => openSession(scope, front.port, ca),
    frames: () => FrameClient.open(scope, front.port, ca),
  }
}

export async function openSession(
  scope: Scope,
  port: number,
  ca: string,
  more: tls.ConnectionOptions = {},
): Promise<ClientHttp2Session> {
  const session = http2.connect(`https://${NAME}`, {
    createConnection: () =>
      tls.connect({ port, host: '127.0.0.1', servername: NAME, ca, ALPNProtocols: ['h2'], ...more }),
  })
  scope.after(() => session.destroy())
  session.on('error', () => undefined)
  await new Promise<void>((resolve, reject) => session.once('connect', () => resolve()).once('error', reject))
  return session
}

export interface Answered {
  readonly status: number
  /** Raw, names and values in turn. */
  readonly headers: readonly string[]
  readonly body: string
  readonly trailers: readonly string[]
  readonly informed: readonly number[]
  /** The stream ended as HTTP/2 has it end. */
  readonly ended: boolean
  readonly rst: number
}

/** Sends one request, and resolves when its stream has closed. */
export function ask(session: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: string): Promise<Answered> {
  const stream = session.request({ ':path': '/olap/', ...headers }, { endStream: body === undefined })
  if (body !== undefined) stream.end(body, 'latin1')
  return hearStream(stream)
}

export function hearStream(stream: ClientHttp2Stream): Promise<Answered> {
  let status = 0
  let headers: readonly string[] = []
  let body = ''
  let trailers: readonly string[] = []
  const informed: number[] = []
  let ended = false
  stream.on('headers', (told) => informed.push(Number(told[':status'])))
  stream.on('response', (told, _flags, raw) => {
    status = Number(told[':status'])
    headers = raw
  })
  stream.on('trailers', (_told, _flags, raw) => (trailers = raw))
  stream.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')))
  stream.on('end', () => (ended = !stream.aborted && stream.rstCode === 0))
  stream.on('error', () => undefined)
  return new Promise((resolve) =>
    stream.once('close', () => resolve({ status, headers, body, trailers, informed, ended, rst: stream.rstCode })),
  )
}

export const FRAME = {
  data: 0,
  headers: 1,
  rst: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
} as const
export const END_STREAM = 0x1
export const END_HEADERS = 0x4

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

/** A client that knows frames (RFC 9113, section 4) and no rules. */
export class FrameClient {
  readonly socket: tls.TLSSocket
  readonly seen: Frame[] = []
  closed = false
  #rest = Buffer.alloc(0)

  constructor(socket: tls.TLSSocket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => (this.closed = true))
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    this.send(FRAME.settings, 0, 0, Buffer.alloc(0))
  }

  static async open(scope: Scope, port: number, ca: string): Promise<FrameClient> {
    const socket = tls.connect({ port, host: '127.0.0.1', servername: NAME, ca, ALPNProtocols: ['h2'] })
    scope.after(() => socket.destroy())
    await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
    return new FrameClient(socket)
  }

  send(type: number, flags: number, stream: number, payload: Buffer): boolean {
    const head = Buffer.alloc(9)
    head.writeUIntBE(payload.length, 0, 3)
    head.writeUInt8(type, 3)
    head.writeUInt8(flags, 4)
    head.writeUInt32BE(stream, 5)
    return this.socket.write(Buffer.concat([head, payload]))
  }

  /** A head in literals that nobody indexes (RFC 7541, section 6.2.2). */
  ask(stream: number, lines: readonly (readonly [string, string])[], flags = END_STREAM | END_HEADERS): void {
    this.send(FRAME.headers, flags, stream, block(lines))
  }

  reset(stream: number, code: number): void {
    const payload = Buffer.alloc(4)
    payload.writeUInt32BE(code)
    this.send(FRAME.rst, 0, stream, payload)
  }

  of(type: number, stream: number): Frame | undefined {
    return this.seen.find((frame) => frame.type === type && frame.stream === stream)
  }

  async until(what: string, holds: () => boolean): Promise<void> {
    await eventually(what, holds, 5000)
  }

  #read(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk])
    while (this.#rest.length >= 9) {
      const length = 9 + this.#rest.readUIntBE(0, 3)
      if (this.#rest.length < length) return
      this.seen.push({
        type: this.#rest.readUInt8(3),
        flags: this.#rest.readUInt8(4),
        stream: this.#rest.readUInt32BE(5) & 0x7fffffff,
        payload: this.#rest.subarray(9, length),
      })
      this.#rest = this.#rest.subarray(length)
    }
  }
}

export function block(lines: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(lines.flatMap(([name, value]) => [Buffer.from([0]), string(name), string(value)]))
}

/** RFC 7541, section 5.2 "String Literal Representation", without Huffman's code. */
function string(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  const length: number[] = []
  if (bytes.length < 127) length.push(bytes.length)
  else {
    length.push(127)
    let rest = bytes.length - 127
    for (; rest >= 128; rest >>= 7) length.push((rest & 127) | 128)
    length.push(rest)
  }
  return Buffer.concat([Buffer.from(length), bytes])
}

export const GET: readonly (readonly [string, string])[] = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':authority', NAME],
  [':path', '/olap/'],
]
