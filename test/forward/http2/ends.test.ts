import assert from 'node:assert/strict'
import { constants } from 'node:http2'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { biServer, eventually, rawServer } from '../support.ts'
import { ask, END_HEADERS, END_STREAM, FRAME, GET, hearStream, http2Front } from './support.ts'

const POST = GET.map(([name, value]) => [name, name === ':method' ? 'POST' : value] as const)
const DONE = (flags: number) => (flags & END_STREAM) !== 0

/** A BI server that answers nothing, and tells what becomes of its requests. */
async function silent(t: Parameters<typeof biServer>[0]) {
  const began: IncomingMessage[] = []
  const fates: string[] = []
  const port = await biServer(t, (req) => {
    began.push(req)
    req.resume()
    req.on('end', () => fates.push('whole'))
    req.on('error', () => fates.push('aborted'))
    req.socket.on('close', () => fates.push('closed'))
  })
  return { port, began, fates }
}

for (const code of [constants.NGHTTP2_CANCEL, constants.NGHTTP2_NO_ERROR]) {
  test(`a client that resets its stream with code ${code} frees the BI server at once, whole request or not`, async (t) => {
    const bi = await silent(t)
    const front = await http2Front(t, bi.port)
    const client = await front.frames()
    client.ask(1, GET)
    await eventually('the first request', () => bi.began.length === 1)
    client.reset(1, code)
    await eventually('the end of it', () => bi.fates.length === 2)
    assert.deepEqual(bi.fates, ['whole', 'closed'])
    client.ask(3, POST, END_HEADERS)
    client.send(FRAME.data, 0, 3, Buffer.from('a part of it'))
    await eventually('the second request', () => bi.began.length === 2)
    client.reset(3, code)
    await eventually('the end of that', () => bi.fates.length === 4)
    assert.deepEqual(bi.fates.slice(2).toSorted(), ['aborted', 'closed'])
    const outcomes = await front.witness.outcomes(2)
    assert.deepEqual(
      outcomes.map(({ ending, status }) => [ending, status]),
      [
        ['client-gone', null],
        ['client-gone', null],
      ],
    )
    assert.deepEqual(
      front.witness.asked.map(({ body }) => body.extent),
      ['whole', 'cut'],
    )
  })
}

test('a client whose connection breaks frees the BI server of all its streams', async (t) => {
  const bi = await silent(t)
  const front = await http2Front(t, bi.port)
  const client = await front.frames()
  for (const stream of [1, 3, 5]) client.ask(stream, GET)
  client.ask(7, POST, END_HEADERS)
  client.send(FRAME.data, 0, 7, Buffer.from('a part of it'))
  await eventually('the requests', () => bi.began.length === 4)
  client.socket.destroy()
  const outcomes = await front.witness.outcomes(4)
  assert.deepEqual([...new Set(outcomes.map(({ ending }) => ending))], ['client-gone'])
  await eventually('the ends', () => bi.fates.length === 8)
  assert.deepEqual(bi.fates.toSorted(), ['aborted', 'closed', 'closed', 'closed', 'closed', 'whole', 'whole', 'whole'])
})

for (const [how, breaksOff, head] of [
  ['chunked', 'destroy', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n'],
  ['with a length', 'destroy', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfirst'],
  ['without a length', 'resetAndDestroy', 'HTTP/1.1 200 OK\r\n\r\nfirst'],
] as const) {
  test(`an answer ${how} that the BI server breaks off resets the stream, and is never ended`, async (t) => {
    const cut: (() => void)[] = []
    const bi = await rawServer(t, (socket) => {
      socket.once('data', () => socket.write(head))
      cut.push(() => socket[breaksOff]())
    })
    const front = await http2Front(t, bi)
    const client = await front.frames()
    client.ask(1, GET)
    await client.until('the first of it', () => client.of(FRAME.data, 1) !== undefined)
    for (const each of cut) each()
    await client.until('the reset', () => client.of(FRAME.rst, 1) !== undefined)
    const ended = client.seen.filter(({ stream, type, flags }) => stream === 1 && type !== FRAME.rst && DONE(flags))
    assert.deepEqual(ended, [])
    assert.equal(client.of(FRAME.rst, 1)?.payload.readUInt32BE(), constants.NGHTTP2_INTERNAL_ERROR)
    const [outcome] = await front.witness.outcomes(1)
    assert.deepEqual([outcome?.ending, outcome?.status], ['upstream-gone', 200])
  })
}

test('a body that is longer or shorter than its length is cut, and the BI server never takes it for whole', async (t) => {
  const bi = await silent(t)
  const front = await http2Front(t, bi.port)
  const client = await front.frames()
  const told = [...POST, ['content-length', '5']] as const
  client.ask(1, told, END_HEADERS)
  client.send(FRAME.data, END_STREAM, 1, Buffer.from('four'))
  await client.until('the reset', () => client.of(FRAME.rst, 1) !== undefined)
  assert.equal(client.of(FRAME.rst, 1)?.payload.readUInt32BE(), constants.NGHTTP2_PROTOCOL_ERROR)
  client.ask(3, told, END_HEADERS)
  client.send(FRAME.data, 0, 3, Buffer.from('four'))
  await eventually('the other', () => bi.began.length > 0)
  client.send(FRAME.data, END_STREAM, 3, Buffer.from('sixsix'))
  await client.until('the end of the connection', () => client.closed)
  await eventually('the ends', () => bi.fates.filter((fate) => fate === 'closed').length === bi.began.length)
  assert.ok(!bi.fates.includes('whole'))
  await eventually('all entries', () => front.witness.answers.length === front.witness.asked.length)
  const endings = front.witness.answers.map(({ answered }) => answered.ending)
  // The last is what was no HTTP/2.
  assert.deepEqual(endings.toSorted(), ['client-gone', 'client-gone', 'refused'])
})

test('an answer in flight finishes when the proxy stops, and the client is told to go', async (t) => {
  const go: (() => void)[] = []
  const bi = await biServer(t, (_req, res) => {
    res.write('first ')
    go.push(() => res.end('last'))
  })
  const front = await http2Front(t, bi)
  const session = await front.session()
  let told = false
  session.on('goaway', (code) => (told = code === constants.NGHTTP2_NO_ERROR))
  const stream = session.request({ ':path': '/' })
  const heard = hearStream(stream)
  await new Promise((resolve) => stream.once('data', resolve))
  const closed = front.stop()
  await eventually('the word to go', () => told)
  for (const each of go) each()
  const { body, ended } = await heard
  assert.deepEqual([body, ended], ['first last', true])
  await closed
  const [outcome] = await front.witness.outcomes(1)
  assert.equal(outcome?.ending, 'complete')
})

test('an early refusal reaches a client that is still sending, which is then told to stop', async (t) => {
  const bi = await rawServer(t, (socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nnej'))
  })
  const front = await http2Front(t, bi)
  const client = await front.frames()
  client.ask(1, POST, END_HEADERS)
  client.send(FRAME.data, 0, 1, Buffer.alloc(1000))
  await client.until('the reset', () => client.of(FRAME.rst, 1) !== undefined)
  assert.equal(client.of(FRAME.rst, 1)?.payload.readUInt32BE(), constants.NGHTTP2_NO_ERROR)
  const said = client.seen.filter(({ type, stream }) => type === FRAME.data && stream === 1)
  assert.equal(Buffer.concat(said.map(({ payload }) => payload)).toString(), 'nej')
  assert.ok(said.some(({ flags }) => DONE(flags)))
})

test('no more is read of either side than the other takes', async (t) => {
  const chunk = Buffer.alloc(65_536, 'a')
  let sent = 0
  const bi = await biServer(t, (_req, res) => {
    const more = () => {
      let room = true
      while (room && sent < 400 * chunk.length) {
        sent += chunk.length
        room = res.write(chunk)
      }
      if (room) res.end()
      else res.once('drain', more)
    }
    more()
  })
  const front = await http2Front(t, bi)
  const session = await front.session()
  const stream = session.request({ ':path': '/' })
  const heard = hearStream(stream)
  stream.pause()
  await new Promise((resolve) => stream.once('response', resolve))
  // Node's windows and the sockets' buffers take some megabytes, never all of it.
  let before = -1
  while (before !== sent) {
    before = sent
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  assert.ok(sent < 200 * chunk.length, `${sent} bytes were taken`)
  stream.resume()
  const { body, ended } = await heard
  assert.deepEqual([body.length, ended], [400 * chunk.length, true])
  assert.equal((await ask(session, { ':method': 'HEAD' })).status, 200)
})
