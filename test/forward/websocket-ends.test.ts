/** Where a WebSocket ends, is cut in pieces or is held: what leaves, what is on record, and for which question. */
import assert from 'node:assert/strict'
import type net from 'node:net'
import { test } from 'node:test'
import { constants, deflateRawSync } from 'node:zlib'
import type { AnswerReading, Asked } from '../../proxy/exchange.ts'
import { Inflation } from '../../proxy/forward/websocket/inflation.ts'
import { UNREAD_ANSWER } from '../../proxy/protocol/unknown/unread-answer.ts'
import { connect, eventually, ours, rawServer, type OurOptions, type Scope } from './support.ts'
import { frame, said } from './websocket-frames.ts'

const ASK = 'GET /app/1 HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'

async function joined(t: Scope, options: OurOptions = {}, extensions = '') {
  const ready = Promise.withResolvers<net.Socket>()
  const upstream = await rawServer(t, (socket) => {
    socket.once('data', () => {
      socket.write(`${SWITCH}${extensions}\r\n`)
      socket.on('data', () => undefined)
      ready.resolve(socket)
    })
  })
  const proxy = await ours(t, upstream, options)
  const client = connect(t, proxy.port).send(ASK)
  await client.has('\r\n\r\n')
  return { ...proxy, client, bi: await ready.promise }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 50))
const isSaid = ({ method }: Asked) => method === 'SAY'

/** A reader whose facts say how many bytes it was given, each after the time that `slow` says for its text. */
function counting(slow: (text: string) => Promise<void> = () => Promise.resolve()): () => AnswerReading {
  return () => {
    let text = ''
    return {
      write: (chunk) => ((text += Buffer.from(chunk).toString()), true),
      drained: () => Promise.resolve(),
      end: async (complete) => {
        await slow(text)
        return { ...UNREAD_ANSWER, decoded: complete, rows: text.length }
      },
    }
  }
}

test('an answer that the BI server sends right before it closes waits for its entry, and arrives', async (t) => {
  const { client, bi, witness } = await joined(t)
  const synced = Promise.withResolvers<void>()
  witness.durable = (asked) => (isSaid(asked) ? synced.promise : Promise.resolve())
  client.send(said('{"id":1}'))
  await eventually('the question', () => witness.asked.length === 2)
  bi.end(frame('{"id":1,"result":"svar"}') + frame('\u0003\u00e8', { opcode: 8 }), 'latin1')
  await pause()
  assert.doesNotMatch(client.text, /svar/)
  synced.resolve()
  await client.has('svar')
  await client.until('the end', ({ closed }) => closed)
  assert.equal((await witness.outcomes(2))[1]?.ending, 'complete')
})

test('what the BI server says unasked in many pieces leaves after its entry, from the first piece that may show a person on', async (t) => {
  const { client, bi, witness } = await joined(t)
  const synced = Promise.withResolvers<void>()
  witness.durable = () => synced.promise
  const message = frame(`{"method":"changed","rows":["0101475001"${',"x"'.repeat(50_000)}]}`)
  bi.write(message.slice(0, 1000), 'latin1')
  await eventually('the entry', () => witness.asked.length === 2)
  await pause()
  assert.doesNotMatch(client.text, /0101475001/)
  synced.resolve()
  await client.has('0101475001')
  bi.write(message.slice(1000), 'latin1')
  await client.until('all of it', ({ text }) => text.endsWith(message.slice(-100)))
  assert.equal((await witness.outcomes(1))[0]?.ending, 'complete')
  assert.deepEqual([witness.asked.length, witness.asked[1]?.method], [2, 'PUSH'])
})

test('who was shown a part of an answer is on record with the question it answers', async (t) => {
  const { client, bi, witness } = await joined(t, { readAnswer: counting() })
  client.send(said('{"id":1}') + said('{"id":2}'))
  await eventually('the questions', () => witness.asked.length === 3)
  const message = frame(`{"id":2,"result":["0101475001"${',"x"'.repeat(50_000)}]}`)
  bi.write(message.slice(0, 1000), 'latin1')
  await client.has('0101475001')
  client.socket.destroy()
  const [, first, second] = await witness.outcomes(3)
  assert.deepEqual([first?.ending, first?.facts, first?.answerBytes], ['client-gone', null, 0])
  assert.equal(second?.ending, 'client-gone')
  assert.ok(second?.facts !== null && (second?.answerBytes ?? 0) > 900)
})

test('a client that goes on talking does not hold back the answers to what it said before', async (t) => {
  const { client, bi, witness } = await joined(t)
  const first = Promise.withResolvers<void>()
  const never = new Promise<void>(() => undefined)
  witness.durable = (asked) => (Buffer.from(asked.body.bytes).includes('"id":1') ? first.promise : never)
  client.send(said('{"id":1}'))
  await eventually('the question', () => witness.asked.length === 2)
  bi.write(frame('{"id":1,"result":"svar"}'), 'latin1')
  await pause()
  client.send(said('{"id":2}'))
  await eventually('the next question', () => witness.asked.length === 3)
  first.resolve()
  await client.has('svar')
})

test('answers are on record in the order in which they came, however long each takes to be read', async (t) => {
  const late = Promise.withResolvers<void>()
  const slow = (text: string) => (text.includes('"id":1') ? late.promise : Promise.resolve())
  const { client, bi, witness } = await joined(t, { readAnswer: counting(slow) })
  client.send(said('{"id":1}') + said('{"id":2}'))
  await eventually('the questions', () => witness.asked.length === 3)
  bi.write(frame('{"id":1,"result":1}') + frame('{"id":2,"result":2}'), 'latin1')
  await client.has('"id":2')
  await pause()
  assert.equal(witness.answers.length, 0)
  late.resolve()
  await eventually('the answers', () => witness.answers.length === 2)
  assert.deepEqual(
    witness.answers.map(({ ticket }) => ticket.seq),
    [2, 3],
  )
})

test('a message that the client breaks off is an entry, as far as the BI server got it', async (t) => {
  const { client, witness } = await joined(t)
  client.send(said('{"id":1,"match":"0101475001', { last: false }))
  await pause()
  assert.equal(witness.asked.length, 1)
  client.socket.destroy()
  const [, cut] = await witness.outcomes(2)
  const { method, body } = witness.asked[1] ?? {}
  assert.deepEqual(
    [
      method,
      body?.extent,
      Buffer.from(body?.bytes ?? [])
        .toString()
        .slice(-10),
    ],
    ['SAY', 'cut', '0101475001'],
  )
  assert.equal(cut?.ending, 'client-gone')
})

const EACH_ALONE = 'permessage-deflate; client_no_context_takeover; server_no_context_takeover'

test('what cannot be undone is kept as it came, and is an entry where nobody asked for it', async (t) => {
  const { client, bi, witness } = await joined(t, {}, `Sec-WebSocket-Extensions: ${EACH_ALONE}\r\n`)
  const odd = new Uint8Array([0xff, 0xff, 1, 2])
  client.send(said(odd, { reserved: 4 }))
  await eventually('the entry', () => witness.asked.length === 2)
  assert.deepEqual(Buffer.from(witness.asked[1]?.body.bytes ?? []), Buffer.from(odd))
  bi.write(frame(odd, { reserved: 4 }) + frame(odd, { reserved: 4 }), 'latin1')
  await eventually('the entry', () => witness.asked.length === 3)
  assert.equal(witness.asked[2]?.method, 'PUSH')
})

test('however much comes of a compressed message, a piece of it is held at a time', async () => {
  const packed = deflateRawSync(new Uint8Array(50_000_000), { finishFlush: constants.Z_SYNC_FLUSH })
  const inflation = new Inflation('', 'client')
  let [all, most, taking] = [0, 0, 0]
  const take = async (bytes: Uint8Array) => {
    taking += 1
    assert.equal(taking, 1)
    all += bytes.length
    most = Math.max(most, bytes.length)
    await new Promise((resolve) => setImmediate(resolve))
    taking -= 1
  }
  await inflation.piece(packed, take)
  await inflation.end(take)
  inflation.close()
  assert.equal(all, 50_000_000)
  assert.ok(most <= 1_000_000, `${most} bytes at once`)
})

test('answers that nobody has read yet do not pile up: the BI server is heard again when they are', async (t) => {
  const read = Promise.withResolvers<void>()
  const { client, bi, witness } = await joined(t, { readAnswer: counting(() => read.promise) })
  const ids = Array.from({ length: 200 }, (_, i) => i)
  client.send(ids.map((id) => said(`{"id":${id}}`)).join(''))
  await eventually('the questions', () => witness.asked.length === 201)
  for (const id of ids) {
    bi.write(frame(`{"id":${id},"result":1}`), 'latin1')
    if (id === 50) await client.has('"id":50,')
    await new Promise((resolve) => setImmediate(resolve))
  }
  await pause()
  assert.doesNotMatch(client.text, /"id":199,/)
  read.resolve()
  await client.has('"id":199,')
  assert.equal((await witness.outcomes(200)).length, 200)
})

test('a client that leaves frees the BI server, also while an answer to it is held', async (t) => {
  const { client, bi, witness } = await joined(t)
  const synced = Promise.withResolvers<void>()
  witness.durable = () => synced.promise
  client.send(said('{"id":1}'))
  await eventually('the question', () => witness.asked.length === 2)
  bi.write(frame('{"id":1,"result":"svar"}'), 'latin1')
  await pause()
  client.socket.destroy()
  await eventually('the BI server freed', () => bi.closed)
  synced.resolve()
  assert.equal((await witness.outcomes(2))[1]?.answerBytes, 24)
})
