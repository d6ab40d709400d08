import type { IncomingMessage } from 'node:http'
import type { ClientConnection } from './client-connection.ts'

/** A client that goes on sending a request after its answer is listened to no longer than this. */
const LINGER_MS = 30_000

/** Takes what is left of a request that has been answered; `closed` is called when nothing more can come of it. */
export function linger(req: IncomingMessage, connection: ClientConnection, closed: () => void): void {
  const timer = setTimeout(() => connection.destroy(), LINGER_MS).unref()
  req.once('close', () => {
    clearTimeout(timer)
    closed()
  })
  req.once('end', () => clearTimeout(timer))
  req.resume()
}
