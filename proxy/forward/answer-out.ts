/** The head of an answer on its way to the client, with nothing of Node's own in it. */
import type { ServerResponse } from 'node:http'

export interface Head {
  readonly status: number
  readonly reason: string
  /** Raw, names and values in turn. */
  readonly headers: string[]
  /** The connection ends with the answer, but not by Node: what still comes would reset it, and the answer be lost. */
  readonly lingers: boolean
}

/**
 * Node says of its own accord what time it is and that a connection stays, puts into chunks what ends with its
 * connection, and ends one whose client waited for a 100 that it has not sent itself; here it does not. A client of
 * HTTP/1.0 must be told that its connection stays (RFC 9112, appendix C.2.2 "Keep-Alive Connections").
 */
export function writeAnswer(res: ServerResponse, { status, reason, headers, lingers }: Head): void {
  res.sendDate = false
  Object.assign(res, { _expect_continue: false })
  if (res.req.httpVersion === '1.1' || !res.shouldKeepAlive) res.removeHeader('Connection')
  res.removeHeader('Transfer-Encoding')
  res.writeHead(status, reason, headers)
  if (lingers) Object.assign(res, { _last: false })
}
