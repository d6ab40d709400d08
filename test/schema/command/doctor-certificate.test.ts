import assert from 'node:assert/strict'
import https from 'node:https'
import { test } from 'node:test'
import { certificates } from '../../../schema/command/doctor-certificate.ts'
import { loadConfig } from '../../../schema/config/load.ts'
import { listen, type Scope } from '../../forward/support.ts'
import { Authority, text } from '../../front/certificates.ts'

async function found(scope: Scope, days: number, host: string): Promise<readonly string[]> {
  const authority = new Authority(scope)
  const { cert, key } = authority.issue('DNS:bi.kommune.example', days)
  const port = await listen(scope, https.createServer({ cert: text(cert), key: text(key) }))
  const proxy = { listen: `127.0.0.1:${port}`, tls: { certificate: cert, key } }
  const servers = [{ name: 'bi01', upstream: 'http://127.0.0.1:1', host }]
  const file = authority.file('tilsyn.config.json', JSON.stringify({ proxy, servers }))
  const findings = await certificates(loadConfig(file, authority.folder, {}))
  return findings.map(({ state, text: told }) => `${state} ${told.replace(String(port), 'PORT')}`)
}

test('doctor says how long the certificate that is served is valid, and whether it is for the name', async (t) => {
  const [validity, name] = await found(t, 400, 'bi.kommune.example')
  assert.match(validity ?? '', /^ok certificate on port PORT: valid until \d{4}-\d\d-\d\d, (?:399|400) days left$/)
  assert.equal(name, 'ok certificate on port PORT: is for bi.kommune.example')
})

test('doctor warns of a certificate that expires within a month, and fails one for another name', async (t) => {
  const [validity, name] = await found(t, 10, 'rapport.kommune.example')
  assert.match(validity ?? '', /^warning .*, (?:9|10) days left$/)
  assert.equal(name, 'failed certificate on port PORT: is not for rapport.kommune.example, which clients connect to')
})
