/**
 * Ends at random points under load: SIGKILL of a proxy in one process, recorder and all; of one in several, where the victim
 * is a worker, the process above them, or one after the other; and the end of the recorder's thread alone, or before its
 * process. `npm run test:kill` is 200 kills of one process.
 */
import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { eventually, printed, run, tilsyn } from '../support/tilsyn.ts'
import { figures, FULL, rounds, seeded } from './campaign.ts'
import { pause, Stage } from './stage.ts'

const ENDING = pathToFileURL(join(import.meta.dirname, 'ending-recorder.ts')).href
const ending = (seed: number) => ({ NODE_OPTIONS: `--import=${ENDING}`, TILSYN_FAULTS_SEED: String(seed) })

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

interface Kind {
  readonly title: string
  readonly workers: number
  /** The recorder's thread is ended, too. */
  readonly recorder: boolean
}

const KINDS: readonly Kind[] = [
  { title: 'SIGKILL of a proxy in several processes, or one of them,', workers: 2, recorder: false },
  { title: 'the end of the recorder, or of it and its process,', workers: 1, recorder: true },
  ...(FULL ? [{ title: 'SIGKILL of a proxy in one process', workers: 1, recorder: false }] : []),
]

for (const { title, workers, recorder } of KINDS) {
  test(`${title} loses no answer that has left, and doubles none`, async (t) => {
    const random = seeded(t)
    const stage = await Stage.open(t, random, { proxy: { workers } })
    const tally = { kills: 0, recorders: 0 }
    for (const _ of rounds(8, 1000)) {
      const proxy = tilsyn(['proxy'], { cwd: stage.folder, env: recorder ? ending(random.below(2 ** 31)) : {} })
      t.after(() => proxy.child.kill('SIGKILL'))
      await printed(proxy, /listening/)
      const asking = stage.ask(proxy.ended)
      await stage.more(1 + random.below(recorder ? 300 : 60), 'whole')
      const children = workers === 1 ? [] : await childrenOf(proxy.child.pid)
      const victim = children[random.below(children.length * 2)]
      if (victim !== undefined) {
        process.kill(victim, 'SIGKILL')
        tally.kills += 1
        await pause(random.below(500))
      }
      const left = workers === 1 ? [] : await childrenOf(proxy.child.pid)
      await pause(random.below(10))
      proxy.child.kill('SIGKILL')
      tally.kills += 1
      await asking
      await eventually(60_000, async () => (left.some(isAlive) ? null : true))
      tally.recorders += proxy.printed().split('RECORDER_ENDED').length - 1
    }
    const last = tilsyn(['proxy'], { cwd: stage.folder, env: recorder ? ending(random.below(2 ** 31)) : {} })
    t.after(() => last.child.kill('SIGKILL'))
    await printed(last, /listening/)
    if (recorder) {
      await printed(last, /RECORDER_ENDED/)
      // The thread that follows writes these.
      await stage.ask(stage.more(5, 'whole'))
    }
    await stage.written()
    last.child.kill('SIGTERM')
    assert.equal((await last.ended).code, 0)
    const rows = stage.rows()
    stage.assertOnce(rows)
    await stage.assertVerified()
    const { code, out } = await run(['verify', '--journal'], { cwd: stage.folder })
    assert.equal(code, 0, out)
    tally.recorders += last.printed().split('RECORDER_ENDED').length - 1
    assert.equal(new Set(rows.map(({ origin }) => origin)).size, workers)
    const unknown = rows.filter(({ outcome }) => outcome === 'unknown').length
    figures(t, { ...tally, answered: stage.count('whole'), cutOff: stage.count('part'), unknown })
  })
}
