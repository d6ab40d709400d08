/**
 * How many queries a second become durable, with 64 under way at a time: `node test/bench/journal.bench.ts [seconds]`.
 * Each waits for its sync, as an answer does.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openJournal } from '../../proxy/journal/journal.ts'
import { answered, asked } from '../journal/samples.ts'

const CONCURRENT = 64
const seconds = Number(process.argv[2] ?? 3)
const folder = await mkdtemp(join(tmpdir(), 'tilsyn-bench-'))
const journal = await openJournal({ folder, name: 'bench' })
const question = asked('x'.repeat(400))
const waits: number[] = []
const end = performance.now() + seconds * 1000

async function client(): Promise<void> {
  while (performance.now() < end) {
    const begun = performance.now()
    const { ticket, durable } = journal.ask(question)
    await durable
    waits.push(performance.now() - begun)
    journal.answer(ticket, answered())
  }
}
await Promise.all(Array.from({ length: CONCURRENT }, client))
await journal.close()
await rm(folder, { recursive: true })

const sorted = waits.toSorted((a, b) => a - b)
const percentile = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(2)
console.log(`${Math.round(waits.length / seconds)} durable queries/s (and as many answers)`)
console.log(`wait for the sync: p50 ${percentile(0.5)} ms, p99 ${percentile(0.99)} ms`)
