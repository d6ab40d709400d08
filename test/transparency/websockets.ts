/** Scripts of WebSockets. */
import { frame, said } from '../forward/websocket-frames.ts'
import type { Script } from './script.ts'

const ASK =
  'GET /app HTTP/1.1\r\nHost: bi\r\nUPGRADE: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: eA==\r\nSec-WebSocket-Version: 13\r\n\r\n'
const SWITCH =
  'HTTP/1.1 101 Web Socket \xe6\r\nUpgrade: WebSocket\r\nconnection: upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n'

function socket(title: string, client: Script['client'], server: Script['server'][number]): Script {
  return {
    title: `WebSocket: ${title}`,
    client: async (end) => {
      await end.says(ASK)
      await end.seesBytes(SWITCH.length)
      await client(end)
    },
    server: [
      async (end) => {
        await end.request()
        await end.says(SWITCH)
        await server(end)
      },
    ],
  }
}

const CLOSE = { opcode: 8 }
export const SOCKETS: readonly Script[] = [
  socket(
    'said and answered, pings between, and closed in order',
    async (client) => {
      const asked = said('sp\u00f8rg') + said('p', { opcode: 9 })
      await client.says(asked)
      await client.sees(frame('svar'))
      await client.says(said('p', { opcode: 10 }) + said(Buffer.from([3, 232]), CLOSE))
      await client.sees(frame(Buffer.from([3, 232]), CLOSE))
      await client.over()
    },
    async (server) => {
      await server.sees(said('p', { opcode: 9 }))
      await server.says(frame('p', { opcode: 10 }) + frame('p', { opcode: 9 }) + frame('svar'))
      await server.sees(said(Buffer.from([3, 232]), CLOSE))
      await server.says(frame(Buffer.from([3, 232]), CLOSE))
      server.ends()
    },
  ),
  socket(
    'frames in pieces, byte by byte, both ways',
    async (client) => {
      await client.trickles(said('in ', { last: false }) + said('pieces', { opcode: 0 }))
      await client.sees(frame('also', { last: false }) + frame('', { opcode: 0 }))
      client.leaves()
    },
    async (server) => {
      await server.sees(said('pieces', { opcode: 0 }))
      await server.trickles(frame('also', { last: false }) + frame('', { opcode: 0 }))
      await server.over()
    },
  ),
  ...[1000, 1001, 1011, 4321].map((code) => {
    const reason = Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from('farvel')])
    return socket(
      `closed by the BI server with ${code}`,
      async (client) => {
        await client.sees(frame(reason, CLOSE))
        await client.over()
      },
      async (server) => {
        await server.says(frame(reason, CLOSE))
        server.ends()
      },
    )
  }),
  socket(
    'a client that ends its half hears the rest',
    async (client) => {
      await client.says(said('last'))
      client.ends()
      await client.sees(frame('rest'))
      await client.over()
    },
    async (server) => {
      await server.sees(said('last'))
      await server.over()
      await server.says(frame('rest'))
      server.ends()
    },
  ),
  socket(
    'a BI server that ends its half hears the rest',
    async (client) => {
      await client.over()
      await client.says(said('rest'))
      client.ends()
    },
    async (server) => {
      server.ends()
      await server.sees(said('rest'))
      await server.over()
    },
  ),
  socket(
    'half a megabyte each way',
    async (client) => {
      await client.says(said('x'.repeat(524_288)))
      await client.seesBytes(frame('y'.repeat(524_288)).length)
      client.leaves()
    },
    async (server) => {
      await server.seesBytes(said('x'.repeat(524_288)).length)
      await server.says(frame('y'.repeat(524_288)))
      await server.over()
    },
  ),
  socket(
    'idle for a while',
    async (client) => {
      await client.pause(300)
      await client.says(said('still'))
      await client.sees(frame('here'))
      client.leaves()
    },
    async (server) => {
      await server.sees(said('still'))
      await server.says(frame('here'))
      await server.over()
    },
  ),
  ...['200 OK', '401 Login', '403 Nej', '426 Upgrade Required'].map((status): Script => ({
    title: `WebSocket: refused with ${status}`,
    client: async (client) => {
      await client.says(ASK)
      await client.sees('no')
    },
    server: [
      async (server) => {
        await server.request()
        await server.says(`HTTP/1.1 ${status}\r\nContent-Length: 2\r\n\r\nno`)
      },
    ],
  })),
]
