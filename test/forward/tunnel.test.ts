import assert from 'node:assert/strict'
import net from 'node:net'
import { test } from 'node:test'
import { authenticateMessage, negotiateMessage } from '../identity/ntlm-message.ts'
import { connect, eventually, listen, ours, rawServer, type Scope, scripted } from './support.ts'
import { frame, said } from './websocket-frames.ts'

const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'
const ASK =
  'GET /app/1 HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nX-Qlik-User: x\r\n\r\n'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const negotiate = negotiateMessage.toString('base64')
const authenticate = authenticateMessage({ domain: 'KOMMUNE', user: 'anna', workstation: 'PC-7' }).toString('base64')

const LAST = frame('x'.repeat(2_000_000))

async function socketServer(scope: Scope, talk: (socket: net.Socket) => void): Promise<number> {
  return rawServer(scope, (socket) => socket.once('data', () => (socket.write(SWITCH), talk(socket))))
}

test('a WebSocket passes both ways and has an entry of its own', async (t) => {
  const upstream = await socketServer(t, (socket) => socket.on('data', () => socket.write(frame('svar'), 'latin1')))
  const { port, witness } = await ours(t, upstream)
  const client = connect(t, port).send(ASK)
  await client.has('\r\n\r\n')
  await client.send(said('spørgsmål')).has('svar')
  assert.deepEqual([witness.asked.length, (await witness.outcomes(1)).length], [2, 1])
  client.socket.end()
  await client.until('the end', ({ closed }) => closed)
  const [answered] = await witness.outcomes(2)
  assert.deepEqual(
    [answered?.ending, answered?.status, answered?.answerBytes, answered?.requestBytes],
    ['complete', 101, frame('svar').length, said('spørgsmål').length],
  )
  assert.equal(witness.asked[0]?.target, '/app/1')
})

test('the switch waits for the entry', async (t) => {
  const { port, witness } = await ours(t, await socketServer(t, (socket) => socket.write('first')))
  const synced = Promise.withResolvers<void>()
  witness.durable = () => synced.promise
  const client = connect(t, port).send(ASK)
  await eventually('the entry', () => witness.asked.length === 1)
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal(client.text, '')
  synced.resolve()
  assert.equal(await client.has('first'), `${SWITCH}first`)
})

test('a switch without an entry is withheld', async (t) => {
  const { port, witness } = await ours(t, await socketServer(t, (socket) => socket.write('first')))
  witness.durable = () => Promise.reject(new Error('no'))
  assert.match(await connect(t, port).send(ASK).has('operations.\n'), /^HTTP\/1.1 503 /)
  assert.equal((await witness.outcomes(1))[0]?.ending, 'withheld')
})

test('while the journal is broken no WebSocket is asked for', async (t) => {
  let asked = 0
  const { port, witness } = await ours(t, await socketServer(t, () => (asked += 1)))
  witness.ready = false
  assert.match(await connect(t, port).send(ASK).has('operations.\n'), /^HTTP\/1.1 503 /)
  assert.equal(asked, 0)
})

test('a BI server that will not switch is heard, and the connection goes on', async (t) => {
  const upstream = await rawServer(t, (socket) => {
    socket.on('data', () =>
      socket.write('HTTP/1.1 403 Nej\r\nX-Why: 1\r\nContent-Length: 300000\r\n\r\n' + 'x'.repeat(300_000)),
    )
  })
  const { port, witness } = await ours(t, upstream)
  const client = connect(t, port)
  const HEAD = 'HTTP/1.1 403 Nej\r\nX-Why: 1\r\nContent-Length: 300000\r\n\r\n'
  const warnings: string[] = []
  const warned = ({ name }: Error) => warnings.push(name)
  process.on('warning', warned)
  t.after(() => process.removeListener('warning', warned))
  // More often than a listener may be left behind on a connection without Node's warning.
  for (let n = 1; n <= 12; n++) {
    client.text = ''
    client.send(ASK)
    await client.until('all of it', ({ text }) => text.length >= HEAD.length + 300_000)
    assert.ok(client.text.startsWith(HEAD) && client.text.length === HEAD.length + 300_000)
  }
  assert.deepEqual(warnings, [])
  assert.deepEqual(
    (await witness.outcomes(12)).map(({ ending, status }) => `${ending} ${status}`),
    Array.from({ length: 12 }, () => 'complete 403'),
  )
})

test('what a client sends behind a request for a WebSocket that is refused is its next request', async (t) => {
  const { port: upstream, seen } = await scripted(t, (request) =>
    request.startsWith('GET /app') ? 'HTTP/1.1 404 Nej\r\nContent-Length: 3\r\n\r\nnej' : OK,
  )
  const { port, witness } = await ours(t, upstream)
  const next = 'POST /next HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nquery'
  const client = connect(t, port).send(ASK + next.slice(0, 30))
  await client.has('nej')
  await client.send(next.slice(30)).has(/nejHTTP\/1.1 200 [^]*ok$/)
  assert.deepEqual(
    seen.map((request) => request.split(' ')[1]),
    ['/app/1', '/next'],
  )
  assert.equal((await witness.outcomes(2))[1]?.ending, 'complete')
})

test('closing does not wait for a connection whose WebSocket was refused', async (t) => {
  const proxy = await ours(t, (await scripted(t, 'HTTP/1.1 403 Nej\r\nContent-Length: 2\r\n\r\nno')).port)
  const client = connect(t, proxy.port).send(ASK)
  await client.has('no')
  await proxy.close()
  await client.end()
})

test('a refused WebSocket ends its connection where one side wants that', async (t) => {
  const refusal = 'HTTP/1.1 403 Nej\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno'
  const { port } = await ours(t, (await scripted(t, refusal)).port)
  assert.equal(await connect(t, port).send(ASK).end(), refusal)
  const { port: other } = await ours(t, (await scripted(t, refusal.replace('Connection: close\r\n', ''))).port)
  const asked = ASK.replace('keep-alive, Upgrade', 'Upgrade, close')
  assert.match(await connect(t, other).send(asked).end(), /\r\nConnection: close\r\n\r\nno$/)
})

test('a login by connection on the way to a WebSocket goes on after each 401, on one connection to the BI server', async (t) => {
  const connections: string[][] = []
  const upstream = await rawServer(t, (socket) => {
    const said: string[] = []
    connections.push(said)
    socket.on('data', (chunk: Buffer) => {
      const token = /\r\nAuthorization: NTLM (\S+)/.exec(chunk.toString('latin1'))?.[1] ?? 'none'
      said.push(token)
      const challenge = token === 'none' ? 'NTLM' : 'NTLM TlRMTVNTUAACAAAA'
      // Whoever comes with the last step alone has lost the two before it.
      if (token === authenticate && said.includes(negotiate)) return socket.write(SWITCH + frame('hej anna'), 'latin1')
      return socket.write(`HTTP/1.1 401 Who\r\nWWW-Authenticate: ${challenge}\r\nContent-Length: 0\r\n\r\n`)
    })
  })
  const { port, witness } = await ours(t, upstream)
  const client = connect(t, port)
  const ask = (token: string) => client.send(ASK.replace('\r\n\r\n', `\r\nAuthorization: NTLM ${token}\r\n\r\n`))
  await client.send(ASK).has('WWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n')
  await ask(negotiate).has('WWW-Authenticate: NTLM TlRM')
  assert.doesNotMatch(client.text, /Connection: close/)
  await ask(authenticate).has('hej anna')
  assert.deepEqual(connections.at(-1), [negotiate, authenticate])
  assert.deepEqual(
    witness.asked.slice(0, 3).map(({ identity }) => identity.user),
    [null, null, 'KOMMUNE\\anna'],
  )
  client.socket.destroy()
  assert.deepEqual(
    (await witness.outcomes(3)).map(({ status }) => status),
    [401, 401, 101],
  )
})

test('a client that ends its half before the switch is told it, and what the BI server says then', async (t) => {
  let ended = false
  const upstream = await listen(
    t,
    net.createServer({ allowHalfOpen: true }, (socket) => {
      socket.resume().on('end', () => {
        ended = true
        socket.end(SWITCH + frame('farvel'), 'latin1')
      })
    }),
  )
  const { port, witness } = await ours(t, upstream)
  const client = connect(t, port).send(ASK)
  client.socket.end()
  assert.equal(await client.end(), SWITCH + frame('farvel'))
  assert.ok(ended && client.ended && !client.reset)
  assert.equal((await witness.outcomes(1))[0]?.status, 101)
})

test('a client that leaves before the switch frees the BI server', async (t) => {
  let open = 0
  const upstream = await rawServer(t, (socket) => {
    open += 1
    socket.on('data', () => undefined).on('close', () => (open -= 1))
  })
  const { port, witness } = await ours(t, upstream)
  const client = connect(t, port).send(ASK)
  await eventually('a connection', () => open === 1)
  await eventually('an entry', () => witness.asked.length === 1)
  client.socket.destroy()
  assert.equal((await witness.outcomes(1))[0]?.ending, 'client-gone')
  await eventually('the connection freed', () => open === 0)
})

test('what a BI server says last arrives before its WebSocket closes', async (t) => {
  const upstream = await socketServer(t, (socket) => socket.end(LAST, 'latin1'))
  const { port, witness } = await ours(t, upstream)
  const text = await connect(t, port).send(ASK).end()
  assert.equal(text.length, SWITCH.length + LAST.length)
  assert.equal((await witness.outcomes(1))[0]?.answerBytes, LAST.length)
})

test('a BI server that cannot be reached for a WebSocket is 502', async (t) => {
  const closed = await rawServer(t, (socket) => socket.destroy())
  const { port, witness } = await ours(t, closed)
  assert.match(await connect(t, port).send(ASK).has('answered.\n'), /^HTTP\/1.1 502 /)
  assert.equal((await witness.outcomes(1))[0]?.ending, 'upstream-unreachable')
})

test('closing the proxy ends its WebSockets', async (t) => {
  const proxy = await ours(t, await socketServer(t, (socket) => socket.write(frame('first'), 'latin1')))
  const { port, witness } = proxy
  const client = connect(t, port).send(ASK)
  await client.has('first')
  await proxy.close()
  await client.until('the end', ({ closed }) => closed)
  assert.equal(witness.answers.length, 1)
})

test('neither end of a switch outlives the other while its entry is synced', async (t) => {
  const open: net.Socket[] = []
  const upstream = await socketServer(t, (socket) => void open.push(socket))
  const { port, witness } = await ours(t, upstream)
  const synced = Promise.withResolvers<void>()
  witness.durable = () => synced.promise
  const leaves = connect(t, port).send(ASK)
  await eventually('the switch', () => open.length === 1)
  await new Promise((resolve) => setTimeout(resolve, 30))
  leaves.socket.resetAndDestroy()
  assert.equal((await witness.outcomes(1))[0]?.ending, 'client-gone')
  await eventually('the BI server freed', () => open[0]?.closed === true)

  const stays = connect(t, port).send(ASK)
  await eventually('the switch', () => open.length === 2)
  await new Promise((resolve) => setTimeout(resolve, 30))
  open[1]?.resetAndDestroy()
  await new Promise((resolve) => setTimeout(resolve, 30))
  synced.resolve()
  assert.match(await stays.has('answered.\n'), /^HTTP\/1.1 502 /)
  assert.notEqual((await witness.outcomes(2))[1]?.ending, 'complete')
})
