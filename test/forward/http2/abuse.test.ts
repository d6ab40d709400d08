import assert from 'node:assert/strict'
import { constants } from 'node:http2'
import { test } from 'node:test'
import { biServer, eventually, type Scope, type TestWitness } from '../support.ts'
import { block, END_HEADERS, END_STREAM, FRAME, type FrameClient, GET, type Http2Front, http2Front } from './support.ts'

interface Attacked {
  readonly bi: { readonly open: number; readonly most: number; readonly asked: number }
  readonly client: FrameClient
  readonly frames: () => Promise<FrameClient>
  readonly witness: TestWitness
  readonly events: Http2Front['events']
  readonly stats: Http2Front['stats']
}

async function fronted(t: Scope): Promise<Attacked> {
  const bi = { open: 0, most: 0, asked: 0 }
  const port = await biServer(t, (req, res) => {
    bi.asked += 1
    bi.open += 1
    bi.most = Math.max(bi.most, bi.open)
    res.on('close', () => (bi.open -= 1))
    if (req.url !== '/wait') res.end('tal')
  })
  const front = await http2Front(t, port)
  const { witness, events, stats } = front
  return { bi, client: await front.frames(), frames: () => front.frames(), witness, events, stats }
}

/** One in order, on a connection of its own: nobody else notices. */
async function othersAreServed(frames: () => Promise<FrameClient>): Promise<void> {
  const client = await frames()
  client.ask(1, GET)
  await client.until('the answer', () => client.of(FRAME.headers, 1) !== undefined)
}

const WAIT = GET.map(([name, value]) => [name, name === ':path' ? '/wait' : value] as const)

test('who opens and resets without end loses the connection, and all that became requests have entries', async (t) => {
  const { client, bi, witness, frames, stats } = await fronted(t)
  for (let stream = 1; stream < 4000 && !client.closed; stream += 2) {
    client.ask(stream, WAIT)
    client.reset(stream, constants.NGHTTP2_CANCEL)
    if (stream % 200 === 1) await new Promise((resolve) => setImmediate(resolve))
  }
  await client.until('the end of the connection', () => client.closed)
  await eventually('the end of all of them', () => stats().underway === 0, 5000)
  assert.equal(witness.answers.length, witness.asked.length)
  assert.ok(bi.most <= 100, `${bi.most} at once`)
  await eventually('the BI server is free', () => bi.open === 0)
  await othersAreServed(frames)
})

test('no more than 100 streams of a connection are under way', async (t) => {
  const { client, bi } = await fronted(t)
  for (let stream = 1; stream < 240; stream += 2) client.ask(stream, WAIT)
  await client.until('the refusals', () => client.seen.filter(({ type }) => type === FRAME.rst).length === 20)
  const codes = client.seen.flatMap(({ type, payload }) => (type === FRAME.rst ? [payload.readUInt32BE()] : []))
  assert.deepEqual([...new Set(codes)], [constants.NGHTTP2_REFUSED_STREAM])
  await eventually('the others', () => bi.open === 100)
})

const FLOODS: [what: string, send: (client: FrameClient, at: number) => void][] = [
  ['CONTINUATION', (client) => client.send(FRAME.continuation, 0, 1, block([['x-a', 'b'.repeat(1000)]]))],
  ['PING, whose answers nobody takes', (client) => client.send(FRAME.ping, 0, 0, Buffer.alloc(8))],
  ['SETTINGS, whose answers nobody takes', (client) => client.send(FRAME.settings, 0, 0, Buffer.alloc(6 * 100))],
  ['frames on streams that never were', (client, at) => client.send(FRAME.window, 0, 2 * at + 1001, Buffer.alloc(4))],
  ['empty DATA', (client) => client.send(FRAME.data, 0, 1, Buffer.alloc(0))],
]

for (const [what, send] of FLOODS) {
  test(`a flood of ${what} ends its connection, in little memory, and others are served`, async (t) => {
    const { client, frames, stats } = await fronted(t)
    if (what === 'CONTINUATION') client.send(FRAME.headers, END_STREAM, 1, block(GET))
    if (what === 'empty DATA') client.ask(1, WAIT, END_HEADERS)
    if (what.includes('nobody takes')) client.socket.pause()
    const before = process.memoryUsage.rss()
    for (let at = 0; at < 50_000 && !client.closed; at += 1) {
      send(client, at)
      if (at % 500 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await client.until('the end of the connection', () => client.closed)
    await othersAreServed(frames)
    const grown = (process.memoryUsage.rss() - before) / 1024 ** 2
    assert.ok(grown < 150, `${grown} MB`)
    await eventually('the end of it', () => stats().underway === 0)
  })
}

test('a head that is larger than allowed is refused', async (t) => {
  const { client, bi, frames, witness } = await fronted(t)
  const large = block([...GET, ...Array.from({ length: 10 }, (_, at) => [`x-${at}`, 'a'.repeat(10_000)] as const)])
  const parts = Array.from({ length: Math.ceil(large.length / 16_384) }, (_, at) =>
    large.subarray(at * 16_384, (at + 1) * 16_384),
  )
  for (const [at, part] of parts.entries()) {
    const last = at === parts.length - 1 ? END_HEADERS : 0
    client.send(at === 0 ? FRAME.headers : FRAME.continuation, at === 0 ? END_STREAM | last : last, 1, part)
  }
  await client.until('the answer', () => client.of(FRAME.headers, 1) !== undefined)
  assert.ok(client.of(FRAME.headers, 1)?.payload.includes('431'))
  const [outcome] = await witness.outcomes(1)
  assert.deepEqual([outcome?.ending, outcome?.status], ['refused', 431])
  assert.equal(bi.asked, 0)
  await othersAreServed(frames)
})

test('what is no HTTP/2 ends the connection, and is an entry', async (t) => {
  const { client, witness, events } = await fronted(t)
  client.send(FRAME.headers, END_STREAM | END_HEADERS, 1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))
  await client.until('the end of the connection', () => client.closed)
  const [outcome] = await witness.outcomes(1)
  assert.deepEqual([outcome?.ending, outcome?.status], ['refused', 400])
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['malformed'],
  )
})
