import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ConfigError } from '../../../schema/config/config-error.ts'
import { loadConfig } from '../../../schema/config/load.ts'

const folder = mkdtempSync(join(tmpdir(), 'tilsyn-config-'))

function load(text: string, env: NodeJS.ProcessEnv = {}) {
  writeFileSync(join(folder, 'tilsyn.config.json'), text)
  return loadConfig(null, folder, env)
}

function mistakes(text: string): Record<string, string> {
  try {
    load(text)
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return Object.fromEntries(error.mistakes.map(({ path, expected, example }) => [path, `${expected} ${example}`]))
  }
  return assert.fail('the configuration was accepted')
}

test('without a file everything has its default, and no BI server is configured', () => {
  const empty = mkdtempSync(join(tmpdir(), 'tilsyn-empty-'))
  const config = loadConfig(null, empty, {})
  assert.deepEqual(config.proxy.listen, [{ host: '127.0.0.1', port: 8080, tls: false }])
  assert.deepEqual(config.reports.listen, { host: '127.0.0.1', port: 8090 })
  assert.deepEqual(config.store, { kind: 'embedded', path: join(empty, 'data', 'tilsyn.db') })
  assert.equal(config.proxy.journal, join(empty, 'data', 'journal'))
  assert.deepEqual(config.servers, [])
})

test('a file that is named must be there', () => {
  assert.throws(() => loadConfig('missing.json', folder, {}), /a file that can be read \(ENOENT\)/)
})

test('paths are relative to the file, and the journal lies beside the embedded store', () => {
  const config = load('{"store":{"kind":"embedded","path":"db/a.db"}}')
  assert.deepEqual(config.store, { kind: 'embedded', path: join(folder, 'db', 'a.db') })
  assert.equal(config.proxy.journal, join(folder, 'db', 'journal'))
})

test('a byte order mark, as Windows editors write it, does no harm', () => {
  assert.equal(load('\uFEFF{"log":{"level":"warn"}}').log.level, 'warn')
})

test('nothing listens for monitoring unless an address is given', () => {
  assert.equal(load('{}').proxy.admin, null)
  assert.deepEqual(load('{"proxy":{"admin":"127.0.0.1:8081"}}').proxy.admin, { host: '127.0.0.1', port: 8081 })
  assert.equal(mistakes('{"proxy":{"admin":"127.0.0.1:99999"}}')['proxy.admin']?.startsWith('expected a port'), true)
})

test('an IPv6 address is taken apart', () => {
  assert.deepEqual(load('{"proxy":{"listen":"[::1]:8080"}}').proxy.listen, [{ host: '::1', port: 8080, tls: false }])
})

test('every mistake is told at once, with its path, what was expected, and an example', () => {
  const found = mistakes(
    `{"proxy":{"listen":"8080"},"servers":[{"name":"x","upstream":"ftp://x"},{"upstream":"http://a"}],
      "store":{"kind":"embeded"},"persons":{"latestBirth":"2026-13-01"},"modules":[{"module":"x"}],"prxy":{}}`,
  )
  assert.equal(found['proxy.listen'], 'expected HOST:PORT, or a list of them "0.0.0.0:80"')
  assert.match(found['servers[0].upstream'] ?? '', /^expected an address that begins with http:.*18090/)
  assert.equal(found['servers[1].name'], 'is missing "bi01"')
  assert.match(found['store'] ?? '', /"embedded" or "mssql"/)
  assert.match(found['persons.latestBirth'] ?? '', /expected a date/)
  assert.match(found['modules[0]'] ?? '', /at least one of "catalog"/)
  assert.match(found['prxy'] ?? '', /unknown; expected one of proxy, servers/)
  assert.equal(Object.keys(found).length, 7)
})

test('a port beyond 65535 is refused', () => {
  assert.match(mistakes('{"reports":{"listen":"127.0.0.1:70000"}}')['reports.listen'] ?? '', /up to 65535/)
})

test('broken JSON is told by its place, and nothing of the file is repeated', () => {
  const found = mistakes('{\n "store": {"kind": "mssql", "connection": "Password=hemmelig"')
  assert.match(found[''] ?? '', /line 2 column/)
  assert.doesNotMatch(found[''] ?? '', /hemmelig/)
})

test('the connection string of SQL Server comes from the file, a secret file, or the environment', () => {
  writeFileSync(join(folder, 'secret.txt'), 'Server=b\n')
  const connection = (text: string, env = {}) => {
    const { store } = load(text, env)
    return store.kind === 'mssql' ? store.connection : null
  }
  assert.equal(connection('{"store":{"kind":"mssql","connection":"Server=a"}}'), 'Server=a')
  assert.equal(connection('{"store":{"kind":"mssql","connectionFile":"secret.txt"}}'), 'Server=b')
  assert.equal(connection('{"store":{"kind":"mssql"}}', { TILSYN_MSSQL: 'Server=c' }), 'Server=c')
  assert.match(mistakes('{"store":{"kind":"mssql"}}')['store.connection'] ?? '', /TILSYN_MSSQL/)
  assert.match(
    mistakes('{"store":{"kind":"mssql","connectionFile":"no"}}')['store.connectionFile'] ?? '',
    /can be read/,
  )
})

test('what attributes mean is kept in its order, and a mistake in it is told with its place', () => {
  const domains = [
    { attribute: "'Elev'[Personnr]", meaning: 'person' },
    { attribute: '[Konto].[*]', meaning: 'none' },
  ]
  assert.deepEqual(load(JSON.stringify({ persons: { domains } })).persons.domains, domains)
  const found = mistakes(
    `{"persons":{"domains":[{"attribute":"[*].[*]","meaning":"person"},{"attribute":"[A].[B]","meaning":"cpr"},
      {"attribute":"field:104"},{"attribute":"x1","meaning":"cvr","cube":"A"}]}}`,
  )
  assert.match(found['persons.domains[0].attribute'] ?? '', /^expected the path of an attribute.*\[Borger\]/)
  assert.match(found['persons.domains[1].meaning'] ?? '', /^expected one of \["person","person-name","cvr"/)
  assert.match(found['persons.domains[2].meaning'] ?? '', /^is missing/)
  assert.match(found['persons.domains[3].cube'] ?? '', /^unknown; expected one of attribute, meaning/)
})

test('a trusted header names its front ends, and precedence the order; what is left out follows', () => {
  const identity = (text: string) => load(`{"identity":${text}}`).identity
  assert.deepEqual(identity('{"precedence":["header","session"]}').precedence, [
    'header',
    'kerberos',
    'ntlm',
    'basic',
    'bearer',
  ])
  assert.deepEqual(identity('{}').kerberos, null)
  assert.equal(identity('{"kerberos":{"keytab":"bi.keytab"}}').kerberos?.keytab, join(folder, 'bi.keytab'))
  const told = (text: string) => mistakes(`{"identity":${text}}`)
  assert.match(told('{"precedence":["session","basic"]}')['identity.precedence'] ?? '', /"session" last/)
  for (const from of ['10.1.2.3/33', '10.1.2', '::1/129', 'bi01', '10.1.2.3/8/8', 'fe80::1%eth0'])
    assert.match(
      told(`{"trustedHeader":{"name":"X-Remote-User","from":["${from}"]}}`)['identity.trustedHeader.from[0]'] ?? '',
      /expected an address, or a network in CIDR "10\.1\.2\.3\/32"/,
      from,
    )
  assert.match(
    told('{"trustedHeader":{"name":"Host","from":["::1"]}}')['identity.trustedHeader.name'] ?? '',
    /expected/,
  )
})

test('tokens are verified with keys from a file or over https, never with keys anybody on the way could swap', () => {
  writeFileSync(join(folder, 'keys.json'), '{"keys":[]}')
  writeFileSync(join(folder, 'nokeys.json'), '[]')
  const tokens = (keys: string) => `{"identity":{"tokens":{"keys":"${keys}","issuer":"i","audience":["a","b"]}}}`
  const file = load(tokens('keys.json')).identity.tokens
  assert.deepEqual(file?.keys, { kind: 'file', path: join(folder, 'keys.json') })
  assert.deepEqual([file.issuer, file.audience, file.skewSeconds], [['i'], ['a', 'b'], 60])
  assert.deepEqual(load(tokens('https://login.example/keys')).identity.tokens?.keys.kind, 'url')
  for (const bad of ['http://login.example/keys', 'nokeys.json'])
    assert.ok('identity.tokens.keys' in mistakes(tokens(bad)), bad)
})

test('what the front is told must fit together, and each mistake has its place', () => {
  const cases: [proxy: object, path: string, told: RegExp][] = [
    [{ tls: {} }, 'proxy.tls', /either certificate and key, or pfx/],
    [{ tls: { certificate: 'a.pem', key: 'a.key', pfx: 'a.pfx' } }, 'proxy.tls', /either certificate and key, or pfx/],
    [{ tls: { pfx: 'a.pfx', clientCertificate: 'optional' } }, 'proxy.tls.clientCa', /is missing/],
    [{ listen: [{ address: '127.0.0.1:443', tls: true }] }, 'proxy.listen[0].tls', /expected proxy\.tls/],
    [{ listen: ['127.0.0.1:80', '127.0.0.1:70000'] }, 'proxy.listen[1]', /up to 65535/],
    [{ trusted: ['10.0.0.0/33'] }, 'proxy.trusted[0]', /CIDR.*10\.0\.0\.0\/8/],
    [{ trusted: ['bi.example', '::1/128'] }, 'proxy.trusted[0]', /CIDR/],
    [{ proxyProtocol: true }, 'proxy.trusted', /proxyProtocol/],
  ]
  for (const [proxy, path, told] of cases) assert.match(mistakes(JSON.stringify({ proxy }))[path] ?? '', told)
  const servers = [{ name: 'a', upstream: 'https://a', ca: 'missing.pem' }]
  assert.match(mistakes(JSON.stringify({ servers }))['servers[0].ca'] ?? '', /certificates in PEM/)
})

test('several addresses are listened on, with TLS unless one says otherwise', () => {
  const tls = { pfx: 'bi.pfx', passwordFile: 'p.txt' }
  const listen = ['[::]:443', { address: '127.0.0.1:8080', tls: false }]
  const { proxy } = load(JSON.stringify({ proxy: { tls, listen } }), { TILSYN_TLS_PASSWORD: 'x' })
  assert.deepEqual(proxy.listen, [
    { host: '::', port: 443, tls: true },
    { host: '127.0.0.1', port: 8080, tls: false },
  ])
  assert.deepEqual(proxy.tls?.identity, { kind: 'pfx', pfx: join(folder, 'bi.pfx') })
  assert.equal(proxy.tls?.passwordFile, join(folder, 'p.txt'))
})

test('a BI server is looked at by a connection unless one says how else, or not at all', () => {
  const healthOf = (health?: unknown) =>
    load(JSON.stringify({ servers: [{ name: 'a', upstream: 'http://a', health }] })).servers[0]?.health
  assert.deepEqual(healthOf(), { path: null, expect: null, everyMs: 30_000, timeoutMs: 5000 })
  assert.equal(healthOf(null), null)
  assert.deepEqual(healthOf({ path: '/health', everySeconds: 10, timeoutSeconds: 2.5, expect: [200, 401] }), {
    path: '/health',
    expect: [200, 401],
    everyMs: 10_000,
    timeoutMs: 2500,
  })
  const wrong = (health: unknown) =>
    mistakes(JSON.stringify({ servers: [{ name: 'a', upstream: 'http://a', health }] }))
  assert.match(wrong({ path: 'health' })['servers[0].health.path'] ?? '', /begins with \//)
  assert.ok('servers[0].health.everySeconds' in wrong({ everySeconds: 0 }))
  assert.ok('servers[0].health.often' in wrong({ often: true }))
  assert.ok(Object.keys(wrong({ expect: [200] })).length > 0)
})

test('HTTP/2 is spoken where it is asked for', () => {
  const tls = { pfx: 'bi.pfx', passwordFile: 'p.txt' }
  assert.equal(load(JSON.stringify({ proxy: { tls } })).proxy.tls?.http2, false)
  assert.equal(load(JSON.stringify({ proxy: { tls: { ...tls, http2: true } } })).proxy.tls?.http2, true)
})
