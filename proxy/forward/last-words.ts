import type { Duplex } from 'node:stream'

type Written = (error?: Error | null) => void

/**
 * Lets a BI server that refuses an upload have its last word.
 *
 * It answers 413 and closes while we are still writing. The write then fails, and Node destroys the socket on the spot,
 * together with an answer that lies read by nobody in its receive buffer. So a failed write is not reported before the
 * reading side has come to its end too: no more is written meanwhile, and what was said is heard. When the reading
 * side never ends, the silence timer of the exchange destroys the socket.
 */
export function keepLastWords(socket: Duplex): void {
  const write = socket._write.bind(socket)
  socket._write = (chunk, encoding, written) => write(chunk, encoding, afterReading(socket, written))
  const writev = socket._writev?.bind(socket)
  if (writev !== undefined) socket._writev = (chunks, written) => writev(chunks, afterReading(socket, written))
}

function afterReading(socket: Duplex, written: Written): Written {
  return (error) => {
    if (error === undefined || error === null || socket.destroyed || socket.readableEnded) return written(error)
    let told = false
    const tell = () => {
      if (!told) written(error)
      told = true
    }
    socket.once('end', tell).once('close', tell)
  }
}
