import assert from 'node:assert/strict'
import { test } from 'node:test'
import { certificates } from '../../../schema/command/doctor-certificate.ts'
import { listenerForDoctor, openTo } from '../../../schema/command/doctor-connection.ts'
import { post } from '../../../schema/command/doctor-post.ts'
import { loadConfig } from '../../../schema/config/load.ts'
import { biServer, type Scope } from '../../forward/support.ts'
import { Authority } from '../../front/certificates.ts'
import { fronted, tlsConfig } from '../../front/support.ts'

/** A proxy behind a load balancer, and the configuration that doctor reads. */
async function balanced(t: Scope, trusted: readonly string[]) {
  const authority = new Authority(t)
  const pair = authority.issue('DNS:bi.kommune.example')
  const bi = await biServer(t, (req, res) => req.resume().on('end', () => res.end('tal')))
  const front = await fronted(t, bi, { config: { tls: tlsConfig(pair), trusted, proxyProtocol: true } })
  const tls = { certificate: pair.cert, key: pair.key }
  const proxy = { listen: `127.0.0.1:${front.port}`, tls, trusted, proxyProtocol: true }
  const servers = [{ name: 'bi01', upstream: `http://127.0.0.1:${bi}`, host: 'bi.kommune.example' }]
  const file = authority.file('tilsyn.config.json', JSON.stringify({ proxy, servers }))
  return { front, config: loadConfig(file, authority.folder, {}) }
}

for (const trusted of [['127.0.0.0/8', '::1'], ['10.0.0.5']]) {
  test(`doctor comes in where load balancers at ${trusted.join()} announce their clients, and makes up no address`, async (t) => {
    const { front, config } = await balanced(t, trusted)
    const states = (await certificates(config)).map(({ state }) => state)
    assert.deepEqual(states, ['ok', 'ok'])
    const listener = listenerForDoctor(config.proxy)
    assert.ok(listener !== null)
    const answer = await post(new URL(`https://127.0.0.1:${front.port}/olap/`), {
      body: 'hej',
      headers: {},
      timeoutMs: 5000,
      wire: await openTo(listener, config.proxy),
      tls: { rejectUnauthorized: false },
    })
    assert.equal(answer.status, 200)
    const asked = front.witness.asked.filter(({ method }) => method === 'POST')
    assert.deepEqual(
      asked.map(({ clientAddress, body }) => [clientAddress, Buffer.from(body.bytes).toString()]),
      [['127.0.0.1', 'hej']],
    )
    assert.equal(front.witness.asked.length, 1)
  })
}

test('doctor takes an address that asks for no certificate of its clients, and none where all do', () => {
  const front = { trusted: [], proxyProtocol: false, clientAddressHeader: 'X-Forwarded-For' } as const
  const [secure, plain] = [
    { host: '::', port: 443, tls: true },
    { host: '127.0.0.1', port: 80, tls: false },
  ]
  const chosen = (listen: readonly (typeof secure)[], clientCertificate: 'required' | 'optional') =>
    listenerForDoctor({ ...front, listen, tls: tlsConfig({ pfx: 'a.pfx' }, { clientCa: 'ca.pem', clientCertificate }) })
  assert.equal(chosen([secure, plain], 'required'), plain)
  assert.equal(chosen([secure], 'required'), null)
  assert.equal(chosen([secure, plain], 'optional'), secure)
})
