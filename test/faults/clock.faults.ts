/** A clock that is set back and forward under load: ids stay unique and ordered as the numbers are, entries are there. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { printed, tilsyn } from '../support/tilsyn.ts'
import { figures, FULL, rounds, seeded } from './campaign.ts'
import { assertOnce, Recorded } from './recorded.ts'
import { pause, type Row, Stage } from './stage.ts'

const CLOCK = pathToFileURL(join(import.meta.dirname, 'jumping-clock.ts')).href
const jumping = (seed: number) => ({ NODE_OPTIONS: `--import=${CLOCK}`, TILSYN_FAULTS_SEED: String(seed) })

function assertOrdered(rows: readonly Row[]): void {
  for (const own of Map.groupBy(rows, ({ origin }) => origin).values()) {
    const ids = own.toSorted((one, other) => one.seq - other.seq).map(({ logId }) => logId)
    ids.forEach((id, at) =>
      assert.ok(at === 0 || id > (ids[at - 1] ?? 0n), `entry ${at + 1} has an id that is not behind`),
    )
  }
}

test('a proxy whose clock jumps by hours writes every answered query once, with ids in the order of the numbers', async (t) => {
  const random = seeded(t)
  const stage = await Stage.open(t, random)
  for (const _ of rounds(2, 50)) {
    const proxy = tilsyn(['proxy'], { cwd: stage.folder, env: jumping(random.below(2 ** 31)) })
    t.after(() => proxy.child.kill('SIGKILL'))
    await printed(proxy, /listening/)
    // The clock jumps by its own time: it must have jumped, and meanwhile somebody must have asked.
    await stage.ask(Promise.all([pause(FULL ? 20_000 : 1_500), stage.more(50, 'whole')]), 3)
    await stage.written()
    proxy.child.kill('SIGTERM')
    assert.equal((await proxy.ended).code, 0)
  }
  const rows = stage.rows()
  stage.assertOnce(rows)
  assertOrdered(rows)
  await stage.assertVerified()
  assert.equal(stage.count('refused') + stage.count('nothing'), 0)
  figures(t, { answered: stage.count('whole'), entries: rows.length })
})

test('a journal whose clock is set back by years between its lives gives no id twice', async (t) => {
  const random = seeded(t)
  let queries = 0
  for (const round of rounds(5, 500)) {
    const recorded = new Recorded(t)
    const marks: string[] = []
    for (let life = 0; life < 4; life++) {
      let clock = 1_600_000_000_000 + random.below(10) * 30_000_000_000
      const now = () => (clock += random.below(20) === 0 ? random.below(20_000_000) - 10_000_000 : random.below(2))
      marks.push(...(await recorded.live(random, `${round}-${life}`, 80, { now, segmentBytes: 10_000 })))
    }
    await recorded.ship()
    const rows = recorded.rows()
    assertOnce(rows, marks)
    assertOrdered(rows)
    await recorded.assertVerified()
    queries += marks.length
  }
  figures(t, { queries })
})
