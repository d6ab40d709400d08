import assert from 'node:assert/strict'
import { copyFileSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { test } from 'node:test'
import type tls from 'node:tls'
import { ConfigError } from '../../schema/config/config-error.ts'
import { biServer, eventually, rawServer } from '../forward/support.ts'
import { Authority, text } from './certificates.ts'
import { fronted, hear, tlsClient, tlsConfig } from './support.ts'

const NAME = 'DNS:bi.kommune.example'
const GET = 'GET /olap/ HTTP/1.1\r\nHost: bi.kommune.example\r\nConnection: close\r\n\r\n'

test('a client behind TLS gets its answer, and its entry has its address', async (t) => {
  const authority = new Authority(t)
  const bi = await biServer(t, (_req, res) => res.end('tal'))
  const { port, urls, witness } = await fronted(t, bi, { config: { tls: tlsConfig(authority.issue(NAME)) } })
  const client = await tlsClient(t, port, { ca: text(authority.cert) })
  const { text: answer, error } = await hear(client, GET)
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\ntal$/)
  assert.equal(error, null)
  assert.deepEqual(urls, [`https://127.0.0.1:${port}`])
  const [asked] = witness.asked
  assert.equal(asked?.clientAddress, '127.0.0.1')
  assert.deepEqual(asked?.headers[0], ['Host', 'bi.kommune.example'])
})

test('a certificate and its key may come in a PFX, its password from a file or the environment', async (t) => {
  const authority = new Authority(t)
  const bi = await biServer(t, (_req, res) => res.end())
  const pfx = authority.pfx(authority.issue(NAME), 'rødgrød')
  for (const password of [{ passwordFile: authority.file('p.txt', 'rødgrød\r\n') }, { password: 'rødgrød' }]) {
    const { port } = await fronted(t, bi, { config: { tls: tlsConfig({ pfx }, password) } })
    assert.match((await hear(await tlsClient(t, port, { ca: text(authority.cert) }), GET)).text, /^HTTP\/1\.1 200/)
  }
})

test('a key behind a password opens with it', async (t) => {
  const authority = new Authority(t)
  const { cert, key } = authority.issue(NAME)
  const tls = tlsConfig({ cert, key: authority.locked(key, 'hemmelig') }, { password: 'hemmelig' })
  const { port } = await fronted(t, await biServer(t, (_req, res) => res.end()), { config: { tls } })
  assert.ok((await tlsClient(t, port, { ca: text(authority.cert) })).authorized)
})

test('TLS 1.1 is not spoken, 1.2 is unless 1.3 is asked for', async (t) => {
  const authority = new Authority(t)
  const pair = authority.issue(NAME)
  const bi = await biServer(t, (_req, res) => res.end())
  const ca = text(authority.cert)
  const usual = await fronted(t, bi, { config: { tls: tlsConfig(pair) } })
  const strict = await fronted(t, bi, { config: { tls: tlsConfig(pair, { minVersion: 'TLSv1.3' }) } })
  assert.equal((await tlsClient(t, usual.port, { ca, maxVersion: 'TLSv1.2' })).getProtocol(), 'TLSv1.2')
  assert.equal((await tlsClient(t, strict.port, { ca })).getProtocol(), 'TLSv1.3')
  await assert.rejects(tlsClient(t, strict.port, { ca, maxVersion: 'TLSv1.2' }))
  await eventually('the failure is told', () => strict.events.length > 0)
  assert.deepEqual(
    strict.events.map(({ kind }) => kind),
    ['handshake-failed'],
  )
  assert.equal(strict.witness.asked.length, 0)
})

test('a renewed certificate serves new connections, those there are go on, and none is dropped', async (t) => {
  const authority = new Authority(t)
  const other = new Authority(t, 'Ny CA')
  const pair = authority.issue(NAME)
  const bi = await biServer(t, (_req, res) => res.end('ok'))
  const { port, events } = await fronted(t, bi, { config: { tls: tlsConfig(pair) } })
  const old = await tlsClient(t, port, { ca: text(authority.cert) })
  const before = old.getPeerX509Certificate()?.fingerprint256
  const next = other.issue(NAME)
  // Certificate and key cannot be written at once: between them the old pair stays in use.
  copyFileSync(next.cert, pair.cert)
  await eventually('the half is told', () => events.some(({ kind }) => kind === 'certificate-unusable'))
  const between = await tlsClient(t, port, { ca: text(authority.cert) })
  assert.equal(between.getPeerX509Certificate()?.fingerprint256, before)
  copyFileSync(next.key, pair.key)
  await eventually('the renewal is told', () => events.some(({ kind }) => kind === 'certificate-renewed'))
  const renewed = await tlsClient(t, port, { ca: text(other.cert) })
  assert.notEqual(renewed.getPeerX509Certificate()?.fingerprint256, before)
  assert.match((await hear(old, GET)).text, /^HTTP\/1\.1 200/)
  assert.match((await hear(renewed, GET)).text, /^HTTP\/1\.1 200/)
})

test('what cannot be used is told with its place and what was expected, and nothing is listened on', async (t) => {
  const authority = new Authority(t)
  const pair = authority.issue(NAME)
  const other = authority.issue(NAME)
  const pfx = authority.pfx(pair, 'rigtig')
  const locked = authority.locked(pair.key, 'rigtig')
  const junk = authority.file('junk.pem', 'ikke et certifikat')
  const cases: [tls: ReturnType<typeof tlsConfig>, told: RegExp][] = [
    [tlsConfig({ ...pair, cert: `${pair.cert}.not` }), /proxy\.tls\.certificate: .*can be read \(ENOENT\)/],
    [tlsConfig({ ...pair, cert: junk }), /proxy\.tls\.certificate: expected certificates in PEM/],
    [tlsConfig({ ...pair, key: junk }), /proxy\.tls\.key: expected a private key in PEM, or its password/],
    [tlsConfig({ ...pair, key: other.key }), /proxy\.tls\.key: expected the private key of the certificate/],
    [tlsConfig({ ...pair, key: locked }), /proxy\.tls\.key: .*passwordFile/],
    [tlsConfig({ ...pair, key: locked }, { password: 'forkert' }), /proxy\.tls\.key: .*that its password opens/],
    [tlsConfig({ pfx }, { password: 'forkert' }), /proxy\.tls\.pfx: expected a PFX/],
    [tlsConfig({ pfx }, { passwordFile: junk + 'x' }), /proxy\.tls\.passwordFile: .*ENOENT/],
    [tlsConfig(pair, { clientCa: junk }), /proxy\.tls\.clientCa: expected certificates in PEM/],
  ]
  for (const [tls, told] of cases) {
    await assert.rejects(fronted(t, 1, { config: { tls } }), (error) => {
      assert.ok(error instanceof ConfigError)
      assert.match(error.message, told)
      assert.doesNotMatch(error.message, /rigtig|forkert|ikke et/)
      return true
    })
  }
})

test('a client without a certificate of the named authority cannot ask, where one is required', async (t) => {
  const authority = new Authority(t)
  const clients = new Authority(t, 'Klienter')
  const bi = await biServer(t, (_req, res) => res.end('ok'))
  const ca = text(authority.cert)
  const tls = tlsConfig(authority.issue(NAME), { clientCa: clients.cert })
  const { port, witness, events } = await fronted(t, bi, { config: { tls } })
  const { cert, key } = clients.issue('DNS:klient.example')
  const foreign = authority.issue('DNS:klient.example')
  const asked = async (more: object) =>
    tlsClient(t, port, { ca, ...more }).then(
      (client) => hear(client, GET),
      (error: unknown) => ({ text: '', error: String(error) }),
    )
  assert.match((await asked({ cert: text(cert), key: text(key) })).text, /^HTTP\/1\.1 200/)
  for (const bad of [{}, { cert: text(foreign.cert), key: text(foreign.key) }]) {
    assert.equal((await asked(bad)).text, '')
  }
  await eventually('both are told', () => events.filter(({ kind }) => kind === 'handshake-failed').length === 2)
  assert.equal(witness.asked.length, 1)
})

test('where a client certificate is optional none will do, and one of another authority will not', async (t) => {
  const authority = new Authority(t)
  const clients = new Authority(t, 'Klienter')
  const bi = await biServer(t, (_req, res) => res.end('ok'))
  const ca = text(authority.cert)
  const tls = tlsConfig(authority.issue(NAME), { clientCa: clients.cert, clientCertificate: 'optional' })
  const { port, witness } = await fronted(t, bi, { config: { tls } })
  const own = clients.issue('DNS:klient.example')
  const foreign = authority.issue('DNS:klient.example')
  assert.match((await hear(await tlsClient(t, port, { ca }), GET)).text, /^HTTP\/1\.1 200/)
  const good = await tlsClient(t, port, { ca, cert: text(own.cert), key: text(own.key) })
  assert.match((await hear(good, GET)).text, /^HTTP\/1\.1 200/)
  const bad = await tlsClient(t, port, { ca, cert: text(foreign.cert), key: text(foreign.key) })
  assert.equal((await hear(bad, GET)).text, '')
  assert.equal(witness.asked.length, 2)
})

test('an answer that breaks off ends with a reset behind TLS too, never with an orderly end', async (t) => {
  const authority = new Authority(t)
  const bi = await rawServer(t, (socket) => {
    socket.once('data', () => {
      // Its end is the connection's end: only how that comes tells a whole answer from a part.
      socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nen del', () =>
        setTimeout(() => socket.resetAndDestroy(), 50),
      )
    })
  })
  const { port, witness, events } = await fronted(t, bi, { config: { tls: tlsConfig(authority.issue(NAME)) } })
  const http10 = GET.replace('HTTP/1.1', 'HTTP/1.0')
  const { text: answer, error } = await hear(await tlsClient(t, port, { ca: text(authority.cert) }), http10)
  assert.match(answer, /en del$/)
  assert.equal(error, 'ECONNRESET')
  const [outcome] = await witness.outcomes(1)
  assert.equal(outcome?.ending, 'upstream-gone')
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['upstream-gone'],
  )
})

test('a WebSocket passes behind TLS', async (t) => {
  const authority = new Authority(t)
  const bi = await rawServer(t, (socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
      socket.on('data', (chunk: Buffer) => socket.write(chunk.length === 8 ? Buffer.from([0x81, 2, 111, 107]) : ''))
    })
  })
  const { port } = await fronted(t, bi, { config: { tls: tlsConfig(authority.issue(NAME)) } })
  const client = await tlsClient(t, port, { ca: text(authority.cert) })
  let heard = ''
  client.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')))
  client.write(
    'GET /app HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n\r\n',
  )
  await eventually('the switch', () => heard.includes('\r\n\r\n'))
  client.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 104, 105]))
  await eventually('the echo', () => heard.endsWith('\x81\x02ok'))
})

test('plain HTTP on a port for TLS gets no answer, and a client that says nothing does not keep the proxy from stopping', async (t) => {
  const authority = new Authority(t)
  const bi = await biServer(t, (_req, res) => res.end('ok'))
  const { port, witness, events } = await fronted(t, bi, { config: { tls: tlsConfig(authority.issue(NAME)) } })
  const { text: answer } = await hear(net.connect(port, '127.0.0.1'), GET)
  assert.doesNotMatch(answer, /HTTP/)
  await eventually('it is told', () => events.some((event) => event.kind === 'handshake-failed'))
  assert.equal(witness.asked.length, 0)
  const silent = net.connect(port, '127.0.0.1')
  silent.on('error', () => undefined)
  await new Promise((resolve) => silent.once('connect', resolve))
})

test('several addresses are listened on, with TLS and without, over IPv4 and IPv6, and the port may choose the server', async (t) => {
  const authority = new Authority(t)
  const a = await biServer(t, (_req, res) => res.end('fra a'))
  const b = await biServer(t, (_req, res) => res.end('fra b'))
  const spare = net.createServer().listen(0, '::1')
  await new Promise((resolve) => spare.once('listening', resolve))
  const address = spare.address()
  const v6 = typeof address === 'object' && address !== null ? address.port : 0
  await new Promise((resolve) => spare.close(resolve))
  const { ports, urls, witness } = await fronted(t, a, {
    config: {
      tls: tlsConfig(authority.issue(NAME)),
      listen: [
        { host: '127.0.0.1', port: 0, tls: true },
        { host: '::1', port: v6, tls: false },
      ],
    },
    servers: [{ name: 'b', upstream: new URL(`http://127.0.0.1:${b}`), port: v6 }, { name: 'a' }],
  })
  assert.equal(urls[1], `http://[::1]:${v6}`)
  const secure: tls.TLSSocket = await tlsClient(t, ports[0] ?? 0, { ca: text(authority.cert) })
  assert.match((await hear(secure, GET)).text, /fra a/)
  assert.match((await hear(net.connect(v6, '::1'), GET)).text, /fra b/)
  assert.deepEqual(
    witness.asked.map(({ server, clientAddress }) => [server, clientAddress]),
    [
      ['a', '127.0.0.1'],
      ['b', '::1'],
    ],
  )
})

test('an address that is taken ends the start, and leaves the others closed', async (t) => {
  const taken = await rawServer(t, () => undefined)
  const free = net.createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => free.once('listening', resolve))
  const address = free.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  await new Promise((resolve) => free.close(resolve))
  const listen = [port, taken].map((each) => ({ host: '127.0.0.1', port: each, tls: false }))
  await assert.rejects(fronted(t, 1, { config: { listen } }), { code: 'EADDRINUSE' })
  await assert.rejects(
    new Promise((resolve, reject) => net.connect(port, '127.0.0.1').once('connect', resolve).once('error', reject)),
    { code: 'ECONNREFUSED' },
  )
})

test('a certificate that is gone for a moment changes nothing', async (t) => {
  const authority = new Authority(t)
  const pair = authority.issue(NAME)
  const bi = await biServer(t, (_req, res) => res.end('ok'))
  const { port, events } = await fronted(t, bi, { config: { tls: tlsConfig(pair) } })
  writeFileSync(pair.cert, '')
  await eventually('it is told', () => events.length === 1)
  assert.deepEqual(events[0], {
    kind: 'certificate-unusable',
    path: 'proxy.tls.certificate',
    expected: "expected certificates in PEM, the server's own first",
  })
  assert.match((await hear(await tlsClient(t, port, { ca: text(authority.cert) }), GET)).text, /^HTTP\/1\.1 200/)
})
