import assert from 'node:assert/strict'
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { noteProcess } from '../../proxy/journal/checkpoint.ts'
import { nodeDisk } from '../../proxy/journal/disk.ts'
import type { Journal } from '../../proxy/journal/journal.ts'
import { readSegmentHead } from '../../proxy/journal/identity.ts'
import { listSegments, segmentPath } from '../../proxy/journal/segment.ts'
import { verifyJournal } from '../../proxy/journal/verify.ts'
import { readRecorderStatus } from '../../proxy/ship/status-file.ts'
import type { RecorderStatus } from '../../schema/record/recorder-status.ts'
import { answered, asked, folderFor } from '../journal/samples.ts'
import { away, MemoryStore, plain, refused } from './memory-store.ts'
import { closed, everyOther, open, query, recorderFor, settled, ship, shipThroughDeaths, upTo } from './shipping.ts'

test('what was answered is in the store once, whatever part of a batch the recorder dies in', async (t) => {
  for (const when of ['before', 'after'] as const) {
    for (const checkpoint of ['kept', 'older', 'lost'] as const) {
      const folder = await folderFor(t)
      const journal = await open(folder, { segmentBytes: 2000 })
      for (let i = 0; i < 23; i++) await query(journal, `q${i}`, i % 5 !== 4)
      const store = new MemoryStore()
      await shipThroughDeaths(await closed(journal), { store, checkpoint, when, die: everyOther, batchRecords: 3 })
      assert.deepEqual(
        store.seqs.toSorted((a, b) => a - b),
        upTo(23),
        `${when}, checkpoint ${checkpoint}`,
      )
      const unknown = store.records.filter(({ outcome }) => outcome === 'unknown').map(({ seq }) => seq)
      assert.deepEqual(unknown, [5, 10, 15, 20])
    }
  }
})

test('a query without an answer when its process ended is on record as unknown, read again if it was large', async (t) => {
  const folder = await folderFor(t)
  const large = 'L'.repeat(100_000)
  const first = await open(folder)
  await query(first, 'answered')
  await query(first, large, false)
  await query(first, 'small', false)
  const store = new MemoryStore()
  await ship(first, { store })
  assert.deepEqual(store.seqs, [1])
  await first.close()
  const second = await open(folder)
  await query(second, 'next')
  await second.close()
  await ship(second, { store, keepBytes: 10 })
  assert.deepEqual(
    store.records.map(({ seq, outcome, query }) => [seq, outcome, query]),
    [
      [1, 'answered', 'answered'],
      [2, 'unknown', large],
      [3, 'unknown', 'small'],
      [4, 'answered', 'next'],
    ],
  )
})

test('a query that takes long holds nobody up, and is still there after many restarts of the recorder', async (t) => {
  const folder = await folderFor(t)
  const journal = await open(folder, { segmentBytes: 3000 })
  const { ticket } = journal.ask(asked('takes a day'))
  const store = new MemoryStore()
  const releases: number[] = []
  const onRelease = ({ segment }: { segment: number }) => void releases.push(segment)
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 10; i++) await query(journal, `round ${round}`)
    await ship(journal, { store, onRelease })
    assert.equal(store.records.length, (round + 1) * 10)
  }
  assert.ok(
    releases.every((segment) => segment <= 1),
    'its segment is kept',
  )
  journal.answer(ticket, answered())
  await ship(await closed(journal), { store, onRelease })
  assert.deepEqual([store.records.at(-1)?.seq, store.records.at(-1)?.query], [1, 'takes a day'])
  assert.ok((releases.at(-1) ?? 0) > 5)
})

test('while the store is away the recorder keeps asking, tells so, and loses nothing', async (t) => {
  const folder = await folderFor(t)
  const journal = await open(folder)
  for (let i = 0; i < 20; i++) await query(journal, `q${i}`)
  const store = new MemoryStore()
  let calls = 0
  const failFor = (times: number) => () => {
    if (++calls < times) throw away()
  }
  store.onRead = failFor(4)
  store.beforeCommit = failFor(8)
  const told: RecorderStatus[] = []
  await settled(journal)
  const recorder = recorderFor(journal, { store, onStatus: (status) => told.push(status), pauseMs: 8 })
  const running = recorder.run()
  while (store.records.length < 20) await new Promise((resolve) => setImmediate(resolve))
  recorder.stop(1000)
  await running
  await journal.close()
  const first = told.find(({ store, appended }) => store === 'unavailable' && appended > 0)
  assert.ok(first !== undefined && first.pending > 30)
  assert.equal(first.oldestUnshippedAt, 1_800_000_000_000)
  assert.ok(told.some(({ lastError }) => lastError === 'STORE_UNAVAILABLE'))
  const last = await readRecorderStatus(folder)
  assert.deepEqual([last?.store, last?.pending, last?.oldestUnshippedAt, last?.shippedSeq], ['ok', 0, null, 20])
  assert.ok((last?.journalBytes ?? 0) > 1000)
})

test('since when entries wait is told too when the first was asked after the store had gone', async (t) => {
  const folder = await folderFor(t)
  const journal = await open(folder)
  let isAway = true
  const store = new MemoryStore()
  const refusedOnce = Promise.withResolvers<void>()
  const told = Promise.withResolvers<RecorderStatus>()
  const recorder = recorderFor(journal, {
    store,
    openWriter: async () => {
      if (isAway) throw away()
      return store.writer
    },
    onStatus: (status) => {
      if (status.lastError !== null) refusedOnce.resolve()
      if (status.oldestUnshippedAt !== null) told.resolve(status)
    },
  })
  const running = recorder.run()
  await refusedOnce.promise
  await query(journal, 'the first')
  await settled(journal)
  recorder.durable(journal.durablePosition)
  const status = await told.promise
  assert.deepEqual([status.oldestUnshippedAt, status.store], [1_800_000_000_000, 'unavailable'])
  isAway = false
  recorder.stop(10_000)
  await running
  await journal.close()
  assert.deepEqual([store.records.length, (await readRecorderStatus(folder))?.oldestUnshippedAt], [1, null])
})

test('a record the store refuses is found in its batch and said in fewer words; the others stay whole', async (t) => {
  const folder = await folderFor(t)
  const journal = await open(folder)
  for (let i = 0; i < 100; i++) await query(journal, i === 37 || i === 80 ? `bad \uFFFF ${i}` : `good ${i}`)
  const store = new MemoryStore()
  store.beforeCommit = ({ records }) => {
    if (records.some(({ query }) => query.includes('\uFFFF'))) throw refused()
  }
  const told: RecorderStatus[] = []
  await ship(journal, { store, onStatus: (status) => told.push(status) })
  await journal.close()
  assert.deepEqual(store.seqs, upTo(100))
  const reduced = store.records.filter(({ opaque }) => opaque === 'unreadable')
  assert.deepEqual(
    reduced.map(({ seq }) => seq),
    [38, 81],
  )
  for (const { query, userName, askedAt } of reduced) {
    assert.match(query, /^sha256:[0-9a-f]{64}$/)
    assert.deepEqual([userName, askedAt], ['KOMMUNE\\abc', 1_800_000_000_000])
  }
  assert.ok(told.some(({ lastError }) => lastError === 'RECORD_REDUCED'))
})

test('a NUL or half a surrogate pair costs a record nothing else', async (t) => {
  const folder = await folderFor(t)
  const journal = await open(folder)
  await query(journal, 'a\0b')
  const store = new MemoryStore()
  store.beforeCommit = ({ records }) => {
    if (records.some(({ query }) => query.includes('\0'))) throw refused()
  }
  await ship(journal, { store })
  await journal.close()
  assert.deepEqual(
    store.records.map(({ query, opaque }) => [query, opaque]),
    [['a\u2400b', null]],
  )
})

test('of many records of one frame only the refused one is reduced', async (t) => {
  const folder = await folderFor(t)
  const journal = await open(folder)
  for (let i = 0; i < 6; i++) await query(journal, i === 3 ? 'bad' : 'good', false)
  const store = new MemoryStore()
  store.beforeCommit = ({ records }) => {
    if (records.some(({ query }) => query === 'bad')) throw refused()
  }
  await ship(await closed(journal), { store })
  assert.deepEqual(
    store.records.map(({ query }) => query.slice(0, 6)),
    ['good', 'good', 'good', 'sha256', 'good', 'good'],
  )
})

test('a store that refuses everything is waited for, not fed with empty entries', async (t) => {
  const folder = await folderFor(t)
  const journal = await open(folder)
  for (let i = 0; i < 5; i++) await query(journal, `q${i}`)
  const store = new MemoryStore()
  let refusals = 0
  store.beforeCommit = () => {
    if (++refusals < 20) throw refused()
  }
  await ship(journal, { store })
  await journal.close()
  assert.deepEqual(store.seqs, upTo(5))
  assert.ok(store.records.every(({ opaque }) => opaque === null))
})

test('an exchange that cannot be interpreted, or gives no record, or is suspect, is on record all the same', async (t) => {
  const folder = await folderFor(t)
  const journal = await open(folder)
  for (const text of ['fine', 'throws', 'empty', 'suspect', 'fine again']) await query(journal, text)
  journal.miss('cube')
  await query(journal, 'last')
  const store = new MemoryStore()
  const interpret: typeof plain.interpret = (exchange, knowledge) => {
    const text = Buffer.from(exchange.asked.body.bytes).toString()
    if (text === 'throws') throw new RangeError('Maximum call stack size exceeded')
    assert.notEqual(text, 'suspect')
    const interpretation = plain.interpret(exchange, knowledge)
    return text === 'empty' ? { ...interpretation, records: [] } : interpretation
  }
  const interpretGap = () => {
    throw new Error('no')
  }
  await ship(await closed(journal), { store, interpreter: { interpret, interpretGap }, suspects: new Set([4]) })
  const [, threw, empty, suspect] = store.records.toSorted((a, b) => a.seq - b.seq)
  const gap = store.records.find(({ action }) => action === 'gap')
  assert.deepEqual(
    store.seqs.toSorted((a, b) => a - b),
    upTo(7),
  )
  assert.deepEqual([threw?.query, threw?.opaque, threw?.outcome], ['throws', 'unreadable', 'answered'])
  assert.deepEqual([empty?.query, empty?.opaque], ['empty', 'unreadable'])
  assert.match(suspect?.query ?? '', /^sha256:/)
  assert.deepEqual([suspect?.userName, suspect?.ip], ['KOMMUNE\\abc', '192.0.2.7'])
  assert.deepEqual([gap?.server, gap?.query], ['cube', '1 query passed unrecorded'])
})

test('a damaged frame leaves an entry under its number that names the cause', async (t) => {
  const folder = await folderFor(t)
  const journal = await open(folder)
  for (let i = 0; i < 9; i++) await query(journal, `query number ${i}`)
  const source = await closed(journal)
  const path = segmentPath(folder, (await listSegments(folder))[0] ?? 0)
  const bytes = await readFile(path)
  for (const text of ['query number 3', 'query number 4']) bytes[bytes.indexOf(text)] = 0
  await writeFile(path, bytes)
  const store = new MemoryStore()
  const told: RecorderStatus[] = []
  await ship(source, { store, onStatus: (status) => told.push(status) })
  assert.deepEqual(
    store.seqs.toSorted((a, b) => a - b),
    upTo(9),
  )
  const lost = store.records.filter(({ faultCode }) => faultCode === 'JOURNAL_DAMAGED')
  assert.deepEqual(
    lost.map(({ seq, action, outcome }) => [seq, action, outcome]),
    [
      [4, 'gap', 'unknown'],
      [5, 'gap', 'unknown'],
    ],
  )
  const ids = store.records.toSorted((a, b) => a.seq - b.seq).map(({ logId }) => BigInt(logId))
  assert.ok(ids.every((id, i) => i === 0 || id > (ids[i - 1] ?? 0n)))
  assert.ok(told.some(({ lastError }) => lastError === 'JOURNAL_DAMAGED'))
})

test('a first segment that is lost before anything was written is told of, number by number', async (t) => {
  const folder = await folderFor(t)
  const journal = await open(folder, { segmentBytes: 2000 })
  for (let i = 0; i < 12; i++) await query(journal, `q${i}`)
  const source = await closed(journal)
  const [first = 0, second = 0] = await listSegments(folder)
  const before = (await readSegmentHead(folder, second))?.head.seq ?? 0
  assert.ok(before > 1)
  await rm(segmentPath(folder, first))
  const store = new MemoryStore()
  await ship(source, { store })
  assert.deepEqual(
    store.seqs.toSorted((a, b) => a - b),
    upTo(12),
  )
  const lost = store.records.filter(({ faultCode }) => faultCode === 'JOURNAL_DAMAGED')
  assert.deepEqual(
    lost.map(({ seq }) => seq),
    upTo(before),
  )
  // Nobody knows since when; not since 1970.
  assert.ok(lost.every(({ askedAt }) => askedAt === 1_800_000_000_000))
})

test('queries counted while the journal was broken become one entry', async (t) => {
  const folder = await folderFor(t)
  const journal = await open(folder)
  for (let i = 0; i < 3; i++) journal.miss('cube')
  await query(journal, 'q')
  const store = new MemoryStore()
  await ship(await closed(journal), { store })
  assert.deepEqual(
    store.records.filter(({ action }) => action === 'gap').map(({ query }) => query),
    ['3 missed'],
  )
  assert.equal(store.records.length, 2)
})

test('a journal that was set back to a backup goes on under a new origin, so that nothing is taken for known', async (t) => {
  const folder = await folderFor(t)
  const store = new MemoryStore()
  const first = await open(folder)
  for (let i = 0; i < 4; i++) await query(first, `old ${i}`)
  await ship(await closed(first), { store })
  const backup = await folderFor(t)
  await cp(folder, backup, { recursive: true })
  const second = await open(folder)
  for (let i = 0; i < 50; i++) await query(second, `lost with the disk ${i}`)
  await ship(await closed(second), { store })
  assert.equal(store.records.length, 54)

  // Two lives of the restored journal before the store can be asked at all.
  for (const life of ['a', 'b']) {
    const journal = await open(backup)
    for (let i = 0; i < 60; i++) await query(journal, `${life}${i}`)
    const source = await closed(journal)
    if (life === 'a') {
      store.onRead = () => {
        throw away()
      }
      await ship(source, { store, withinMs: 20 })
      store.onRead = () => undefined
    } else {
      await ship(source, { store })
      await ship(source, { store })
    }
  }
  const restored = store.records.slice(54)
  assert.deepEqual(
    restored.map(({ query }) => query),
    ['a', 'b'].flatMap((life) => Array.from({ length: 60 }, (_, i) => `${life}${i}`)),
  )
  assert.notEqual(restored[0]?.origin, store.records[0]?.origin)
  assert.equal(new Set(restored.map(({ origin }) => origin)).size, 1)
})

test('segments that were set back behind a checkpoint that stayed go on under a new origin, also without a recorder', async (t) => {
  const folder = await folderFor(t)
  const store = new MemoryStore()
  const note = ({ origin, openedPosition }: Journal) => noteProcess(folder, origin, openedPosition, nodeDisk)
  const first = await open(folder)
  for (let i = 0; i < 4; i++) await query(first, `kept ${i}`)
  await ship(await closed(first), { store })
  const backup = await folderFor(t)
  await cp(folder, backup, { recursive: true })
  const second = await open(folder)
  await note(second)
  for (let i = 0; i < 50; i++) await query(second, `undone ${i}`)
  await ship(await closed(second), { store })
  const checkpoint = await readFile(join(folder, 'checkpoint.json'))
  await rm(folder, { recursive: true })
  await cp(backup, folder, { recursive: true })
  await writeFile(join(folder, 'checkpoint.json'), checkpoint)

  // The first process on it begins at the same frame as the one that was undone, and dies before its recorder has begun.
  const third = await open(folder)
  await note(third)
  for (let i = 0; i < 20; i++) await query(third, `again ${i}`)
  await third.close()
  const fourth = await open(folder)
  await note(fourth)
  await query(fourth, 'and on')
  await ship(await closed(fourth), { store })
  const texts = store.records.slice(54).map((record) => record.query)
  assert.deepEqual(texts, [...Array.from({ length: 20 }, (_, i) => `again ${i}`), 'and on'])
})

test('a store that was set back gets again what the journal still holds, once, and the operator is told', async (t) => {
  const folder = await folderFor(t)
  const store = new MemoryStore()
  const first = await open(folder)
  for (let i = 0; i < 5; i++) await query(first, `before the backup ${i}`)
  await ship(await closed(first), { store })
  const second = await open(folder)
  for (let i = 0; i < 5; i++) await query(second, `after the backup ${i}`)
  const [origin, backedUp] = [...store.positions][0] ?? ['', 0]
  await ship(await closed(second), { store })

  const restored = new MemoryStore()
  restored.positions.set(origin, backedUp)
  const third = await open(folder)
  const releasedUnasked: number[] = []
  restored.onRead = () => {
    throw away()
  }
  const onRelease = ({ segment }: { readonly segment: number }) => void releasedUnasked.push(segment)
  const source = await closed(third)
  await ship(source, { store: restored, onRelease, withinMs: 20 })
  assert.deepEqual(releasedUnasked, [])
  restored.onRead = () => undefined
  const errors = new Set<string | null>()
  await ship(source, { store: restored, onStatus: ({ lastError }) => void errors.add(lastError) })
  assert.deepEqual(restored.seqs, [6, 7, 8, 9, 10])
  assert.ok(errors.has('RECORDER_STORE_SET_BACK'))

  const emptied = new MemoryStore()
  const fourth = await open(folder)
  await query(fourth, 'in the new store')
  await ship(await closed(fourth), { store: emptied })
  assert.deepEqual(emptied.seqs, upTo(11))
})

test('what is shipped is let go of, and the journal stays readable', async (t) => {
  const folder = await folderFor(t)
  const journal = await open(folder, { segmentBytes: 4000 })
  const store = new MemoryStore()
  const released: Promise<void>[] = []
  const recorder = recorderFor(journal, { store, onRelease: (position) => released.push(journal.release(position)) })
  const unsubscribe = journal.onDurable((n) => recorder.durable(n))
  const running = recorder.run()
  for (let i = 0; i < 200; i++) await query(journal, `q${i}`)
  while (store.records.length < 200) await new Promise((resolve) => setImmediate(resolve))
  recorder.stop(1000)
  await running
  unsubscribe()
  await Promise.all(released)
  assert.ok(journal.stats().segments <= 3)
  await journal.close()
  const report = await verifyJournal(folder)
  assert.deepEqual([report.damaged, report.missingSeqs, report.lastSeq], [[], 0, 200])
  assert.deepEqual(store.seqs, upTo(200))
})

test('an idle recorder makes a query visible well within a second', async (t) => {
  const folder = await folderFor(t)
  const journal = await open(folder)
  const store = new MemoryStore()
  const recorder = recorderFor(journal, { store, statusMs: 1000 })
  const unsubscribe = journal.onDurable((n) => recorder.durable(n))
  const running = recorder.run()
  await query(journal, 'first')
  while (store.records.length < 1) await new Promise((resolve) => setImmediate(resolve))
  const begun = performance.now()
  await query(journal, 'second')
  while (store.records.length < 2) await new Promise((resolve) => setImmediate(resolve))
  const waited = performance.now() - begun
  t.diagnostic(`visible after ${waited.toFixed(1)} ms`)
  assert.ok(waited < 500)
  recorder.stop(1000)
  await running
  unsubscribe()
  await journal.close()
})

test('a backlog of 200,000 frames is shipped in order, and memory stays flat', async (t: TestContext) => {
  const folder = await folderFor(t)
  const journal = await open(folder)
  const TOTAL = 100_000
  for (let i = 0; i < TOTAL; i += 500) {
    await Promise.all(Array.from({ length: 500 }, (_, j) => query(journal, `${i + j} ${'x'.repeat(300)}`)))
  }
  const source = await closed(journal)
  const store = new MemoryStore()
  let count = 0
  let last = 0
  let highest = 0
  const start = process.memoryUsage().rss
  // Only counts: a store that keeps everything would be the memory that grows.
  store.writer.write = async ({ records }) => {
    for (const { seq } of records) {
      assert.equal(seq, (last += 1))
      count += 1
    }
    highest = Math.max(highest, process.memoryUsage().rss - start)
  }
  const begun = performance.now()
  await ship(source, { store, statusMs: 1000 })
  const seconds = (performance.now() - begun) / 1000
  t.diagnostic(`${Math.round(TOTAL / seconds)} entries/s, rss grew by at most ${Math.round(highest / 2 ** 20)} MB`)
  assert.equal(count, TOTAL)
  assert.ok(highest < 200 * 2 ** 20)
})
