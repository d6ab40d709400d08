/** What deletion leaves in the file of the embedded store, and who waits for it. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openRetention, openStore } from '../../../schema/store/open.ts'
import type { PersonNumber } from '../../../schema/record/ids.ts'
import { embedded } from './backend-embedded.ts'
import { criterion, NOON, ORIGIN, range, sample } from './sample.ts'

const person = (n: number) => `0101${50 + (n % 8)}${5000 + Math.floor(n / 8)}` as PersonNumber

/** Each entry with a person of its own, in a criterion, in the text and in the answer. */
const entry = (seq: number) =>
  sample(seq, {
    query: `SELECT FROM [Sygefravær] WHERE ([Borger].[CPR].&[${person(seq)}]) ${'-'.repeat(seq % 9 === 0 ? 9000 : 40)}`,
    criteria: [criterion({ person: person(seq), value: person(seq) })],
    seen: [{ person: person(seq), place: 'axis' }],
    personsSeen: 1,
  })

async function file(t: TestContext, entries: number) {
  const scratch = await embedded.scratch()
  assert.ok(scratch.location.kind === 'embedded')
  const { path } = scratch.location
  const store = await openStore(scratch.location)
  t.after(async () => {
    await store.close()
    await scratch.drop()
  })
  const write = async (first: number, count: number) =>
    store.writer.write({ origin: ORIGIN, position: first + count, records: range(count, (i) => entry(first + i)) })
  for (let first = 1; first <= entries; first += 100) await write(first, 100)
  return { scratch, path, store, write }
}

const left = (path: string, of: readonly number[]) => {
  const bytes = readFileSync(path)
  return of.filter((n) => bytes.includes(person(n)))
}

test('of a deleted entry nothing is left in the file, nor beside it', async (t) => {
  const { path, scratch } = await file(t, 1500)
  const [old, young] = [range(1000, (i) => 1 + i), range(500, (i) => 1001 + i)]
  assert.equal(left(path, young).length + left(`${path}-wal`, young).length > 0, true)
  const deleting = await openRetention(scratch.location)
  t.after(() => deleting.close())
  const holder = { name: 'me', now: NOON, until: NOON }
  const run = (await deleting.claim({ kept: 'log', before: NOON + 1001 }, holder))?.run ?? assert.fail('busy')
  while (!(await deleting.deletePiece(run, holder, 150)).isLast);
  await deleting.finish(run, NOON)
  assert.deepEqual(left(path, old), [])
  assert.equal(statSync(`${path}-wal`).size, 0)
  assert.equal(left(path, young).length, 500)
})

test('the file keeps its size for the next entries, until it is compacted', async (t) => {
  const { path, scratch, write } = await file(t, 1000)
  const deleting = await openRetention(scratch.location)
  t.after(() => deleting.close())
  const holder = { name: 'me', now: NOON, until: NOON }
  const run = (await deleting.claim({ kept: 'log', before: NOON + 901 }, holder))?.run ?? assert.fail('busy')
  while (!(await deleting.deletePiece(run, holder, 500)).isLast);
  await deleting.finish(run, NOON)
  const size = statSync(path).size
  await write(2001, 100)
  await deleting.deletion(run)
  assert.ok(statSync(path).size <= size, 'the free pages are written first')
  assert.equal(await deleting.compact(), 'compacted')
  assert.ok(statSync(path).size < size / 2, `${statSync(path).size} of ${size}`)
})

test(
  'SIGKILL in the middle: what is gone is counted, and the next process goes on',
  { timeout: 120_000 },
  async (t) => {
    const { scratch, store } = await file(t, 600)
    const env = {
      ...process.env,
      TILSYN_TEST_STORE: JSON.stringify(scratch.location),
      TILSYN_TEST_BEFORE: String(NOON + 501),
    }
    const script = fileURLToPath(new URL('deletes-for-ever.ts', import.meta.url))
    for (const pieces of [1, 9, Infinity]) {
      const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'inherit'] })
      const exit = once(child, 'exit')
      let seen = 0
      for await (const line of createInterface(child.stdout)) if (line === 'done' || ++seen >= pieces) break
      child.kill('SIGKILL')
      await exit
      const deleting = await openRetention(scratch.location)
      const { entries } = await deleting.deletion(1)
      await deleting.close()
      const { deleted, count } = await store.reader.numbers(ORIGIN)
      assert.equal(entries, 600 - count, 'counted is what is gone')
      assert.deepEqual(deleted, [{ from: 1, to: entries }])
      // The holder of the one that was killed ends within the millisecond.
      await sleep(2)
    }
    assert.equal((await store.reader.numbers(ORIGIN)).count, 100)
  },
)
