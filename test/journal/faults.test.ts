import assert from 'node:assert/strict'
import { copyFile, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Ticket } from '../../proxy/exchange.ts'
import type { Frame } from '../../proxy/journal/entry.ts'
import { openJournal } from '../../proxy/journal/journal.ts'
import type { JournalState } from '../../proxy/journal/journal.ts'
import { readJournal } from '../../proxy/journal/reader.ts'
import { verifyJournal } from '../../proxy/journal/verify.ts'
import { FaultyDisk } from './faulty-disk.ts'
import type { Persisted, Step } from './faulty-disk.ts'
import { answered, asked, folderFor } from './samples.ts'

/** A table of failures, each having persisted and not, as in Sunlight's `TestSequenceErrors`. */
const FAULTS: readonly (readonly [step: Step, persisted: Persisted, code: string])[] = [
  ['append', 'before', 'ENOSPC'],
  ['append', 'half', 'ENOSPC'],
  ['append', 'after', 'EIO'],
  ['sync', 'before', 'EIO'],
  ['sync', 'after', 'EIO'],
  ['create', 'before', 'ENOSPC'],
  ['create', 'after', 'EMFILE'],
  ['syncFolder', 'before', 'EIO'],
  ['syncFolder', 'after', 'EIO'],
]

class States {
  readonly seen: JournalState[] = []
  #waiters: (() => void)[] = []
  readonly on = (state: JournalState): void => {
    this.seen.push(state)
    for (const wake of this.#waiters.splice(0)) wake()
  }
  async until(kind: JournalState['kind']): Promise<void> {
    while (this.seen.at(-1)?.kind !== kind) await new Promise<void>((resolve) => this.#waiters.push(resolve))
  }
}

async function framesIn(folder: string): Promise<Frame[]> {
  const frames: Frame[] = []
  for await (const reading of readJournal(folder)) {
    assert.equal(reading.kind, 'frame', JSON.stringify(reading))
    if (reading.kind === 'frame') frames.push(reading.frame)
  }
  return frames
}

const textsOf = (frames: readonly Frame[]) =>
  frames.flatMap((frame) => (frame.kind === 'asked' ? [Buffer.from(frame.asked.body.bytes).toString()] : []))

/** The disk as a crash would leave it now: a file that is removed meanwhile may be in it or not. */
async function copyAsItStands(from: string, to: string): Promise<void> {
  await mkdir(to)
  for (const name of await readdir(from)) {
    await copyFile(join(from, name), join(to, name)).catch((error: NodeJS.ErrnoException) =>
      assert.equal(error.code, 'ENOENT'),
    )
  }
}

for (const [step, persisted, code] of FAULTS) {
  for (const times of [1, 2, 3]) {
    test(`${code} at ${step}, ${times} times, ${persisted} it has persisted: answers are withheld, no entry is lost or doubled`, async (t) => {
      const folder = await folderFor(t)
      const disk = new FaultyDisk()
      const states = new States()
      const rotates = step === 'create' || step === 'syncFolder'
      const segmentBytes = rotates ? 1 : 1 << 20 // with the first, every group needs a new segment
      const journal = await openJournal({
        folder,
        name: 'proxy',
        fs: disk,
        segmentBytes,
        pauseMs: 1,
        onState: states.on,
      })
      const acknowledged: string[] = []
      const tickets: Ticket[] = []
      const ask = (text: string) => {
        const { ticket, durable } = journal.ask(asked(text))
        tickets.push(ticket)
        return durable.then(() => void acknowledged.push(text))
      }
      for (let i = 0; i < 5; i++) await ask(`before ${i}`)
      disk.fault = { step, persisted, code, times }
      const under = [ask('under way 0'), ask('under way 1'), ask('under way 2')]
      for (const result of await Promise.allSettled(under)) {
        assert.equal(result.status, 'rejected')
        if (result.status === 'rejected') assert.equal(result.reason.systemCode, code)
      }
      const atFailure = `${folder}-at-failure`
      await copyAsItStands(folder, atFailure)
      for (const ticket of tickets.slice(5)) journal.answer(ticket, { ...answered(), ending: 'withheld' })
      journal.miss('cube')
      journal.miss('cube')
      await states.until('ready')
      assert.ok(states.seen.length <= 2)
      assert.equal(disk.failed, times)
      for (let i = 0; i < 5; i++) await ask(`after ${i}`)
      await journal.close()

      const frames = await framesIn(folder)
      assert.deepEqual(
        frames.map((frame) => frame.n),
        frames.map((_, i) => i + 1),
      )
      const wanted = ['before', 'under way', 'after'].flatMap((when) =>
        Array.from({ length: when === 'under way' ? 3 : 5 }, (_, i) => `${when} ${i}`),
      )
      assert.deepEqual(textsOf(frames), wanted)
      const gaps = frames.filter((frame) => frame.kind === 'gap')
      assert.deepEqual(
        gaps.map((gap) => [gap.server, gap.count]),
        [['cube', 2]],
      )
      const report = await verifyJournal(folder)
      assert.deepEqual([report.damaged, report.missingSeqs, report.lastSeq], [[], 0, 14])
      assert.equal(report.frames.answered, 3)

      // The same, had the process died in the moment of the failure.
      const next = await openJournal({ folder: atFailure, name: 'proxy' })
      await next.ask(asked('next life')).durable
      await next.close()
      const lived = textsOf(await framesIn(atFailure))
      assert.deepEqual([lived.slice(0, 5), lived.at(-1)], [acknowledged.slice(0, 5), 'next life'])
      assert.equal(new Set(lived).size, lived.length)
      assert.deepEqual((await verifyJournal(atFailure)).damaged, [])
      assert.equal((await verifyJournal(atFailure)).missingSeqs, 0)
    })
  }
}

test('while the journal is broken it says so, and a query that asks all the same is refused without a number', async (t) => {
  const folder = await folderFor(t)
  const disk = new FaultyDisk()
  const states = new States()
  const journal = await openJournal({ folder, name: 'proxy', fs: disk, pauseMs: 1, onState: states.on })
  disk.fault = { step: 'sync', persisted: 'before', code: 'EIO', times: Infinity }
  await assert.rejects(journal.ask(asked('a')).durable, { code: 'JOURNAL_SYNC', systemCode: 'EIO' })
  assert.equal(journal.ready, false)
  assert.equal(journal.stats().broken, 'JOURNAL_SYNC')
  const { ticket, durable } = journal.ask(asked('b'))
  await assert.rejects(durable, { code: 'JOURNAL_BROKEN' })
  assert.equal(ticket.seq, 0)
  journal.answer(ticket, answered())
  disk.fault = null
  await states.until('ready')
  await journal.ask(asked('c')).durable
  await journal.close()
  assert.deepEqual(textsOf(await framesIn(folder)), ['a', 'c'])
})

test('a failed sync is never tried again on the same file', async (t) => {
  const folder = await folderFor(t)
  const disk = new FaultyDisk()
  const states = new States()
  const journal = await openJournal({ folder, name: 'proxy', fs: disk, pauseMs: 1, onState: states.on })
  await journal.ask(asked('kept')).durable
  disk.fault = { step: 'sync', persisted: 'before', code: 'EIO', times: 1 }
  await assert.rejects(journal.ask(asked('in doubt')).durable)
  await states.until('ready')
  await journal.close()
  const places = []
  for await (const reading of readJournal(folder)) if (reading.kind === 'frame') places.push(reading.at.segment)
  assert.deepEqual(places, [1, 1, 2, 2])
})

test('a full disk for a long time leaves no trail of files, and closing does not wait for it', async (t) => {
  const folder = await folderFor(t)
  const disk = new FaultyDisk()
  const journal = await openJournal({ folder, name: 'proxy', fs: disk, pauseMs: 1 })
  disk.fault = { step: 'append', persisted: 'half', code: 'ENOSPC', times: Infinity }
  await assert.rejects(journal.ask(asked('a')).durable)
  while (disk.failed < 6) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(journal.stats().segments, 1)
  await journal.close()
  const report = await verifyJournal(folder)
  assert.deepEqual([report.segments, report.frames.opened, report.frames.asked, report.damaged], [1, 1, 0, []])
})

test('a journal whose first segment cannot be written opens broken and heals', async (t) => {
  const folder = await folderFor(t)
  const disk = new FaultyDisk()
  const states = new States()
  disk.fault = { step: 'create', persisted: 'before', code: 'ENOSPC', times: 0 }
  await (await openJournal({ folder, name: 'proxy' })).close()
  disk.fault = { step: 'append', persisted: 'half', code: 'ENOSPC', times: 0 }
  const create = disk.create.bind(disk)
  let broken = true
  disk.create = (path) => {
    if (broken && path.endsWith('.segment')) throw Object.assign(new Error('injected'), { code: 'ENOSPC' })
    return create(path)
  }
  const journal = await openJournal({ folder, name: 'proxy', fs: disk, pauseMs: 1, onState: states.on })
  assert.equal(journal.ready, false)
  broken = false
  await states.until('ready')
  await journal.ask(asked('a')).durable
  await journal.close()
  assert.equal((await verifyJournal(folder)).frames.opened, 2)
})

for (const [step, persisted] of [
  ['create', 'before'],
  ['append', 'half'],
  ['sync', 'before'],
  ['rename', 'before'],
  ['rename', 'after'],
  ['syncFolder', 'after'],
] as const) {
  test(`a failure at ${step} of the identity (${persisted}) ends the start, and the next start is sound`, async (t) => {
    const folder = await folderFor(t)
    const disk = new FaultyDisk()
    const origins: string[] = []
    const first = await openJournal({ folder, name: 'proxy' })
    origins.push(first.origin)
    await first.ask(asked('kept')).durable
    await first.close()
    disk.fault = { step, persisted, code: 'EIO', times: 1 }
    await assert.rejects(openJournal({ folder, name: 'proxy', fs: disk }), { code: 'EIO' })
    const second = await openJournal({ folder, name: 'proxy' })
    assert.equal(second.origin, first.origin)
    await second.close()
    assert.deepEqual(textsOf(await framesIn(folder)), ['kept'])
  })
}
