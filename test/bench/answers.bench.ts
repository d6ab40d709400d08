/**
 * How fast answers are read: megabytes (10^6 bytes of XML) in a second, without and with persons, in UTF-8 and UTF-16,
 * plain and compressed; by the reader alone, on one core, and the way an answer goes in the proxy: chunks of 64 kB
 * copied to the reading thread, decompressed and read there, the facts sent back.
 *
 *     node test/bench/answers.bench.ts [turns]
 *
 * Every turn reads every answer once, one after another, and of each the median turn counts. The first turn warms up and
 * is left out. The reader alone is measured by the processor time of this process, collections of garbage included, so
 * that whatever else the machine does counts little; the whole way so too, and by the clock.
 */
import { gzipSync } from 'node:zlib'
import { BodyReader } from '../../proxy/answer/body-reader.ts'
import { createAnswerReader } from '../../proxy/answer/answer-threads.ts'
import type { AnswerFacts, RawHeaders } from '../../proxy/exchange.ts'
import { answerReader } from '../../proxy/protocol/answer-reader.ts'
import { datasetAnswer, rowsetAnswer } from './answers.ts'

const turns = Number(process.argv[2] ?? 9)
const CHUNK = 64 * 1024
const PERSONS = { latestBirth: '2057-12-31', threshold: 20, attributes: [] }

interface Case {
  readonly name: string
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly coding: 'identity' | 'gzip'
  /** Size of the XML in UTF-8: what the figures are about. */
  readonly size: number
}

const wide = (text: Buffer): Buffer => Buffer.from(`\ufeff${text.toString()}`, 'utf16le')
const plain = (name: string, bytes: Buffer): Case => ({
  name,
  bytes: new Uint8Array(bytes),
  coding: 'identity',
  size: bytes.length,
})
const dataset = datasetAnswer({})
const rowset = rowsetAnswer({})
const cases: readonly Case[] = [
  plain('dataset, 200,000 cells, compact', dataset),
  plain('dataset, 200,000 cells, pretty', datasetAnswer({ pretty: true })),
  plain('rowset, 100,000 rows of 8, compact', rowset),
  plain('rowset, 100,000 rows of 8, pretty', rowsetAnswer({ pretty: true })),
  plain('dataset, a person in every 100th row', datasetAnswer({ personEvery: 100 })),
  plain('rowset, a person in every 100th row', rowsetAnswer({ personEvery: 100 })),
  plain('rowset, a person in every row', rowsetAnswer({ personEvery: 1 })),
  { ...plain('dataset in UTF-16', wide(dataset)), size: dataset.length },
  { ...plain('rowset in UTF-16', wide(rowset)), size: rowset.length },
  { ...plain('dataset in gzip', gzipSync(dataset)), coding: 'gzip', size: dataset.length },
  { ...plain('rowset in gzip', gzipSync(rowset)), coding: 'gzip', size: rowset.length },
]

const threads = createAnswerReader({ persons: PERSONS })

function readAlone({ bytes }: Case): AnswerFacts | null {
  const body = new BodyReader('identity', 'utf-8', answerReader('xml', PERSONS, PERSONS.threshold))
  let facts: AnswerFacts | null = null
  for (let at = 0; at < bytes.length; at += CHUNK) body.write(bytes.subarray(at, at + CHUNK), () => undefined)
  body.end((found) => (facts = found))
  return facts
}

async function readOnThread({ bytes, coding }: Case): Promise<AnswerFacts | null> {
  const type = ['Content-Type', 'text/xml'] as const
  const headers: RawHeaders = coding === 'gzip' ? [type, ['Content-Encoding', coding]] : [type]
  const reading = threads.readAnswer({ status: 200, headers })
  if (reading === null) return null
  for (let at = 0; at < bytes.length; at += CHUNK) {
    if (!reading.write(bytes.subarray(at, at + CHUNK))) await reading.drained()
  }
  return reading.end(true)
}

const found = new Map(
  cases.map((one) => [one, { alone: [] as number[], thread: [] as number[], clock: [] as number[] }]),
)
for (let turn = 0; turn <= turns; turn += 1) {
  for (const [one, { alone, thread, clock }] of found) {
    const before = process.cpuUsage()
    const facts = one.coding === 'identity' ? readAlone(one) : null
    const used = process.cpuUsage(before)
    const between = performance.now()
    const middle = process.cpuUsage()
    const same = await readOnThread(one)
    const end = performance.now()
    const usedByAll = process.cpuUsage(middle)
    const complete = same?.decoded === true && (same.rows ?? 0) >= 10_000
    if (!complete || (facts !== null && facts.rows !== same.rows)) throw new Error(`${one.name} was not read`)
    if (turn === 0) continue
    alone.push(one.size / (used.user + used.system))
    thread.push(one.size / (usedByAll.user + usedByAll.system))
    clock.push(one.size / 1000 / (end - between))
  }
}
await threads.close()

const median = (of: readonly number[]) => of.toSorted((a, b) => a - b)[of.length >> 1] ?? 0
console.log(`MB of XML in a second, medians of ${turns} turns: the reader alone, in processor time;`)
console.log('the whole way with copying, both threads and decompression, in processor time; and by the clock')
for (const [{ name, size, coding }, { alone, thread, clock }] of found) {
  const figures = [size / 1e6, coding === 'identity' ? median(alone) : null, median(thread), median(clock)]
  console.log(name.padEnd(38), ...figures.map((figure) => (figure?.toFixed(0) ?? '-').padStart(6)))
}
