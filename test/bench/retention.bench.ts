/**
 * How fast old entries are deleted while new ones are written, and how long whoever writes waits: an embedded store with
 * entries of five children each, half of it too old; a recorder in a process of its own that writes a batch of 100 every 20
 * ms. `node test/bench/retention.bench.ts [entries]`. Bars: 20,000 rows a second, no batch over 250 ms.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { deleteOlder } from '../../reports/retention/run.ts'
import { LogIdMint } from '../../schema/record/ids.ts'
import type { Origin, PersonNumber } from '../../schema/record/ids.ts'
import type { QueryRecord } from '../../schema/record/record.ts'
import { openRetention, openStore, type StoreLocation } from '../../schema/store/open.ts'
import { embedded } from '../schema/store/backend-embedded.ts'
import { criterion, NOON, ORIGIN, range, sample } from '../schema/store/sample.ts'

const BATCH = 100
const EVERY_MS = 20
const SPREAD_MS = 50
const WRITER = 'writer'

function record(seq: number, over: Partial<QueryRecord> = {}): QueryRecord {
  const number = (seq * 7919) % 140_000
  const person = `${String(1 + (number % 28)).padStart(2, '0')}0150${5000 + Math.floor(number / 28)}` as PersonNumber
  return sample(seq, {
    askedAt: NOON + seq * SPREAD_MS,
    userName: `KOMMUNE\\u${seq % 500}`,
    module: `Modul ${seq % 17}`,
    query: `SELECT {[Measures].[Antal]} ON 0, {[Tid].[Måned].Members} ON 1 FROM [Sygefravær] WHERE ([Borger].[CPR].&[${person}])`,
    criteria: [criterion({ value: person, person }), criterion({ value: '[2026]', hierarchy: '[Tid].[År]' })],
    dimensions: [{ dimension: '[Tid]', hierarchy: '[Tid].[Måned]', level: '[Tid].[Måned].[Måned]', axis: '1' }],
    measures: [{ measure: '[Measures].[Antal]', calculated: false, via: null }],
    seen: [{ person, place: 'axis' }],
    ...over,
  })
}

const quantile = (times: readonly number[], q: number) =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length * q)] ?? 0
const shown = (times: readonly number[]) =>
  `${times.length} batches, p50 ${quantile(times, 0.5).toFixed(0)} ms, p99 ${quantile(times, 0.99).toFixed(0)} ms, longest ${Math.max(...times).toFixed(0)} ms`

/** The recorder: tells how long each batch took, until it is told to stop. */
async function writeOn(location: StoreLocation): Promise<void> {
  const store = await openStore(location)
  const origin = 'anden-ffeedd' as Origin
  const told = once(process, 'message').then(() => true)
  const times: number[] = []
  for (let first = 1; ; first += BATCH) {
    const at = Date.UTC(2027, 0, 1) + first
    const records = range(BATCH, (i) => record(first + i, { origin, askedAt: at + i }))
    const fresh = records.map((one, i) => ({ ...one, logId: new LogIdMint(9).next(at + i) }))
    const began = performance.now()
    await store.writer.write({ origin, position: first + BATCH - 1, records: fresh })
    times.push(performance.now() - began)
    if ((await Promise.race([told, wait(EVERY_MS)])) === true) break
  }
  await store.close()
  process.send?.(times)
}

async function withWriter<T>(location: StoreLocation, work: () => Promise<T>): Promise<{ result: T; times: number[] }> {
  const child = fork(import.meta.filename, [WRITER, JSON.stringify(location)])
  await wait(1_500)
  const result = await work()
  const told = once(child, 'message')
  child.send('stop')
  const [times] = (await told) as [number[]]
  await once(child, 'exit')
  return { result, times }
}

async function bench(entries: number): Promise<void> {
  const scratch = await embedded.scratch()
  const store = await openStore(scratch.location)
  for (let first = 1; first <= entries; first += 1000)
    await store.writer.write({
      origin: ORIGIN,
      position: first + 999,
      records: range(1000, (i) => record(first + i)),
    })
  const alone = await withWriter(scratch.location, () => wait(5_000))
  console.log(`written alone: ${shown(alone.times)}`)
  const retention = await openRetention(scratch.location)
  const held: number[] = []
  const deletePiece = retention.deletePiece.bind(retention)
  retention.deletePiece = async (...args) => {
    const piece = await deletePiece(...args)
    held.push(piece.heldMs)
    return piece
  }
  const before = process.cpuUsage()
  const began = performance.now()
  const { result, times } = await withWriter(scratch.location, () =>
    deleteOlder(
      {
        retention,
        writer: store.writer,
        mint: new LogIdMint(3),
        by: { name: null, through: 'schedule' },
        holder: 'bench',
        now: Date.now,
        rest: (ms) => wait(ms),
        isStopped: () => false,
      },
      'log',
      NOON + (entries / 2) * SPREAD_MS,
    ),
  )
  const seconds = (performance.now() - began) / 1000 - 1.5
  const { user, system } = process.cpuUsage(before)
  const rows = result.kind === 'ended' ? (result.ended[0]?.rows ?? 0) : 0
  console.log(`deleted: ${rows} rows in ${seconds.toFixed(1)} s: ${Math.round(rows / seconds)} rows/s (bar 20000)`)
  console.log(`  ${Math.round(rows / ((user + system) / 1e6))} rows to a second of processor time`)
  console.log(
    `  ${held.length} pieces, held p50 ${quantile(held, 0.5).toFixed(0)} ms, longest ${Math.max(...held).toFixed(0)} ms`,
  )
  console.log(`written meanwhile (longest: bar 250 ms): ${shown(times)}`)
  await retention.close()
  await store.close()
  await scratch.drop()
}

if (process.argv[2] === WRITER) await writeOn(JSON.parse(process.argv[3] ?? '') as StoreLocation)
else await bench(Number(process.argv[2] ?? 200_000))
