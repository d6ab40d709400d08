import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { constants } from 'node:http2'
import net from 'node:net'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { Authority, text } from '../../front/certificates.ts'
import { tlsConfig } from '../../front/support.ts'
import { negotiateMessage } from '../../identity/ntlm-message.ts'
import { biServer, eventually } from '../support.ts'
import { ask, http2Front, NAME, openSession } from './support.ts'

const NTLM = `NTLM ${negotiateMessage.toString('base64')}`

function credentials(user: string, bearer: boolean): string {
  if (!bearer) return `Basic ${Buffer.from(`${user}:x`).toString('base64')}`
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `Bearer ${part({ alg: 'RS256' })}.${part({ preferred_username: user })}.c2ln`
}

test('a thousand streams of many users over ten connections: every entry has its own user', async (t) => {
  const bi = await biServer(t, (req, res) => {
    const user = String(req.headers['x-user'])
    // Slow now and then, so that answers would be swapped if they could be.
    setTimeout(() => res.writeHead(user.endsWith('7') ? 401 : 200).end(user), Math.random() * 5)
  })
  const front = await http2Front(t, bi)
  const sessions = await Promise.all(Array.from({ length: 10 }, () => front.session()))
  const answers = sessions.flatMap((session, connection) =>
    Array.from({ length: 100 }, async (_, at) => {
      const user = `kommune\\bruger-${connection}-${at}`
      const nobody = at % 10 === 3
      const headers = { 'x-user': user, ...(nobody ? {} : { authorization: credentials(user, at % 2 === 0) }) }
      const { status, body } = await ask(session, { ':path': `/q?${connection}-${at}`, ...headers })
      assert.deepEqual([status, body], [user.endsWith('7') ? 401 : 200, user])
    }),
  )
  await Promise.all(answers)
  const outcomes = await front.witness.outcomes(1000)
  for (const [at, { target, identity, headers }] of front.witness.asked.entries()) {
    const user = `kommune\\bruger-${target.slice(3)}`
    const named = !target.endsWith('3')
    assert.equal(identity.user, named ? user : null)
    assert.deepEqual(headers.find(([name]) => name === 'x-user')?.[1], user)
    assert.equal(outcomes[at]?.userConfirmed, named && !user.endsWith('7'))
  }
})

test('who begins a login by connection over HTTP/2 is sent to HTTP/1.1, with an entry, and the BI server not asked', async (t) => {
  let asked = 0
  const bi = await biServer(t, (_req, res) => {
    asked += 1
    res.end('tal')
  })
  const front = await http2Front(t, bi)
  const session = await front.session()
  for (const authorization of [NTLM, 'Negotiate YIIB']) {
    const { rst, status } = await ask(session, { authorization })
    assert.deepEqual([rst, status], [constants.NGHTTP2_HTTP_1_1_REQUIRED, 0])
  }
  assert.equal((await ask(session, { authorization: credentials('khol', false) })).status, 200)
  assert.equal(asked, 1)
  const outcomes = await front.witness.outcomes(3)
  assert.deepEqual(
    outcomes.map(({ ending, status, userConfirmed }) => [ending, status, userConfirmed]),
    [
      ['refused', null, false],
      ['refused', null, false],
      ['complete', 200, true],
    ],
  )
  assert.deepEqual(
    front.events.map(({ kind }) => kind),
    ['http1-demanded', 'http1-demanded'],
  )
})

test('a BI server that asks for a login by connection sends who speaks HTTP/2 to HTTP/1.1, and only those', async (t) => {
  const offers: Record<string, string[]> = {
    '/ntlm': ['NTLM'],
    '/both': ['Basic realm="a"', 'Negotiate'],
    '/list': ['Basic realm="a", Negotiate'],
    '/basic': ['Basic realm="negotiate"'],
  }
  const bi = await biServer(t, (req, res) => {
    res.writeHead(401, { 'WWW-Authenticate': offers[req.url ?? ''] ?? [] }).end('hvem?')
  })
  const front = await http2Front(t, bi)
  const session = await front.session()
  for (const path of ['/ntlm', '/both', '/list']) {
    assert.equal((await ask(session, { ':path': path })).rst, constants.NGHTTP2_HTTP_1_1_REQUIRED)
  }
  const basic = await ask(session, { ':path': '/basic' })
  assert.deepEqual([basic.status, basic.body], [401, 'hvem?'])
  const outcomes = await front.witness.outcomes(4)
  assert.deepEqual(
    outcomes.map(({ status, userConfirmed }) => [status, userConfirmed]),
    Array.from({ length: 4 }, () => [401, false]),
  )
})

test('an address announced by a load balancer is the address of every stream behind it', async (t) => {
  const bi = await biServer(t, (_req, res) => res.end('tal'))
  const front = await http2Front(t, bi, { config: { trusted: ['127.0.0.1'], proxyProtocol: true } })
  const wire = net.connect({ port: front.port, host: '127.0.0.1' })
  t.after(() => wire.destroy())
  wire.write('PROXY TCP4 10.20.30.40 10.0.0.1 4711 443\r\n')
  const session = await openSession(t, front.port, text(front.authority.cert), { socket: wire })
  await Promise.all([ask(session, {}), ask(session, {})])
  assert.deepEqual(
    front.witness.asked.map(({ clientAddress }) => clientAddress),
    ['10.20.30.40', '10.20.30.40'],
  )
})

test("a client's certificate can be required for HTTP/2, and another authority's is turned away", async (t) => {
  const clients = new Authority(t, 'Klienter')
  const others = new Authority(t, 'Andre')
  const bi = await biServer(t, (_req, res) => res.end('tal'))
  for (const clientCertificate of ['required', 'optional'] as const) {
    const authority = new Authority(t)
    const own = tlsConfig(authority.issue(`DNS:${NAME}`), { clientCa: clients.cert, clientCertificate, http2: true })
    const { port, witness } = await http2Front(t, bi, { config: { tls: own } })
    const shown = ({ cert, key }: { readonly cert: string; readonly key: string }) => ({
      cert: text(cert),
      key: text(key),
    })
    const ca = text(authority.cert)
    const good = await openSession(t, port, ca, shown(clients.issue('DNS:pc7.example')))
    assert.equal((await ask(good, {})).body, 'tal')
    const foreign = openSession(t, port, ca, shown(others.issue('DNS:pc8.example'))).then((session) => ask(session, {}))
    await foreign.then(
      ({ status }) => assert.equal(status, 0),
      (error: unknown) => assert.ok(error instanceof Error),
    )
    assert.equal(witness.asked.length, 1)
  }
})

test('a renewed certificate serves new connections, and streams of those there go on', async (t) => {
  const other = new Authority(t, 'Ny CA')
  const bi = await biServer(t, (_req, res) => res.end('tal'))
  const authority = new Authority(t)
  const pair = authority.issue(`DNS:${NAME}`)
  const front = await http2Front(t, bi, { config: { tls: tlsConfig(pair, { http2: true }) } })
  const old = await openSession(t, front.port, text(authority.cert))
  const next = other.issue(`DNS:${NAME}`)
  copyFileSync(next.key, pair.key)
  copyFileSync(next.cert, pair.cert)
  await eventually('the renewal is told', () => front.events.some(({ kind }) => kind === 'certificate-renewed'))
  const renewed = await openSession(t, front.port, text(other.cert))
  assert.equal(renewed.alpnProtocol, 'h2')
  assert.equal((await ask(renewed, {})).body, 'tal')
  assert.equal((await ask(old, {})).body, 'tal')
})

test('curl gets the same over both, and goes on in HTTP/1.1 when it is sent there', async (t) => {
  if (!hasCurl()) return t.diagnostic('no curl with HTTP/2 here: not tried')
  const bi = await biServer(t, (req, res) => {
    if (req.url === '/ntlm' && req.headers.authorization === undefined) {
      return res.writeHead(401, { 'WWW-Authenticate': 'NTLM' }).end()
    }
    return req.resume().on('end', () => res.end('tal'))
  })
  const front = await http2Front(t, bi)
  const curl = async (...more: string[]) => {
    const at = [`--connect-to`, `${NAME}:443:127.0.0.1:${front.port}`, '--cacert', front.authority.cert]
    const { stdout } = await promisify(execFile)('curl', ['-sS', ...at, '-w', ' %{http_version}', ...more])
    return stdout
  }
  assert.equal(await curl('--http2', `https://${NAME}/olap/`), 'tal 2')
  assert.equal(await curl('--http2', '--data-binary', 'x'.repeat(100_000), `https://${NAME}/olap/`), 'tal 2')
  for (const how of ['--ntlm', '--anyauth']) {
    assert.equal(await curl('--http2', how, '-u', 'a:b', `https://${NAME}/ntlm`), 'tal 1.1')
  }
  assert.equal(await curl('--http1.1', `https://${NAME}/olap/`), 'tal 1.1')
  const [, large] = await front.witness.outcomes(6)
  assert.equal(large?.requestBytes, 100_000)
})

function hasCurl(): boolean {
  try {
    return /HTTP2/.test(execFileSync('curl', ['--version'], { encoding: 'utf8' }))
  } catch {
    return false
  }
}
