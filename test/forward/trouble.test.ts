import assert from 'node:assert/strict'
import net from 'node:net'
import { test } from 'node:test'
import { biServer, connect, eventually, listen, ours, rawServer, roundTrip, scripted } from './support.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

test('a BI server that cannot be reached is 502, in words, and reported with its code', async (t) => {
  const closed = net.createServer()
  const gone = await listen(t, closed)
  closed.close()
  const { port, witness, events } = await ours(t, gone)
  const bytes = await connect(t, port).send(GET).has('answered.\n')
  assert.match(
    Buffer.from(bytes, 'latin1').toString('utf8'),
    /^HTTP\/1.1 502 Bad Gateway\r\nContent-Type: text\/plain; charset=utf-8\r\n[^]*BI-serveren kan ikke nås[^]*The BI server/,
  )
  const [answered] = await witness.outcomes(1)
  assert.deepEqual([answered?.ending, answered?.status, answered?.userConfirmed], ['upstream-unreachable', 502, false])
  assert.deepEqual(events, [{ kind: 'upstream-unreachable', server: 'bi', code: 'ECONNREFUSED' }])
})

test('a silent BI server is 504; one that falls silent midway has its answer cut', async (t) => {
  const upstream = await rawServer(t, (socket) => {
    socket.on('data', (chunk: Buffer) => {
      if (chunk.includes('/half')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')
    })
  })
  const { port, witness, events } = await ours(t, upstream, { timeoutMs: 200 })
  await connect(t, port)
    .send(GET)
    .has(/^HTTP\/1.1 504 Gateway Timeout\r\n[^]*in time\.\n/)
  assert.match(await roundTrip(t, port, 'GET /half HTTP/1.1\r\nHost: a\r\n\r\n'), /half$/)
  assert.deepEqual(
    (await witness.outcomes(2)).map(({ ending, status }) => [ending, status]),
    [
      ['upstream-timeout', 504],
      ['upstream-timeout', 200],
    ],
  )
  assert.deepEqual(
    events,
    [1, 2].map(() => ({ kind: 'upstream-timeout', server: 'bi' })),
  )
})

test('a slow query, a slow upload and a slow reader are none of them silence of the BI server', async (t) => {
  const upstream = await biServer(t, (req, res) => {
    req.resume().on('end', () => res.end(req.url === '/big' ? Buffer.alloc(20_000_000) : 'ok'))
  })
  const { port } = await ours(t, upstream, { timeoutMs: 150 })
  const upload = connect(t, port).send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx')
  const reader = connect(t, port).send('GET /big HTTP/1.1\r\nHost: a\r\n\r\n')
  await reader.has('\r\n\r\n')
  reader.socket.pause()
  await new Promise((resolve) => setTimeout(resolve, 500))
  reader.socket.resume()
  await upload.send('y').has('\r\n\r\nok')
  await reader.until('all of it', ({ text }) => text.length > 20_000_000)
})

test('a journal that takes its time is no silence of the BI server', async (t) => {
  const { port, witness } = await ours(t, (await scripted(t, OK)).port, { timeoutMs: 50 })
  witness.durable = () => new Promise((resolve) => setTimeout(resolve, 250))
  await connect(t, port).send(GET).has('\r\n\r\nok')
})

test('an answer that ends with its connection is reset, not closed, when it breaks off', async (t) => {
  const upstream = await rawServer(t, (socket) => {
    socket.on('data', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\nhalf', () => setTimeout(() => socket.resetAndDestroy(), 30))
    })
  })
  const { port, witness } = await ours(t, upstream)
  const client = connect(t, port).send('GET / HTTP/1.0\r\n\r\n')
  await client.has('half')
  await client.end()
  assert.deepEqual([client.ended, client.reset], [false, true])
  assert.equal((await witness.outcomes(1))[0]?.ending, 'upstream-gone')
})

test('an answer that dies while its entry is synced is 502: nothing of it had left', async (t) => {
  let dead = false
  const upstream = await rawServer(t, (socket) => {
    socket.on('close', () => (dead = true))
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', () => socket.destroy()))
  })
  const { port, witness } = await ours(t, upstream)
  witness.durable = () => new Promise((resolve) => setTimeout(resolve, 100))
  assert.match(await connect(t, port).send(GET).has('answered.\n'), /^HTTP\/1.1 502 /)
  assert.ok(dead)
})

test('an answer that is no HTTP, or cannot be sent on, is 502 and harms nobody else', async (t) => {
  const odd: Record<string, string> = {
    '/nonsense': 'SMTP/1.1 220 hello\r\n\r\n',
    '/lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx',
    '/both': 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
    '/coding': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
    '/reason': 'HTTP/1.1 200 O\x01K\r\nContent-Length: 2\r\n\r\nok',
    '/switch': 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
  }
  const { port: upstream } = await scripted(t, (request) => odd[request.split(' ')[1] ?? ''] ?? OK)
  const { port, witness } = await ours(t, upstream)
  for (const path of Object.keys(odd)) {
    await connect(t, port)
      .send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
      .has(/^HTTP\/1.1 502 /)
  }
  await connect(t, port).send(GET).has('\r\n\r\nok')
  assert.equal((await witness.outcomes(7)).length, 7)
})

test('a header of an answer beyond the two thousandth reaches the client', async (t) => {
  const many = 'a: b\r\n'.repeat(2500)
  const { port } = await ours(
    t,
    (await scripted(t, `HTTP/1.1 200 OK\r\n${many}X-Last: 1\r\nContent-Length: 2\r\n\r\nok`)).port,
  )
  assert.match(await connect(t, port).send(GET).has('\r\n\r\nok'), /X-Last: 1/)
})

test('too many headers are refused, and so are too large ones; each attempt leaves an entry', async (t) => {
  const { port: upstream, seen } = await scripted(t, OK)
  const { port, witness, events } = await ours(t, upstream)
  const ask = (lines: string) =>
    connect(t, port)
      .send(`GET /a HTTP/1.1\r\nHost: a\r\n${lines}\r\n`)
      .has(/HTTP\/1.1 (?:\d+)/)
  assert.match(await ask('a: b\r\n'.repeat(1990)), /^HTTP\/1.1 200 /)
  assert.match(await ask('a: b\r\n'.repeat(2000)), /^HTTP\/1.1 431 /)
  assert.match(await ask(`a: ${'b'.repeat(70_000)}\r\n`), /^HTTP\/1.1 431 /)
  assert.equal(seen.length, 1)
  const outcomes = await witness.outcomes(3)
  assert.deepEqual(
    outcomes.map(({ ending, status }) => [ending, status]),
    [
      ['complete', 200],
      ['refused', 431],
      ['refused', 431],
    ],
  )
  assert.deepEqual(
    witness.asked.map(({ method, target }) => `${method} ${target}`),
    ['GET /a', 'GET /a', ' '],
  )
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['refused', 'malformed'],
  )
})

test('what is no HTTP is answered 400 in words, and leaves an entry without a method', async (t) => {
  const { port, witness, events } = await ours(t, (await scripted(t, OK)).port)
  assert.match(await roundTrip(t, port, 'HELLO server\r\n\r\n'), /^HTTP\/1.1 400 Bad Request\r\n[^]*forwarded\.\n$/)
  assert.deepEqual(
    [witness.asked[0]?.method, witness.asked[0]?.target, witness.asked[0]?.clientAddress],
    ['', '', '127.0.0.1'],
  )
  assert.equal((await witness.outcomes(1))[0]?.ending, 'refused')
  assert.equal(events[0]?.kind, 'malformed')
})

test('a port scanner that says nothing, or half a line, leaves nothing', async (t) => {
  const { port, witness, events } = await ours(t, (await scripted(t, OK)).port)
  for (const text of ['', 'GET / HT']) {
    const client = connect(t, port).send(text)
    await new Promise((resolve) => setTimeout(resolve, 20))
    client.socket.destroy()
  }
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.deepEqual([witness.asked, events], [[], []])
})

test('CONNECT is not allowed', async (t) => {
  const { port, witness } = await ours(t, (await scripted(t, OK)).port)
  assert.match(
    await roundTrip(t, port, 'CONNECT db:1433 HTTP/1.1\r\nHost: db:1433\r\n\r\n'),
    /^HTTP\/1.1 405 [^]*\r\nAllow: /,
  )
  assert.equal((await witness.outcomes(1))[0]?.status, 405)
  assert.equal(witness.asked[0]?.method, 'CONNECT')
})

test('the first server whose host and path fit is asked; where none fits, 404 in words', async (t) => {
  const servers = await Promise.all(
    ['a', 'b', 'c'].map(async (name) => ({
      name,
      upstream: new URL(
        `http://127.0.0.1:${await biServer(t, (req, res) => res.end(`${name} ${req.url} ${req.headers.host}`))}/${name}/`,
      ),
    })),
  )
  const [a = {}, b = {}, c = {}] = servers
  const { port, witness } = await ours(t, 0, {
    servers: [
      { ...a, host: 'BI.kommune.dk', path: '/olap' },
      { ...b, host: 'bi.kommune.dk' },
      { ...c, path: '/xmla' },
    ],
  })
  const ask = async (target: string, host: string) => {
    const text = await connect(t, port)
      .send(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
      .has(/\r\n\r\n[^]+/)
    return text.slice(text.indexOf('\r\n\r\n') + 4).split('\n', 1)[0]
  }
  assert.equal(await ask('/olap/x', 'bi.KOMMUNE.dk:8080'), 'a /a/olap/x bi.KOMMUNE.dk:8080')
  assert.equal(await ask('/else', 'bi.kommune.dk'), 'b /b/else bi.kommune.dk')
  assert.equal(await ask('/xmla?q', 'other'), 'c /c/xmla?q other')
  assert.equal(await ask('http://bi.kommune.dk/olap', 'ignored'), 'a /a/olap bi.kommune.dk')
  assert.equal(await ask('http://nobody/olap', 'bi.kommune.dk'), 'Ingen BI-server er sat op til denne adresse.')
  assert.match((await ask('ftp://bi.kommune.dk/olap', 'bi.kommune.dk')) ?? '', /mere end én|mere end Ã©n/)
  const outcomes = await witness.outcomes(6)
  assert.deepEqual(
    witness.asked.map(({ server }) => server),
    ['a', 'b', 'c', 'a', '', ''],
  )
  assert.deepEqual(
    outcomes.slice(4).map(({ ending, status }) => [ending, status]),
    [
      ['refused', 404],
      ['refused', 400],
    ],
  )
})

test('OPTIONS * is asked of the BI server as such', async (t) => {
  const { port: upstream, seen } = await scripted(t, OK)
  const { port } = await ours(t, upstream, { servers: [{ upstream: new URL(`http://127.0.0.1:${upstream}/prefix`) }] })
  await connect(t, port).send('OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n').has('ok')
  assert.match(seen[0] ?? '', /^OPTIONS \* HTTP/)
})

test('nothing is added to a request, and what other proxies said stays', async (t) => {
  const { port: upstream, seen } = await scripted(t, OK)
  const { port } = await ours(t, upstream)
  const request = 'POST / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 10.0.0.1\r\nVia: 1.1 x\r\nContent-Length: 1\r\n\r\nq'
  await connect(t, port).send(request).has('ok')
  assert.equal(seen[0], request)
})

test('HEAD, 204, 304 and multiple cookies pass as they are', async (t) => {
  const answers: Record<string, string> = {
    '/head': 'HTTP/1.1 200 OK\r\nContent-Length: 77\r\nX-A: 1\r\n\r\n',
    '/headchunked': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n',
    '/204': 'HTTP/1.1 204 Nothing\r\nX-A: 1\r\n\r\n',
    '/304': 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 55\r\n\r\n',
    '/cookies': 'HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n',
  }
  const { port: upstream } = await scripted(t, (request) => answers[request.split(' ')[1] ?? ''] ?? OK)
  const { port } = await ours(t, upstream)
  // One connection for all: a body too many or too few would show in the next answer.
  const client = connect(t, port)
  for (const [path, answer] of Object.entries(answers)) {
    client.text = ''
    client.send(`${path.startsWith('/head') ? 'HEAD' : 'GET'} ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
    const text = await client.has('\r\n\r\n')
    assert.ok(text.startsWith(answer.slice(0, -2)), `${path}: ${text}`)
    assert.ok(text.endsWith('\r\n\r\n'))
  }
})

test('100 Continue comes from the BI server, and the body goes to it only then', async (t) => {
  const seen: string[] = []
  const upstream = await rawServer(t, (socket) => {
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      seen.push(chunk.toString('latin1'))
      if (text.endsWith('\r\n\r\n')) setTimeout(() => socket.write('HTTP/1.1 100 Continue\r\n\r\n'), 50)
      if (text.endsWith('query')) socket.write(OK)
    })
  })
  const { port } = await ours(t, upstream)
  const client = connect(t, port).send(
    'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n',
  )
  assert.equal(await client.has('\r\n\r\n'), 'HTTP/1.1 100 Continue\r\n\r\n')
  assert.match(seen.join(''), /Expect: 100-continue\r\nContent-Length: 5\r\n\r\n$/)
  await client.send('query').has('\r\n\r\nok')
})

test('TE: trailers is said on to the BI server, because trailers pass', async (t) => {
  const { port: upstream, seen } = await scripted(t, OK)
  const { port } = await ours(t, upstream)
  await connect(t, port).send('GET / HTTP/1.1\r\nHost: a\r\nTE: trailers, deflate\r\nConnection: TE\r\n\r\n').has('ok')
  assert.equal(seen[0], 'GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: keep-alive, TE\r\n\r\n')
})

test('closing does not wait for a connection that has asked nothing', async (t) => {
  const { port: upstream } = await scripted(t, OK)
  const proxy = await ours(t, upstream)
  const silent = connect(t, proxy.port)
  const halfway = connect(t, proxy.port).send('GET / HTTP/1.1\r\nHo')
  // A whole exchange on a third one: by then the proxy has the first two.
  await connect(t, proxy.port).send(GET).has('ok')
  await proxy.close()
  assert.equal((await silent.end()) + (await halfway.end()), '')
})

test('closing waits for the answers under way, and leaves no connection open', async (t) => {
  const go = Promise.withResolvers<void>()
  let asked = 0
  const upstream = await biServer(t, (_req, res) => {
    asked += 1
    res.write('half')
    void go.promise.then(() => res.end('whole'))
  })
  const proxy = await ours(t, upstream)
  const { port, witness } = proxy
  const idle = connect(t, port).send('GET /idle HTTP/1.0\r\n\r\n')
  const busy = connect(t, port).send(GET)
  await eventually('both asked', () => asked === 2)
  await busy.has('half')
  let closed = false
  const closing = proxy.close().then(() => (closed = true))
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal(closed, false)
  go.resolve()
  await closing
  assert.match(await busy.end(), /whole\r\n0\r\n\r\n$/)
  assert.match(await idle.end(), /halfwhole$/)
  assert.equal(witness.answers.length, 2)
})

test('requests before a CONNECT or an upgrade that is refused end with their connection', async (t) => {
  const upstream = await rawServer(t, () => undefined)
  const { port, witness } = await ours(t, upstream)
  const upgrade = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
  for (const last of ['CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n', upgrade]) {
    const before = witness.answers.length
    const client = connect(t, port).send('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2) + last)
    await client.until('the end', ({ closed }) => closed)
    await eventually('both are answered', () => witness.answers.length >= before + 2)
  }
  assert.ok(witness.answers.filter(({ answered }) => answered.ending === 'client-gone').length >= 4)
})
