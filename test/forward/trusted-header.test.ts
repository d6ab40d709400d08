import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { WhoAsks } from '../../proxy/identity/who-asks.ts'
import { connect, ours, scripted } from './support.ts'

/** Two machines, as far as sockets show. */
const FRONT = '127.0.0.2'
const STRANGER = '127.0.0.3'
const PRECEDENCE = ['kerberos', 'ntlm', 'basic', 'bearer', 'header'] as const
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

async function setUp(t: TestContext) {
  const server = await scripted(t, OK)
  const whoAsks = new WhoAsks({
    tickets: null,
    verifier: null,
    trustedHeader: { name: 'X-Remote-User', from: [`${FRONT}/32`] },
    precedence: PRECEDENCE,
  })
  const { port, witness } = await ours(t, server.port, { whoAsks })
  const ask = async (from: string, lines: string, body = '') => {
    const client = connect(t, port, from)
    const answer = await client
      .send(`POST /xmla HTTP/1.1\r\nHost: bi\r\n${lines}Connection: close\r\n${body === '' ? '\r\n' : body}`)
      .end()
    return answer.slice(0, 12)
  }
  return { server, witness, ask }
}

test('the front end’s word goes on record and to the BI server; a stranger’s does to neither', async (t) => {
  const { server, witness, ask } = await setUp(t)
  await ask(FRONT, 'X-Remote-User: KOMMUNE\\anna\r\nX-Other: 1\r\n')
  await ask(STRANGER, 'X-Remote-User: KOMMUNE\\anna\r\nX_REMOTE_USER: a\r\nx-remote-user: b\r\nX-Other: 1\r\n')
  const [trusted, forged] = server.seen
  assert.match(trusted ?? '', /\r\nX-Remote-User: KOMMUNE\\anna\r\nX-Other: 1\r\n/)
  assert.match(forged ?? '', /\r\nHost: bi\r\nX-Other: 1\r\n/)
  assert.doesNotMatch(forged ?? '', /remote.user/i)
  assert.deepEqual(
    witness.asked.map(({ identity }) => [identity.user, identity.source]),
    [
      ['KOMMUNE\\anna', 'header'],
      [null, 'none'],
    ],
  )
  assert.deepEqual(
    (await witness.outcomes(2)).map(({ userConfirmed }) => userConfirmed),
    [true, false],
  )
  // What the stranger claimed is evidence of an attempt.
  assert.ok(witness.asked[1]?.headers.some(([name, value]) => name === 'X-Remote-User' && value === 'KOMMUNE\\anna'))
})

test('nobody’s trailers carry the header', async (t) => {
  const { server, ask } = await setUp(t)
  for (const from of [FRONT, STRANGER]) {
    const lines = 'Transfer-Encoding: chunked\r\nTrailer: X-Remote-User, X-Sum\r\n'
    assert.equal(await ask(from, lines, '\r\n2\r\nab\r\n0\r\nX-Remote-User: bent\r\nX-Sum: 7\r\n\r\n'), 'HTTP/1.1 200')
  }
  assert.equal(server.seen.length, 2)
  for (const seen of server.seen) {
    assert.doesNotMatch(seen, /X-Remote-User: /)
    assert.match(seen, /X-Sum: 7/)
  }
})

test('a client that has the header dropped on the way to the BI server is refused', async (t) => {
  const { server, ask } = await setUp(t)
  for (const from of [FRONT, STRANGER])
    for (const name of ['x-remote-user', 'X_Remote_User'])
      assert.equal(await ask(from, `X-Remote-User: anna\r\nConnection: keep-alive, ${name}\r\n`), 'HTTP/1.1 400')
  assert.deepEqual(server.seen, [])
})

test('a WebSocket’s opening is no way past', async (t) => {
  const { server, ask } = await setUp(t)
  const lines = 'Upgrade: websocket\r\nSec-WebSocket-Key: dGVzdHRlc3R0ZXN0dGVzdA==\r\nSec-WebSocket-Version: 13\r\n'
  await ask(STRANGER, `X-Remote-User: anna\r\nConnection: Upgrade\r\n${lines}`).catch(() => undefined)
  assert.equal(server.seen.length, 1)
  assert.doesNotMatch(server.seen.join(''), /remote-user/i)
})
