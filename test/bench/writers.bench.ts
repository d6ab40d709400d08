/**
 * Several processes that write one embedded store at the same time, as the recorders of `proxy.workers` do: how long
 * batches wait for each other, and how often one gives up. `node test/bench/writers.bench.ts [processes] [batches each]`.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../schema/store/open.ts'
import { StoreError } from '../../schema/store/store.ts'
import type { Origin } from '../../schema/record/ids.ts'
import { criterion, idAt, NOON, personNo, range, sample } from '../schema/store/sample.ts'

const BATCH = 1000

interface Written {
  readonly times: readonly number[]
  readonly gaveUp: number
}

/** Writes batches one after the other, and each again until the store takes it. */
async function write(path: string, writer: number, batches: number): Promise<Written> {
  const origin = `bench-${writer}` as Origin // as minted by a journal
  const times: number[] = []
  let gaveUp = 0
  const store = await openStore({ kind: 'embedded', path })
  for (let batch = 0; batch < batches; batch++) {
    const first = batch * BATCH + 1
    const records = range(BATCH, (i) =>
      sample(first + i, {
        origin,
        logId: idAt(NOON + first + i, writer * 16_384),
        criteria: [criterion({ value: personNo(i), person: personNo(i) })],
      }),
    )
    const started = performance.now()
    for (let isWritten = false; !isWritten;) {
      try {
        await store.writer.write({ origin, position: first + BATCH - 1, records })
        isWritten = true
      } catch (error) {
        if (!(error instanceof StoreError) || error.code !== 'STORE_UNAVAILABLE') throw error
        gaveUp += 1
      }
    }
    times.push(performance.now() - started)
  }
  await store.close()
  return { times, gaveUp }
}

async function written(child: ChildProcess): Promise<Written> {
  const [message]: [Written] = (await once(child, 'message')) as [Written]
  return message
}

if (process.send === undefined) {
  const [writers, batches] = [Number(process.argv[2] ?? 4), Number(process.argv[3] ?? 30)]
  const folder = mkdtempSync(join(tmpdir(), 'tilsyn-writers-'))
  const path = join(folder, 'tilsyn.db')
  const started = performance.now()
  const children = range(writers, (writer) => fork(import.meta.filename, [path, String(writer), String(batches)]))
  const all = await Promise.all(children.map(written))
  const seconds = (performance.now() - started) / 1000
  const times = all.flatMap((each) => each.times).toSorted((a, b) => a - b)
  const at = (share: number) => (times[Math.floor(times.length * share)] ?? 0).toFixed(0)
  const gaveUp = all.reduce((sum, each) => sum + each.gaveUp, 0)
  console.log(`${writers} processes: ${((writers * batches * BATCH) / seconds).toFixed(0)} entries/s`)
  console.log(`a batch: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(0.9999)} ms; gave up ${gaveUp} times`)
  rmSync(folder, { recursive: true })
} else {
  const [path = '', writer, batches] = process.argv.slice(2)
  process.send(await write(path, Number(writer), Number(batches)))
  process.disconnect()
}
