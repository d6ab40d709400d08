import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SessionCookies } from '../../proxy/identity/session-cookies.ts'
import { connect, eventually, ours, rawServer, type Scope } from './support.ts'
import { said } from './websocket-frames.ts'

const VALUE = '6f1c2a34-0d0e-4a50-9b1e-2f1f3a4b5c6d'
const OTHER = '00000000-1111-4222-8333-444444444444'
const PLACE = { name: 'bi', sessionCookies: ['sid'] }
const cookies = new SessionCookies(Buffer.alloc(32, 1))
const markOf = (value: string) => cookies.carried(PLACE, ['Cookie', `sid=${value}`])
const head = (start: string, ...lines: readonly string[]) => `${[start, ...lines].join('\r\n')}\r\n\r\n`

async function answering(t: Scope, answer: string) {
  const upstream = await rawServer(t, (socket) => {
    socket.once('data', () => socket.write(answer, 'latin1'))
    socket.on('data', () => undefined)
  })
  return ours(t, upstream, { cookies, servers: [{ sessionCookies: PLACE.sessionCookies }] })
}

test('what an answer does to session cookies is noted before its head leaves, while its body is still to come', async (t) => {
  const answer = head('HTTP/1.1 200 OK', `Set-Cookie: sid=${OTHER}; Path=/`, 'Set-Cookie: lang=da', 'Content-Length: 9')
  const { port, witness } = await answering(t, answer)
  const client = connect(t, port).send(head('GET /data HTTP/1.1', 'Host: a', `Cookie: sid=${VALUE}; lang=da`))
  await client.has(OTHER)
  const [{ turn, ticket } = assert.fail()] = witness.turns
  assert.equal(ticket.seq, 1)
  assert.deepEqual(
    { ...turn, at: 0 },
    {
      at: 0,
      status: 200,
      userConfirmed: false,
      isLogin: false,
      redirect: null,
      set: markOf(OTHER),
      rolled: [],
      cleared: [],
    },
  )
  assert.equal(witness.answers.length, 0)
  assert.deepEqual(witness.asked[0]?.cookies, markOf(VALUE))
  assert.ok(!JSON.stringify([witness.asked, witness.turns]).includes(VALUE))
})

test('an answer that does nothing to them is no turn; one to somebody with credentials, or at a login, is', async (t) => {
  const answer = head('HTTP/1.1 200 OK', 'Content-Length: 2') + 'ok'
  const basic = `Authorization: Basic ${btoa('anna:x')}`
  for (const [start, line, turns] of [
    ['GET /data HTTP/1.1', 'X-Other: 1', 0],
    ['GET /data HTTP/1.1', basic, 1],
    ['GET /logout HTTP/1.1', 'X-Other: 1', 1],
  ] as const) {
    const { port, witness } = await answering(t, answer)
    await connect(t, port)
      .send(head(start, 'Host: a', `Cookie: sid=${VALUE}`, line))
      .has('ok')
    await witness.outcomes(1)
    assert.equal(witness.turns.length, turns, `${start} ${line}`)
  }
})

test('what is said in a WebSocket has the cookies with which it was opened', async (t) => {
  const answer = head('HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade')
  const { port, witness } = await answering(t, answer)
  const lines = ['Host: a', 'Upgrade: websocket', 'Connection: Upgrade', `Cookie: sid=${VALUE}`]
  const client = connect(t, port).send(head('GET /app HTTP/1.1', ...lines))
  await client.has('\r\n\r\n')
  client.send(said('{"id":1}'))
  await eventually('the message', () => witness.asked.length === 2)
  assert.deepEqual(
    witness.asked.map(({ cookies: marks }) => marks),
    [markOf(VALUE), markOf(VALUE)],
  )
})
