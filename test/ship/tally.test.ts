/** What the recorder tells for counting. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Tally } from '../../proxy/ship/tally.ts'
import { folderFor } from '../journal/samples.ts'
import { away, MemoryStore, plain } from './memory-store.ts'
import { closed, open, query, ship } from './shipping.ts'

const sum = (tallies: readonly Tally[], pick: (tally: Tally) => number) =>
  tallies.reduce((total, tally) => total + pick(tally), 0)

test('each entry is counted once when it is in the store, however often it was sent, and each failure by its code', async (t) => {
  const folder = await folderFor(t)
  const journal = await open(folder)
  for (let i = 0; i < 20; i++) await query(journal, `q${i}`, i % 4 !== 3)
  const store = new MemoryStore()
  let commits = 0
  // Its answer is lost: the batch is there, and is sent again.
  store.afterCommit = () => {
    if (commits++ % 2 === 0) throw away()
  }
  const tallies: Tally[] = []
  const codes: string[] = []
  const tell = { onWritten: (tally: Tally) => tallies.push(tally), onTrouble: (code: string) => codes.push(code) }
  await ship(await closed(journal), { store, batchRecords: 3, ...tell })
  assert.equal(store.records.length, 20)
  const counted = (outcome: string) =>
    sum(tallies, ({ entries }) => entries.reduce((n, one) => n + (one.outcome === outcome ? one.count : 0), 0))
  assert.deepEqual([counted('answered'), counted('unknown')], [15, 5])
  assert.ok(codes.length > 3 && codes.every((code) => code === 'STORE_UNAVAILABLE'), codes.join())
})

test('modules, statements that were not understood and answers that were not read are counted apart', async (t) => {
  const folder = await folderFor(t)
  const journal = await open(folder)
  for (const text of ['a', 'b', 'odd', 'unread', 'throws']) await query(journal, text)
  await query(journal, 'cut off', false)
  const interpret: typeof plain.interpret = (exchange, knowledge) => {
    const text = Buffer.from(exchange.asked.body.bytes).toString()
    if (text === 'throws') throw new RangeError('too deep')
    const reading = plain.interpret(exchange, knowledge)
    const records = reading.records.map((record) => ({
      ...record,
      module: text === 'b' ? 'Borger' : null,
      opaque: text === 'odd' ? ('syntax' as const) : null,
      decoded: text !== 'unread' && text !== 'cut off',
    }))
    return { ...reading, records }
  }
  const tallies: Tally[] = []
  const codes: string[] = []
  await ship(await closed(journal), {
    store: new MemoryStore(),
    interpreter: { ...plain, interpret },
    onWritten: (tally) => tallies.push(tally),
    onTrouble: (code) => codes.push(code),
  })
  const [tally, ...more] = tallies
  assert.equal(more.length, 0)
  assert.deepEqual(tally?.entries, [
    { outcome: 'answered', module: null, count: 4 },
    { outcome: 'answered', module: 'Borger', count: 1 },
    { outcome: 'unknown', module: null, count: 1 },
  ])
  assert.deepEqual(Object.fromEntries(tally?.opaque ?? []), { syntax: 1, unreadable: 1 })
  assert.equal(tally?.unread, 1)
  assert.deepEqual(codes, ['INTERPRET_FAILED'])
})
