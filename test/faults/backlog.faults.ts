/**
 * A store that comes back after hours or days: the proxy catches up in order, at a rate and in memory that are printed, and
 * who asks meanwhile is not kept waiting. 10,000 entries, 5 million in the long form, or `TILSYN_BACKLOG`.
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { eventually, printed, tilsyn } from '../support/tilsyn.ts'
import { figures, FULL, seeded } from './campaign.ts'
import { fillJournal } from './recorded.ts'
import { pause, Stage } from './stage.ts'

const BACKLOG = Number(process.env['TILSYN_BACKLOG'] ?? (FULL ? 5_000_000 : 10_000))
/** What is asked of it (entries a second), in the long form: for that a computer must have nothing else to do. */
const BAR = FULL ? 5_000 : 0

const megabytesOf = (pid: number | undefined) =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024

function quantile(sorted: readonly number[], at: number): number {
  return Math.round(10 * (sorted[Math.floor(sorted.length * at)] ?? 0)) / 10
}
const quantiles = (ms: readonly number[]) => {
  const sorted = ms.toSorted((one, other) => one - other)
  return { count: sorted.length, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) }
}

test(`a backlog of ${BACKLOG} entries is caught up in order, in bounded memory, and hinders nobody`, async (t) => {
  const stage = await Stage.open(t, seeded(t))
  const { journal } = stage.config.proxy
  const path = join(stage.folder, 'data', 'tilsyn.db')
  await fillJournal(journal, BACKLOG)

  const proxy = tilsyn(['proxy'], { cwd: stage.folder })
  t.after(() => proxy.child.kill('SIGKILL'))
  await printed(proxy, /listening/)
  const caughtUp = Promise.withResolvers<void>()
  const asking = stage.ask(caughtUp.promise, 2)
  const db = await eventually(60_000, async () => {
    if (!existsSync(path)) return null
    const open = new DatabaseSync(path, { readOnly: true, timeout: 20_000 })
    if (open.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'origin'").all().length > 0) return open
    open.close()
    return null
  })
  t.after(() => db.close())
  const extent = () => ({ n: 0, top: 0, ...db.prepare('SELECT count(*) AS n, max(seq) AS top FROM log').get() })
  // Frames: two for each query, between those of the process that asked. Counting entries would hinder whoever writes them.
  const progress = db.prepare('SELECT max(position) AS n FROM origin')
  const begun = performance.now()
  const megabytes: number[] = []
  for (let looks = 0; ; looks++) {
    const written = Number(progress.get()?.['n'] ?? 0)
    megabytes.push(megabytesOf(proxy.child.pid))
    if (looks % 20 === 0 && BACKLOG <= 100_000) {
      const { n, top: last } = extent()
      if (last !== null && last <= BACKLOG) assert.equal(n, last, 'not in order')
    }
    if (written > 2 * BACKLOG) break
    await pause(100)
  }
  const seconds = (performance.now() - begun) / 1000
  const meanwhile = stage.tookMs.splice(0)
  caughtUp.resolve()
  await asking
  stage.tookMs.length = 0
  await stage.ask(stage.more(100), 2)
  await stage.written()
  proxy.child.kill('SIGTERM')
  assert.equal((await proxy.ended).code, 0)

  stage.assertOnce(stage.rows().filter(({ mark }) => !mark?.startsWith('b')))
  const { n, top } = extent()
  assert.equal(n, top, 'a number is missing, or there twice')
  await stage.assertVerified()
  const perSecond = Math.round(BACKLOG / seconds)
  const half = Math.floor(megabytes.length / 2)
  const [early, late] = [Math.max(...megabytes.slice(0, half)), Math.max(...megabytes.slice(half))]
  figures(t, {
    backlog: BACKLOG,
    perSecond,
    megabytes: { firstHalf: Math.round(early), secondHalf: Math.round(late) },
    asked: { meanwhile: quantiles(meanwhile), after: quantiles(stage.tookMs) },
  })
  assert.equal(stage.count('refused') + stage.count('nothing'), 0)
  assert.ok(perSecond >= BAR, `${perSecond} entries/s`)
  assert.ok(late < early * 1.3 + 50, 'memory grows with what has been read')
})
