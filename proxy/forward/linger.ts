import type { IncomingMessage } from 'node:http'
import type { ClientConnection } from './client-connection.ts'

/** A client that goes on sending a request after its answer is listened to no longer than this. */
const LINGER_MS = 30_000

export interface Lingering {
  /** The connection ends with what is left of the request; the client is told that nothing more comes to it. */
  readonly ends: boolean
  /** Called when nothing more can come of the request. */
  readonly closed: () => void
}

/** Takes what is left of a request that has been answered. */
export function linger(req: IncomingMessage, connection: ClientConnection, { ends, closed }: Lingering): void {
  const timer = setTimeout(() => connection.destroy(), LINGER_MS).unref()
  if (ends) connection.finish()
  req.once('close', () => {
    clearTimeout(timer)
    closed()
  })
  req.once('end', () => {
    clearTimeout(timer)
    if (ends) connection.destroy()
  })
  req.resume()
}
