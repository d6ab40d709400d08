import assert from 'node:assert/strict'
import { test } from 'node:test'
import tls from 'node:tls'
import { text } from '../../front/certificates.ts'
import { fronted, hear, tlsClient, tlsConfig } from '../../front/support.ts'
import { biServer, rawServer, scripted } from '../support.ts'
import { ask, END_HEADERS, END_STREAM, FRAME, GET, hearStream, http2Front, NAME } from './support.ts'

const lines = (raw: readonly string[]) => raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? '']] : []))

test('HTTP/2 is spoken only where it is set, and only with who asks for it', async (t) => {
  const bi = await biServer(t, (_req, res) => res.end('tal'))
  const { port, authority } = await http2Front(t, bi)
  const ca = text(authority.cert)
  const chosen = async (port_: number, ALPNProtocols: string[]) => {
    const socket = tls.connect({ port: port_, host: '127.0.0.1', servername: NAME, ca, ALPNProtocols })
    t.after(() => socket.destroy())
    await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
    return socket.alpnProtocol
  }
  assert.equal(await chosen(port, ['h2', 'http/1.1']), 'h2')
  assert.equal(await chosen(port, ['http/1.1']), 'http/1.1')
  const usual = await fronted(t, bi, { config: { tls: tlsConfig(authority.issue(`DNS:${NAME}`)) } })
  assert.equal(await chosen(usual.port, ['h2', 'http/1.1']), 'http/1.1')
  const client = await tlsClient(t, port, { ca })
  const heard = await hear(client, `GET /olap/ HTTP/1.1\r\nHost: ${NAME}\r\nConnection: close\r\n\r\n`)
  assert.match(heard.text, /^HTTP\/1\.1 200 OK\r\n[^]*tal$/)
})

test('a request goes on as HTTP/1.1 would have it, and its answer comes back line by line', async (t) => {
  const answer =
    'HTTP/1.1 200 Fint\r\nX-One: a\r\nContent-Type: text/xml\r\nX-One: b\r\nSet-Cookie: s=1\r\nX-Navn: r\xf8d\r\n' +
    'Set-Cookie: t=2\r\nContent-Type: text/plain\r\nKeep-Alive: timeout=9\r\nConnection: keep-alive, X-Hop\r\n' +
    'X-Hop: 1\r\nContent-Length: 3\r\n\r\ntal'
  const bi = await scripted(t, answer)
  const front = await http2Front(t, bi.port)
  const session = await front.session()
  const heard = await ask(
    session,
    {
      ':method': 'POST',
      ':path': '/olap//msmdpump.dll?a=%20',
      ':authority': 'bi.kommune.example',
      soapaction: '"x"',
      cookie: ['a=1', 'b=2'],
      'x-navn': 'r\xf8d',
      cookie2: 'c',
      'content-length': 5,
    },
    'r\xf8d \xff',
  )
  assert.equal(
    bi.seen[0],
    'POST /olap//msmdpump.dll?a=%20 HTTP/1.1\r\nhost: bi.kommune.example\r\nsoapaction: "x"\r\n' +
      'cookie: a=1; b=2\r\nx-navn: r\xf8d\r\ncookie2: c\r\ncontent-length: 5\r\n\r\nr\xf8d \xff',
  )
  assert.equal(heard.status, 200)
  assert.equal(heard.body, 'tal')
  assert.deepEqual(lines(heard.headers), [
    [':status', '200'],
    ['x-one', 'a'],
    ['content-type', 'text/xml'],
    ['x-one', 'b'],
    ['set-cookie', 's=1'],
    ['x-navn', 'r\xf8d'],
    ['set-cookie', 't=2'],
    ['content-type', 'text/plain'],
    ['content-length', '3'],
  ])
})

test('the same request leaves the same entry over both, but for the spelling of header names', async (t) => {
  const bi = await biServer(t, (req, res) => {
    req.resume()
    req.on('end', () => res.writeHead(200, { 'Content-Type': 'text/xml' }).end('<a/>'))
  })
  const front = await http2Front(t, bi)
  const basic = `Basic ${Buffer.from('kommune\\khol:hemmeligt').toString('base64')}`
  const headers = { authorization: basic, 'content-type': 'text/xml', cookie: 'sid=1', 'content-length': '4' }
  const session = await front.session()
  await ask(session, { ':method': 'POST', ':path': '/olap/?x=1', ':authority': NAME, ...headers }, '<q/>')
  const client = await tlsClient(t, front.port, { ca: text(front.authority.cert) })
  const spelled = Object.entries(headers).map(
    ([name, value]) => `${name.replace(/\b./g, (c) => c.toUpperCase())}: ${value}`,
  )
  const head = ['POST /olap/?x=1 HTTP/1.1', `Host: ${NAME}`, ...spelled].join('\r\n')
  client.write(`${head}\r\n\r\n<q/>`)
  const [over2, over1] = await front.witness.outcomes(2)
  const same = ({ firstByteAt: _first, endedAt: _ended, headers: told, ...rest }: NonNullable<typeof over1>) => ({
    ...rest,
    told: told.filter(([name]) => name !== 'Date'),
  })
  assert.ok(over1 !== undefined && over2 !== undefined)
  assert.deepEqual(same(over2), same(over1))
  assert.equal(over2.userConfirmed, true)
  const [asked2, asked1] = front.witness.asked.map(({ askedAt: _at, headers: told, ...rest }) => ({
    ...rest,
    told: told.map(([name, value]) => [name.toLowerCase(), value]),
  }))
  assert.deepEqual(asked2, asked1)
  assert.equal(asked1?.identity.user, 'kommune\\khol')
})

test('trailers pass both ways, a body without a length both ways, and an interim answer', async (t) => {
  const bi = await scripted(
    t,
    'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n' +
      'Trailer: X-Sum\r\n\r\n3\r\ntal\r\n0\r\nX-Sum: 7\r\n\r\n',
  )
  const front = await http2Front(t, bi.port)
  const session = await front.session()
  const stream = session.request(
    { ':method': 'POST', ':path': '/', te: 'trailers', trailer: 'x-check' },
    { endStream: false, waitForTrailers: true },
  )
  stream.on('wantTrailers', () => stream.sendTrailers({ 'x-check': '9' }))
  stream.end('hej')
  const heard = await hearStream(stream)
  assert.match(bi.seen[0] ?? '', /\r\ntransfer-encoding: chunked\r\n/)
  assert.match(bi.seen[0] ?? '', /\r\n\r\n3\r\nhej\r\n0\r\nx-check: 9\r\n\r\n$/)
  assert.deepEqual(heard.informed, [103])
  assert.deepEqual(lines(heard.headers), [
    [':status', '200'],
    ['trailer', 'X-Sum'],
  ])
  assert.deepEqual([heard.body, heard.trailers, heard.ended], ['tal', ['x-sum', '7'], true])
})

test('who expects to be told to go on is told by the BI server', async (t) => {
  const bi = await rawServer(t, (socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 100 Continue\r\n\r\n')
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
    })
  })
  const front = await http2Front(t, bi)
  const session = await front.session()
  const stream = session.request(
    { ':method': 'POST', ':path': '/', expect: '100-continue', 'content-length': 3 },
    { endStream: false },
  )
  stream.once('continue', () => stream.end('hej'))
  const heard = await hearStream(stream)
  assert.deepEqual([heard.status, heard.body], [200, 'ok'])
})

test('an answer to HEAD, 204 and 304 have no body, and say what the BI server said', async (t) => {
  const said: Record<string, string> = {
    '/head': 'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n',
    '/204': 'HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n',
    '/304': 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 99\r\n\r\n',
    '/empty': 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  }
  const bi = await scripted(t, (request) => said[/ (\S+) /.exec(request)?.[1] ?? ''] ?? '')
  const session = await (await http2Front(t, bi.port)).session()
  const told = async (method: string, path: string) => {
    const { status, headers, body, ended } = await ask(session, { ':method': method, ':path': path })
    assert.deepEqual([body, ended], ['', true])
    return [status, ...headers.slice(2)]
  }
  assert.deepEqual(await told('HEAD', '/head'), [200, 'content-length', '99'])
  assert.deepEqual(await told('GET', '/204'), [204, 'x-a', '1'])
  assert.deepEqual(await told('GET', '/304'), [304, 'etag', '"a"', 'content-length', '99'])
  assert.deepEqual(await told('GET', '/empty'), [200, 'content-length', '0'])
})

test('a stream is asked of the BI server that its authority and path name', async (t) => {
  const one = await biServer(t, (_req, res) => res.end('en'))
  const two = await biServer(t, (_req, res) => res.end('to'))
  const front = await http2Front(t, one, {
    servers: [
      { name: 'to', host: 'to.kommune.example', upstream: new URL(`http://127.0.0.1:${two}`) },
      { name: 'en', path: '/en/' },
    ],
  })
  const session = await front.session()
  assert.equal((await ask(session, { ':authority': 'TO.kommune.example:443' })).body, 'to')
  assert.equal((await ask(session, { ':path': '/en/x' })).body, 'en')
  assert.equal((await ask(session, { ':path': '/andet' })).status, 404)
  assert.deepEqual(
    front.witness.asked.map(({ server }) => server),
    ['to', 'en', ''],
  )
})

test('what two readers could take differently is refused with an entry, and never forwarded', async (t) => {
  const bi = await biServer(t, (_req, res) => res.end('tal'))
  const front = await http2Front(t, bi)
  const client = await front.frames()
  const cases: [status: string, head: (readonly [string, string])[]][] = [
    ['400', [...GET, ['host', 'another.example']]],
    ['400', GET.map(([name, value]) => [name, name === ':scheme' ? 'ftp' : value])],
    ['400', [...GET, ['authorization', 'Basic YQ=='], ['authorization', 'Basic Yg==']]],
    [
      '405',
      [
        [':method', 'CONNECT'],
        [':authority', 'another.example:443'],
      ],
    ],
  ]
  for (const [at, [, head]] of cases.entries()) client.ask(2 * at + 1, head)
  await client.until('the answers', () => cases.every((_, at) => client.of(FRAME.headers, 2 * at + 1) !== undefined))
  const outcomes = await front.witness.outcomes(cases.length)
  assert.deepEqual(
    outcomes.map(({ status, ending }) => `${status} ${ending}`).toSorted(),
    cases.map(([status]) => `${status} refused`).toSorted(),
  )
})

test('what HTTP/2 itself forbids is no request: the stream is reset, and the BI server hears nothing', async (t) => {
  let asked = 0
  const bi = await biServer(t, (_req, res) => {
    asked += 1
    res.end('tal')
  })
  const front = await http2Front(t, bi)
  const client = await front.frames()
  const heads: (readonly [string, string])[][] = [
    [...GET, ['connection', 'close']],
    [...GET, ['transfer-encoding', 'chunked']],
    [...GET, ['keep-alive', '1']],
    [...GET, ['proxy-connection', 'a']],
    [...GET, ['upgrade', 'h2c']],
    [...GET, ['te', 'gzip']],
    [...GET, ['X-Upper', 'a']],
    [...GET, [':path', '/x']],
    [...GET, [':other', '/x']],
    [['x-first', 'a'], ...GET],
    GET.filter(([name]) => name !== ':path'),
    GET.filter(([name]) => name !== ':method'),
    GET.map(([name, value]) => [name, name === ':path' ? '' : value]),
    GET.map(([name, value]) => [name, name === ':path' ? 'http://another.example/' : value]),
    GET.map(([name, value]) => [name, name === ':authority' ? 'a@bi.kommune.example' : value]),
    GET.filter(([name]) => name !== ':authority'),
    [...GET, ['content-length', '3'], ['content-length', '4']],
    [...GET, ['content-length', '3']],
    [...GET, ['content-length', '-3']],
    [...GET, ['host', NAME], ['host', 'another.example']],
    [
      [':method', 'CONNECT'],
      [':protocol', 'websocket'],
      [':scheme', 'https'],
      [':path', '/'],
      [':authority', NAME],
    ],
  ]
  for (const [at, head] of heads.entries()) client.ask(2 * at + 1, head)
  const last = 2 * heads.length + 1
  client.ask(last, GET, END_STREAM | END_HEADERS)
  await client.until('the one that is in order', () => client.of(FRAME.headers, last) !== undefined)
  const reset = heads.filter((_, at) => client.of(FRAME.rst, 2 * at + 1) === undefined)
  assert.deepEqual(reset, [])
  assert.equal(asked, 1)
})

test('a field with characters that no field may have is left out, for BI server and entry alike', async (t) => {
  const seen: string[][] = []
  const bi = await biServer(t, (req, res) => {
    seen.push(req.rawHeaders)
    res.end('tal')
  })
  const front = await http2Front(t, bi)
  const client = await front.frames()
  const fields: (readonly [string, string])[] = [
    ['x-a', 'a\x01b'],
    ['x-a', 'a\r\nx-b: b'],
    ['x-a', 'a\0b'],
    ['x a', 'b'],
    ['x-a: b\r\nx-b', 'b'],
    ['authorization', 'Basic YQ\n=='],
  ]
  for (const [at, field] of fields.entries()) client.ask(2 * at + 1, [...GET, field])
  const spaced = 2 * fields.length + 1
  client.ask(spaced, [...GET, ['x-a', ' b ']])
  await client.until('the answers', () => client.of(FRAME.headers, spaced) !== undefined)
  const outcomes = await front.witness.outcomes(fields.length + 1)
  assert.deepEqual([...new Set(outcomes.map(({ status }) => status))], [200])
  const bare = fields.map(() => ['host', NAME])
  assert.deepEqual(seen, [...bare, ['host', NAME, 'x-a', 'b']])
  assert.deepEqual(
    front.witness.asked.map(({ headers }) => headers.flat()),
    seen,
  )
})
