import assert from 'node:assert/strict'
import { connect, createServer } from 'node:net'
import https from 'node:https'
import { test } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import { connect as connectRaw, listen, type Scope } from '../forward/support.ts'
import { Authority, type Pair, text } from './certificates.ts'
import { fronted, hear } from './support.ts'

const GET = 'GET /olap HTTP/1.1\r\nHost: bi.kommune.example\r\nConnection: close\r\n\r\n'

async function secureBi(scope: Scope, { cert, key }: Pair): Promise<number> {
  const server = https.createServer({ cert: text(cert), key: text(key) }, (req, res) => res.end(`bag TLS: ${req.url}`))
  return listen(scope, server)
}

test('a BI server behind https is asked when its certificate is for its name and its authority is named', async (t) => {
  const authority = new Authority(t)
  const port = await secureBi(t, authority.issue('DNS:localhost'))
  const servers = [{ upstream: new URL(`https://localhost:${port}/rod`), ca: text(authority.cert) }]
  const ours = await fronted(t, port, { servers })
  assert.match((await hear(connect(ours.port, '127.0.0.1'), GET)).text, /^HTTP\/1\.1 200[^]*bag TLS: \/rod\/olap$/)
})

const refusals: readonly [what: string, names: string, trusted: 'its own' | 'another' | 'none', code: RegExp][] = [
  ['a certificate for another name', 'DNS:andet.example', 'its own', /^ERR_TLS_CERT_ALTNAME_INVALID$/],
  ['an authority that is not the one named', 'DNS:localhost', 'another', /UNABLE_TO|SELF_SIGNED|SIGNATURE/],
  ['an authority nobody knows', 'DNS:localhost', 'none', /UNABLE_TO|SELF_SIGNED/],
]
for (const [what, names, trusted, code] of refusals) {
  test(`a BI server with ${what} is sent nothing, and the client is told 502`, async (t) => {
    const authority = new Authority(t)
    const port = await secureBi(t, authority.issue(names))
    const ca = trusted === 'none' ? null : text((trusted === 'its own' ? authority : new Authority(t)).cert)
    const servers = [{ upstream: new URL(`https://localhost:${port}`), ca }]
    const { port: own, witness, events } = await fronted(t, port, { servers })
    assert.match((await hear(connect(own, '127.0.0.1'), GET)).text, /^HTTP\/1\.1 502/)
    const [outcome] = await witness.outcomes(1)
    assert.equal(outcome?.ending, 'upstream-unreachable')
    const [event] = events
    assert.match(event?.kind === 'upstream-unreachable' ? event.code : '', code)
  })
}

/** What lies between the proxy and a BI server behind TLS, and cuts them apart in the middle of TLS. */
async function cuttable(scope: Scope, to: number) {
  const cuts: { readonly fin: () => void; readonly reset: () => void }[] = []
  const port = await listen(
    scope,
    createServer((near) => {
      const far = connect(to, '127.0.0.1')
      near.pipe(far, { end: false })
      far.pipe(near, { end: false })
      near.on('close', () => far.destroy())
      far.on('error', () => undefined)
      cuts.push({ fin: () => void near.end(), reset: () => void near.resetAndDestroy() })
    }),
  )
  return { port, cut: (how: 'fin' | 'reset') => cuts.forEach((one) => one[how]()) }
}

const FRAMED = {
  'a length': 'Content-Length: 99\r\n',
  chunks: 'Transfer-Encoding: chunked\r\n',
  'no length': 'X: 1\r\n',
}

for (const [framing, line] of Object.entries(FRAMED)) {
  for (const how of ['fin', 'reset'] as const) {
    const isSeen = framing !== 'no length' || how === 'reset'
    const outcome = isSeen ? 'is a cut for the client too' : 'cannot be told from its end'
    test(`TLS that stops by ${how} without close_notify within an answer with ${framing} ${outcome}`, async (t) => {
      const authority = new Authority(t)
      const { cert, key } = authority.issue('DNS:localhost')
      const bi = createTlsServer({ cert: text(cert), key: text(key) }, (socket) => {
        const half = framing === 'chunks' ? '4\r\nhalf\r\n' : 'half'
        socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\n${line}\r\n${half}`))
        socket.on('error', () => undefined)
      })
      const { port, cut } = await cuttable(t, await listen(t, bi))
      const servers = [{ upstream: new URL(`https://localhost:${port}`), ca: text(authority.cert) }]
      const ours = await fronted(t, port, { servers })
      const client = connectRaw(t, ours.port).send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      await client.has('half')
      cut(how)
      await client.end()
      assert.doesNotMatch(client.text, /\r\n0\r\n/)
      if (framing === 'no length') assert.equal(client.reset, isSeen)
      const [answered] = await ours.witness.outcomes(1)
      assert.equal(answered?.ending, isSeen ? 'upstream-gone' : 'complete')
    })
  }
}
