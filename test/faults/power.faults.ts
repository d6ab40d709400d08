/**
 * Power cuts: a proxy whose disk forgets whatever was not synced dies at a random step of that disk, again and again over
 * the same journal; then the real one starts on what is left. Every answer that left has its entry. And the recorder with
 * it, whose files lie on such a disk, and whose store is torn: in a process of its own that is there at once.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readSealed } from '../../proxy/journal/sealed.ts'
import { figures, rounds, seeded } from './campaign.ts'
import { assertOnce, Recorded } from './recorded.ts'
import { Stage } from './stage.ts'
import { takeImage } from './torn-store.ts'

const CUT_PROXY = fileURLToPath(new URL('cut-proxy.ts', import.meta.url))
const CUT_RECORDER = fileURLToPath(new URL('cut-recorder.ts', import.meta.url))

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
  assert.ok(stage.count('whole') > 0, 'nothing was answered: nothing was shown')
  figures(t, {
    cuts,
    answered: stage.count('whole'),
    cutOff: stage.count('part'),
    entries: rows.length,
    unknown: rows.filter(({ outcome }) => outcome === 'unknown').length,
    origins: new Set(rows.map(({ origin }) => origin)).size,
  })
})

/** What the recorder may complain of after a power cut, which takes nothing of what it relies on: nothing. */
const COMPLAINTS = /^trouble (RECORDER_\w+|JOURNAL_DAMAGED|INTERPRET_\w+)$/gm

test('a power cut at any step of journal, checkpoint, knowledge, set-up and store leaves what goes together', async (t) => {
  const random = seeded(t)
  const recorded = new Recorded(t)
  const said: string[] = []
  const tally = { cuts: 0, torn: 0 }
  for (const _ of rounds(15, 2000)) {
    // One in two in the middle of a step of the store.
    const step = random.of([-1 - random.below(20), 1 + random.below(random.of([20, 300, 300]))])
    const args = [recorded.folder, random.below(2 ** 31), step]
    const child = spawn(process.execPath, [CUT_RECORDER, ...args.map(String)], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [told, [, signal]] = await Promise.all([text(child.stdout), once(child, 'exit')])
    assert.equal(signal, 'SIGKILL', 'it ended before the power went')
    said.push(told)
    tally.cuts += 1
    await assertWhole(recorded.journal)
    if (takeImage(join(recorded.folder, 'data'), recorded.database)) tally.torn += 1
  }
  await recorded.ship({ onTrouble: (code) => said.push(`trouble ${code}\n`) })
  const all = said.join('')
  assert.deepEqual([...new Set(all.match(COMPLAINTS))], [])
  const marks = [...all.matchAll(/^kept (.*)$/gm)].flatMap(([, mark]) => mark ?? [])
  const rows = recorded.rows()
  assertOnce(rows, marks)
  const changes = [...all.matchAll(/^changed (.*)$/gm)].flatMap(([, mark]) => mark ?? [])
  assertChanged(recorded.database, changes)
  assert.equal(new Set(rows.map(({ origin }) => origin)).size, 1, 'it went on under another name')
  await recorded.assertVerified()
  assert.ok(marks.length > 0, 'nothing was acknowledged: nothing was shown')
  const knowledge = [0, 1].filter((slot) => existsSync(join(recorded.journal, `knowledge-${slot}.json`))).length
  figures(t, { ...tally, knowledge, kept: marks.length, changes: changes.length, entries: rows.length })
})

/** Of the small files each is as it was written last or before; but the status, which is there for the moment. */
async function assertWhole(folder: string): Promise<void> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /(?<!status)\.json$/.test(name))
  for (const name of names) assert.notEqual(await readSealed(join(folder, name)), 'damaged', name)
}

/** Each change that was in force is on record once. */
function assertChanged(database: string, changes: readonly string[]): void {
  const db = new DatabaseSync(database, { readOnly: true })
  const found = db.prepare('SELECT new_value FROM change').all()
  db.close()
  const values = found.map((row) => String(row['new_value']).replaceAll('"', ''))
  assert.equal(new Set(values).size, values.length, 'a change is there twice')
  for (const change of changes)
    assert.ok(values.includes(change), `the change ${change} was in force, and is not there`)
}
