/**
 * A client that has ended its half: it listens still, or it is gone, and its FIN says neither. Of one that is gone the
 * kernel is told by a reset as soon as anything is sent to it; but Node no longer looks at a connection whose end it has
 * read. So it is asked time and again, by writing nothing, which fails once the reset has come; and keep-alive probes bring
 * the reset about while there is nothing to send (RFC 9293, section 3.8.4 "TCP Keep-Alives").
 *
 * An abandoned query would otherwise be worked on until it is done: a system forgets a closed connection in a minute or so
 * (on Linux 60 s, `tcp_fin_timeout`), and answers probes with a reset from then on.
 */
import type { Socket } from 'node:net'

const LOOK_MS = 500
const PROBE_MS = 10_000
const NOTHING = Buffer.alloc(0)

/** @param wire the TCP connection; where TLS lies on it, that ends with it, and would not tell of an empty write's failure. */
export function watchHalfOpen(wire: Socket): void {
  wire.setKeepAlive(true, PROBE_MS)
  // Told as `close`.
  wire.on('error', () => undefined)
  let isAsking = false
  const timer = setInterval(() => {
    // What waits to be sent, or is the last, tells by itself.
    if (isAsking || !wire.writable || wire.writableLength > 0) return
    isAsking = true
    wire.write(NOTHING, () => {
      isAsking = false
    })
  }, LOOK_MS).unref()
  wire.once('close', () => clearInterval(timer))
}
