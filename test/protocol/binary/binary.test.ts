import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { SaxesParser } from 'saxes'
import { BinaryError } from '../../../proxy/protocol/binary/binary-error.ts'
import { BinaryXmlReader } from '../../../proxy/protocol/binary/binary-xml.ts'
import { XpressReader, decompressBlock } from '../../../proxy/protocol/binary/xpress.ts'
import { unfolding } from '../../../proxy/protocol/binary/transport.ts'
import { SIGNATURE, binaryXml, compressBlock, mb32, text, xpress } from './encoder.ts'

const latin = (value: string) => new Uint8Array(Buffer.from(value, 'latin1'))
const hex = (value: string) => new Uint8Array(Buffer.from(value.replaceAll(' ', ''), 'hex'))
const shown = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')

test('the examples of MS-XCA section 3 decompress to what they stand for', () => {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz'
  assert.equal(shown(decompressBlock(hex(`3f 00 00 00 ${Buffer.from(alphabet).toString('hex')}`), 26)), alphabet)
  assert.equal(shown(decompressBlock(hex('ff ff ff 1f 61 62 63 17 00 0f ff 26 01'), 300)), 'abc'.repeat(100))
})

test('whatever is compressed comes back, however the bytes arrive', () => {
  const repeating = fc
    .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 400 })), { maxLength: 8 })
    .map((runs) => Buffer.concat(runs.flatMap(([bytes, times]) => Array.from({ length: times }, () => bytes))))
  fc.assert(
    fc.property(
      repeating,
      fc.integer({ min: 1, max: 3000 }),
      fc.integer({ min: 1, max: 500 }),
      (data, block, piece) => {
        const reader = new XpressReader()
        const packed = xpress(data, block)
        const out: Uint8Array[] = []
        for (let at = 0; at < packed.length; at += piece) out.push(...reader.write(packed.subarray(at, at + piece)))
        reader.end()
        assert.deepEqual(Buffer.concat(out), data)
      },
    ),
    { numRuns: 200 },
  )
  const long = new Uint8Array(300_000).fill(7)
  assert.deepEqual(decompressBlock(compressBlock(long), long.length), long)
})

test('damage and false sizes end in an error, and nothing is allocated for what is only claimed', () => {
  const huge = new Uint8Array(8).fill(0xff)
  assert.throws(() => new XpressReader().write(huge), { code: 'BINARY_LIMIT' })
  assert.throws(() => decompressBlock(hex('00 00 00 80 00 00'), 10), { code: 'BINARY_DAMAGED' })
  const half = new XpressReader()
  half.write(xpress(latin('kommune'.repeat(20))).subarray(0, 12))
  assert.throws(() => half.end(), { code: 'BINARY_DAMAGED' })
})

test('no bytes, however odd, make either reader throw anything but its own error', () => {
  const seeds = [xpress(latin('borger '.repeat(50))), binaryXml('<a xmlns="u" b="1"><c>æ</c><c/></a>')]
  const mutated = fc
    .tuple(fc.constantFrom(...seeds), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }))
    .map(([seed, changes]) => {
      const bytes = Uint8Array.from(seed)
      for (const [at, value] of changes) bytes[at % bytes.length] = value
      return bytes
    })
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 200 })), (bytes) => {
      for (const transport of ['sx', 'xml+xpress', 'sx+xpress'] as const) {
        const reading = unfolding(transport)
        try {
          reading.write(bytes)
          reading.end()
        } catch (error) {
          assert.ok(error instanceof BinaryError, String(error))
        }
      }
    }),
    { numRuns: 2000 },
  )
})

/** The events of a text, as any reader of XML sees them. */
function events(xml: string): string[] {
  const found: string[] = []
  const parser = new SaxesParser({ xmlns: true })
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', (tag) => {
    const attributes = Object.values(tag.attributes).filter(
      ({ name, prefix }) => name !== 'xmlns' && prefix !== 'xmlns',
    )
    found.push(`<{${tag.uri}}${tag.local}`, ...attributes.map(({ uri, local, value }) => `@{${uri}}${local}=${value}`))
  })
  parser.on('text', (value) => found.push(value))
  parser.on('closetag', () => found.push('>'))
  parser.write(xml).close()
  return found
}

const ENVELOPE = `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>
<Execute xmlns="urn:schemas-microsoft-com:xml-analysis"><Command><Statement>SELECT [Måned] ON 0 &lt; &amp; "x"
FROM [Borger]</Statement></Command><x:p xmlns:x="urn:x" x:a="&quot;1&quot;"><x:q xmlns:x="urn:y"/><x:r/></x:p></Execute>
</soap:Body></soap:Envelope>`

test('a document means the same in binary and in text, wherever the bytes part', () => {
  const binary = binaryXml(ENVELOPE)
  for (const piece of [1, 2, 3, 7, 64, 100_000]) {
    const reader = new BinaryXmlReader()
    let xml = ''
    for (let at = 0; at < binary.length; at += piece) xml += reader.write(binary.subarray(at, at + piece))
    xml += reader.end()
    assert.deepEqual(events(xml), events(ENVELOPE))
  }
})

test('namespaces that only the names bring are declared in the text', () => {
  const names = ['urn:a', 'p', 'root', 'urn:b', 'kind']
  const defined = names.flatMap((name) => [0xf0, ...text(name)])
  const qnames = [0xef, 1, 2, 3, 0xef, 4, 2, 5]
  const bytes = [...SIGNATURE, ...defined, ...qnames, 0xf8, 1, 0xf8, 2, 0xf7, 0xf8, 1, 0xf7, 0xf7]
  const reader = new BinaryXmlReader()
  const xml = reader.write(Uint8Array.from(bytes)) + reader.end()
  assert.deepEqual(events(xml), ['<{urn:a}root', '<{urn:b}kind', '>', '<{urn:a}root', '>', '>'])
})

function value(...bytes: readonly number[]): string {
  const reader = new BinaryXmlReader()
  const head = [...SIGNATURE, 0xf0, ...text('v'), 0xef, 0, 0, 1, 0xf8, 1]
  const xml = reader.write(Uint8Array.from([...head, ...bytes, 0xf7])) + reader.end()
  return xml.slice('<v>'.length, -'</v>'.length)
}

const le = (number: bigint | number, bytes: number) =>
  Array.from({ length: bytes }, (_, i) => Number((BigInt.asUintN(64, BigInt(number)) >> BigInt(8 * i)) & 255n))
const f64 = (number: number) => [...new Uint8Array(new Float64Array([number]).buffer)]
const f32 = (number: number) => [...new Uint8Array(new Float32Array([number]).buffer)]

test('each typed value stands for the text that XML would have', () => {
  const days2024 = BigInt(Date.UTC(2024, 1, 29) / 86_400_000 + 719_162)
  const cases: readonly (readonly [readonly number[], string])[] = [
    [[0x01, ...le(-2, 2)], '-2'],
    [[0x02, ...le(707_334_285, 4)], '707334285'],
    [[0x08, ...le(9_007_199_254_740_993n, 8)], '9007199254740993'],
    [[0x8b, ...le(2n ** 64n - 1n, 8)], '18446744073709551615'],
    [[0x03, ...f32(0.1)], '0.1'],
    [[0x04, ...f64(707_334_285)], '707334285'],
    [[0x04, ...f64(1e21)], '1e+21'],
    [[0x05, ...le(-12_345_600n, 8)], '-1234.56'],
    [[0x14, ...le(20_000, 4)], '2'],
    [[0x06, 1], '1'],
    [[0x86, 0], 'false'],
    [[0x88, 0xff], '-1'],
    [[0x0a, 7, 10, 2, 1, ...le(12_345, 4)], '123.45'],
    [[0x0b, 11, 20, 0, 0, ...le(707_334_285_000n, 8)], '-707334285000'],
    [[0x87, 7, 5, 3, 1, ...le(1500, 4)], '1.5'],
    [[0x11, ...text('Åse & søn')], 'Åse &amp; søn'],
    [[0x10, ...mb32(8), ...le(1252, 4), 0xe6, 0xf8, 0xe5, 0x41], 'æøåA'],
    [[0x0d, ...mb32(6), ...le(65_001, 4), 0xc3, 0xa6], 'æ'],
    [[0x0f, 3, 1, 2, 3], 'AQID'],
    [[0x84, 2, 0xab, 0x01], 'AB01'],
    [[0x09, ...hex('33221100554477668899aabbccddeeff')], '00112233-4455-6677-8899-aabbccddeeff'],
    [[0x12, ...le(45_349, 4), ...le(300 * 3661 + 150, 4)], '2024-02-29T01:01:01.5'],
    [[0x13, ...le(45_349, 2), ...le(61, 2)], '2024-02-29T01:01:00'],
    [[0x7f, ...le(days2024, 3)], '2024-02-29'],
    [[0x7e, 3, ...le(3_661_500, 4), ...le(days2024, 3)], '2024-02-29T01:01:01.5'],
    [[0x7d, 0, ...le(3661, 3), ...le(0, 3)], '01:01:01'],
    [[0x7b, 0, ...le(82_800, 3), ...le(days2024, 3), ...le(120, 2)], '2024-03-01T01:00:00+02:00'],
    [
      [0x82, ...le((((((2024n + 9999n) * 12n + 1n) * 31n + 28n) * 24n + 1n) * 3_600_000n + 61_500n) * 4n, 8)],
      '2024-02-29T01:01:01.5Z',
    ],
    [[0x83, ...le(((((2024n + 9999n) * 12n + 1n) * 31n + 28n) * 1740n + 840n) * 4n, 8)], '2024-02-29Z'],
    [[0x81, ...le((3_661n * 1000n + 500n) * 4n, 8)], '01:01:01.5Z'],
    [[0x8c, 1], 'v'],
    [[0xf2, ...text('a<b'), 0xf2, ...text('&'), 0xf1], 'a&lt;b&amp;'],
    [[0xed, ...text('<w/>')], '<w/>'],
    [[0xf3, ...text('bemærkning')], ''],
    [[0xea, 3, 1, 2, 3], ''],
    [[0xec, ...SIGNATURE, 0xf0, ...text('n'), 0xef, 0, 0, 1, 0xf8, 1, 0xf7, 0xeb], '<n></n>'],
  ]
  for (const [bytes, expected] of cases) assert.equal(value(...bytes), expected)
})

test('what was read before the damage stands, and a claimed length beyond reason is not waited for', () => {
  const reader = new BinaryXmlReader()
  const head = [...SIGNATURE, 0xf0, ...text('v'), 0xef, 0, 0, 1, 0xf8, 1, 0x11, ...text('først')]
  assert.throws(() => reader.write(Uint8Array.from([...head, 0x11, ...mb32(2 ** 31)])), { code: 'BINARY_LIMIT' })
  assert.equal(reader.rest(), '<v>først')
  const cut = new BinaryXmlReader()
  assert.equal(cut.write(Uint8Array.from(head)), '<v>først')
  assert.throws(() => cut.end(), { code: 'BINARY_DAMAGED' })
  assert.throws(() => new BinaryXmlReader().write(latin('<?xml version="1.0"?>')), { code: 'BINARY_DAMAGED' })
})

test('few bytes that unfold without end are stopped before they fill the memory', () => {
  const bomb = Buffer.concat(Array.from({ length: 40 }, () => xpress(new Uint8Array(15 << 20), 16 << 20)))
  assert.throws(() => new XpressReader().write(bomb), { code: 'BINARY_LIMIT' })
  const name = 'n'.repeat(8000)
  const head = [...SIGNATURE, 0xf0, ...text(name), 0xef, 0, 0, 1, 0xf8, 1]
  const empty = Array.from({ length: 50_000 }, () => [0xf8, 1, 0xf7]).flat()
  assert.throws(() => new BinaryXmlReader().write(Uint8Array.from([...head, ...empty])), { code: 'BINARY_LIMIT' })
  const small = unfolding('xml+xpress', 1000)
  assert.throws(() => small.write(xpress(new Uint8Array(1001))), { code: 'BINARY_LIMIT' })
})

test('all three transports give the bytes of the text', () => {
  const binary = binaryXml(ENVELOPE)
  const plain = new Uint8Array(Buffer.from(ENVELOPE))
  const sent = { sx: binary, 'xml+xpress': xpress(plain), 'sx+xpress': xpress(binary, 100) }
  for (const transport of ['sx', 'xml+xpress', 'sx+xpress'] as const) {
    const reading = unfolding(transport)
    const bytes = Buffer.concat([...reading.write(sent[transport]), ...reading.end()])
    assert.deepEqual(events(bytes.toString()), events(ENVELOPE))
  }
})
