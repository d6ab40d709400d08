/** What each answer cost, as the forwarder tells it, and what is open. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { biServer, connect, eventually, ours, rawServer } from './support.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const UPGRADE = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

test('an answer held for its entry says for how long; the BI server’s own time is not counted', async (t) => {
  const upstream = await biServer(t, (_req, res) => void pause(300).then(() => res.end('ok')))
  const { port, witness, passed } = await ours(t, upstream)
  await connect(t, port).send(GET).has('ok')
  witness.durable = () => pause(500)
  await connect(t, port).send(GET).has('ok')
  const [quick, held] = passed
  assert.ok(quick !== undefined && held !== undefined && passed.length === 2)
  assert.equal(quick.server, 'bi')
  assert.ok(quick.heldMs < 150 && quick.proxyMs < 150, JSON.stringify(quick))
  // The entry was asked for when the request had come, 300 ms before the answer.
  assert.ok(held.heldMs > 100 && held.heldMs < 450, JSON.stringify(held))
  assert.ok(held.proxyMs >= held.heldMs && held.proxyMs < 500, JSON.stringify(held))
})

test('an answer that waits for the rest of its request is not counted as held', async (t) => {
  const upstream = await biServer(t, (_req, res) => res.writeHead(200).end('ok'))
  const { port, passed } = await ours(t, upstream)
  const client = connect(t, port).send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab')
  await pause(300)
  await client.send('cd').has('ok')
  assert.ok((passed[0]?.heldMs ?? 999) < 150, JSON.stringify(passed))
})

test('connections, requests under way and WebSockets are counted while they are open', async (t) => {
  const upstream = await rawServer(t, (socket) => {
    socket.on('data', (chunk: Buffer) => {
      if (chunk.includes('/answer')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      else if (chunk.includes('Upgrade')) socket.write(SWITCH)
    })
  })
  const forward = await ours(t, upstream)
  const { port } = forward
  const stats = () => forward.stats()
  assert.deepEqual(stats(), { connections: 0, webSockets: 0, underway: 0 })
  const waiting = connect(t, port).send(GET)
  await eventually('a request under way', () => stats().underway === 1)
  assert.deepEqual(stats(), { connections: 1, webSockets: 0, underway: 1 })
  const answered = connect(t, port).send('GET /answer HTTP/1.1\r\nHost: a\r\n\r\n')
  await answered.has('ok')
  await eventually('the answer is over', () => stats().underway === 1)
  const talking = connect(t, port).send(UPGRADE)
  await talking.has('101')
  assert.deepEqual(stats(), { connections: 3, webSockets: 1, underway: 2 })
  for (const client of [waiting, answered, talking]) client.socket.destroy()
  await eventually('nobody is left', () => stats().connections === 0 && stats().underway === 0)
  assert.equal(stats().webSockets, 0)
})
