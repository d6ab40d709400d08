import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { WhoAsks } from '../../proxy/identity/who-asks.ts'
import { connect, eventually, ours, scripted } from './support.ts'

const PRECEDENCE = ['kerberos', 'ntlm', 'basic', 'bearer', 'header'] as const
const TOKEN = `e30.${Buffer.from('{"upn":"kirsten@kommune.example"}').toString('base64url')}.c2ln`
const REQUEST = `GET /data HTTP/1.1\r\nHost: bi\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`

/** A verifier that says nothing until the test does. */
async function setUp(t: TestContext) {
  const asked: [token: string, user: string][] = []
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const verifier = {
    verify: (token: string, user: string) => {
      asked.push([token, user])
      return promise
    },
  }
  const server = await scripted(t, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  const whoAsks = new WhoAsks({ tickets: null, verifier, trustedHeader: null, precedence: PRECEDENCE })
  const { port, witness } = await ours(t, server.port, { whoAsks })
  return { asked, server, port, witness, say: resolve }
}

test('a token is verified beside the query: request and answer have passed before anything is known of it', async (t) => {
  const { asked, server, port, witness, say } = await setUp(t)
  await connect(t, port).send(REQUEST).has('\r\n\r\nok')
  await eventually('the token', () => asked.length === 1)
  assert.equal(server.seen.length, 1)
  assert.equal(witness.answers.length, 0)
  say(true)
  const [answered] = await witness.outcomes(1)
  assert.equal(answered?.userConfirmed, true)
  assert.deepEqual(asked, [[TOKEN, 'kirsten@kommune.example']])
  assert.equal(witness.asked[0]?.identity.source, 'bearer')
  assert.ok(!JSON.stringify(witness.asked).includes('c2ln'))
})

test('a token that is no good is answered and recorded all the same; its user is not confirmed', async (t) => {
  const { port, witness, say } = await setUp(t)
  say(false)
  await connect(t, port).send(REQUEST).has('\r\n\r\nok')
  const [answered] = await witness.outcomes(1)
  assert.deepEqual([answered?.userConfirmed, answered?.status], [false, 200])
  assert.equal(witness.asked[0]?.identity.user, 'kirsten@kommune.example')
})

test('a token that is good, and that the BI server refuses, confirms nobody', async (t) => {
  const server = await scripted(t, 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n')
  const whoAsks = new WhoAsks({
    tickets: null,
    verifier: { verify: async () => true },
    trustedHeader: null,
    precedence: PRECEDENCE,
  })
  const { port, witness } = await ours(t, server.port, { whoAsks })
  await connect(t, port).send(REQUEST).has('401')
  assert.equal((await witness.outcomes(1))[0]?.userConfirmed, false)
})
