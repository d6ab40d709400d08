import assert from 'node:assert/strict'
import type net from 'node:net'
import { test } from 'node:test'
import { connect, eventually, ours, rawServer, type Scope } from './support.ts'
import { frame, said } from './websocket-frames.ts'

const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'
const ASK =
  'GET /app/1 HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nX-Qlik-User: x\r\n\r\n'

const LAST = frame('x'.repeat(2_000_000))

async function socketServer(scope: Scope, talk: (socket: net.Socket) => void): Promise<number> {
  return rawServer(scope, (socket) => socket.once('data', () => (socket.write(SWITCH), talk(socket))))
}

test('a WebSocket passes both ways and has an entry of its own', async (t) => {
  const upstream = await socketServer(t, (socket) => socket.on('data', () => socket.write(frame('svar'), 'latin1')))
  const { port, witness } = await ours(t, upstream)
  const client = connect(t, port).send(ASK)
  await client.has('\r\n\r\n')
  await client.send(said('spørgsmål')).has('svar')
  assert.deepEqual([witness.asked.length, (await witness.outcomes(1)).length], [2, 1])
  client.socket.end()
  await client.until('the end', ({ closed }) => closed)
  const [answered] = await witness.outcomes(2)
  assert.deepEqual(
    [answered?.ending, answered?.status, answered?.answerBytes, answered?.requestBytes],
    ['complete', 101, frame('svar').length, said('spørgsmål').length],
  )
  assert.equal(witness.asked[0]?.target, '/app/1')
})

test('the switch waits for the entry', async (t) => {
  const { port, witness } = await ours(t, await socketServer(t, (socket) => socket.write('first')))
  const synced = Promise.withResolvers<void>()
  witness.durable = () => synced.promise
  const client = connect(t, port).send(ASK)
  await eventually('the entry', () => witness.asked.length === 1)
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal(client.text, '')
  synced.resolve()
  assert.equal(await client.has('first'), `${SWITCH}first`)
})

test('a switch without an entry is withheld', async (t) => {
  const { port, witness } = await ours(t, await socketServer(t, (socket) => socket.write('first')))
  witness.durable = () => Promise.reject(new Error('no'))
  assert.match(await connect(t, port).send(ASK).end(), /^HTTP\/1.1 503 /)
  assert.equal((await witness.outcomes(1))[0]?.ending, 'withheld')
})

test('while the journal is broken no WebSocket is asked for', async (t) => {
  let asked = 0
  const { port, witness } = await ours(t, await socketServer(t, () => (asked += 1)))
  witness.ready = false
  assert.match(await connect(t, port).send(ASK).end(), /^HTTP\/1.1 503 /)
  assert.equal(asked, 0)
})

test('a BI server that will not switch is heard, and the connection ends with its answer', async (t) => {
  const upstream = await rawServer(t, (socket) => {
    socket.on('data', () =>
      socket.write('HTTP/1.1 403 Nej\r\nX-Why: 1\r\nContent-Length: 300000\r\n\r\n' + 'x'.repeat(300_000)),
    )
  })
  const { port, witness } = await ours(t, upstream)
  const text = await connect(t, port).send(ASK).end()
  assert.match(text, /^HTTP\/1.1 403 Nej\r\nX-Why: 1\r\nContent-Length: 300000\r\nConnection: close\r\n/)
  assert.equal(text.length - text.indexOf('\r\n\r\n') - 4, 300_000)
  assert.deepEqual(
    (await witness.outcomes(1)).map(({ ending, status }) => [ending, status]),
    [['complete', 403]],
  )
})

test('a client that leaves before the switch frees the BI server', async (t) => {
  let open = 0
  const upstream = await rawServer(t, (socket) => {
    open += 1
    socket.on('data', () => undefined).on('close', () => (open -= 1))
  })
  const { port, witness } = await ours(t, upstream)
  const client = connect(t, port).send(ASK)
  await eventually('a connection', () => open === 1)
  await eventually('an entry', () => witness.asked.length === 1)
  client.socket.destroy()
  assert.equal((await witness.outcomes(1))[0]?.ending, 'client-gone')
  await eventually('the connection freed', () => open === 0)
})

test('what a BI server says last arrives before its WebSocket closes', async (t) => {
  const upstream = await socketServer(t, (socket) => socket.end(LAST, 'latin1'))
  const { port, witness } = await ours(t, upstream)
  const text = await connect(t, port).send(ASK).end()
  assert.equal(text.length, SWITCH.length + LAST.length)
  assert.equal((await witness.outcomes(1))[0]?.answerBytes, LAST.length)
})

test('a BI server that cannot be reached for a WebSocket is 502', async (t) => {
  const closed = await rawServer(t, (socket) => socket.destroy())
  const { port, witness } = await ours(t, closed)
  assert.match(await connect(t, port).send(ASK).end(), /^HTTP\/1.1 502 /)
  assert.equal((await witness.outcomes(1))[0]?.ending, 'upstream-unreachable')
})

test('closing the proxy ends its WebSockets', async (t) => {
  const proxy = await ours(t, await socketServer(t, (socket) => socket.write(frame('first'), 'latin1')))
  const { port, witness } = proxy
  const client = connect(t, port).send(ASK)
  await client.has('first')
  await proxy.close()
  await client.until('the end', ({ closed }) => closed)
  assert.equal(witness.answers.length, 1)
})

test('neither end of a switch outlives the other while its entry is synced', async (t) => {
  const open: net.Socket[] = []
  const upstream = await socketServer(t, (socket) => void open.push(socket))
  const { port, witness } = await ours(t, upstream)
  const synced = Promise.withResolvers<void>()
  witness.durable = () => synced.promise
  const leaves = connect(t, port).send(ASK)
  await eventually('the switch', () => open.length === 1)
  await new Promise((resolve) => setTimeout(resolve, 30))
  leaves.socket.destroy()
  assert.equal((await witness.outcomes(1))[0]?.ending, 'client-gone')
  await eventually('the BI server freed', () => open[0]?.closed === true)

  const stays = connect(t, port).send(ASK)
  await eventually('the switch', () => open.length === 2)
  await new Promise((resolve) => setTimeout(resolve, 30))
  open[1]?.resetAndDestroy()
  await new Promise((resolve) => setTimeout(resolve, 30))
  synced.resolve()
  assert.match(await stays.end(), /^HTTP\/1.1 502 /)
  assert.notEqual((await witness.outcomes(2))[1]?.ending, 'complete')
})
