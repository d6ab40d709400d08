import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, ours, rawServer } from '../forward/support.ts'
import { ANSWERS } from './answers.ts'
import { OK, recorder } from './recorder.ts'

const get = (target: string) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`

for (const { what, said, answers, ending } of ANSWERS) {
  test(`an answer with ${what}`, async (t) => {
    const upstream = await recorder(t, (request) => (request.includes('/bad') ? said : OK))
    const { port, witness, events } = await ours(t, upstream.port)
    const client = connect(t, port).send(get('/bad'))
    const statuses = () => [...client.text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status))
    if (answers.length === 0) await client.until('the end', ({ closed }) => closed)
    else await client.until('the answers', () => statuses().length >= answers.length)
    assert.deepEqual(statuses(), answers)
    await connect(t, port)
      .send(get('/next'))
      .has(/^HTTP\/1.1 200 [^]*\r\n\r\nok$/)
    assert.doesNotMatch(client.text, /poison|rubbish/)
    const [outcome, next] = await witness.outcomes(2)
    assert.deepEqual([outcome?.ending, next?.ending], [ending, 'complete'])
    if (ending !== 'complete')
      assert.deepEqual(
        events.map(({ kind }) => kind),
        [ending],
      )
  })
}

test('an answer that comes while nobody has asked reaches nobody', async (t) => {
  const unasked = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<void>()
  let connections = 0
  const upstream = await rawServer(t, (socket) => {
    connections += 1
    socket.on('data', () => socket.write(OK))
    socket.on('close', () => closed.resolve())
    if (connections > 1) return
    void unasked.promise.then(() => socket.write(OK.replace('ok', 'no')))
  })
  const { port } = await ours(t, upstream)
  await connect(t, port).send(get('/1')).has('\r\n\r\nok')
  unasked.resolve()
  await closed.promise
  await connect(t, port)
    .send(get('/2'))
    .has(/^HTTP\/1.1 200 [^]*\r\n\r\nok$/)
})
