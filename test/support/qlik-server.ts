/** A BI server that speaks as Qlik Engine does, of invented persons: JSON-RPC 2.0 in a WebSocket, handles, selections. */
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { FrameReader } from '../../proxy/forward/websocket/frames.ts'
import { frame } from '../forward/websocket-frames.ts'

export interface QlikServer {
  readonly url: string
  /** How many messages have come, in all. */
  readonly heard: () => number
  readonly close: () => void
}

interface Call {
  readonly id: number
  readonly handle: number
  readonly method: string
  readonly params: readonly unknown[]
}

/** Answers every call but `GetObject`, which it never does. Who has selected nothing is shown nobody. */
export async function qlikServer(): Promise<QlikServer> {
  const sockets = new Set<Duplex>()
  let heard = 0
  const server = createServer((_request, response) => void response.writeHead(404).end())
  server.on('upgrade', (request, socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket))
    const key = `${request.headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
    const accepted = createHash('sha1').update(key).digest('base64')
    const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
    socket.write([...head, `Sec-WebSocket-Accept: ${accepted}`, '', ''].join('\r\n'))
    const say = (message: object) => socket.write(frame(JSON.stringify({ jsonrpc: '2.0', ...message })), 'latin1')
    say({ method: 'OnConnected', params: { qSessionState: 'SESSION_CREATED' } })
    const session = new Session()
    messages(socket, (text) => {
      heard += 1
      const call = JSON.parse(text) as Call
      if (call.method !== 'GetObject') say({ id: call.id, result: session.answer(call) })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const close = () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  const port = typeof address === 'object' ? address?.port : 0
  return { url: `http://127.0.0.1:${port}`, heard: () => heard, close }
}

function messages(socket: Duplex, take: (text: string) => void): void {
  const frames = new FrameReader(true)
  let pieces: Uint8Array[] = []
  socket.on('data', (chunk: Buffer) => {
    for (const event of frames.read(chunk)) {
      if (event.kind === 'piece') pieces.push(event.bytes)
      else {
        const text = Buffer.concat(pieces).toString()
        pieces = []
        take(text)
      }
    }
  })
}

class Session {
  #handles = 0
  #selected: readonly string[] = []

  answer({ method, params }: Call): object {
    switch (method) {
      case 'OpenDoc':
      case 'GetField':
      case 'CreateSessionObject':
        this.#handles += 1
        return { qReturn: { qType: 'Any', qHandle: this.#handles } }
      case 'SelectValues':
        this.#selected = (params[0] as readonly { readonly qText: string }[]).map(({ qText }) => qText)
        return { qReturn: true }
      case 'GetLayout': {
        const qMatrix = this.#selected.map((qText, qElemNumber) => [
          { qText, qElemNumber },
          { qText: '7', qNum: 7 },
        ])
        return { qLayout: { qHyperCube: { qDataPages: [{ qMatrix }] } } }
      }
      default:
        return {}
    }
  }
}
