/** A BI server that keeps every byte it gets, and answers each request that it has whole. */
import { rawServer, type Scope } from '../forward/support.ts'

export interface Recorder {
  readonly port: number
  /** All bytes, one character each, connection after connection. */
  raw(): string
  /** Requests that came whole, read as a strict server reads them. */
  readonly whole: readonly string[]
}

export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** @param answer what is said to a whole request; `null`: nothing, and the connection is left open. */
export async function recorder(scope: Scope, answer: (request: string) => string = () => OK): Promise<Recorder> {
  const connections: string[] = []
  const whole: string[] = []
  const port = await rawServer(scope, (socket) => {
    const at = connections.push('') - 1
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      const got = chunk.toString('latin1')
      connections[at] += got
      text += got
      for (let end = endOf(text); end !== -1; end = endOf(text)) {
        const request = text.slice(0, end)
        text = text.slice(end)
        whole.push(request)
        socket.write(answer(request), 'latin1')
      }
    })
  })
  return { port, raw: () => connections.join(''), whole }
}

/** Where the first request in `text` ends; -1 while it has not come whole. */
function endOf(text: string): number {
  const head = text.indexOf('\r\n\r\n')
  if (head === -1) return -1
  const lines = text.slice(0, head).toLowerCase()
  if (/\r\ntransfer-encoding: *chunked/.test(lines)) return endOfChunks(text, head + 4)
  const length = Number(/\r\ncontent-length: *(\d+)/.exec(lines)?.[1] ?? 0)
  return text.length >= head + 4 + length ? head + 4 + length : -1
}

function endOfChunks(text: string, from: number): number {
  for (let at = from; ;) {
    const end = text.indexOf('\r\n', at)
    if (end === -1) return -1
    const size = Number.parseInt(text.slice(at, end), 16)
    if (size > 0) at = end + 2 + size + 2
    else {
      const trailers = text.indexOf('\r\n\r\n', end)
      return trailers === -1 ? -1 : trailers + 4
    }
  }
}
