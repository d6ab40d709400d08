/** One request of the doctor's, by itself and over a connection of its own. */
import http from 'node:http'
import https, { type RequestOptions } from 'node:https'
import type { Socket } from 'node:net'
import { connect } from 'node:tls'

export interface PostOptions {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** For `https:` only. */
  /** The connection to use, TLS not yet on it; absent: one of its own. */
  readonly wire?: Socket
  readonly tls?: Pick<RequestOptions, 'ca' | 'rejectUnauthorized' | 'servername'>
}

export interface PostAnswer {
  readonly status: number
  /** What the server says the time is. */
  readonly date: string | undefined
}

/** Resolves when the whole answer has come. */
export function post(url: URL, { body, headers, timeoutMs, wire, tls = {} }: PostOptions): Promise<PostAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<PostAnswer>()
  const over = wire === undefined ? { agent: false } : { createConnection: () => onTopOf(url, wire, tls) }
  const options = { method: 'POST', headers, signal: AbortSignal.timeout(timeoutMs), ...over }
  const request = url.protocol === 'https:' ? https.request(url, { ...options, ...tls }) : http.request(url, options)
  request.on('error', reject)
  request.on('response', (answer) => {
    answer.on('error', reject)
    answer.on('end', () => resolve({ status: answer.statusCode ?? 0, date: answer.headers.date }))
    answer.resume()
  })
  request.end(body)
  return promise
}

function onTopOf(url: URL, wire: Socket, tls: PostOptions['tls']): Socket {
  return url.protocol === 'https:' ? connect({ socket: wire, ...tls }) : wire
}
