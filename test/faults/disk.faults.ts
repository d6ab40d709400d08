/** A journal's disk that fails and is slow: answers are withheld or their passing is told, and it mends itself. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openJournal } from '../../proxy/journal/journal.ts'
import { readJournal } from '../../proxy/journal/reader.ts'
import { verifyJournal } from '../../proxy/journal/verify.ts'
import { Random } from '../support/random.ts'
import { answered, asked } from '../journal/samples.ts'
import { figures, FULL, rounds, SEED, seeded } from './campaign.ts'
import { FailingDisk } from './failing-disk.ts'
import { pause, type Row, Stage } from './stage.ts'

/** How many queries the entries say passed unrecorded. */
function passed(rows: readonly Row[]): number {
  const counts = rows.flatMap(({ query }) => /^(\d+) quer(?:y|ies) passed unrecorded/.exec(query)?.[1] ?? [])
  return counts.reduce((sum, count) => sum + Number(count), 0)
}

for (const onJournalFailure of ['refuse', 'forward'] as const) {
  test(`a disk that fails at random calls (${onJournalFailure}): every answer is accounted for, and it mends itself`, async (t) => {
    const random = seeded(t)
    const stage = await Stage.open(t, random, { server: { onJournalFailure } })
    const disk = new FailingDisk(random)
    const proxy = await stage.proxy(disk)
    for (const _ of rounds(4, 200)) {
      disk.oneIn = 1 + random.below(40)
      disk.slowMs = random.below(10)
      await stage.ask(pause(300 + random.below(700)))
      disk.oneIn = Infinity
      await stage.ask(pause(300))
    }
    // The pause after many failures in a row is long; closing ends it with one more try.
    await proxy.close()
    const again = await stage.proxy()
    await again.close()
    const rows = stage.rows()
    const there = new Set(rows.map(({ mark }) => mark))
    const unrecorded = [...stage.asked].filter(([mark, seen]) => seen === 'whole' && !there.has(mark))
    assert.equal(unrecorded.length, passed(rows), 'as many passed unrecorded as the entries say')
    if (onJournalFailure === 'refuse') assert.equal(unrecorded.length, 0)
    else assert.equal(stage.count('refused'), 0)
    for (const [mark] of unrecorded) stage.asked.delete(mark)
    stage.assertOnce(rows)
    await stage.assertVerified()
    assert.equal(disk.trusted, 0, 'a file was written after a write or sync of it had failed')
    assert.ok(disk.failed > 5, `only ${disk.failed} calls failed`)
    figures(t, {
      failed: disk.failed,
      answered: stage.count('whole'),
      refused: stage.count('refused'),
      unrecorded: unrecorded.length,
      entries: rows.length,
    })
  })
}

test('a disk that is slow holds answers back, and refuses nobody', async (t) => {
  const random = seeded(t)
  const stage = await Stage.open(t, random)
  const disk = new FailingDisk(random)
  const proxy = await stage.proxy(disk)
  disk.slowMs = 400
  await stage.ask(pause(FULL ? 60_000 : 3_000))
  disk.slowMs = 0
  await proxy.close()
  const rows = stage.rows()
  stage.assertOnce(rows)
  await stage.assertVerified()
  assert.equal(stage.count('refused') + stage.count('nothing'), 0)
  figures(t, { answered: stage.count('whole'), entries: rows.length })
})

/** Asks until it is kept, as a client does that tries again: each time under a number of its own. */
async function insist(journal: Awaited<ReturnType<typeof openJournal>>, text: string, kept: string[]): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const name = `${text}.${attempt}`
    const { ticket, durable } = journal.ask(asked(name))
    const isKept = await durable.then(
      () => true,
      () => false,
    )
    journal.answer(ticket, answered())
    if (isKept) {
      kept.push(name)
      return
    }
    await pause(1)
  }
}

test('whichever call the disk fails at, what was acknowledged is in the journal once, and no number is missing', async (t) => {
  const random = seeded(t)
  let calls = 0
  for (let failAt = 1; failAt <= (FULL ? 2000 : 60); failAt++) {
    const folder = mkdtempSync(join(tmpdir(), 'tilsyn-disk-'))
    const disk = new FailingDisk(new Random(SEED + failAt))
    const kept: string[] = []
    for (let life = 0; life < 2; life++) {
      disk.failAt = life === 0 ? failAt : disk.calls + 1 + random.below(20)
      const options = { folder, name: 'proxy', segmentBytes: 4000, pauseMs: 1, fs: disk }
      // A failure while it opens ends the start; an operator starts it again.
      const journal = await openJournal(options).catch(() => openJournal(options))
      for (let n = 0; n < 12; n++) await insist(journal, `${life}.${n}`, kept)
      await journal.close()
    }
    const found: string[] = []
    for await (const reading of readJournal(folder)) {
      assert.equal(reading.kind, 'frame', `call ${failAt}: ${JSON.stringify(reading)}`)
      if (reading.kind === 'frame' && reading.frame.kind === 'asked')
        found.push(Buffer.from(reading.frame.asked.body.bytes).toString())
    }
    assert.equal(new Set(found).size, found.length, `call ${failAt}: a query is there twice`)
    for (const name of kept)
      assert.ok(found.includes(name), `call ${failAt}: ${name} was acknowledged and is not there`)
    const { missingSeqs, damaged } = await verifyJournal(folder)
    assert.deepEqual([missingSeqs, damaged, disk.trusted], [0, [], 0], `call ${failAt}`)
    calls += disk.calls
    rmSync(folder, { recursive: true })
  }
  figures(t, { calls })
})
