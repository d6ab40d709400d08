/**
 * A client that has ended its half: it listens still, or it is gone, and its FIN says neither. Of one that is gone the
 * kernel is told by a reset as soon as anything is sent to it; but Node no longer looks at a connection whose end it has
 * read. So it is asked time and again, by writing nothing, which fails once the reset has come; and keep-alive probes bring
 * the reset about while there is nothing to send (RFC 9293, section 3.8.4 "TCP Keep-Alives").
 *
 * An abandoned query would otherwise be worked on until it is done: a system forgets a closed connection in a minute or so
 * (on Linux 60 s, `tcp_fin_timeout`), and answers probes with a reset from then on.
 */
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

const LOOK_MS = 500
const PROBE_MS = 10_000
const NOTHING = Buffer.alloc(0)

export function watchHalfOpen(socket: Duplex): void {
  if (!(socket instanceof Socket)) return
  socket.setKeepAlive(true, PROBE_MS)
  const timer = setInterval(() => {
    // What waits to be sent, or is the last, tells by itself.
    if (socket.writable && socket.writableLength === 0) socket.write(NOTHING)
  }, LOOK_MS).unref()
  socket.once('close', () => clearInterval(timer))
}
