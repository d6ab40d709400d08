import assert from 'node:assert/strict'
import { test } from 'node:test'
import { beginReading } from '../../proxy/forward/safe-reading.ts'
import { biServer, connect, ours, rawServer, scripted } from './support.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

test('a client that stops in the middle of its upload is given up, and leaves an entry', async (t) => {
  const { port: upstream, seen } = await scripted(t, OK)
  const { port, witness } = await ours(t, upstream, { tune: (server) => server.setTimeout(100) })
  await connect(t, port).send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf').end()
  const [answered] = await witness.outcomes(1)
  assert.deepEqual([answered?.ending, answered?.requestBytes], ['client-gone', 4])
  assert.deepEqual(seen, [])
})

test('a client that stops taking its answer is given up', async (t) => {
  const upstream = await biServer(t, (_req, res) => res.end(Buffer.alloc(50_000_000)))
  const { port, witness } = await ours(t, upstream, { tune: (server) => server.setTimeout(100) })
  const client = connect(t, port).send(GET)
  await client.has('\r\n\r\n')
  client.socket.pause()
  assert.equal((await witness.outcomes(1))[0]?.ending, 'client-gone')
})

test('a client that waits for a slow query is not given up, however long it takes', async (t) => {
  const upstream = await biServer(t, (_req, res) => setTimeout(() => res.end('ok'), 400))
  const { port } = await ours(t, upstream, { tune: (server) => server.setTimeout(50) })
  await connect(t, port).send(GET).has('\r\n\r\nok')
})

test('a connection that nobody uses is closed', async (t) => {
  const tune = (server: { keepAliveTimeout: number; keepAliveTimeoutBuffer: number }) => {
    server.keepAliveTimeout = 50
    server.keepAliveTimeoutBuffer = 0
  }
  const { port, witness } = await ours(t, (await scripted(t, OK)).port, { tune })
  await connect(t, port).send(GET).end()
  assert.equal((await witness.outcomes(1))[0]?.ending, 'complete')
})

test('a head that does not come to its end is answered 408', async (t) => {
  const tune = (server: object) => Object.assign(server, { headersTimeout: 50, connectionsCheckingInterval: 20 })
  const { port, witness, events } = await ours(t, (await scripted(t, OK)).port, { tune })
  assert.match(await connect(t, port).send('GET / HTTP/1.1\r\nHost: a\r\n').end(), /^HTTP\/1.1 408 Request Timeout\r\n/)
  assert.deepEqual(events, [{ kind: 'malformed', code: 'ERR_HTTP_REQUEST_TIMEOUT', status: 408 }])
  assert.deepEqual(witness.asked, [])
})

test('an answer without a length reaches a client of HTTP/1.1 whole, and ends with its connection as it did', async (t) => {
  const upstream = await rawServer(t, (socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nX-A: 1\r\n\r\nto the end'))
  })
  const { port, witness } = await ours(t, upstream)
  const client = connect(t, port).send(GET)
  assert.equal(await client.end(), 'HTTP/1.1 200 OK\r\nX-A: 1\r\n\r\nto the end')
  assert.deepEqual([client.ended, client.reset], [true, false])
  assert.equal((await witness.outcomes(1))[0]?.ending, 'complete')
})

test('a reader that has stalled is left behind', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const failed: string[] = []
  const never = new Promise<never>(() => undefined)
  const stalled = { write: () => false, drained: () => never, end: () => never }
  const reading = beginReading(
    () => stalled,
    { status: 200, headers: [] },
    (code) => failed.push(code),
  )
  assert.equal(reading?.write(Buffer.from('x')), false)
  const drained = reading.drained()
  t.mock.timers.tick(10_000)
  await drained
  assert.deepEqual(failed, ['READER_STALLED'])
  assert.equal(reading.write(Buffer.from('y')), true)
  assert.equal(await reading.end(true), null)
})

test('a switch of protocols pipelined behind another request goes nowhere', async (t) => {
  const { port: upstream, seen } = await scripted(t, (request) => (request.includes('/ws') ? OK : ''))
  const { port, witness } = await ours(t, upstream)
  const client = connect(t, port).send(
    `${GET}GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
  )
  await client.until('the end', ({ closed }) => closed)
  assert.equal((await witness.outcomes(1))[0]?.ending, 'client-gone')
  assert.ok(seen.every((request) => !request.includes('/ws')))
})
