import assert from 'node:assert/strict'
import { test } from 'node:test'
import { biServer, connect, ours, roundTrip, scripted } from './support.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const BODY = 'GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n'
const CHUNKED = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`
const PLAIN = `Content-Length: ${BODY.length}\r\n`

// Each is read in two ways by some server somewhere (RFC 9112, section 11.2 "Request Smuggling").
const UNCLEAR: Record<string, string> = {
  'both a length and a coding': `${PLAIN}Transfer-Encoding: chunked\r\n\r\n${CHUNKED}`,
  'a coding and a length': `Transfer-Encoding: chunked\r\n${PLAIN}\r\n${CHUNKED}`,
  'two lengths that differ': `${PLAIN}Content-Length: 0\r\n\r\n${BODY}`,
  'two lengths that agree': `${PLAIN}${PLAIN}\r\n${BODY}`,
  'a list of lengths': `Content-Length: ${BODY.length}, ${BODY.length}\r\n\r\n${BODY}`,
  'a signed length': `Content-Length: +${BODY.length}\r\n\r\n${BODY}`,
  'a length in hexadecimal': `Content-Length: 0x${BODY.length.toString(16)}\r\n\r\n${BODY}`,
  'a coding nobody knows': `Transfer-Encoding: xchunked\r\n\r\n${CHUNKED}`,
  'a coding before chunked': `Transfer-Encoding: gzip, chunked\r\n\r\n${CHUNKED}`,
  'chunked, then identity': `Transfer-Encoding: chunked, identity\r\n\r\n${CHUNKED}`,
  'chunked twice': `Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKED}`,
  'chunked and identity in two lines': `Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n${CHUNKED}`,
  'a blank before the colon': `Transfer-Encoding : chunked\r\n\r\n${CHUNKED}`,
  'a coding in quotation marks': `Transfer-Encoding: "chunked"\r\n\r\n${CHUNKED}`,
  'a coding behind a vertical tab': `Transfer-Encoding: \x0bchunked\r\n\r\n${CHUNKED}`,
  'a coding on a folded line': `Transfer-Encoding:\r\n chunked\r\n\r\n${CHUNKED}`,
  'a coding within a folded line': `X-A: b\r\n Transfer-Encoding: chunked\r\n${PLAIN}\r\n${BODY}`,
  'a line that ends in a bare line feed': `X-A: b\nTransfer-Encoding: chunked\r\n\r\n${CHUNKED}`,
  'a head that ends in bare line feeds': `${PLAIN}\n${BODY}`,
  'a bare carriage return in a value': `X-A: b\rTransfer-Encoding: chunked\r\n${PLAIN}\r\n${BODY}`,
  'a NUL in a value': `X-A: b\0\r\n${PLAIN}\r\n${BODY}`,
  'a chunk size that overflows': `Transfer-Encoding: chunked\r\n\r\n10000000000000000${CHUNKED}`,
  'a chunk size with a sign': `Transfer-Encoding: chunked\r\n\r\n+${CHUNKED}`,
  'a chunk that ends in a bare line feed': `Transfer-Encoding: chunked\r\n\r\n1\na\n0\n\n`,
  'a second host': `Host: b\r\n${PLAIN}\r\n${BODY}`,
  'two authorizations': 'Authorization: Basic YTpi\r\nAuthorization: Basic Yzpk\r\n\r\n',
  'a length named as hop-by-hop': `Connection: Content-Length\r\n${PLAIN}\r\n${BODY}`,
  'a coding named as hop-by-hop': `Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKED}`,
  'a login named as hop-by-hop': 'Connection: close, Authorization\r\nAuthorization: Basic YTpi\r\n\r\n',
  'a host named as hop-by-hop': 'Connection: Host\r\n\r\n',
}

for (const [title, rest] of Object.entries(UNCLEAR)) {
  for (const method of ['POST', 'GET', 'DELETE']) {
    test(`${title} in a ${method}: not forwarded, or forwarded as one request with the same body`, async (t) => {
      const { port: upstream, seen } = await scripted(t, OK)
      const { port, witness } = await ours(t, upstream)
      const client = connect(t, port).send(`${method} /open HTTP/1.1\r\nHost: a\r\n${rest}`)
      const text = await client.has('\r\n\r\n')
      assert.match(text, /^HTTP\/1.1 (?:400|501) /)
      // What a reader before us, or the BI server, might take for a second request never is one here.
      await client.end()
      assert.deepEqual(
        seen.filter((request) => request.includes('HTTP/1.1\r\n') && !request.startsWith(`${method} /open `)),
        [],
      )
      assert.doesNotMatch(client.text.slice(text.length), /HTTP\/1.1 200/)
      const outcomes = await witness.outcomes(1)
      assert.equal(outcomes[0]?.ending, 'refused')
    })
  }
}

test('a coding in a message of HTTP/1.0 is faulty and refused', async (t) => {
  const { port: upstream, seen } = await scripted(t, OK)
  const { port } = await ours(t, upstream)
  const text = await roundTrip(t, port, `POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKED}`)
  assert.match(text, /^HTTP\/1.1 400 /)
  assert.deepEqual(seen, [])
})

test('a chunked request of HTTP/1.1 is forwarded chunked, one with a length by its length', async (t) => {
  const { port: upstream, seen } = await scripted(t, OK)
  const { port } = await ours(t, upstream)
  for (const method of ['POST', 'GET', 'DELETE', 'OPTIONS', 'PATCH']) {
    await connect(t, port)
      .send(`${method} / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n${CHUNKED}`)
      .has('ok')
    await connect(t, port).send(`${method} / HTTP/1.1\r\nHost: a\r\n${PLAIN}\r\n${BODY}`).has('ok')
    await connect(t, port).send(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`).has('ok')
    const head = `${method} / HTTP/1.1\r\nHost: a\r\n`
    assert.deepEqual(seen.slice(-3), [
      `${head}Transfer-Encoding: Chunked\r\n\r\n${CHUNKED}`,
      `${head}${PLAIN}\r\n${BODY}`,
      `${head}\r\n`,
    ])
  }
})

test('chunk extensions end at the proxy, their chunks pass', async (t) => {
  const { port: upstream, seen } = await scripted(t, OK)
  const { port } = await ours(t, upstream)
  const client = connect(t, port).send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
  await client.send('2;a="b;c"\r\nhi\r\n0;x\r\n\r\n').has('ok')
  assert.match(seen[0] ?? '', /\r\n\r\n2\r\nhi\r\n0\r\n\r\n$/)
})

test('a client of HTTP/1.0 that names no host is served, and one of HTTP/1.1 is refused', async (t) => {
  const upstream = await biServer(t, (req, res) => res.end(`host=${req.headers.host}`))
  const { port, witness } = await ours(t, upstream)
  const text = await roundTrip(t, port, 'GET / HTTP/1.0\r\n\r\n')
  assert.match(text, new RegExp(`^HTTP/1.1 200 [^]*\r\n\r\nhost=127.0.0.1:${upstream}$`))
  assert.doesNotMatch(text, /Transfer-Encoding/i)
  assert.match(await roundTrip(t, port, 'GET / HTTP/1.1\r\n\r\n'), /^HTTP\/1.1 400 /)
  assert.deepEqual(
    (await witness.outcomes(2)).map(({ ending }) => ending),
    ['complete', 'refused'],
  )
})

test('an upgrade to a protocol that could carry queries past the record is passed over', async (t) => {
  const { port: upstream, seen } = await scripted(t, OK)
  const { port, witness } = await ours(t, upstream)
  const h2c = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n'
  await connect(t, port).send(`POST /a HTTP/1.1\r\nHost: a\r\n${h2c}Content-Length: 2\r\n\r\nhi`).has('ok')
  await connect(t, port).send(`GET /b HTTP/1.1\r\nHost: a\r\n${h2c}\r\n`).has('ok')
  assert.deepEqual(
    seen.map((request) => /upgrade:|http2/i.test(request)),
    [false, false],
  )
  assert.equal(Buffer.from(witness.asked[0]?.body.bytes ?? []).toString(), 'hi')
})

test('pipelined requests are answered in order, each with an entry', async (t) => {
  const upstream = await biServer(t, (req, res) => setTimeout(() => res.end(`<${req.url}>`), req.url === '/1' ? 50 : 0))
  const { port, witness } = await ours(t, upstream)
  const requests = ['/1', '/2', '/3'].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
  const text = await connect(t, port).send(requests.join('')).has('</3>')
  assert.match(text, /<\/1>[^]*<\/2>[^]*<\/3>/)
  assert.equal((await witness.outcomes(3)).length, 3)
})

test('a body that turns out to be no HTTP ends its request, and the BI server sees no end of it', async (t) => {
  const { port: upstream, seen } = await scripted(t, OK)
  const { port, witness, events } = await ours(t, upstream)
  const client = connect(t, port).send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n')
  client.send('zz\r\n')
  assert.match(await client.end(), /^HTTP\/1.1 400 Bad Request\r\n/)
  const [outcome] = await witness.outcomes(1)
  assert.deepEqual([outcome?.ending, outcome?.status, outcome?.requestBytes], ['refused', 400, 2])
  assert.equal(witness.asked[0]?.body.extent, 'cut')
  assert.deepEqual(seen, [])
  assert.deepEqual(events, [{ kind: 'malformed', code: 'HPE_INVALID_CHUNK_SIZE', status: 400 }])
})
