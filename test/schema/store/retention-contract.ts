/** The contract of deletion (schema/store/store.ts, `Retention`), as tests that every backend must pass. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { leftOutText, lostText } from '../../../schema/record/numbers.ts'
import type { QueryRecord } from '../../../schema/record/record.ts'
import { migrateStore, openRetention, openStore } from '../../../schema/store/open.ts'
import type { OpenStore } from '../../../schema/store/open.ts'
import { StoreError } from '../../../schema/store/store.ts'
import type { Deletion, DeletedPiece, Holder, Retention } from '../../../schema/store/store.ts'
import type { Backend, Scratch } from './backend.ts'
import { criterion, full, idAt, NOON, ORIGIN, OTHER_ORIGIN, personNo, range, sample } from './sample.ts'

const holder = (name: string, now = NOON): Holder => ({ name, now, until: now + 1000 })
const ME = holder('me')
const TABLES = ['log', 'crit', 'dim', 'meas', 'seen', 'change']

interface Given {
  readonly store: OpenStore
  readonly deleting: Retention
  readonly scratch: Scratch
  write(records: readonly QueryRecord[]): Promise<void>
}

async function given(t: TestContext, backend: Backend): Promise<Given> {
  const scratch = await backend.scratch()
  await migrateStore(scratch.location)
  const store = await openStore(scratch.location)
  const deleting = await openRetention(scratch.location)
  t.after(async () => {
    await deleting.close()
    await store.close()
    await scratch.drop()
  })
  const write = async (records: readonly QueryRecord[]) => {
    const origin = records[0]?.origin ?? ORIGIN
    const position = (await store.writer.position(origin)) + records.length
    await store.writer.write({ origin, position, records })
  }
  return { store, deleting, scratch, write }
}

const begin = async ({ deleting }: Given, kept: Deletion['kept'], before: number, by = ME): Promise<Deletion> =>
  (await deleting.claim({ kept, before }, by)) ?? assert.fail('somebody else is at it')

/** @returns every piece */
async function whole(now: Given, kept: Deletion['kept'], before: number, most = 10): Promise<DeletedPiece[]> {
  const { run } = await begin(now, kept, before)
  const pieces: DeletedPiece[] = []
  while (pieces.at(-1)?.isLast !== true) pieces.push(await now.deleting.deletePiece(run, ME, most))
  await now.deleting.finish(run, NOON)
  return pieces
}

async function seqs({ store }: Given): Promise<number[]> {
  return (await store.reader.log({}, { limit: 1000 })).map(({ seq }) => seq).toSorted((a, b) => a - b)
}

async function rowsIn({ scratch }: Given): Promise<number> {
  const counts = await Promise.all(TABLES.map((table) => scratch.query(`SELECT count(*) AS n FROM {${table}}`)))
  return counts.reduce((sum, [row]) => sum + Number(row?.['n']), 0)
}

const HOUR = 3_600_000

/** Entry `seq` of the hour that begins so many after noon. */
const inHour = (hour: number, seq: number, over: Partial<QueryRecord> = {}): QueryRecord => {
  const askedAt = NOON + hour * HOUR + seq
  return sample(seq, { askedAt, logId: idAt(askedAt, seq), dimensions: [TIME], ...over })
}
const TIME = { dimension: '[Tid]', hierarchy: null, level: null, axis: '0' } as const

/** The hours after noon that have sums there. */
async function hoursOf({ scratch }: Given, table: string): Promise<number[]> {
  const all: number[] = []
  for (const hour of range(9, (i) => i)) {
    const [row] = await scratch.query(
      `SELECT count(*) AS n FROM {${table}} WHERE hour = ${scratch.time(NOON + hour * HOUR)}`,
    )
    if (Number(row?.['n']) > 0) all.push(hour)
  }
  return all
}

const sum = (pieces: readonly DeletedPiece[], of: 'entries' | 'rows') => pieces.reduce((all, one) => all + one[of], 0)

export function retention(backend: Backend): void {
  describe(`${backend.name}: deletion`, { concurrency: false }, () => {
    test('what is older goes with all its rows, and nothing else does', async (t) => {
      const now = await given(t, backend)
      const kept = range(5, (i) => full(101 + i))
      await now.write([...range(25, (i) => full(1 + i)), ...kept])
      const before = await rowsIn(now)
      const pieces = await whole(now, 'log', NOON + 101)
      assert.deepEqual([sum(pieces, 'entries'), sum(pieces, 'rows')], [25, before - (await rowsIn(now))])
      assert.ok(pieces.length >= 3, 'in pieces')
      assert.deepEqual(await seqs(now), [101, 102, 103, 104, 105])
      for (const record of kept) assert.deepEqual(await now.store.reader.entry(record.logId), record)
      const orphans = await now.scratch.query(
        'SELECT count(*) AS n FROM {crit} WHERE log_id NOT IN (SELECT log_id FROM {log})',
      )
      assert.equal(Number(orphans[0]?.['n']), 0)
    })

    test('changes of the set-up and deletions outlive the log, and go when their own time is over', async (t) => {
      const now = await given(t, backend)
      const change = { setting: '/a', kind: 'insert', oldValue: null, newValue: '1' } as const
      const told = criterion({ hierarchy: 'asked_at', value: 'x' })
      await now.write([
        sample(1, { action: 'configure', changes: [change] }),
        sample(2),
        sample(3, { action: 'delete', criteria: [told] }),
        sample(4),
      ])
      assert.equal(await now.store.reader.countOlder('log', NOON + 100), 2)
      assert.equal(await now.store.reader.oldest('log', NOON + 100), NOON + 2)
      await whole(now, 'log', NOON + 100, 1)
      assert.deepEqual(await seqs(now), [1, 3])
      assert.deepEqual((await now.store.reader.entry(sample(1).logId))?.changes, [change])
      assert.deepEqual((await now.store.reader.entry(sample(3).logId))?.criteria, [told])
      assert.equal(await now.store.reader.oldest('log', NOON + 100), null)
      assert.equal(await now.store.reader.oldest('changes', NOON + 100), NOON + 1)
      await now.write([sample(5)])
      await whole(now, 'changes', NOON + 2)
      assert.deepEqual(await seqs(now), [3, 5])
      const { deleted, holes } = await now.store.reader.numbers(ORIGIN)
      assert.deepEqual(deleted, [
        { from: 1, to: 2 },
        { from: 4, to: 4 },
      ])
      assert.deepEqual(holes, [{ from: 4, to: 4 }])
    })

    test('the time an entry was asked at decides, also where a clock was set back', async (t) => {
      const now = await given(t, backend)
      const day = 86_400_000
      await now.write([
        sample(1, { askedAt: NOON + day, logId: idAt(NOON + day) }),
        // Set back by two days, while ids go on.
        sample(2, { askedAt: NOON - day, logId: idAt(NOON + day, 1 << 8) }),
        sample(3, { askedAt: NOON - 1, logId: idAt(NOON + day, 2 << 8) }),
        sample(4, { askedAt: NOON, logId: idAt(NOON + day, 3 << 8) }),
      ])
      assert.equal(sum(await whole(now, 'log', NOON, 1), 'entries'), 2)
      assert.deepEqual(await seqs(now), [1, 4])
    })

    test('numbers that were deleted are told apart from numbers that are missing, journal by journal', async (t) => {
      const now = await given(t, backend)
      await now.write([...range(9, (i) => sample(1 + i)), ...range(5, (i) => sample(21 + i))])
      await now.write(range(4, (i) => sample(31 + i, { origin: OTHER_ORIGIN, logId: idAt(NOON + 31 + i, 99) })))
      await whole(now, 'log', NOON + 24, 4)
      const numbers = await now.store.reader.numbers(ORIGIN)
      assert.deepEqual(numbers.deleted, [
        { from: 1, to: 9 },
        { from: 21, to: 23 },
      ])
      assert.deepEqual(numbers.first, 24)
      assert.deepEqual((await now.store.reader.numbers(OTHER_ORIGIN)).deleted, [])
    })

    test('what a deleted entry told of is known to be deleted with it', async (t) => {
      const now = await given(t, backend)
      await now.write([
        sample(1),
        sample(2, { action: 'gap', query: lostText(3) }),
        sample(5, { action: 'metadata', query: leftOutText([5, 6, 8]) }),
        sample(7),
        sample(9, { part: 0 }),
        sample(9, { part: 1, logId: idAt(NOON + 9, (7 << 14) + 10) }),
        sample(50, { askedAt: NOON + 500 }),
      ])
      await whole(now, 'log', NOON + 400, 2)
      assert.deepEqual((await now.store.reader.numbers(ORIGIN)).deleted, [{ from: 1, to: 9 }])
    })

    test('an entry with more rows than one statement may lock', async (t) => {
      const now = await given(t, backend)
      const seen = range(4_500, (n) => ({ person: personNo(n), place: 'cell' }))
      await now.write([sample(1, { seen, personsSeen: 4_500 }), sample(2)])
      assert.equal(sum(await whole(now, 'log', NOON + 2), 'rows'), 4_501)
      assert.equal(await rowsIn(now), 1)
    })

    test('one process deletes at a time; who falls silent loses it, and the count goes on', async (t) => {
      const now = await given(t, backend)
      await now.write(range(30, (i) => sample(1 + i)))
      const first = await begin(now, 'log', NOON + 21)
      assert.deepEqual([first.run, first.entries, first.kept], [1, 0, 'log'])
      assert.equal((await now.deleting.deletePiece(first.run, ME, 8)).entries, 8)
      const other = await openRetention(now.scratch.location)
      t.after(() => other.close())
      assert.equal(await other.claim({ kept: 'log', before: NOON + 31 }, holder('other', NOON + 999)), null)
      const late = holder('other', NOON + 1001)
      const taken = await other.claim({ kept: 'log', before: NOON + 31 }, late)
      assert.deepEqual(taken, { ...first, entries: 8, rows: 8 })
      await assert.rejects(
        now.deleting.deletePiece(first.run, ME, 8),
        (error) => error instanceof StoreError && error.code === 'DELETION_LOST',
      )
      assert.deepEqual((await other.deletePiece(1, late, 100)).entries, 12)
      assert.deepEqual(await other.deletion(1), { ...first, entries: 20, rows: 20 })
      await other.finish(1, NOON)
      assert.equal((await begin(now, 'log', NOON + 31)).run, 2)
    })

    test('of many that begin at the same instant one does', async (t) => {
      const now = await given(t, backend)
      const others = await Promise.all(range(4, () => openRetention(now.scratch.location)))
      t.after(() => Promise.all(others.map((one) => one.close())))
      const claims = await Promise.all(
        others.map((one, i) => one.claim({ kept: 'log', before: NOON }, holder(`p${i}`)).catch(() => null)),
      )
      assert.equal(claims.filter((claim) => claim !== null).length, 1)
    })

    test('a deletion that nobody has begun deletes nothing', async (t) => {
      const now = await given(t, backend)
      await now.write(range(5, (i) => full(1 + i)))
      const { run } = await begin(now, 'log', NOON + 100)
      const before = await rowsIn(now)
      await assert.rejects(now.deleting.deletePiece(run + 1, ME, 10))
      assert.equal(await rowsIn(now), before)
      assert.equal((await now.deleting.deletePiece(run, ME, 10)).entries, 5)
    })

    test('who worked when, and what was asked for, goes with the last entry of its hour, and statistics say so', async (t) => {
      const now = await given(t, backend)
      const there = { origin: OTHER_ORIGIN }
      await now.write([inHour(0, 1), inHour(1, 2), inHour(2, 3), inHour(2, 500), inHour(3, 600)])
      await now.write([inHour(1, 1, there), inHour(4, 2, { ...there, userName: 'anden' })])
      const before = await now.store.reader.statistics({})
      assert.deepEqual([before.users, before.dimensions], [2, [{ dimension: '[Tid]', entries: 7 }]])
      const pieces = await whole(now, 'log', NOON + 2 * HOUR + 400)
      assert.deepEqual([sum(pieces, 'entries'), sum(pieces, 'rows')], [4, 8], 'sums are not counted')
      for (const table of ['hour_user', 'hour_dimension']) assert.deepEqual(await hoursOf(now, table), [2, 3, 4])
      assert.deepEqual(await hoursOf(now, 'hour_use'), [0, 1, 2, 3, 4])
      const after = await now.store.reader.statistics({})
      const modules = before.modules.map((share) => ({ ...share, users: null }))
      assert.deepEqual(after, { ...before, users: null, modules, dimensions: null })
      const known = await now.store.reader.statistics({ from: NOON + 2 * HOUR })
      assert.deepEqual(
        [known.entries, known.users, known.dimensions],
        [4, 2, [{ dimension: '[Tid]', entries: 4 }]],
        'all that was ever counted in these hours',
      )
      await whole(now, 'log', NOON + 3 * HOUR)
      assert.deepEqual(await hoursOf(now, 'hour_user'), [3, 4])
    })

    test('what was done by nobody is kept for as long as changes are', async (t) => {
      const now = await given(t, backend)
      await now.write([inHour(0, 1), inHour(0, 2, { action: 'configure' }), inHour(1, 3)])
      await whole(now, 'log', NOON + HOUR)
      assert.deepEqual([await hoursOf(now, 'hour_user'), await hoursOf(now, 'hour_use')], [[1], [0, 1]])
      assert.equal(await now.store.reader.oldest('log', NOON + HOUR), null)
      await whole(now, 'changes', NOON + HOUR)
      assert.deepEqual([await hoursOf(now, 'hour_user'), await hoursOf(now, 'hour_use')], [[1], [1]])
      assert.equal(await now.store.reader.oldest('changes', NOON + HOUR), null)
    })

    test('sums go in pieces too, and whoever goes on with a deletion ends it when there are none', async (t) => {
      const now = await given(t, backend)
      const users = (hour: number) =>
        range(1_500, (i) => inHour(hour, hour * 1_500 + i + 1, { userName: `u${i}`, dimensions: [] }))
      for (const hour of [0, 1]) await now.write(users(hour))
      const { run } = await begin(now, 'log', NOON + 2 * HOUR)
      const left = async () => Number((await now.scratch.query('SELECT count(*) AS n FROM {hour_user}'))[0]?.['n'])
      while ((await seqs(now)).length > 0) assert.ok(!(await now.deleting.deletePiece(run, ME, 2_000)).isLast)
      assert.equal(await left(), 3_000)
      assert.deepEqual(await now.deleting.deletePiece(run, ME, 5_000).then(({ isLast }) => isLast), false)
      assert.equal(await left(), 1_000)
      const other = await openRetention(now.scratch.location)
      t.after(() => other.close())
      const late = holder('other', NOON + 1001)
      assert.equal((await other.claim({ kept: 'log', before: NOON }, late))?.run, run)
      const last = await other.deletePiece(run, late, 5_000)
      assert.deepEqual([last.entries, last.rows, last.isLast, await left()], [0, 0, true, 0])
    })

    test('sums that an earlier deletion left are overdue, and go with the next', async (t) => {
      const now = await given(t, backend)
      await now.write([inHour(0, 1), inHour(2, 2)])
      const { run } = await begin(now, 'log', NOON + HOUR)
      assert.equal((await now.deleting.deletePiece(run, ME, 10)).entries, 1)
      await now.deleting.finish(run, NOON)
      assert.deepEqual(await hoursOf(now, 'hour_user'), [0, 2])
      assert.equal(await now.store.reader.oldest('log', NOON + HOUR), NOON)
      assert.equal(await now.store.reader.oldest('log', NOON + HOUR - 1), null, 'the hour is not over')
      await whole(now, 'log', NOON + 2 * HOUR)
      for (const table of ['hour_user', 'hour_dimension']) assert.deepEqual(await hoursOf(now, table), [2])
    })

    test('who writes meanwhile is kept from nothing', async (t) => {
      const now = await given(t, backend)
      await now.write(range(120, (i) => sample(1 + i)))
      const deletion = whole(now, 'log', NOON + 91, 10)
      for (let i = 0; i < 8; i++) await now.write([sample(1001 + i)])
      assert.equal(sum(await deletion, 'entries'), 90)
      assert.equal((await seqs(now)).length, 38)
      const { deleted, holes } = await now.store.reader.numbers(ORIGIN)
      assert.deepEqual([deleted, holes], [[{ from: 1, to: 90 }], [{ from: 121, to: 1000 }]])
    })
  })
}
