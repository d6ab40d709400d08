/** Each change is an entry exactly once, wherever the process dies, and whatever the disk does. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { ConfiguredFrame } from '../../proxy/journal/entry.ts'
import { JournalError } from '../../proxy/journal/journal-error.ts'
import { loadIdentity } from '../../proxy/journal/identity.ts'
import { openJournal, type JournalOptions } from '../../proxy/journal/journal.ts'
import { JournalReader } from '../../proxy/journal/reader.ts'
import { listSegments } from '../../proxy/journal/segment.ts'
import { ChangeLog, ChangeNotKept } from '../../proxy/reload/change-log.ts'
import type { Who } from '../../proxy/reload/who.ts'
import type { Setting } from '../../schema/config/settings.ts'
import { FaultyDisk } from '../journal/faulty-disk.ts'
import { eventually } from '../support/tilsyn.ts'

const START: Who = { through: 'start' }
/** A broken journal does not keep a process awake by itself. */
function stayAwake(t: TestContext): void {
  const awake = setInterval(() => undefined, 1000)
  t.after(() => clearInterval(awake))
}

const SIGNAL: Who = { through: 'signal' }

const setting = (value: string, secret: string | null = null): readonly Setting[] => [
  { pointer: '/persons/threshold', text: secret === null ? value : null, sha256: null, secret },
]

const scratch = () => mkdtempSync(join(tmpdir(), 'tilsyn-'))

/** A process that has never been told to stop: its folder is left as it is, as by SIGKILL. */
async function begin(t: TestContext, folder: string, more: Partial<JournalOptions> = {}) {
  const journal = await openJournal({ folder, name: 'test', lock: { release: () => undefined }, ...more })
  t.after(() => journal.close())
  return { journal, log: await ChangeLog.open({ journal, folder }) }
}

/** What the journal has on record, oldest first. */
async function frames(folder: string): Promise<readonly ConfiguredFrame[]> {
  const [segment = 1] = await listSegments(folder)
  const reader = new JournalReader(folder, (await loadIdentity(folder))?.mark ?? 0, { segment, offset: 0, n: 0 })
  const found: ConfiguredFrame[] = []
  for (let reading = await reader.next(); reading !== null; reading = await reader.next())
    if (reading.kind === 'frame' && reading.frame.kind === 'configured') found.push(reading.frame)
  await reader.close()
  return found
}

const steps = async (folder: string) =>
  (await frames(folder)).map(({ configured }) => configured.changes.map((c) => `${c.oldValue} → ${c.newValue}`).join())

async function change(log: ChangeLog, settings: readonly Setting[], who: Who = SIGNAL): Promise<void> {
  await (await log.note(settings, who)).record()
}

const kept = (folder: string) => join(folder, 'configuration.json')

test('killed before its frame was written, or after, or while the file forgot it: each change is on record once', async (t) => {
  const folder = scratch()
  const first = await begin(t, folder)
  await change(first.log, setting('1'), START)
  await first.log.note(setting('2'), SIGNAL)

  // Killed before the frame: the next one writes it.
  const second = await begin(t, folder)
  assert.deepEqual(await steps(folder), ['null → 1', '1 → 2'])
  assert.deepEqual((await second.log.note(setting('2'), START)).changes, [])

  // Killed after the frame, before the file forgot the change.
  const noted = await second.log.note(setting('3'), SIGNAL)
  const before = readFileSync(kept(folder))
  await noted.record()
  writeFileSync(kept(folder), before)
  const third = await begin(t, folder)
  assert.deepEqual(await steps(folder), ['null → 1', '1 → 2', '2 → 3'])

  // Killed with two open, one on record and one not.
  const one = await third.log.note(setting('4'), SIGNAL)
  await third.log.note(setting('5'), SIGNAL)
  const both = readFileSync(kept(folder))
  await one.record()
  writeFileSync(kept(folder), both)
  await begin(t, folder)
  assert.deepEqual(await steps(folder), ['null → 1', '1 → 2', '2 → 3', '3 → 4', '4 → 5'])
})

test('a change that the journal cannot take yet is not forgotten for a later one that it takes', async (t) => {
  const folder = scratch()
  const { journal, log } = await begin(t, folder)
  await change(log, setting('1'), START)
  const configure = journal.configure.bind(journal)
  journal.configure = async () => Promise.reject(new JournalError('JOURNAL_TOO_LARGE', 'too large'))
  await change(log, setting('2'))
  journal.configure = configure
  await change(log, setting('3'))
  await begin(t, folder)
  assert.deepEqual((await steps(folder)).toSorted(), ['1 → 2', '2 → 3', 'null → 1'])
})

test('while the journal is broken a change takes effect, and is on record once it writes again', async (t) => {
  stayAwake(t)
  const [folder, fs] = [scratch(), new FaultyDisk()]
  const { journal, log } = await begin(t, folder, { fs, pauseMs: 1 })
  await change(log, setting('1'), START)
  fs.fault = { step: 'sync', persisted: 'half', code: 'ENOSPC', times: 1000 }
  await change(log, setting('2'))
  await change(log, setting('3'))
  assert.equal(journal.ready, false)
  fs.fault.times = 0
  await eventually(10_000, async () => (journal.ready ? true : null))
  assert.deepEqual(await steps(folder), ['null → 1', '1 → 2', '2 → 3'])
  await begin(t, folder)
  assert.equal((await frames(folder)).length, 3, 'not once more at the next start')
})

test('killed while the journal was broken: the next process looks for the change from where this one had come to', async (t) => {
  stayAwake(t)
  const [folder, fs] = [scratch(), new FaultyDisk()]
  const first = await begin(t, folder, { fs, pauseMs: 1 })
  await change(first.log, setting('1'), START)
  fs.fault = { step: 'append', persisted: 'before', code: 'ENOSPC', times: 1000 }
  // Numbers that will be given anew: none of these frames is ever written.
  const tried = Array.from({ length: 50 }, () => first.log.refused([], SIGNAL))
  await Promise.all([...tried, change(first.log, setting('2'))])
  const before = readFileSync(kept(folder))

  const second = await begin(t, folder, { segmentBytes: 1 })
  // The file could not forget it, and many frames have come since, each in a segment of its own.
  for (let i = 0; i < 60; i++) await second.log.refused([], SIGNAL)
  writeFileSync(kept(folder), before)
  await begin(t, folder)
  assert.deepEqual(
    (await steps(folder)).filter((step) => step !== ''),
    ['null → 1', '1 → 2'],
  )
})

test('a folder that cannot be written to changes nothing, and does not keep the proxy from starting', async (t) => {
  const folder = scratch()
  const { log } = await begin(t, folder)
  await change(log, setting('1'), START)
  rmSync(kept(folder))
  mkdirSync(join(kept(folder), 'in the way'), { recursive: true })
  await assert.rejects(log.note(setting('2'), SIGNAL), ChangeNotKept)
  const again = await begin(t, folder)
  await assert.rejects(again.log.note(setting('2'), START), ChangeNotKept)
  rmSync(kept(folder), { recursive: true })
  await change(again.log, setting('2'), START)
  assert.deepEqual(await steps(folder), ['null → 1', 'null → 2'])
})

for (const step of ['rename', 'syncFolder'] as const) {
  for (const times of [1, 2]) {
    test(`a change that a failing disk may have kept (${step}, ${times} times) is no entry, for it was not made`, async (t) => {
      const folder = scratch()
      const disk = new FaultyDisk()
      const journal = await openJournal({ folder, name: 'test', lock: { release: () => undefined } })
      t.after(() => journal.close())
      const log = await ChangeLog.open({ journal, folder, disk })
      await change(log, setting('1'), START)
      disk.fault = { step, persisted: 'after', code: 'EIO', times }
      await assert.rejects(log.note(setting('2'), SIGNAL), ChangeNotKept)
      assert.equal(disk.failed, times)
      await log.close()
      const { log: next } = await begin(t, folder)
      await change(next, setting('1'), START)
      assert.deepEqual(await steps(folder), ['null → 1'])
    })
  }
}

test('without the file, or with one that was tampered with, an entry says so and has the whole set-up', async (t) => {
  const folder = scratch()
  await change((await begin(t, folder)).log, setting('1'), START)
  rmSync(kept(folder))
  await change((await begin(t, folder)).log, setting('2'), START)
  writeFileSync(kept(folder), readFileSync(kept(folder), 'utf8').replace('"text":"2"', '"text":"3"'))
  await change((await begin(t, folder)).log, setting('3'), START)
  const words = (await frames(folder)).map(({ configured }) => configured.words)
  assert.deepEqual(await steps(folder), ['null → 1', 'null → 2', 'null → 3'])
  assert.match(words[0] ?? '', /første start/)
  assert.match(words[1] ?? '', /configuration\.json mangler/)
  assert.match(words[2] ?? '', /configuration\.json er beskadiget/)
})

test('of a secret there is nothing on record, nor in the file but a salted hash', async (t) => {
  const folder = scratch()
  const { log } = await begin(t, folder)
  await change(log, setting('', 'hemmeligt-et'), START)
  await change(log, setting('', 'hemmeligt-to'))
  assert.deepEqual(await steps(folder), ['null → …', '… → … (changed)'])
  const all = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'))
  assert.ok(all.length > 2)
  assert.doesNotMatch(all.join(), /hemmeligt/)
})
