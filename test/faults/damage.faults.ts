/**
 * Segments that rot while the recorder is behind: bits turned over, blocks of zeros, torn ends, whole files gone, at random
 * places. What can be read is there once; each number that cannot is an entry that says so.
 */
import assert from 'node:assert/strict'
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { listSegments, segmentPath } from '../../proxy/journal/segment.ts'
import { verifyJournal } from '../../proxy/journal/verify.ts'
import type { Random } from '../support/random.ts'
import { figures, rounds, seeded } from './campaign.ts'
import { assertOnce, Recorded } from './recorded.ts'

const KINDS = ['bit', 'zeros', 'torn', 'gone'] as const

function damage(random: Random, path: string): void {
  const bytes = readFileSync(path)
  if (bytes.length === 0) return
  const at = random.below(bytes.length)
  switch (random.of(KINDS)) {
    case 'bit':
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8))
      return writeFileSync(path, bytes)
    case 'zeros':
      return writeFileSync(path, bytes.fill(0, at, Math.min(at + 512, bytes.length)))
    case 'torn':
      return truncateSync(path, at)
    case 'gone':
      return rmSync(path)
  }
}

test('whatever rots in the journal, the rest is written once, and what is lost is told of number by number', async (t) => {
  const random = seeded(t)
  const tally = { rounds: 0, queries: 0, damages: 0, lost: 0, cutOff: 0 }
  for (const round of rounds(12, 2000)) {
    const recorded = new Recorded(t)
    const marks: string[] = []
    for (let life = 0; life < 3; life++)
      marks.push(
        ...(await recorded.live(random, `${round}-${life}`, 100 + random.below(100), { segmentBytes: 20_000 })),
      )
    if (random.below(2) === 0) await recorded.ship({ batches: 1 + random.below(3) })
    const segments = await listSegments(recorded.journal)
    // The end of the last segment is what a crash tears, and is lost without a word: it was never acknowledged.
    const damageable = segments.slice(0, -1) as [number, ...number[]]
    const damages = 1 + random.below(5)
    for (let n = 0; n < damages; n++) {
      const path = segmentPath(recorded.journal, random.of(damageable))
      if ((await listSegments(recorded.journal)).some((one) => segmentPath(recorded.journal, one) === path))
        damage(random, path)
    }
    // Numbers lost at the very end show with the next one that is given.
    marks.push(...(await recorded.live(random, `${round}-after`, 3)))
    const report = await verifyJournal(recorded.journal)
    await recorded.ship()
    const rows = recorded.rows()
    const lost = rows.filter(({ query }) => /can no longer be read/.test(query)).length
    assertOnce(rows, marks, lost)
    const isTold = report.damaged.length > 0 || report.missingSeqs > 0 || report.firstSeq !== 1
    if (lost > 0) assert.ok(isTold, 'verify, asked of the files alone, finds them whole')
    // Every number up to the last has an entry.
    const origins = Map.groupBy(rows, ({ origin }) => origin)
    for (const [origin, own] of origins)
      assert.equal(new Set(own.map(({ seq }) => seq)).size, Math.max(...own.map(({ seq }) => seq)), origin)
    tally.rounds += 1
    tally.queries += marks.length
    tally.damages += damages
    tally.lost += lost
    tally.cutOff += report.unanswered
    rmSync(recorded.folder, { recursive: true })
  }
  assert.ok(tally.lost > 0, 'nothing was lost: nothing was shown')
  figures(t, tally)
})
