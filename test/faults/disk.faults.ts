/** A journal's disk that fails and is slow: answers are withheld or their passing is told, and it mends itself. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { RunningProxy } from '../../proxy/app.ts'
import { openJournal } from '../../proxy/journal/journal.ts'
import { readJournal } from '../../proxy/journal/reader.ts'
import { verifyJournal } from '../../proxy/journal/verify.ts'
import { ChangeNotKept } from '../../proxy/reload/change-log.ts'
import { Random } from '../support/random.ts'
import { answered, asked } from '../journal/samples.ts'
import { figures, FULL, rounds, SEED, seeded } from './campaign.ts'
import { FailingDisk } from './failing-disk.ts'
import { assertOnce, Recorded } from './recorded.ts'
import { pause, type Row, Stage } from './stage.ts'

/** How many queries the entries say passed unrecorded. */
function passed(rows: readonly Row[]): number {
  const counts = rows.flatMap(({ query }) => /^(\d+) quer(?:y|ies) passed unrecorded/.exec(query)?.[1] ?? [])
  return counts.reduce((sum, count) => sum + Number(count), 0)
}

/** Puts another configuration in force. `false`: it could not be kept, and nothing has changed. */
async function changes(proxy: RunningProxy, stage: Stage, name: string): Promise<boolean> {
  const path = join(stage.folder, 'tilsyn.config.json')
  const before = readFileSync(path, 'utf8')
  const {
    servers: [server],
    ...rest
  } = JSON.parse(before)
  writeFileSync(path, JSON.stringify({ ...rest, servers: [{ ...server, name }] }))
  try {
    await proxy.reload(stage.config, { through: 'signal' })
    return true
  } catch (error) {
    if (!(error instanceof ChangeNotKept)) throw error
    writeFileSync(path, before)
    return false
  }
}

for (const onJournalFailure of ['refuse', 'forward'] as const) {
  test(`a disk that fails at random calls (${onJournalFailure}): every answer is accounted for, and it mends itself`, async (t) => {
    const random = seeded(t)
    const stage = await Stage.open(t, random, { server: { onJournalFailure } })
    const disk = new FailingDisk(random)
    const proxy = await stage.proxy(disk)
    let changed = 0
    for (const _ of rounds(4, 200)) {
      disk.oneIn = 1 + random.below(12)
      disk.slowMs = random.below(10)
      const asking = stage.ask(stage.more(30 + random.below(60)))
      // A change of the set-up meanwhile is an entry, or is not made.
      if (await changes(proxy, stage, `bi${disk.calls}`)) changed += 1
      await asking
      disk.oneIn = Infinity
      await stage.ask(stage.more(5, 'whole'))
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
    assert.equal(rows.filter(({ query }) => /er læst igen/.test(query)).length, changed, 'each change is an entry')
    stage.assertOnce(rows)
    await stage.assertVerified()
    assert.equal(disk.trusted, 0, 'a file was written after a write or sync of it had failed')
    assert.ok(disk.failed > 0, 'no call failed')
    figures(t, {
      failed: disk.failed,
      files: [...disk.kinds].toSorted(),
      changed,
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
  await stage.ask(stage.more(FULL ? 5_000 : 40))
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
  for (const round of rounds(60, 2000)) {
    const failAt = round + 1
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

test('whichever call fails of those for journal, set-up, checkpoint and knowledge, every query is written once', async (t) => {
  const random = seeded(t)
  const disk = new FailingDisk(random)
  const tally = { calls: 0, queries: 0 }
  for (const round of rounds(60, 5000)) {
    const recorded = new Recorded(t)
    const marks: string[] = []
    for (let life = 0; life < 3; life++) {
      marks.push(...(await recorded.live(random, `${round}-${life}`, 20, { segmentBytes: 4_000 })))
      // Counted from the first: each call is reached in turn, and later ones by chance.
      disk.failAt = disk.calls + 1 + (life === 0 ? round % 40 : random.below(60))
      disk.alsoNext = random.below(4)
      // A failure while the journal opens ends the start; an operator starts it again.
      const batches = random.below(2) === 0 ? Infinity : 1 + random.below(4)
      const start = (attempt = 0): Promise<void> =>
        recorded.ship({ disk, batches, batchRecords: 10 }).catch((error: unknown) => {
          if (attempt > 3) throw error
          return start(attempt + 1)
        })
      await start()
    }
    disk.failAt = Infinity
    await recorded.ship()
    assertOnce(recorded.rows(), marks)
    await recorded.assertVerified()
    assert.equal(disk.trusted, 0, 'a file was used after a write or sync of it had failed')
    tally.calls = disk.calls
    tally.queries += marks.length
    rmSync(recorded.folder, { recursive: true })
  }
  assert.ok(disk.failed > 0, 'no call failed')
  figures(t, { ...tally, failed: disk.failed, files: [...disk.kinds].toSorted() })
})
