import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as holds, constantFrom, oneof, property, string } from 'fast-check'
import { ClientOrigin } from '../../proxy/front/client-origin.ts'
import { scripted } from '../forward/support.ts'
import { fronted, hear } from './support.ts'
import { connect } from 'node:net'

const TRUSTED = ['10.0.0.0/8', '2001:db8:1::/48', '192.0.2.7', '::1/128']
const byFor = new ClientOrigin({ trusted: TRUSTED, clientAddressHeader: 'X-Forwarded-For' })
const byForwarded = new ClientOrigin({ trusted: TRUSTED, clientAddressHeader: 'Forwarded' })

const cases: readonly [what: string, peer: string, header: string | null, client: string][] = [
  ['nothing said', '10.0.0.1', null, '10.0.0.1'],
  ['an untrusted peer says something', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
  ['one hop', '10.0.0.1', '198.51.100.1', '198.51.100.1'],
  ['a client forged the first', '10.0.0.1', '1.2.3.4, 198.51.100.1', '198.51.100.1'],
  ['two trusted proxies', '10.0.0.1', '198.51.100.1, 192.0.2.7', '198.51.100.1'],
  ['all are trusted', '10.0.0.1', '10.9.9.9, 10.0.0.2', '10.9.9.9'],
  ['a port', '10.0.0.1', '198.51.100.1:4711', '198.51.100.1'],
  ['IPv6, bare', '10.0.0.1', '2001:DB8:2:0::5', '2001:db8:2::5'],
  ['IPv6, in brackets with a port', '::1', '[2001:db8:2::5]:4711', '2001:db8:2::5'],
  ['IPv4 within IPv6', '10.0.0.1', '::ffff:198.51.100.1', '198.51.100.1'],
  ['a trusted IPv4 within IPv6', '10.0.0.1', '198.51.100.1, ::ffff:a00:2', '198.51.100.1'],
  ['no address', '10.0.0.1', '198.51.100.1, unknown', '10.0.0.1'],
  ['a link-local address with its zone', '10.0.0.1', 'fe80::1%eth0', '10.0.0.1'],
  ['an empty element', '10.0.0.1', '198.51.100.1, ', '10.0.0.1'],
  ['an octal look-alike', '10.0.0.1', '010.0.0.1', '10.0.0.1'],
]
for (const [what, peer, header, client] of cases) {
  test(`X-Forwarded-For, ${what}: ${client} is on record`, () => {
    assert.equal(byFor.client(peer, header === null ? [] : ['Host', 'a', 'x-forwarded-for', header]), client)
  })
}

const elements: readonly [what: string, header: string, client: string][] = [
  ['as nginx writes it', 'for=198.51.100.1', '198.51.100.1'],
  [
    'parameters in any order and case',
    'proto=https;By=10.0.0.1;FOR=198.51.100.1;host="a,b;for=1.2.3.4"',
    '198.51.100.1',
  ],
  ['IPv6 is quoted', 'for="[2001:db8:2::5]:4711"', '2001:db8:2::5'],
  ['a forged first', 'for=1.2.3.4, for=198.51.100.1, for=10.0.0.3', '198.51.100.1'],
  ['a quotation that never ends', 'for=198.51.100.1, for="10.0.0.3, for=1.2.3.4', '10.0.0.1'],
  ['hidden', 'for=_gazonk', '10.0.0.1'],
  ['without for', 'proto=https', '10.0.0.1'],
]
for (const [what, header, client] of elements) {
  test(`Forwarded, ${what}: ${client} is on record`, () => {
    assert.equal(byForwarded.client('10.0.0.1', ['Forwarded', header]), client)
  })
}

test('several lines of a header are one list, and the header that was not named is nobody’s word', () => {
  const lines = ['X-Forwarded-For', '1.2.3.4', 'Host', 'a', 'X-FORWARDED-FOR', '198.51.100.1']
  assert.equal(byFor.client('10.0.0.1', lines), '198.51.100.1')
  assert.equal(byForwarded.client('10.0.0.1', lines), '10.0.0.1')
  assert.equal(byFor.client('10.0.0.1', ['Forwarded', 'for=1.2.3.4']), '10.0.0.1')
})

test('whatever the headers say, an untrusted peer is itself, and a trusted one never makes the proxy throw', () => {
  const value = oneof(
    string(),
    string({ unit: constantFrom('f', 'o', 'r', '=', '"', '[', ']', ':', ';', ',', '\\', '.', ' ', '1') }),
  )
  holds(
    property(value, (header) => {
      for (const [origin, name] of [
        [byFor, 'X-Forwarded-For'],
        [byForwarded, 'Forwarded'],
      ] as const) {
        assert.equal(origin.client('203.0.113.9', [name, header]), '203.0.113.9')
        assert.equal(typeof origin.client('10.0.0.1', [name, header]), 'string')
      }
    }),
    { numRuns: 1000 },
  )
})

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const get = (more: string) => `GET / HTTP/1.1\r\nHost: a\r\n${more}Connection: close\r\n\r\n`

test('the header of a trusted peer gives the entry its address, and the BI server gets it as it came', async (t) => {
  const bi = await scripted(t, ANSWER)
  const ours = await fronted(t, bi.port, { config: { trusted: ['127.0.0.0/8'] } })
  await hear(connect(ours.port, '127.0.0.1'), get('x-forwarded-FOR: 1.2.3.4,  198.51.100.1\r\n'))
  assert.equal(ours.witness.asked[0]?.clientAddress, '198.51.100.1')
  assert.match(bi.seen[0] ?? '', /\r\nx-forwarded-FOR: 1\.2\.3\.4, {2}198\.51\.100\.1\r\n/)
  assert.doesNotMatch(bi.seen[0] ?? '', /127\.0\.0\.1|proto/i)
})

test('the header of anybody else is a header, and his address is that of his connection', async (t) => {
  const bi = await scripted(t, ANSWER)
  const ours = await fronted(t, bi.port, { config: { trusted: ['10.0.0.0/8'] } })
  await hear(connect(ours.port, '127.0.0.1'), get('X-Forwarded-For: 198.51.100.1\r\n'))
  assert.equal(ours.witness.asked[0]?.clientAddress, '127.0.0.1')
  assert.match(bi.seen[0] ?? '', /\r\nX-Forwarded-For: 198\.51\.100\.1\r\n/)
})

test('where the BI server is to know, a trusted peer is appended to, and a forgery replaced', async (t) => {
  const bi = await scripted(t, ANSWER)
  const servers = [{ forwardedHeaders: 'append' }] as const
  const sent = 'X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-Proto: https\r\nForwarded: for=1.2.3.4\r\n'
  const trusting = await fronted(t, bi.port, { servers, config: { trusted: ['127.0.0.1'] } })
  await hear(connect(trusting.port, '127.0.0.1'), get(sent))
  assert.match(bi.seen[0] ?? '', /\r\nX-Forwarded-For: 198\.51\.100\.1, 127\.0\.0\.1\r\nX-Forwarded-Proto: https\r\n/)
  const doubting = await fronted(t, bi.port, { servers })
  await hear(connect(doubting.port, '127.0.0.1'), get(sent))
  assert.match(bi.seen[1] ?? '', /\r\nX-Forwarded-For: 127\.0\.0\.1\r\nX-Forwarded-Proto: http\r\n/)
  assert.doesNotMatch(bi.seen[1] ?? '', /198\.51|1\.2\.3\.4|Forwarded: for/)
  const modern = await fronted(t, bi.port, { servers, config: { clientAddressHeader: 'Forwarded' } })
  await hear(connect(modern.port, '127.0.0.1'), get(sent))
  assert.match(bi.seen[2] ?? '', /\r\nForwarded: for=127\.0\.0\.1;proto=http\r\n/)
  assert.doesNotMatch(bi.seen[2] ?? '', /X-Forwarded/)
})
