import assert from 'node:assert/strict'
import { connect } from 'node:net'
import https from 'node:https'
import { test } from 'node:test'
import { listen, type Scope } from '../forward/support.ts'
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
