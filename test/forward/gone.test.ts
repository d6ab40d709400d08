import assert from 'node:assert/strict'
import net from 'node:net'
import { test } from 'node:test'
import { connect, eventually, listen, ours, type Scope } from './support.ts'

// A BI server that takes no FIN for the end of anything: only a reset frees it. Node does not look at a connection whose
// end it has read, so this one asks by writing nothing.
async function stubborn(scope: Scope, first: string) {
  let [open, asked] = [0, 0]
  const port = await listen(
    scope,
    net.createServer({ allowHalfOpen: true }, (socket) => {
      open += 1
      const asking = setInterval(() => socket.writable && socket.write(Buffer.alloc(0)), 5)
      socket.on('data', () => {
        asked += 1
        if (first !== '') socket.write(first)
      })
      socket.on('close', () => {
        clearInterval(asking)
        open -= 1
      })
    }),
  )
  return { port, open: () => open, asked: () => asked }
}

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const HALF = 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nfirst'

const LEAVES: Readonly<Record<string, (socket: net.Socket) => void>> = {
  'is reset': (socket) => void socket.resetAndDestroy(),
  'ends its half and then is reset': (socket) => {
    socket.end(() => socket.resetAndDestroy())
  },
}

for (const [how, leave] of Object.entries(LEAVES)) {
  for (const first of ['', HALF]) {
    const when = first === '' ? 'before' : 'within'
    test(`a client that ${how} ${when} its answer frees even a BI server that heeds no FIN`, async (t) => {
      const server = await stubborn(t, first)
      const { port, witness } = await ours(t, server.port)
      const client = connect(t, port).send(GET)
      await eventually('asked', () => server.asked() === 1)
      if (first !== '') await client.has('first')
      leave(client.socket)
      await eventually('the BI server is free', () => server.open() === 0, 10_000)
      assert.equal((await witness.outcomes(1))[0]?.ending, 'client-gone')
    })
  }
}

test('a client that ends its half and listens is waited for, however often it is asked whether it is there', async (t) => {
  const server = await stubborn(t, '')
  const { port, witness } = await ours(t, server.port, { timeoutMs: 2000 })
  const client = connect(t, port).send(GET)
  client.socket.end()
  // Several looks later the BI server is given up, and the client hears so.
  assert.match(await client.end(10_000), /^HTTP\/1.1 504 /)
  assert.ok(client.ended && !client.reset)
  assert.equal((await witness.outcomes(1))[0]?.ending, 'upstream-timeout')
})
