/**
 * A request for a WebSocket, with whose head Node lets go of its connection. Where the BI server does not switch, the
 * connection goes on as HTTP (RFC 9110, section 7.8 "Upgrade"): a login by connection takes a 401 or two before the switch.
 */
import http, { type IncomingMessage, ServerResponse } from 'node:http'
import type { Server } from 'node:net'
import { Tunnel } from './tunnel.ts'

export interface UpgradeEvents {
  /** An answer has left that was no switch, and the connection speaks HTTP again; called after `over`. */
  readonly refused: () => void
  /** It is no WebSocket any more, or never became one. */
  readonly over: () => void
}

export interface Upgrade {
  readonly tunnel: Tunnel
  /** Should it come to another answer than the switch. */
  readonly res: ServerResponse
}

/** @param head what the client has sent already, behind the request. */
export function beginUpgrade(req: IncomingMessage, head: Buffer, server: Server, events: UpgradeEvents): Upgrade {
  const { socket } = req
  const tunnel = new Tunnel(socket, head)
  const res = new ServerResponse(req)
  res.shouldKeepAlive = !/(?:^|,)\s*close\s*(?:,|$)/i.test(req.headers.connection ?? '')
  res.assignSocket(socket)
  const drained = () => res.emit('drain')
  socket.on('drain', drained).once('close', events.over)
  res.on('finish', () => {
    if (isLast(res)) {
      socket.destroySoon()
      return
    }
    socket.removeListener('drain', drained).removeListener('close', events.over)
    events.over()
    const early = tunnel.release()
    res.detachSocket(socket)
    res.emit('close')
    // Whoever waited for this answer has ended the connection.
    if (!socket.writable) return
    if (early.length > 0) socket.unshift(early)
    events.refused()
    for (const listener of SPEAK) Reflect.apply(listener, server, [socket])
    socket.resume()
  })
  return { tunnel, res }
}

/** Node's word for it; its documentation does not name it. */
function isLast(res: ServerResponse): boolean {
  return '_last' in res && res._last === true
}

/** How Node begins to speak HTTP on a connection, also one that it has let go of. */
const SPEAK = http.createServer().listeners('connection')
