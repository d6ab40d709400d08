/**
 * A quota: a process that may write no file beyond some size, none at all at worst, and then may again. The system refuses
 * whatever it writes, half of it at the edge: segments and their heads, checkpoint, knowledge, status, the set-up, the
 * embedded store and its log, by any thread, at any instant.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { printed, tilsyn } from '../support/tilsyn.ts'
import { figures, rounds, seeded } from './campaign.ts'
import { Stage } from './stage.ts'

const BEARING = pathToFileURL(join(import.meta.dirname, 'bearing-quota.ts')).href

/** Changes what the process may write from now on. */
function limit(pid: number | undefined, bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:unlimited`])
}

function mayLimit(): boolean {
  try {
    limit(process.pid, 'unlimited')
    return true
  } catch {
    return false
  }
}

test('a quota that every write runs into, again and again, loses and doubles nothing, and needs nobody to mend it', async (t) => {
  const random = seeded(t)
  if (!mayLimit()) return t.skip('nobody may be given a quota here')
  const stage = await Stage.open(t, random)
  const proxy = tilsyn(['proxy'], { cwd: stage.folder, env: { NODE_OPTIONS: `--import=${BEARING}` } })
  t.after(() => proxy.child.kill('SIGKILL'))
  await printed(proxy, /listening/)
  let quotas = 0
  for (const _ of rounds(5, 500)) {
    await stage.ask(stage.more(10 + random.below(20), 'whole'))
    limit(proxy.child.pid, random.of([0, 1 + random.below(5_000), 1 + random.below(200_000)]))
    await stage.ask(stage.more(20 + random.below(60)))
    limit(proxy.child.pid, 'unlimited')
    await stage.ask(stage.more(1, 'whole'), 1)
    quotas += 1
  }
  await stage.written()
  proxy.child.kill('SIGTERM')
  assert.equal((await proxy.ended).code, 0)
  const rows = stage.rows()
  stage.assertOnce(rows)
  await stage.assertVerified()
  const [answered, refused] = [stage.count('whole'), stage.count('refused') + stage.count('nothing')]
  figures(t, { quotas, answered, refused, entries: rows.length })
})
