/**
 * One stream of HTTP/2 as one request of HTTP/1.1 on a connection of its own within the process, and its answer back.
 *
 * Ends are passed on as what they are: a stream that the client resets destroys its connection, and so the errand to the
 * BI server; an answer that is cut resets the stream, and never ends it.
 */
import http from 'node:http'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { constants, type ServerHttp2Stream, type ServerStreamResponseOptions } from 'node:http2'
import type { ConnectionEnd } from './connection.ts'

/** Node would add a `Date` of its own; the option is the one its compatibility API sets (`response.sendDate`). */
export const AS_IT_IS: ServerStreamResponseOptions & { readonly sendDate: boolean } = { sendDate: false }

export interface HttpRequest {
  readonly method: string
  readonly target: string
  readonly headers: readonly string[]
}

/** Of the answer's head, as the forwarder wrote it: the BI server's may be 64 KB, and ours adds little. */
const MAX_HEADER_BYTES = 131_072
/** How long a client may leave the rest of an answer lying that was wholly written for it. */
const LEFT_LYING_MS = 120_000

export class Exchange {
  readonly #stream: ServerHttp2Stream
  readonly #connection: ConnectionEnd
  readonly #request: ClientRequest
  #trailers: readonly string[] = []
  /** The answer has come as a whole. */
  #isAnswered = false
  /** All of it has been given to the stream, its end too. */
  #isSaid = false

  constructor(stream: ServerHttp2Stream, connection: ConnectionEnd, asked: HttpRequest) {
    this.#stream = stream
    this.#connection = connection
    this.#request = http.request({
      createConnection: () => connection,
      method: asked.method,
      path: asked.target,
      headers: asked.headers,
      setDefaultHeaders: false,
      maxHeaderSize: MAX_HEADER_BYTES,
    })
    this.#request.maxHeadersCount = 0
    this.#up()
    this.#down()
    stream.on('close', () => connection.destroy())
    connection.on('close', () => this.#connectionClosed())
  }

  #up(): void {
    const stream = this.#stream
    const request = this.#request
    // At once, for whoever asks must be seen before he has said everything.
    request.flushHeaders()
    stream.on('data', (chunk: Buffer) => {
      if (!request.write(chunk)) stream.pause()
    })
    request.on('drain', () => stream.resume())
    stream.on('trailers', (_headers, _flags, raw) => (this.#trailers = raw))
    stream.on('end', () => this.#uploaded())
  }

  /** Node ends the readable side of a stream that was reset, too: that is no end of the request. */
  #uploaded(): void {
    if (this.#stream.closed || this.#stream.aborted) return void this.#connection.destroy()
    const trailers = pairs(this.#trailers)
    if (trailers.length > 0) this.#request.addTrailers(trailers)
    this.#request.end()
  }

  #down(): void {
    const request = this.#request
    request.on('information', ({ statusCode, rawHeaders }) => this.#guarded(() => this.#inform(statusCode, rawHeaders)))
    request.on('response', (answer) => this.#guarded(() => this.#answer(answer)))
    // It is told by the connection, which closes.
    request.on('error', () => undefined)
    this.#connection.on('error', () => undefined)
    // Told as `close`: whoever reset it, and why, is nothing more to us.
    this.#stream.on('error', () => undefined)
  }

  #inform(status: number, raw: readonly string[]): void {
    if (this.#isGone || this.#stream.headersSent) return
    const lines: Record<string, string[]> = {}
    for (const [name, value] of pairs(raw)) (lines[name.toLowerCase()] ??= []).push(value)
    this.#stream.additionalHeaders({ ...lines, ':status': status })
  }

  #answer(answer: IncomingMessage): void {
    const stream = this.#stream
    if (this.#isGone) return void answer.destroy()
    const headers = [':status', String(answer.statusCode), ...answerLines(answer.rawHeaders)]
    const bodiless = BODILESS.has(answer.statusCode ?? 0) || this.#request.method === 'HEAD'
    this.#isSaid = bodiless
    // Whether there are trailers or not: a stream that waits for none is ended in good order by Node before it is reset (24.21,
    // closeStream), and an answer that was cut would look whole.
    stream.respond(headers, { ...AS_IT_IS, endStream: bodiless, waitForTrailers: !bodiless })
    stream.on('wantTrailers', () => this.#guarded(() => this.#sayEnd(answer)))
    answer.on('data', (chunk: Buffer) => {
      if (!stream.writableEnded && !stream.write(chunk)) answer.pause()
    })
    stream.on('drain', () => answer.resume())
    answer.on('end', () => this.#downloaded(answer))
    answer.on('error', () => undefined)
  }

  #downloaded(answer: IncomingMessage): void {
    if (!answer.complete) return this.#reset(constants.NGHTTP2_INTERNAL_ERROR)
    this.#isAnswered = true
    if (this.#isGone) return
    this.#stream.setTimeout(LEFT_LYING_MS, () => this.#reset(constants.NGHTTP2_CANCEL))
    this.#stream.end()
  }

  /** All that was written has left. */
  #sayEnd(answer: IncomingMessage): void {
    if (!this.#isAnswered || this.#isGone) return
    this.#stream.sendTrailers(trailersOf(answer))
    // Frames leave at the end of this turn, and a reset would overtake the end.
    setImmediate(() => {
      this.#isSaid = true
      this.#hearNoMore()
    })
  }

  /** The forwarder has let go of it: with its whole answer, or without. */
  #connectionClosed(): void {
    if (this.#isAnswered) this.#hearNoMore()
    else this.#reset(constants.NGHTTP2_INTERNAL_ERROR)
  }

  /** What the client goes on sending after its answer nobody hears any more (RFC 9113, section 8.1). */
  #hearNoMore(): void {
    if (!this.#isSaid || !this.#connection.destroyed || this.#stream.readableEnded || this.#isGone) return
    this.#stream.close(constants.NGHTTP2_NO_ERROR)
  }

  /** What Node refuses to say in HTTP/2 ends the stream, not the process. */
  #guarded(work: () => void): void {
    try {
      work()
    } catch {
      // Only shapes of the answer come here, such as a status that HTTP/2 has not: the client sees that it gets none.
      this.#reset(constants.NGHTTP2_INTERNAL_ERROR)
    }
  }

  get #isGone(): boolean {
    return this.#stream.closed || this.#stream.destroyed
  }

  #reset(code: number): void {
    this.#connection.destroy()
    if (!this.#isGone) this.#stream.close(code)
  }
}

/** RFC 9113, section 8.2.2 "Connection-Specific Header Fields": the forwarder has left all but these behind. */
function answerLines(raw: readonly string[]): string[] {
  return pairs(raw).flatMap(([name, value]) => {
    const lower = name.toLowerCase()
    return CONNECTION.has(lower) ? [] : [lower, value]
  })
}

/** RFC 9110, section 6.4.1 "Content Semantics"; 205 Node ends, too. */
const BODILESS = new Set([204, 205, 304])

const CONNECTION = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', 'te'])

function trailersOf(answer: IncomingMessage): Record<string, string[]> {
  const trailers: Record<string, string[]> = {}
  for (const [name, value] of pairs(answer.rawTrailers)) {
    if (!name.startsWith(':')) (trailers[name.toLowerCase()] ??= []).push(value)
  }
  return trailers
}

function pairs(raw: readonly string[]): [name: string, value: string][] {
  const lines: [string, string][] = []
  for (let at = 0; at + 1 < raw.length; at += 2) lines.push([raw[at] ?? '', raw[at + 1] ?? ''])
  return lines
}
