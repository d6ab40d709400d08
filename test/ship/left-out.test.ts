import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Interpreter } from '../../proxy/ship/understanding.ts'
import type { QueryRecord } from '../../schema/record/record.ts'
import { folderFor } from '../journal/samples.ts'
import { MemoryStore, plain, refused } from './memory-store.ts'
import { closed, everyOther, open, query, ship, shipThroughDeaths, upTo } from './shipping.ts'

/** Leaves out whatever asks for `model`. */
const leaving: Interpreter = {
  ...plain,
  interpret(exchange, knowledge) {
    const leftOut = Buffer.from(exchange.asked.body.bytes).toString() === 'model'
    const { records } = plain.interpret(exchange, knowledge)
    return { records: leftOut ? [] : records, lessons: [], leftOut }
  },
}

/** Every number an entry stands for: its own, or those it says were left out. */
function numbersOf({ seq, action, query }: QueryRecord): readonly number[] {
  if (action !== 'metadata') return [seq]
  const list = query.split(': number ')[1] ?? ''
  return list.split(', ').flatMap((range) => {
    const [from = 0, to = from] = range.split('-').map(Number)
    return Array.from({ length: to - from + 1 }, (_, i) => from + i)
  })
}

const allNumbers = (store: MemoryStore) => store.records.flatMap(numbersOf).toSorted((a, b) => a - b)

test('one entry stands for the requests for the model before a query, and says which numbers they had', async (t) => {
  const journal = await open(await folderFor(t))
  for (const text of ['model', 'model', 'query', 'query', 'model']) await query(journal, text)
  const store = new MemoryStore()
  await ship(await closed(journal), { store, interpreter: leaving })
  assert.deepEqual(
    store.records.map(({ seq, action, query }) => [seq, action, query]),
    [
      [1, 'metadata', '2 requests for the model left out, as the configuration says (record.metadata): number 1-2'],
      [3, 'query', 'query'],
      [4, 'query', 'query'],
      [5, 'metadata', '1 request for the model left out, as the configuration says (record.metadata): number 5'],
    ],
  )
})

for (const checkpoint of ['kept', 'older'] as const) {
  for (const when of ['before', 'after'] as const) {
    test(`no number is missing or told twice when the recorder dies ${when} its commits, its checkpoint ${checkpoint}`, async (t) => {
      const folder = await folderFor(t)
      const journal = await open(folder, { segmentBytes: 2000 })
      for (let i = 0; i < 40; i++) await query(journal, i % 7 < 4 ? 'model' : `q${i}`, i % 10 !== 9)
      const store = new MemoryStore()
      const die = (write: number) => {
        // Now and then a batch is refused as a whole, so that it is divided.
        if (when === 'before' && write % 3 === 0) throw refused()
        everyOther(write)
      }
      const options = { store, interpreter: leaving, batchRecords: 5 }
      await shipThroughDeaths(await closed(journal), { ...options, checkpoint, when, die })
      assert.deepEqual(allNumbers(store), upTo(40))
    })
  }
}
