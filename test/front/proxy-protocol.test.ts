import assert from 'node:assert/strict'
import net from 'node:net'
import { test } from 'node:test'
import { assert as holds, constantFrom, property, uint8Array } from 'fast-check'
import { readProxyHeader } from '../../proxy/front/proxy-header.ts'
import { biServer, eventually } from '../forward/support.ts'
import { Authority, text } from './certificates.ts'
import { fronted, hear, tlsClient, tlsConfig } from './support.ts'

const SIGNATURE = '0d0a0d0a000d0a515549540a'
const v2 = (command: string, family: string, addresses: string) =>
  Buffer.from(SIGNATURE + command + family + (addresses.length / 2).toString(16).padStart(4, '0') + addresses, 'hex')
const IPV4 = 'cb0071097f000001126701bb'
const LOOPBACK = '00000000000000000000000000000001126701bb'
const IPV6 = `20010db8000200000000000000000005${LOOPBACK}`
const MAPPED = `00000000000000000000ffffcb007109${LOOPBACK}`

const good: readonly [what: string, header: Buffer, address: string | null][] = [
  ['v1 TCP4', Buffer.from('PROXY TCP4 203.0.113.9 127.0.0.1 4711 443\r\n'), '203.0.113.9'],
  ['v1 TCP6', Buffer.from('PROXY TCP6 2001:DB8:2::5 ::1 4711 443\r\n'), '2001:db8:2::5'],
  ['v1 TCP6 of an IPv4 client', Buffer.from('PROXY TCP6 ::ffff:203.0.113.9 ::1 4711 443\r\n'), '203.0.113.9'],
  ['v1 UNKNOWN', Buffer.from('PROXY UNKNOWN\r\n'), null],
  ['v1 UNKNOWN with more', Buffer.from('PROXY UNKNOWN ffff::1 ::1 1 1\r\n'), null],
  ['v2 IPv4', v2('21', '11', IPV4), '203.0.113.9'],
  ['v2 IPv4 with TLVs', v2('21', '11', `${IPV4}0400020000`), '203.0.113.9'],
  ['v2 IPv6', v2('21', '21', IPV6), '2001:db8:2::5'],
  ['v2 IPv6 of an IPv4 client', v2('21', '21', MAPPED), '203.0.113.9'],
  ['v2 LOCAL', v2('20', '00', ''), null],
]
for (const [what, header, address] of good) {
  test(`a header ${what} is read, whole or in pieces, and no byte behind it`, () => {
    const more = Buffer.concat([header, Buffer.from('GET / HTTP/1.1\r\n')])
    assert.deepEqual(readProxyHeader(more), { kind: 'whole', length: header.length, address })
    for (let cut = 0; cut < header.length; cut += 1) {
      assert.equal(readProxyHeader(header.subarray(0, cut)).kind, 'partial', `${cut} bytes`)
    }
  })
}

const bad: readonly (string | Buffer)[] = [
  'GET / HTTP/1.1\r\n',
  'PROXY TCP4 203.0.113.9 127.0.0.1 4711\r\n',
  'PROXY TCP4 203.0.113.9 127.0.0.1 4711 443 1\r\n',
  'PROXY TCP4 203.0.113.09 127.0.0.1 4711 443\r\n',
  'PROXY TCP4 2001:db8::5 ::1 4711 443\r\n',
  'PROXY TCP6 203.0.113.9 127.0.0.1 4711 443\r\n',
  'PROXY TCP6 fe80::1%eth0 ::1 4711 443\r\n',
  'PROXY TCP4 203.0.113.9 127.0.0.1 70000 443\r\n',
  'PROXY TCP4 203.0.113.9  127.0.0.1 4711 443\r\n',
  'PROXY UDP4 203.0.113.9 127.0.0.1 4711 443\r\n',
  `PROXY TCP4 203.0.113.9 127.0.0.1 4711 443${' '.repeat(80)}\r\n`,
  'proxy TCP4 203.0.113.9 127.0.0.1 4711 443\r\n',
  v2('11', '11', IPV4),
  v2('22', '11', IPV4),
  v2('21', '12', IPV4),
  v2('21', '31', IPV4),
  v2('21', '11', IPV4.slice(2)),
  v2('21', '21', IPV6.slice(2)),
]
test('what is not as the standard says is malformed, and never a guess', () => {
  for (const header of bad) assert.equal(readProxyHeader(Buffer.from(header)).kind, 'malformed', header.toString())
})

test('no bytes make the reader throw, or wait for more than its limit', () => {
  const begins = constantFrom('', 'PROXY ', 'PROXY TCP4 ', Buffer.from(SIGNATURE, 'hex').toString('latin1'))
  holds(
    property(begins, uint8Array({ maxLength: 200 }), (begin, rest) => {
      const bytes = Buffer.concat([Buffer.from(begin, 'latin1'), rest])
      const header = readProxyHeader(bytes)
      if (header.kind === 'whole') assert.ok(header.length <= bytes.length)
      if (header.kind === 'partial' && begin.startsWith('PROXY')) assert.ok(bytes.length < 107)
    }),
    { numRuns: 2000 },
  )
})

const GET = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
const ON = { trusted: ['127.0.0.1'], proxyProtocol: true } as const

test('a load balancer says whose connection it is, with the request in the same bytes or byte by byte', async (t) => {
  const bi = await biServer(t, (req, res) => void req.pipe(res))
  const { port, witness } = await fronted(t, bi, { config: ON })
  const post = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nConnection: close\r\n\r\ntal\n'
  for (const [, header] of good) {
    const { text: answer } = await hear(net.connect(port, '127.0.0.1'), header.toString('latin1') + post)
    assert.match(answer, /^HTTP\/1\.1 200[^]*tal\n/)
  }
  assert.deepEqual(
    witness.asked.map(({ clientAddress }) => clientAddress),
    good.map(([, , address]) => address ?? '127.0.0.1'),
  )
  const slow = net.connect({ port, host: '127.0.0.1', noDelay: true })
  const answer = hear(slow, '')
  for (const byte of `PROXY TCP4 203.0.113.9 127.0.0.1 4711 443\r\n${post}`) {
    slow.write(byte)
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.match((await answer).text, /^HTTP\/1\.1 200[^]*\r\n0\r\n\r\n$/)
  assert.equal(witness.asked.at(-1)?.body.bytes.toString(), 'tal\n')
  assert.equal(witness.asked.at(-1)?.clientAddress, '203.0.113.9')
})

test('behind TLS the header comes first, and the entry has its address', async (t) => {
  const authority = new Authority(t)
  const bi = await biServer(t, (_req, res) => res.end('ok'))
  const tls = tlsConfig(authority.issue('DNS:bi.kommune.example'))
  const { port, witness } = await fronted(t, bi, { config: { ...ON, tls } })
  const clients = ['203.0.113.9', '203.0.113.10', '203.0.113.11']
  await Promise.all(
    clients.map(async (address) => {
      const ahead = `PROXY TCP4 ${address} 127.0.0.1 4711 443\r\n`
      const client = await tlsClient(t, port, { ca: text(authority.cert), ahead })
      const asked = await hear(client, GET.replace('GET /', `GET /${address}`))
      assert.match(asked.text, /^HTTP\/1\.1 200/)
    }),
  )
  assert.deepEqual(
    new Set(witness.asked.map(({ clientAddress, target }) => `${target} from ${clientAddress}`)),
    new Set(clients.map((address) => `/${address} from ${address}`)),
  )
})

test('a trusted peer without a good header is cut off unanswered, and leaves an entry', async (t) => {
  const bi = await biServer(t, (_req, res) => res.end('ok'))
  const { port, witness, events } = await fronted(t, bi, { config: ON })
  for (const [at, request] of [GET, `PROXY TCP4 x y 1 2\r\n${GET}`, '\r\n\r\n\0nonsense'].entries()) {
    assert.equal((await hear(net.connect(port, '127.0.0.1'), request)).text, '')
    const outcomes = await witness.outcomes(at + 1)
    assert.deepEqual([outcomes[at]?.ending, outcomes[at]?.status], ['refused', 400])
    assert.equal(witness.asked[at]?.clientAddress, '127.0.0.1')
  }
  const half = net.connect(port, '127.0.0.1', () => half.end('PROXY TC'))
  half.on('error', () => undefined)
  await witness.outcomes(4)
  assert.deepEqual(
    events.map((event) => (event.kind === 'malformed' ? event.code : event.kind)),
    [...Array<string>(3).fill('PROXY_HEADER_MALFORMED'), 'PROXY_HEADER_CUT'],
  )
})

test('nobody else can choose an address: there the header is a request that makes no sense', async (t) => {
  const bi = await biServer(t, (_req, res) => res.end('ok'))
  const { port, witness } = await fronted(t, bi, { config: { ...ON, trusted: ['10.0.0.0/8'] } })
  const { text: answer } = await hear(net.connect(port, '127.0.0.1'), `PROXY TCP4 203.0.113.9 127.0.0.1 1 2\r\n${GET}`)
  assert.match(answer, /^HTTP\/1\.1 400/)
  assert.match((await hear(net.connect(port, '127.0.0.1'), GET)).text, /^HTTP\/1\.1 200/)
  assert.deepEqual(
    witness.asked.map(({ clientAddress }) => clientAddress),
    ['127.0.0.1', '127.0.0.1'],
  )
})

test('a load balancer that only looks whether somebody is there leaves no entry', async (t) => {
  const bi = await biServer(t, (_req, res) => res.end('ok'))
  const { port, witness, events } = await fronted(t, bi, { config: ON })
  const probe = net.connect(port, '127.0.0.1', () => probe.end())
  await new Promise((resolve) => probe.once('close', resolve))
  assert.match((await hear(net.connect(port, '127.0.0.1'), `PROXY UNKNOWN\r\n${GET}`)).text, /^HTTP\/1\.1 200/)
  await eventually('the entry', () => witness.asked.length === 1)
  assert.deepEqual(events, [])
})

test('one header covers its connection and no other: what is asked first on the next is the next one’s', async (t) => {
  const bi = await biServer(t, (_req, res) => res.end('ok'))
  const { port, witness } = await fronted(t, bi, { config: { ...ON, trusted: ['127.0.0.1', '203.0.113.9'] } })
  // The client of the load balancer is a proxy that is trusted too: its header counts.
  const kept = GET.replace('Connection: close', 'X-Forwarded-For: 198.51.100.1')
  const request = `PROXY TCP4 203.0.113.9 127.0.0.1 1 2\r\n${kept}${GET}`
  assert.match((await hear(net.connect(port, '127.0.0.1'), request)).text, /200[^]*200/)
  await hear(net.connect(port, '127.0.0.1'), `PROXY UNKNOWN\r\n${GET}`)
  assert.deepEqual(
    witness.asked.map(({ clientAddress }) => clientAddress),
    ['198.51.100.1', '203.0.113.9', '127.0.0.1'],
  )
})
