/**
 * How many entries a store takes in a second: batches of a thousand, each entry with five children, on one core; and how
 * long a question about one person takes in what was written. `node test/bench/store.bench.ts [entries]`; over SQL
 * Server when TILSYN_TEST_MSSQL holds a connection string.
 */
import { statSync } from 'node:fs'
import { migrateStore, openStore } from '../../schema/store/open.ts'
import type { QueryRecord } from '../../schema/record/record.ts'
import type { Backend } from '../schema/store/backend.ts'
import { embedded } from '../schema/store/backend-embedded.ts'
import { mssqlBackend } from '../schema/store/backend-mssql.ts'
import { criterion, NOON, ORIGIN, personNo, range, sample } from '../schema/store/sample.ts'

const BATCH = 1000
const total = Number(process.argv[2] ?? 100_000)
const QUERY =
  'SELECT {[Measures].[Antal], [Measures].[Andel]} ON 0, NON EMPTY {[Tid].[Måned].Members} ON 1 FROM [Sygefravær] '

function record(seq: number): QueryRecord {
  const person = personNo(seq % 3000)
  return sample(seq, {
    askedAt: NOON + seq,
    userName: `KOMMUNE\\u${seq % 500}`,
    module: `Modul ${seq % 17}`,
    query: `${QUERY}WHERE ([Borger].[CPR].&[${person}])`,
    criteria: [criterion({ value: person, person }), criterion({ value: '[2026]', hierarchy: '[Tid].[År]' })],
    dimensions: [{ dimension: '[Tid]', hierarchy: '[Tid].[Måned]', level: '[Tid].[Måned].[Måned]', axis: '1' }],
    measures: [{ measure: '[Measures].[Antal]', calculated: false, via: null }],
    seen: [{ person: personNo((seq * 7) % 3000), place: 'axis' }],
  })
}

const quantile = (times: readonly number[], q: number) =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length * q)] ?? 0
const shown = (times: readonly number[]) =>
  `p50 ${quantile(times, 0.5).toFixed(2)} ms, p99 ${quantile(times, 0.99).toFixed(2)} ms`

async function timed(times: number[], work: () => Promise<unknown>): Promise<void> {
  const started = performance.now()
  await work()
  times.push(performance.now() - started)
}

async function bench(backend: Backend, entries: number): Promise<void> {
  const scratch = await backend.scratch()
  await migrateStore(scratch.location)
  const store = await openStore(scratch.location)
  const [batches, single, persons, pages]: number[][] = [[], [], [], []]
  for (let first = 1; first <= entries; first += BATCH) {
    const records = range(BATCH, (i) => record(first + i))
    await timed(batches ?? [], () => store.writer.write({ origin: ORIGIN, position: first + BATCH - 1, records }))
  }
  for (let i = 1; i <= 50; i++)
    await timed(single ?? [], () =>
      store.writer.write({ origin: ORIGIN, position: entries + i, records: [record(entries + i)] }),
    )
  for (let i = 0; i < 200; i++)
    await timed(persons ?? [], () => store.reader.person(personNo(i * 13), {}, { limit: 20 }))
  for (let i = 0; i < 200; i++)
    await timed(pages ?? [], () => store.reader.log({ user: `kommune\\u${i}`, to: NOON + entries / 2 }, { limit: 20 }))
  const seconds = (batches ?? []).reduce((sum, ms) => sum + ms, 0) / 1000
  console.log(
    `${backend.name}: ${Math.round(entries / seconds)} entries/s with 5 children each; batch ${shown(batches ?? [])}`,
  )
  console.log(
    `  one entry ${shown(single ?? [])}; person ${shown(persons ?? [])}; page of a user ${shown(pages ?? [])}`,
  )
  if (scratch.location.kind === 'embedded')
    console.log(`  file ${(statSync(scratch.location.path).size / 2 ** 20).toFixed(0)} MB`)
  await store.close()
  await scratch.drop()
}

await bench(embedded, total)
const connection = process.env['TILSYN_TEST_MSSQL']
if (connection !== undefined && connection !== '') await bench(mssqlBackend(connection), total / 10)
