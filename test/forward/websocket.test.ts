import assert from 'node:assert/strict'
import type net from 'node:net'
import { test } from 'node:test'
import type { AnswerReading } from '../../proxy/exchange.ts'
import { UNREAD_ANSWER } from '../../proxy/protocol/unknown/unread-answer.ts'
import { connect, eventually, ours, rawServer, type OurOptions, type RawClient, type Scope } from './support.ts'
import { Deflation, frame, said } from './websocket-frames.ts'

const ASK =
  'GET /app/1 HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n\r\n'
const head = (extensions: string) =>
  `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${extensions}\r\n`
const DEFLATE = 'Sec-WebSocket-Extensions: permessage-deflate\r\n'

interface Bench {
  readonly client: RawClient
  readonly bi: net.Socket
  /** What the BI server has got. */
  readonly got: () => string
  readonly witness: Awaited<ReturnType<typeof ours>>['witness']
  readonly events: Awaited<ReturnType<typeof ours>>['events']
  /** What came down behind the switch. */
  readonly text: () => string
}

async function joined(t: Scope, options: OurOptions = {}, extensions = ''): Promise<Bench> {
  const ready = Promise.withResolvers<net.Socket>()
  let got = ''
  const upstream = await rawServer(t, (socket) => {
    socket.once('data', () => {
      socket.write(head(extensions))
      socket.on('data', (chunk: Buffer) => (got += chunk.toString('latin1')))
      ready.resolve(socket)
    })
  })
  const { port, witness, events } = await ours(t, upstream, options)
  const client = connect(t, port).send(ASK)
  await client.has('\r\n\r\n')
  const from = client.text.indexOf('\r\n\r\n') + 4
  return { client, bi: await ready.promise, got: () => got, witness, events, text: () => client.text.slice(from) }
}

const down = (bench: Bench, bytes: string) => bench.bi.write(bytes, 'latin1')
const bodies = ({ witness }: Bench) => witness.asked.map(({ body }) => Buffer.from(body.bytes).toString())

test('each message of the client is an entry, and the answer with its id answers it', async (t) => {
  const bench = await joined(t)
  bench.client.send(said('{"id":1,"method":"OpenDoc"}') + said('{"method":"GetField","id":2}'))
  await eventually('two messages', () => bench.witness.asked.length === 3)
  const second = frame('{"jsonrpc":"2.0","result":{"id":1},"id":2}')
  const first = frame('{"id":1,"result":{}}')
  down(bench, second)
  await eventually('an answer', () => bench.witness.answers.length === 1)
  down(bench, first)
  const [one, two] = await bench.witness.outcomes(2)
  assert.deepEqual([one?.answerBytes, two?.answerBytes], [first.length - 2, second.length - 2])
  assert.deepEqual([one?.ending, one?.status, one?.requestBytes], ['complete', 101, 27])
  assert.deepEqual(
    bench.witness.asked.map(({ method, target, socket }) => [method, target, socket]),
    [
      ['GET', '/app/1', null],
      ['SAY', '/app/1', '1'],
      ['SAY', '/app/1', '1'],
    ],
  )
  await bench.client.has('"result":{}')
  assert.equal(bench.text(), second + first)
  assert.equal(bodies(bench)[2], '{"method":"GetField","id":2}')
  const names = bench.witness.asked[1]?.headers.map(([name]) => name)
  assert.deepEqual(names, ['Host'])
})

test('messages pass byte for byte however they are cut into frames and chunks, and control frames between are none', async (t) => {
  const bench = await joined(t)
  const frames =
    said('{"id":7,', { last: false }) +
    said('ping', { opcode: 9 }) +
    said('"method":', { opcode: 0, last: false }) +
    said('', { opcode: 0, last: false }) +
    said(`"x","p":"${'æ'.repeat(200)}"}`, { opcode: 0 }) +
    said('a'.repeat(70_000))
  for (let at = 0; at < 600; at += 1) bench.client.send(frames[at] ?? '')
  bench.client.send(frames.slice(600))
  await eventually('the messages', () => bench.got().length === frames.length)
  assert.equal(bench.got(), frames)
  await eventually('the entries', () => bench.witness.asked.length === 3)
  assert.equal(bodies(bench)[1], `{"id":7,"method":"x","p":"${'æ'.repeat(200)}"}`)
  assert.equal(bodies(bench)[2]?.length, 65_536)
  assert.equal(bench.witness.asked[2]?.body.extent, 'head')
})

test('no answer leaves before the entry of its question is durable', async (t) => {
  const bench = await joined(t)
  const synced = Promise.withResolvers<void>()
  bench.witness.durable = () => synced.promise
  bench.client.send(said('{"id":1}'))
  await eventually('the question', () => bench.got() !== '' && bench.witness.asked.length === 2)
  down(bench, frame('{"id":1,"result":1}'))
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal(bench.text(), '')
  synced.resolve()
  await bench.client.has('"result":1')
})

test('an answer whose question cannot be kept is withheld, and the connection ends', async (t) => {
  const bench = await joined(t)
  bench.witness.durable = () => Promise.reject(new Error('no'))
  bench.client.send(said('{"id":1}'))
  await bench.client.until('the end', ({ closed }) => closed)
  assert.equal(bench.text(), '')
  assert.deepEqual(
    (await bench.witness.outcomes(2)).map(({ ending }) => ending),
    ['withheld', 'withheld'],
  )
})

test('while the journal is broken nothing that is said reaches the BI server', async (t) => {
  const bench = await joined(t)
  bench.witness.ready = false
  bench.client.send(said('{"id":1}'))
  await bench.client.until('the end', ({ closed }) => closed)
  assert.equal(bench.got(), '')
  assert.ok(bench.events.some(({ kind }) => kind === 'journal-refusal'))
})

test('where the setting is to forward, what is said passes and is counted', async (t) => {
  const bench = await joined(t, { onJournalFailure: 'forward' })
  bench.witness.ready = false
  bench.client.send(said('{"id":1}'))
  await eventually('the question', () => bench.got() !== '')
  down(bench, frame('{"id":1,"result":1}'))
  await bench.client.has('"result":1')
  assert.equal(bench.witness.misses.length, 1)
})

/** A reader that keeps what it is given, one text per answer. */
function listening(): { readonly heard: string[]; readonly readAnswer: () => AnswerReading } {
  const heard: string[] = []
  const readAnswer = () => {
    let text = ''
    return {
      write: (chunk: Uint8Array) => ((text += Buffer.from(chunk).toString()), true),
      drained: () => Promise.resolve(),
      end: (complete: boolean) => {
        if (complete) heard.push(text)
        return Promise.resolve({ ...UNREAD_ANSWER, decoded: complete, rows: text.length })
      },
    }
  }
  return { heard, readAnswer }
}

for (const [extensions, title] of [
  ['permessage-deflate', 'with a context that goes on'],
  ['permessage-deflate; client_no_context_takeover; server_no_context_takeover', 'each on its own'],
] as const) {
  test(`compressed messages are heard in both directions, ${title}`, async (t) => {
    const { heard, readAnswer } = listening()
    const bench = await joined(t, { readAnswer }, `Sec-WebSocket-Extensions: ${extensions}\r\n`)
    const isFresh = extensions.includes('no_context')
    let [up, back] = [new Deflation(), new Deflation()]
    for (const id of [1, 2, 3]) {
      const [question, answer] = [`{"id":${id},"method":"Spørg"}`, `{"id":${id},"result":"${'svar'.repeat(50)}"}`]
      if (isFresh) [up, back] = [new Deflation(), new Deflation()]
      bench.client.send(said(up.message(question), { reserved: 4 }))
      const sent = frame(back.message(answer), { reserved: 4 })
      await eventually('the entry', () => bench.witness.asked.length === id + 1)
      assert.equal(bodies(bench)[id], question)
      down(bench, sent)
      await eventually('the answer', () => heard.length === id)
      assert.equal(heard.at(-1), answer)
    }
    const answers = await bench.witness.outcomes(3)
    assert.deepEqual([answers[2]?.facts?.decoded, answers[2]?.facts?.rows], [true, heard[2]?.length])
  })
}

test('what cannot be inflated, or was made by an extension nobody knows, is kept as it came', async (t) => {
  const bench = await joined(t, {}, DEFLATE)
  const [odd, unknown] = [new Uint8Array([0xff, 0xff, 1, 2]), new Uint8Array([1, 2, 3])]
  bench.client.send(said(unknown, { reserved: 2 }) + said(odd, { reserved: 4 }) + said('{"id":1}'))
  await eventually('the entries', () => bench.witness.asked.length === 4)
  const [, first, second, third] = bench.witness.asked
  assert.deepEqual([Buffer.from(first?.body.bytes ?? []), Buffer.from(second?.body.bytes ?? [])].map(String), [
    Buffer.from(unknown).toString(),
    Buffer.from(odd).toString(),
  ])
  const coding = [first, second, third].map(
    (asked) => asked?.headers.find(([name]) => name === 'Content-Encoding')?.[1],
  )
  assert.deepEqual(coding, ['x-websocket-extension', 'permessage-deflate', undefined])
})

test('what is no WebSocket frame is not passed on, and ends the connection', async (t) => {
  for (const bytes of [frame('{"id":1}'), said('x', { opcode: 0 }), said('x'.repeat(126), { opcode: 9 })]) {
    const bench = await joined(t)
    bench.client.send(bytes)
    await bench.client.until('the end', ({ closed }) => closed)
    assert.equal(bench.got(), '')
    assert.ok(bench.events.some((event) => event.kind === 'refused' && event.reason === 'websocket-frame'))
  }
  const bench = await joined(t)
  down(bench, said('{"id":1}'))
  await bench.client.until('the end', ({ closed }) => closed)
  assert.equal(bench.text(), '')
})

test('what the BI server says unasked is an entry before it leaves, where it may show a person', async (t) => {
  const bench = await joined(t)
  down(bench, frame('{"method":"OnConnected"}'))
  await bench.client.has('OnConnected')
  assert.equal(bench.witness.asked.length, 1)
  const synced = Promise.withResolvers<void>()
  bench.witness.durable = () => synced.promise
  down(bench, frame('{"id":9,"data":"0101475001"}'))
  await eventually('the entry', () => bench.witness.asked.length === 2)
  assert.doesNotMatch(bench.text(), /"id":9/)
  synced.resolve()
  await bench.client.has('"id":9')
  assert.equal(bench.witness.asked[1]?.method, 'PUSH')
  assert.equal((await bench.witness.outcomes(1))[0]?.ending, 'complete')
})

test('a question that nobody has answered when the connection ends says so', async (t) => {
  const bench = await joined(t)
  bench.client.send(said('{"id":1}') + said('{"id":2}'))
  await eventually('the entries', () => bench.witness.asked.length === 3)
  down(bench, frame('{"id":2}'))
  await bench.client.has('"id":2')
  bench.client.socket.destroy()
  const endings = (await bench.witness.outcomes(3)).map(({ ending }) => ending)
  assert.deepEqual(endings, ['complete', 'client-gone', 'complete'])
})

test('an answer of many megabytes passes while it is read', async (t) => {
  const { heard, readAnswer } = listening()
  const bench = await joined(t, { readAnswer })
  bench.client.send(said('{"id":1}'))
  await eventually('the entry', () => bench.witness.asked.length === 2)
  const answer = `{"id":1,"result":"${'x'.repeat(20_000_000)}"}`
  down(bench, frame(answer))
  await bench.client.until('the answer', ({ text }) => text.length > 20_000_000, 20_000)
  await eventually('its facts', () => heard.length === 1)
  assert.equal(heard[0], answer)
})
