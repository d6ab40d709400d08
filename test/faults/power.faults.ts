/**
 * Power cuts: a proxy whose disk forgets whatever was not synced dies at a random step of that disk, again and again over
 * the same journal; then the real one starts on what is left. Every answer that left has its entry.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { figures, rounds, seeded } from './campaign.ts'
import { Stage } from './stage.ts'

const CUT_PROXY = fileURLToPath(new URL('cut-proxy.ts', import.meta.url))

test('a power cut at any step of the disk loses no answer that has left, and leaves a journal that goes on', async (t) => {
  const random = seeded(t)
  const stage = await Stage.open(t, random)
  let cuts = 0
  for (const round of rounds(12, 1000)) {
    // One in four while it opens the journal.
    const step = round % 4 === 3 ? -1 - random.below(8) : 1 + random.below(120)
    const child = spawn(process.execPath, [CUT_PROXY, stage.folder, String(random.below(2 ** 31)), String(step)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const ended = once(child, 'exit')
    await stage.ask(ended)
    const [, signal] = (await ended) as [number | null, NodeJS.Signals | null]
    assert.equal(signal, 'SIGKILL', 'it ended before the power went')
    cuts += 1
  }
  const proxy = await stage.proxy()
  await stage.written()
  await proxy.close()
  const rows = stage.rows()
  stage.assertOnce(rows)
  await stage.assertVerified()
  assert.ok(stage.count('whole') > 2 * cuts, 'the load was too light to show anything')
  figures(t, {
    cuts,
    answered: stage.count('whole'),
    cutOff: stage.count('part'),
    entries: rows.length,
    unknown: rows.filter(({ outcome }) => outcome === 'unknown').length,
    origins: new Set(rows.map(({ origin }) => origin)).size,
  })
})
