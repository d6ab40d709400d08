// What a reader of answers that is behind does to those who ask, and to memory.
import assert from 'node:assert/strict'
import http from 'node:http'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { AnswerFacts, AnswerReading } from '../../proxy/exchange.ts'
import { connect, eventually, ours, scripted } from './support.ts'

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 5\r\n\r\n<a/>\n'
const ASK = 'POST /olap HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nq'
const FACTS: AnswerFacts = {
  kind: 'other',
  decoded: true,
  faultCode: null,
  rows: null,
  cells: null,
  axes: [],
  warnings: 0,
  opened: null,
  model: [],
  personsSeen: 0,
  persons: [],
}

test('a reader without room holds back the next request of a client whose small answer it has just been given', async (t) => {
  const { port: upstream, seen } = await scripted(t, ANSWER)
  const room = Promise.withResolvers<void>()
  let begun = 0
  const full: AnswerReading = {
    write: () => begun > 1,
    drained: () => room.promise,
    end: () => Promise.resolve(FACTS),
  }
  const readAnswer = () => {
    begun += 1
    return full
  }
  const { port, witness } = await ours(t, upstream, { readAnswer })
  // The answer lies complete in memory when it may leave, as it does where the sync takes longer than the BI server.
  const durable = Promise.withResolvers<void>()
  witness.durable = () => durable.promise
  const client = connect(t, port).send(ASK)
  await eventually('the request at the BI server', () => seen.length === 1)
  await new Promise((resolve) => setTimeout(resolve, 50))
  durable.resolve()
  await client.has('<a/>')
  client.send(ASK)
  await eventually('the second request', () => begun === 1)
  await new Promise((resolve) => setTimeout(resolve, 100))
  assert.deepEqual([seen.length, witness.answers.length], [1, 0])
  room.resolve()
  await client.has(/<a\/>[^]*<a\/>/)
  assert.deepEqual(
    (await witness.outcomes(2)).map(({ ending }) => ending),
    ['complete', 'complete'],
  )
})

test('an answer that waits to be read holds on to nothing but what its entry needs', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  const { port: upstream } = await scripted(t, ANSWER)
  const reading = Promise.withResolvers<AnswerFacts>()
  const readAnswer = () => ({ write: () => true, drained: () => Promise.resolve(), end: () => reading.promise })
  const requests: WeakRef<http.IncomingMessage>[] = []
  const tune = (server: http.Server) => server.on('request', (req) => requests.push(new WeakRef(req)))
  const proxy = await ours(t, upstream, { readAnswer, tune })
  const { port, witness } = proxy
  const client = connect(t, port)
  await client.send(ASK).has('<a/>')
  client.socket.end()
  await client.end()
  await eventually('the request to be garbage', () => {
    if (typeof collect === 'function') collect()
    return requests.every((request) => request.deref() === undefined)
  })
  assert.deepEqual([requests.length, proxy.stats().underway, witness.answers.length], [1, 1, 0])
  reading.resolve(FACTS)
  assert.deepEqual((await witness.outcomes(1))[0]?.facts, FACTS)
})
