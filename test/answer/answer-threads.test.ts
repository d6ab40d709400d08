import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { createAnswerReader } from '../../proxy/answer/answer-threads.ts'
import type { AnswerFacts, RawHeaders } from '../../proxy/exchange.ts'
import { binaryXml, xpress } from '../protocol/binary/encoder.ts'

const persons = { latestBirth: '2026-01-01', threshold: 20, attributes: [] }
const reader = createAnswerReader({ persons })
after(() => reader.close())

const XML: RawHeaders = [['Content-Type', 'text/xml; charset=utf-8']]
const row = (n: number) => `<row><CPR>010147${5000 + n}</CPR><Navn>Åse Prøvesen</Navn></row>`
const rowset = (rows: string) =>
  `<E><Body><root xmlns="urn:schemas-microsoft-com:xml-analysis:rowset">${rows}</root></Body></E>`
const ANSWER = rowset(row(1) + row(2))

async function facts(
  bytes: Uint8Array,
  headers: RawHeaders = XML,
  size = 64,
  status = 200,
): Promise<AnswerFacts | null> {
  const reading = reader.readAnswer({ status, headers })
  if (reading === null) return null
  for (let at = 0; at < bytes.length; at += size) {
    if (!reading.write(bytes.subarray(at, at + size))) await reading.drained()
  }
  return reading.end(true)
}

for (const [coding, code] of [
  ['identity', (text: string) => Buffer.from(text)],
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
] as const) {
  for (const size of [1, 7, 100_000]) {
    test(`an answer in ${coding} (${code.name}) is read in chunks of ${size}`, async () => {
      const found = await facts(code(ANSWER), [...XML, ['Content-Encoding', coding]], size)
      assert.deepEqual([found?.kind, found?.decoded, found?.rows, found?.personsSeen], ['rowset', true, 2, 2])
    })
  }
}

test('an answer in UTF-16, and one in ISO-8859-1 that says UTF-8, are read', async () => {
  assert.equal((await facts(Buffer.from(`\ufeff${ANSWER}`, 'utf16le'), XML, 3))?.personsSeen, 2)
  assert.equal((await facts(Buffer.from(ANSWER, 'latin1'), XML, 5))?.personsSeen, 2)
  const named = rowset(
    '<row><Borger_x005B_CPR-nr_x005D_>101475001</Borger_x005B_CPR-nr_x005D_><Bel\u00f8b>1</Bel\u00f8b></row>',
  )
  const said: RawHeaders = [['Content-Type', 'text/xml; charset=ISO-8859-1']]
  const found = await facts(Buffer.from(named, 'latin1'), said, 7)
  assert.deepEqual([found?.decoded, found?.rows, found?.personsSeen], [true, 1, 1])
})

test('an answer without a body, or with pictures, is not read', async () => {
  assert.equal(await facts(new Uint8Array(0), [['Content-Length', '0']]), null)
  assert.equal(await facts(new Uint8Array(0), XML, 1, 204), null)
  assert.equal(await facts(new Uint8Array(0), XML, 1, 304), null)
  assert.equal(await facts(Uint8Array.of(1), [['Content-Type', 'image/png']]), null)
})

test('binary and compressed XML is read as the text it stands for, also within a coding', async () => {
  const sent = [
    ['application/sx', binaryXml(ANSWER)],
    ['application/xml+xpress', xpress(Buffer.from(ANSWER))],
    ['application/sx+xpress', xpress(binaryXml(ANSWER), 100)],
  ] as const
  for (const [type, bytes] of sent) {
    for (const size of [1, 7, 100_000]) {
      const found = await facts(bytes, [['Content-Type', `${type}; charset=utf-8`]], size)
      assert.deepEqual([found?.kind, found?.decoded, found?.rows, found?.personsSeen], ['rowset', true, 2, 2])
    }
    const coded = [
      ['Content-Type', type],
      ['Content-Encoding', 'gzip'],
    ] as const
    assert.equal((await facts(gzipSync(bytes), coded))?.personsSeen, 2)
  }
})

test('binary XML that breaks off shows the persons that came, and is not decoded', async () => {
  const bytes = binaryXml(ANSWER)
  const found = await facts(bytes.subarray(0, bytes.length - 4), [['Content-Type', 'application/sx']])
  assert.deepEqual([found?.decoded, found?.rows, found?.personsSeen], [false, null, 2])
})

test('what is no binary XML, and an unknown coding, are answers that could not be read', async () => {
  for (const headers of [[['Content-Type', 'application/sx']], [...XML, ['Content-Encoding', 'compress']]] as const) {
    const found = await facts(Uint8Array.of(1, 2, 3), headers)
    assert.deepEqual([found?.kind, found?.decoded, found?.rows], ['other', false, null])
  }
})

test('bytes that are not in the coding they claim are not decoded', async () => {
  assert.equal((await facts(Buffer.from(ANSWER), [...XML, ['Content-Encoding', 'gzip']]))?.decoded, false)
})

test('a compressed answer that breaks off, or is spoilt, counts for what came', async () => {
  const rows = Array.from(
    { length: 3000 },
    (_, n) => `<row><CPR>010147${5000 + (n % 15)}</CPR><X>${Math.sin(n)}</X></row>`,
  )
  const whole = gzipSync(rowset(rows.join('')))
  const headers: RawHeaders = [...XML, ['Content-Encoding', 'gzip']]
  const cut = await facts(whole.subarray(0, whole.length / 2), headers, 500)
  assert.equal(cut?.decoded, true)
  assert.ok((cut?.rows ?? 0) > 500 && (cut?.rows ?? 0) < 3000)
  const spoilt = Uint8Array.from(whole)
  for (let at = whole.length >> 1; at < whole.length; at += 1) spoilt[at] = (at * 37 + 11) & 0xff
  const found = await facts(spoilt, headers, 500)
  assert.deepEqual([found?.decoded, found?.rows, found?.personsSeen], [false, null, 15])
})

test('an answer that unfolds without end is given up, in bounded memory', async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, '<a/>'))
  const found = await facts(bomb, [...XML, ['Content-Encoding', 'gzip']], 16_384)
  assert.equal(found?.decoded, false)
})

test('many answers at once each get their own facts', async () => {
  const all = await Promise.all(
    Array.from({ length: 200 }, (_, n) =>
      facts(gzipSync(rowset(row(n).repeat(n))), [...XML, ['Content-Encoding', 'gzip']], 50),
    ),
  )
  assert.deepEqual(
    all.map((found) => [found?.rows, found?.persons.map(({ person }) => person)]),
    all.map((_, n) => [n, n === 0 ? [] : [`010147${5000 + n}`]]),
  )
})

test('a writer far ahead of the reading is told to wait, and let go on when it has caught up', async () => {
  const reading = reader.readAnswer({ status: 200, headers: XML })
  assert.ok(reading !== null)
  const chunk = Buffer.from(row(1).repeat(20_000))
  reading.write(Buffer.from('<E><Body><root xmlns="urn:schemas-microsoft-com:xml-analysis:rowset">'))
  let told = 0
  for (let i = 0; i < 10; i += 1) {
    if (reading.write(chunk)) continue
    told += 1
    await reading.drained()
  }
  assert.ok(told > 0)
  const found = await reading.end(false)
  assert.deepEqual([found.rows, found.personsSeen], [200_000, 1])
})

test('what is written is copied: the caller may use its buffer again at once', async () => {
  const reading = reader.readAnswer({ status: 200, headers: XML })
  const buffer = Buffer.from(ANSWER)
  reading?.write(buffer)
  buffer.fill(0x20)
  assert.equal((await reading?.end(true))?.rows, 2)
})

test('an answer that takes all memory ends its thread, not the proxy; the next answer is read by another', async () => {
  const small = createAnswerReader({ persons, heapMb: 12 })
  const greedy = small.readAnswer({ status: 200, headers: XML })
  const beside = small.readAnswer({ status: 200, headers: XML })
  assert.ok(greedy !== null && beside !== null)
  // A text of many CDATA sections is put together until it ends.
  greedy.write(Buffer.from('<E><Body><root xmlns="urn:schemas-microsoft-com:xml-analysis:rowset"><row><Navn>'))
  for (let i = 0; i < 30; i += 1) {
    if (!greedy.write(Buffer.from(`<![CDATA[${'a'.repeat(500_000)}]]>`))) await greedy.drained()
  }
  assert.equal((await greedy.end(true)).decoded, false)
  assert.equal((await beside.end(true)).decoded, false)
  const next = small.readAnswer({ status: 200, headers: XML })
  next?.write(Buffer.from(ANSWER))
  assert.equal((await next?.end(true))?.rows, 2)
  await small.close()
})

test('closing gives every answer in hand its facts, and later ones too', async () => {
  const closing = createAnswerReader({ persons })
  const reading = closing.readAnswer({ status: 200, headers: XML })
  reading?.write(Buffer.from(ANSWER))
  await closing.close()
  assert.equal((await reading?.end(true))?.decoded, false)
  assert.equal((await closing.readAnswer({ status: 200, headers: XML })?.end(true))?.decoded, false)
})
