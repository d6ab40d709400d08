import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { test } from 'node:test'
import { authenticateMessage, negotiateMessage } from '../identity/ntlm-message.ts'
import { nextToken } from '../logins/spnego.ts'
import { bare, biServer, connect, eventually, type Front, ours, rawServer, type Scope } from './support.ts'

// A BI server behind NTLM, as IIS is: the login is the connection's. Two messages prove it, then requests carry nothing.
async function ntlmServer(
  scope: Scope,
): Promise<{ readonly port: number; readonly open: () => number; readonly logOut: () => void }> {
  const users = new Map<object, string>()
  const sockets = new Set<{ destroy(): void }>()
  const challenge = (res: http.ServerResponse, token: string) =>
    res
      .writeHead(401, ['WWW-Authenticate', 'Negotiate', 'WWW-Authenticate', `NTLM${token}`, 'Content-Length', '4'])
      .end('who?')
  const port = await biServer(scope, (req, res) => {
    if (!sockets.has(req.socket)) req.socket.once('close', () => sockets.delete(req.socket))
    sockets.add(req.socket)
    req.resume().on('end', () => {
      const token = /^NTLM (.*)$/.exec(req.headers.authorization ?? '')?.[1]
      const message = Buffer.from(token ?? '', 'base64')
      if (token !== undefined && message.readUInt32LE(8) === 1) {
        users.delete(req.socket)
        return challenge(res, ` ${Buffer.from('NTLMSSP\0\x02\0\0\0').toString('base64')}`)
      }
      if (token !== undefined) users.set(req.socket, userOf(message))
      const user = users.get(req.socket)
      if (user === undefined || user === 'stranger') return challenge(res, '')
      // Slow now and then, so that connections would be swapped if they could be.
      return setTimeout(() => res.end(`you are ${user}`), Math.random() * 5)
    })
  })
  const logOut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return { port, open: () => sockets.size, logOut }
}

const userOf = (message: Buffer) =>
  message.toString('utf16le', message.readUInt32LE(40), message.readUInt32LE(40) + message.readUInt16LE(36))

const negotiate = `NTLM ${negotiateMessage.toString('base64')}`
const authenticate = (user: string) =>
  `NTLM ${authenticateMessage({ domain: 'KOMMUNE', user, workstation: 'PC-7' }).toString('base64')}`

class Client {
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  readonly #port: number
  constructor(port: number) {
    this.#port = port
  }
  async ask(
    authorization: string | null,
  ): Promise<{ readonly status: number; readonly text: string; readonly lines: readonly string[] }> {
    const headers = [
      'Host',
      'bi',
      ...(authorization === null ? [] : ['Authorization', authorization]),
      'Content-Length',
      '1',
    ]
    const options = { port: this.#port, host: '127.0.0.1', method: 'POST', agent: this.#agent, headers }
    return new Promise((resolve, reject) => {
      const request = http.request(options, (response) => {
        let text = ''
        response
          .setEncoding('utf8')
          .on('data', (part: string) => (text += part))
          .on('error', reject)
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text, lines: response.rawHeaders }))
      })
      request.on('error', reject).end('x')
    })
  }
  async logIn(user: string): Promise<string> {
    await this.ask(negotiate)
    return (await this.ask(authenticate(user))).text
  }
  close(): void {
    this.#agent.destroy()
  }
}

/** Many people at once, each with several requests after his login, and strangers among them who never log in. */
async function nobodyIsServedAsAnother(front: Front, scope: Scope): Promise<void> {
  const { port: upstream } = await ntlmServer(scope)
  const { port } = await front(scope, upstream)
  const client = () => {
    const made = new Client(port)
    scope.after(() => made.close())
    return made
  }
  const people = Array.from({ length: 40 }, async (_, n) => {
    const person = client()
    assert.equal(await person.logIn(`user${n}`), `you are user${n}`)
    for (let turn = 0; turn < 5; turn++) assert.equal((await person.ask(null)).text, `you are user${n}`)
  })
  const strangers = Array.from({ length: 40 }, async () => {
    const stranger = client()
    for (let turn = 0; turn < 6; turn++) assert.equal((await stranger.ask(null)).status, 401)
  })
  await Promise.all([...people, ...strangers])
}

test(
  'however many log in by connection at once, nobody is served as another, nor recorded so',
  { timeout: 20_000 },
  async (t) => {
    let proxy: Awaited<ReturnType<typeof ours>> | undefined
    await nobodyIsServedAsAnother(async (scope, upstream) => (proxy = await ours(scope, upstream)), t)
    assert.ok(proxy)
    const { witness } = proxy
    assert.equal(witness.asked.length, 40 * 7 + 40 * 6)
    const answers = await witness.outcomes(witness.asked.length)
    const recorded = witness.asked.map(
      ({ identity }, at) => `${identity.user} ${identity.source} ${answers[at]?.userConfirmed}`,
    )
    const count = (line: string) => recorded.filter((one) => one === line).length
    for (let n = 0; n < 40; n++) assert.equal(count(`KOMMUNE\\user${n} ntlm true`), 6)
    assert.equal(count('null none false'), 40 * 6)
    assert.equal(count('null ntlm false'), 40)
  },
)

test('a bare http-proxy fails: with a keep-alive agent it serves one as another', { timeout: 20_000 }, async (t) => {
  await assert.rejects(nobodyIsServedAsAnother(bare, t), assert.AssertionError)
})

test('a user the BI server turns away is recorded as claimed, not as confirmed, and is forgotten', async (t) => {
  const { port: upstream } = await ntlmServer(t)
  const { port, witness } = await ours(t, upstream)
  const client = new Client(port)
  t.after(() => client.close())
  await client.logIn('stranger')
  await client.ask(null)
  const answers = await witness.outcomes(3)
  assert.deepEqual(
    witness.asked.map(({ identity }) => identity.user),
    [null, 'KOMMUNE\\stranger', null],
  )
  assert.deepEqual(
    answers.map(({ userConfirmed, status }) => [userConfirmed, status]),
    [
      [false, 401],
      [false, 401],
      [false, 401],
    ],
  )
  assert.equal(witness.asked[1]?.identity.workstation, 'PC-7')
})

test('the login ends on both sides when either side ends', async (t) => {
  const { port: upstream, open, logOut } = await ntlmServer(t)
  const { port } = await ours(t, upstream)
  const leaves = new Client(port)
  assert.equal(await leaves.logIn('anna'), 'you are anna')
  assert.equal(open(), 1)
  leaves.close()
  await eventually('the upstream connection closed', () => open() === 0)

  const stays = connect(t, port)
  const say = (message: string) => stays.send(`GET / HTTP/1.1\r\nHost: a\r\nAuthorization: ${message}\r\n\r\n`)
  await say(negotiate).has('who?')
  await say(authenticate('bent')).has('you are bent')
  logOut()
  await stays.until('the end', ({ closed }) => closed)
})

test('requests that wait for a login when it ends fail one by one, and nobody else with them', async (t) => {
  let connections = 0
  const upstream = await rawServer(t, (socket) => {
    connections += 1
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n1.'))
  })
  const { port, witness } = await ours(t, upstream)
  const login = `GET / HTTP/1.1\r\nHost: a\r\nAuthorization: ${negotiate}\r\n\r\n`
  const text = await connect(t, port)
    .send(login + 'GET /2 HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(3))
    .end()
  assert.match(text, /^HTTP\/1.1 200 /)
  const answers = await witness.outcomes(4)
  assert.deepEqual(
    answers.map(({ ending }) => ending === 'complete'),
    [true, false, false, false],
  )
  assert.equal(connections, 1)
  assert.match(await connect(t, port).send('GET / HTTP/1.0\r\n\r\n').end(), /^HTTP\/1.1 200 /)
})

const LOGIN = `POST / HTTP/1.1\r\nHost: a\r\nAuthorization: ${negotiate}\r\nContent-Length: 0\r\n\r\n`
const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx'

for (const how of ['ends', 'breaks'] as const) {
  test(`a POST that finds its login gone is sent once, and its connection ${how} with the login`, async (t) => {
    let requests = 0
    let connections = 0
    const upstream = await rawServer(t, (socket) => {
      connections += 1
      socket.on('data', () => {
        requests += 1
        if (requests === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n1.')
        else if (how === 'ends') socket.end()
        else socket.resetAndDestroy()
      })
    })
    const { port, witness, events } = await ours(t, upstream)
    const client = connect(t, port).send(LOGIN)
    await client.has('1.')
    const text = await client.send(POST).end()
    // No answer of ours, which somebody would be shown: a client logs in anew when it sees its connection end.
    assert.equal(text.match(/HTTP/g)?.length, 1)
    assert.deepEqual([requests, connections], [2, 1])
    const { ending, status } = (await witness.outcomes(2))[1] ?? {}
    assert.deepEqual([ending, status], ['upstream-gone', null])
    assert.deepEqual(events, [{ kind: 'upstream-gone', server: 'bi', code: 'ECONNRESET' }])
  })
}

test('a login that cannot even begin is answered, for then nobody would try again', async (t) => {
  const upstream = await rawServer(t, (socket) => socket.destroy())
  const { port } = await ours(t, upstream)
  const text = await connect(t, port).send(LOGIN).end()
  assert.match(text, /^HTTP\/1.1 502 [^]*\r\nConnection: close\r\n/)
})

test('no time that the BI server announces ends a login', async (t) => {
  let connections = 0
  const upstream = await rawServer(t, (socket) => {
    connections += 1
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=0\r\nContent-Length: 2\r\n\r\nok'))
  })
  const { port } = await ours(t, upstream)
  const client = connect(t, port).send(LOGIN)
  await client.has('ok')
  for (let n = 2; n < 6; n++) await client.send(POST).has(new RegExp(`(?:ok[^]*){${n}}`))
  assert.equal(connections, 1)
})

for (const line of [
  'WWW-Authenticate: NTLM TlRMTVNTUAACAAAA',
  'WWW-Authenticate: Negotiate TlRMTVNTUAACAAAA',
  'Persistent-Auth: true',
]) {
  test(`a shared connection is shared no more once the BI server says on it ${line}`, async (t) => {
    let connections = 0
    const upstream = await rawServer(t, (socket) => {
      connections += 1
      socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\n${line}\r\nContent-Length: 2\r\n\r\nok`))
    })
    const { port } = await ours(t, upstream)
    for (let n = 0; n < 3; n++) await connect(t, port).send('GET / HTTP/1.1\r\nHost: a\r\n\r\n').has('ok')
    assert.equal(connections, 3)
  })
}

test('requests pipelined behind a login are answered in order, as that user, and recorded so', async (t) => {
  const { port: upstream } = await ntlmServer(t)
  const { port, witness } = await ours(t, upstream)
  const client = connect(t, port)
  const say = (message: string) => `GET / HTTP/1.1\r\nHost: a\r\nAuthorization: ${message}\r\n\r\n`
  const challenged = await client.send(say(negotiate)).has('who?')
  assert.equal(challenged.match(/\r\nWWW-Authenticate: /g)?.length, 2)
  const behind = (n: number) => `GET /${n} HTTP/1.1\r\nHost: a\r\n\r\n`
  client.send(say(authenticate('anna')) + behind(1) + behind(2) + behind(3))
  await client.has(/(?:you are anna[^]*){4}/)
  const answers = await witness.outcomes(5)
  assert.deepEqual(
    witness.asked.map(({ target, identity }, at) => [target, identity.user, answers[at]?.userConfirmed]).slice(1),
    ['/', '/1', '/2', '/3'].map((target) => [target, 'KOMMUNE\\anna', true]),
  )
})

test('a client of HTTP/1.0 that keeps its connection keeps its login', async (t) => {
  const { port: upstream } = await ntlmServer(t)
  const { port, witness } = await ours(t, upstream)
  const client = connect(t, port)
  const say = (line: string) =>
    client.send(`POST / HTTP/1.0\r\nConnection: keep-alive\r\n${line}Content-Length: 1\r\n\r\nx`)
  const answer = await say(`Authorization: ${negotiate}\r\n`).has('who?')
  // One that is not told so takes its connection for ended (RFC 9112, appendix C.2.2 "Keep-Alive Connections").
  assert.match(answer, /\r\nConnection: keep-alive\r\n/i)
  await say(`Authorization: ${authenticate('bent')}\r\n`).has('you are bent')
  await say('').has(/(?:you are bent[^]*){2}/)
  await witness.outcomes(3)
  assert.equal(witness.asked[2]?.identity.user, 'KOMMUNE\\bent')
})

test('an answer under way when the login ends still comes whole, and its connection closes after it', async (t) => {
  const upstream = await biServer(t, (req, res) => {
    res.setHeader('Connection', 'close')
    res.end(`you are ${req.headers.authorization?.slice(0, 4)}`)
  })
  const { port } = await ours(t, upstream)
  const client = connect(t, port).send(`GET / HTTP/1.1\r\nHost: a\r\nAuthorization: ${negotiate}\r\n\r\n`)
  const text = await client.end()
  assert.match(text, /^HTTP\/1.1 200 [^]*\r\nConnection: close\r\n[^]*you are NTLM/)
})

test('at a BI server that asks for no login a name in one is not confirmed, however well the request is answered', async (t) => {
  const upstream = await biServer(t, (_req, res) => res.end('ok'))
  const { port, witness } = await ours(t, upstream)
  const message = authenticateMessage({ domain: 'KOMMUNE', user: 'colleague', workstation: 'PC-7' })
  const kerberos = Buffer.concat([Buffer.from('6e820100', 'hex'), Buffer.alloc(256)])
  const hidden = `Negotiate ${nextToken(Buffer.concat([kerberos, message])).toString('base64')}`
  for (const authorization of [authenticate('colleague'), hidden]) {
    const client = new Client(port)
    t.after(() => client.close())
    for (const said of [negotiate, authorization, null]) assert.equal((await client.ask(said)).status, 200)
  }
  const outcomes = await witness.outcomes(6)
  const users = witness.asked.map(({ identity: { user, source } }, at) => [user, source, outcomes[at]?.userConfirmed])
  const typed = ['KOMMUNE\\colleague', 'ntlm', false]
  const unnamed = [null, 'kerberos', true]
  assert.deepEqual(users, [
    [null, 'ntlm', false],
    typed,
    [null, 'none', false],
    [null, 'ntlm', false],
    unnamed,
    unnamed,
  ])
})

test('requests of ordinary clients share their upstream connections', async (t) => {
  let connections = 0
  const upstream = await rawServer(t, (socket) => {
    connections += 1
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
  })
  const { port } = await ours(t, upstream)
  for (let n = 0; n < 10; n++) await connect(t, port).send('GET / HTTP/1.1\r\nHost: a\r\n\r\n').has('ok')
  assert.equal(connections, 1)
})

/** Each second request on a connection finds it closed. */
async function tired(scope: Scope) {
  const seen = { requests: 0, served: 0 }
  const port = await rawServer(scope, (socket) => {
    let here = 0
    socket.on('data', () => {
      seen.requests += 1
      here += 1
      if (here === 2) return socket.resetAndDestroy()
      seen.served += 1
      return socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
  })
  return { port, seen }
}

test('nothing that is sent twice could be done twice: a POST on a connection just closed is answered 502', async (t) => {
  const { port: upstream, seen } = await tired(t)
  const { port, witness, events } = await ours(t, upstream)
  await connect(t, port).send(POST).has('ok')
  await connect(t, port)
    .send(POST)
    .has(/^HTTP\/1.1 502 /)
  await connect(t, port).send(POST).has('ok')
  assert.deepEqual(seen, { requests: 3, served: 2 })
  assert.equal((await witness.outcomes(3))[1]?.ending, 'upstream-unreachable')
  assert.deepEqual(events, [{ kind: 'upstream-unreachable', server: 'bi', code: 'ECONNRESET' }])
})

test('a client that has asked before sees its connection close instead, and asks again where that is safe', async (t) => {
  const { port: upstream, seen } = await tired(t)
  const { port, witness, events } = await ours(t, upstream)
  const client = connect(t, port).send(POST)
  await client.has('ok')
  const text = await client.send(POST).end()
  assert.equal(text.match(/HTTP/g)?.length, 1)
  assert.ok(client.ended && !client.reset)
  assert.deepEqual(seen, { requests: 2, served: 1 })
  const { ending, status } = (await witness.outcomes(2))[1] ?? {}
  assert.deepEqual([ending, status], ['upstream-gone', null])
  assert.deepEqual(events, [{ kind: 'upstream-gone', server: 'bi', code: 'ECONNRESET' }])
})

test('a connection is not used again that the BI server announced to close in a second', async (t) => {
  let connections = 0
  const upstream = await rawServer(t, (socket) => {
    connections += 1
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok'))
  })
  const { port } = await ours(t, upstream)
  for (let n = 0; n < 3; n++) await connect(t, port).send(POST).has('ok')
  assert.equal(connections, 3)
})

test('a POST that comes together with the end of an idle connection goes out on another one', async (t) => {
  const pooled = new Set<net.Socket>()
  let served = 0
  const upstream = await rawServer(t, (socket) => {
    pooled.add(socket.on('close', () => pooled.delete(socket)))
    socket.on('data', () => {
      served += 1
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
  })
  const { port, witness } = await ours(t, upstream)
  const clients = Array.from({ length: 40 }, () => connect(t, port))
  for (const { socket } of clients) if (socket.connecting) await once(socket, 'connect')
  for (const client of clients) {
    // The kernel learns both in the same turn of the loop, in either order.
    const close = () => {
      for (const socket of pooled) socket.end()
    }
    if (served % 2 === 0) close()
    client.send(POST)
    close()
    assert.match(await client.has('\r\n\r\n'), /^HTTP\/1.1 200 /)
  }
  assert.equal(served, clients.length)
  assert.deepEqual(new Set((await witness.outcomes(clients.length)).map(({ ending }) => ending)), new Set(['complete']))
})
