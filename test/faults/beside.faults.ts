/**
 * What lies beside the segments is lost, rots, or is older or newer than they are: checkpoint, knowledge, status, the
 * journal's own name. Each is a short cut or stands elsewhere too, so nothing of the tables may hang on it.
 */
import assert from 'node:assert/strict'
import { copyFileSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openJournal } from '../../proxy/journal/journal.ts'
import type { Random } from '../support/random.ts'
import { printed, tilsyn } from '../support/tilsyn.ts'
import { figures, rounds, seeded } from './campaign.ts'
import { assertOnce, Recorded } from './recorded.ts'
import { Stage } from './stage.ts'

const FILES = [
  'checkpoint.json',
  'knowledge-0.json',
  'knowledge-1.json',
  'status.json',
  'journal.json',
  'cookie-key.json',
] as const
const WAYS = ['gone', 'garbage', 'empty', 'bit', 'older', 'newer'] as const

/** @param older what lay there before */
function spoil(random: Random, folder: string, older: string): string {
  const [file, way] = [random.of(FILES), random.of(WAYS)]
  const path = join(folder, file)
  if (!existsSync(path)) return 'nothing'
  const bytes = readFileSync(path)
  if (way === 'gone') rmSync(path)
  else if (way === 'empty') writeFileSync(path, '')
  else if (way === 'garbage') writeFileSync(path, Buffer.from(Array.from({ length: 200 }, () => random.below(256))))
  else if (way === 'older' && existsSync(join(older, file))) copyFileSync(join(older, file), path)
  else if (way === 'bit') {
    const at = random.below(bytes.length)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8))
    writeFileSync(path, bytes)
  }
  return `${file} ${way}`
}

test('whatever becomes of the files beside the segments, every query is written once', async (t) => {
  const random = seeded(t)
  const spoilt = new Set<string>()
  let queries = 0
  for (const round of rounds(15, 2000)) {
    const recorded = new Recorded(t)
    const older = join(recorded.folder, 'older')
    const marks: string[] = []
    for (let life = 0; life < 3; life++) {
      const options = { segmentBytes: random.of([4_000, 20_000, 1 << 20]) }
      marks.push(...(await recorded.live(random, `${round}-${life}`, 50 + random.below(100), options)))
      if (life === 0 || random.below(3) > 0) await recorded.ship({ batches: 1 + random.below(4), batchRecords: 20 })
      for (let n = random.below(4); n > 0; n--) spoilt.add(spoil(random, recorded.journal, older))
      cpSync(recorded.journal, older, { recursive: true })
    }
    await recorded.ship()
    await recorded.ship()
    assertOnce(recorded.rows(), marks)
    await recorded.assertVerified()
    queries += marks.length
    rmSync(recorded.folder, { recursive: true })
  }
  figures(t, { queries, ways: spoilt.size })
})

test('a journal that is set back behind its checkpoint and the store goes on without an entry taken for known', async (t) => {
  const random = seeded(t)
  let queries = 0
  for (const round of rounds(6, 500)) {
    const recorded = new Recorded(t)
    const older = join(recorded.folder, 'older')
    const kept = await recorded.live(random, `${round}-kept`, 60, { segmentBytes: 8_000 })
    if (random.below(2) === 0) await recorded.ship({ batches: 2, batchRecords: 20 })
    cpSync(recorded.journal, older, { recursive: true })
    const undone = await recorded.live(random, `${round}-undone`, 60, { segmentBytes: 8_000 })
    await recorded.ship()
    // The journal of before, in part or whole: its segments, and the newer checkpoint or the older one.
    const checkpoint = readFileSync(join(recorded.journal, 'checkpoint.json'))
    rmSync(recorded.journal, { recursive: true })
    cpSync(older, recorded.journal, { recursive: true })
    if (random.below(2) === 0) writeFileSync(join(recorded.journal, 'checkpoint.json'), checkpoint)
    const again = await recorded.live(random, `${round}-again`, 100, { segmentBytes: 8_000 })
    await recorded.ship()
    assertOnce(recorded.rows(), [...kept, ...undone, ...again])
    await recorded.assertVerified()
    queries += kept.length + undone.length + again.length
    rmSync(recorded.folder, { recursive: true })
  }
  figures(t, { queries })
})

test('two processes on one journal: the second is refused in words, and the first goes on', async (t) => {
  const random = seeded(t)
  const stage = await Stage.open(t, random)
  const proxy = tilsyn(['proxy'], { cwd: stage.folder })
  t.after(() => proxy.child.kill('SIGKILL'))
  await printed(proxy, /listening/)
  const over = Promise.withResolvers<void>()
  const asking = stage.ask(over.promise, 2)
  await stage.more(5, 'whole')
  for (let n = 0; n < 3; n++)
    await assert.rejects(openJournal({ folder: stage.config.proxy.journal, name: 'proxy' }), {
      code: 'JOURNAL_LOCKED',
      message: /in use by another process: stop it first, or give this proxy a folder of its own/,
    })
  const second = await tilsyn(['proxy'], { cwd: stage.folder }).ended
  assert.notEqual(second.code, 0)
  assert.match(second.out + second.err, /in use by another process/)
  await stage.more(5, 'whole')
  over.resolve()
  await asking
  await stage.written()
  proxy.child.kill('SIGTERM')
  assert.equal((await proxy.ended).code, 0)
  stage.assertOnce(stage.rows())
  await stage.assertVerified()
  assert.equal(stage.count('refused') + stage.count('nothing'), 0)
  figures(t, { answered: stage.count('whole') })
})
