import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { type Deleting, deleteOlder } from '../../../reports/retention/run.ts'
import { RETENTION } from '../../../reports/retention/words.ts'
import { LogIdMint } from '../../../schema/record/ids.ts'
import type { QueryRecord } from '../../../schema/record/record.ts'
import { openRetention, openStore } from '../../../schema/store/open.ts'
import { StoreError } from '../../../schema/store/store.ts'
import { embedded } from '../../schema/store/backend-embedded.ts'
import { full, NOON, ORIGIN, range, sample } from '../../schema/store/sample.ts'

const HALF_A_YEAR = 183 * 86_400_000

async function given(t: TestContext, entries: number) {
  const scratch = await embedded.scratch()
  const { location } = scratch
  const store = await openStore(location)
  const retention = await openRetention(location)
  t.after(async () => {
    await retention.close()
    await store.close()
    await scratch.drop()
  })
  await store.writer.write({ origin: ORIGIN, position: entries, records: range(entries, (i) => full(1 + i)) })
  const clock = { now: NOON + HALF_A_YEAR }
  const deleting: Deleting = {
    retention,
    writer: store.writer,
    mint: new LogIdMint(3),
    by: { name: 'KOMMUNE\\drift', through: 'command' },
    holder: 'one',
    now: () => ++clock.now,
    rest: async () => undefined,
    isStopped: () => false,
  }
  const told = async (): Promise<readonly QueryRecord[]> => {
    const entries = await store.reader.log({ action: 'delete' }, { limit: 100 })
    const whole = await Promise.all(entries.map(({ logId }) => store.reader.entry(logId)))
    return whole.filter((one) => one !== null).toSorted((a, b) => a.seq - b.seq)
  }
  return { store, retention, deleting, clock, told }
}

test('the log says before and after who deleted how many, by which filter', async (t) => {
  const { deleting, store, told } = await given(t, 30)
  const deleted = await deleteOlder(deleting, 'log', NOON + 21)
  const rows = deleted.kind === 'ended' ? deleted.ended[0]?.rows : null
  assert.deepEqual(deleted, {
    kind: 'ended',
    ended: [{ run: 1, kept: 'log', before: NOON + 21, entries: 20, rows }],
  })
  const [first, second, ...more] = await told()
  assert.equal(more.length, 0)
  for (const entry of [first, second]) {
    assert.equal(entry?.origin, RETENTION)
    assert.deepEqual(
      [entry?.module, entry?.userName, entry?.application],
      ['Logning', 'KOMMUNE\\drift', 'Tilsyn command'],
    )
    assert.deepEqual(
      entry?.criteria.map(({ hierarchy, operator, value }) => [hierarchy, operator, value]),
      [
        ['kept', '=', 'log'],
        ['asked_at', '<', new Date(NOON + 21).toISOString()],
      ],
    )
  }
  assert.deepEqual([first?.rowCount, second?.rowCount], [null, 20])
  assert.match(first?.query ?? '', /^Sletning nr\. 1 i loggen begynder: poster fra før 2026-03-01\.$/)
  assert.match(second?.query ?? '', /er slut: 20 poster fra før 2026-03-01 er slettet, i alt \d+ rækker\.$/)
  assert.deepEqual((await store.reader.numbers(RETENTION)).holes, [])
})

test('nothing is deleted while the log cannot say so', async (t) => {
  const { deleting, store } = await given(t, 10)
  const refused = new StoreError('STORE_REJECTED', 'no')
  const writer = { write: () => Promise.reject(refused) }
  await assert.rejects(deleteOlder({ ...deleting, writer }, 'log', NOON + 100), refused)
  assert.equal(await store.reader.countOlder('log', NOON + 100), 10)
})

for (const at of ['claim', 'begins', 'piece 1', 'piece 2', 'ended', 'finish'] as const) {
  test(`a process that ends at "${at}" leaves a true record, and the next goes on with it`, async (t) => {
    const { deleting, clock, store, told } = await given(t, 250)
    const gone = new TypeError('the process is gone')
    let pieces = 0
    const dies = <T>(before: string, work: () => Promise<T>) => (before === at ? Promise.reject(gone) : work())
    const { retention, writer } = deleting
    const dying: Deleting = {
      ...deleting,
      holder: 'dying',
      writer: {
        // What the process did last has happened.
        write: async (batch) => {
          const isEnd = batch.position % 2 === 0
          await writer.write(batch)
          await dies(isEnd ? 'ended' : 'begins', async () => undefined)
        },
      },
      retention: {
        pace: { ...retention.pace, mostEntries: 60 },
        claim: async (...args) => {
          const claimed = await retention.claim(...args)
          return dies('claim', async () => claimed)
        },
        deletePiece: async (...args) => {
          const piece = await retention.deletePiece(...args)
          return dies(`piece ${++pieces}`, async () => piece)
        },
        deletion: (run) => retention.deletion(run),
        finish: async (...args) => dies('finish', () => retention.finish(...args)),
        compact: () => retention.compact(),
        close: () => retention.close(),
      },
    }
    await assert.rejects(deleteOlder(dying, 'log', NOON + 201), gone)
    assert.equal((await retention.deletion(1)).entries, 250 - (await store.reader.numbers(ORIGIN)).count)

    assert.deepEqual(await deleteOlder(deleting, 'log', NOON + 221), { kind: 'busy' })
    clock.now += 121_000
    const deleted = await deleteOlder(deleting, 'log', NOON + 221)
    assert.ok(deleted.kind === 'ended')
    assert.deepEqual(
      deleted.ended.map(({ run, entries }) => [run, entries]),
      [
        [1, 200],
        [2, 20],
      ],
    )
    assert.deepEqual(
      (await told()).map(({ seq, rowCount }) => [seq, rowCount]),
      [
        [1, null],
        [2, 200],
        [3, null],
        [4, 20],
      ],
    )
    const { deleted: numbers, holes } = await store.reader.numbers(ORIGIN)
    assert.deepEqual([numbers, holes], [[{ from: 1, to: 220 }], []])
  })
}

test('a store that is busy is waited for, and one that stays away is given up', async (t) => {
  const { deleting, store } = await given(t, 10)
  const away = new StoreError('STORE_UNAVAILABLE', 'another process is writing')
  const { retention } = deleting
  let [refusals, waited] = [5, 0]
  const deletePiece: typeof retention.deletePiece = (...args) =>
    refusals-- > 0 ? Promise.reject(away) : retention.deletePiece(...args)
  const rest = async (ms: number) => void (waited += ms)
  const busy = { ...deleting, rest, retention: withPiece(retention, deletePiece) }
  assert.equal((await deleteOlder(busy, 'log', NOON + 6)).kind, 'ended')
  assert.ok(waited > 100)
  refusals = Infinity
  await assert.rejects(deleteOlder(busy, 'log', NOON + 100), away)
  assert.equal(await store.reader.countOlder('log', NOON + 100), 5)
})

function withPiece(retention: Deleting['retention'], deletePiece: Deleting['retention']['deletePiece']) {
  return {
    pace: retention.pace,
    claim: retention.claim.bind(retention),
    deletePiece,
    deletion: retention.deletion.bind(retention),
    finish: retention.finish.bind(retention),
    compact: retention.compact.bind(retention),
    close: retention.close.bind(retention),
  }
}

test('asked to stop, it stops behind a piece', async (t) => {
  const { deleting, store } = await given(t, 300)
  let asked = 0
  const stopped = await deleteOlder({ ...deleting, isStopped: () => ++asked > 1 }, 'log', NOON + 1000)
  assert.deepEqual(stopped, { kind: 'stopped' })
  assert.equal(await store.reader.countOlder('log', NOON + 1000), 200)
})

test('changes of the set-up and earlier deletions stay when the log is deleted', async (t) => {
  const { deleting, store, told } = await given(t, 5)
  await store.writer.write({ origin: ORIGIN, position: 6, records: [sample(6, { action: 'configure' })] })
  await deleteOlder(deleting, 'log', NOON + 3)
  await deleteOlder(deleting, 'log', NOON + 10 * HALF_A_YEAR)
  assert.equal((await told()).length, 4)
  assert.equal((await store.reader.log({ action: 'configure' }, { limit: 9 })).length, 1)
})
