/**
 * SIGKILL at random points under load: of a proxy in one process, recorder and all, and of one in several, where the victim
 * is a worker or the process above them. `npm run test:kill` is the short form for one process.
 */
import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { eventually, printed, tilsyn } from '../support/tilsyn.ts'
import { figures, FULL, rounds, seeded } from './campaign.ts'
import { pause, Stage } from './stage.ts'

async function childrenOf(parent: number | undefined): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const found: number[] = []
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
    if (Number(stat.slice(stat.lastIndexOf(')')).split(' ')[2]) === parent) found.push(pid)
  }
  return found
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

for (const workers of FULL ? [1, 2] : [2]) {
  const title = workers === 1 ? 'a proxy in one process' : 'a proxy in several processes, or one of them'
  test(`SIGKILL of ${title} loses no answer that has left, and doubles none`, async (t) => {
    const random = seeded(t)
    const stage = await Stage.open(t, random, { proxy: { workers } })
    let kills = 0
    for (const _ of rounds(8, 1000)) {
      const proxy = tilsyn(['proxy'], { cwd: stage.folder })
      t.after(() => proxy.child.kill('SIGKILL'))
      await printed(proxy, /listening/)
      const asking = stage.ask(proxy.ended)
      await pause(100 + random.below(400))
      const children = workers === 1 ? [] : await childrenOf(proxy.child.pid)
      const victim = children[random.below(children.length * 2)]
      if (victim !== undefined) {
        process.kill(victim, 'SIGKILL')
        kills += 1
        await pause(random.below(500))
      }
      const left = workers === 1 ? [] : await childrenOf(proxy.child.pid)
      proxy.child.kill('SIGKILL')
      kills += 1
      await asking
      await eventually(30_000, async () => (left.some(isAlive) ? null : true))
    }
    const last = tilsyn(['proxy'], { cwd: stage.folder })
    t.after(() => last.child.kill('SIGKILL'))
    await printed(last, /listening/)
    await stage.written()
    last.child.kill('SIGTERM')
    assert.equal((await last.ended).code, 0)
    const rows = stage.rows()
    stage.assertOnce(rows)
    await stage.assertVerified()
    assert.ok(stage.count('whole') > 5 * kills, 'the load was too light to show anything')
    assert.equal(new Set(rows.map(({ origin }) => origin)).size, workers)
    const unknown = rows.filter(({ outcome }) => outcome === 'unknown').length
    figures(t, { kills, answered: stage.count('whole'), cutOff: stage.count('part'), unknown })
  })
}
