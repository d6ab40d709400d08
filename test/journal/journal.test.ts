import assert from 'node:assert/strict'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { openJournal } from '../../proxy/journal/journal.ts'
import { JournalReader, readJournal } from '../../proxy/journal/reader.ts'
import type { Frame } from '../../proxy/journal/entry.ts'
import { loadIdentity } from '../../proxy/journal/identity.ts'
import { verifyJournal } from '../../proxy/journal/verify.ts'
import { FaultyDisk } from './faulty-disk.ts'
import { answered, asked, folderFor } from './samples.ts'

async function framesIn(folder: string): Promise<Frame[]> {
  const frames: Frame[] = []
  for await (const reading of readJournal(folder)) {
    assert.equal(reading.kind, 'frame')
    if (reading.kind === 'frame') frames.push(reading.frame)
  }
  return frames
}

test('what was asked and answered reads back as it was, body byte for byte', async (t) => {
  const folder = await folderFor(t)
  const journal = await openJournal({ folder, name: 'proxy' })
  const question = { ...asked(''), body: { bytes: Uint8Array.from([0, 255, 10, 13, 128]), extent: 'head' as const } }
  const { ticket, durable } = journal.ask(question)
  await durable
  journal.answer(ticket, answered())
  await journal.close()
  const frames = await framesIn(folder)
  assert.deepEqual(
    frames.map((frame) => [frame.n, frame.kind]),
    [
      [1, 'opened'],
      [2, 'asked'],
      [3, 'answered'],
      [4, 'closed'],
    ],
  )
  assert.deepEqual(frames[1], { kind: 'asked', n: 2, ...ticket, asked: question })
  assert.deepEqual(frames[2], { kind: 'answered', n: 3, seq: ticket.seq, answered: answered() })
})

test('each group that has become durable tells how long that took, and one that failed tells nothing', async (t) => {
  const folder = await folderFor(t)
  const disk = new FaultyDisk()
  const took: number[] = []
  const journal = await openJournal({ folder, name: 'proxy', fs: disk, pauseMs: 1000, onSync: (ms) => took.push(ms) })
  const before = took.length
  await journal.ask(asked('one')).durable
  assert.equal(took.length, before + 1)
  assert.ok(
    took.every((ms) => ms > 0 && ms < 10_000),
    took.join(),
  )
  assert.equal(took.at(-1), journal.stats().lastSyncMs)
  disk.fault = { step: 'sync', persisted: 'before', code: 'EIO', times: 1 }
  await assert.rejects(journal.ask(asked('two')).durable)
  assert.equal(took.length, before + 1)
  await journal.close()
})

test('numbers and ids go on over restarts, and the origin stays, also when the clock is set back', async (t) => {
  const folder = await folderFor(t)
  const tickets = []
  const origins = new Set<string>()
  for (const now of [1_900_000_000_000, 1_800_000_000_000, 1_700_000_000_000]) {
    const journal = await openJournal({ folder, name: 'proxy', now: () => now })
    origins.add(journal.origin)
    for (let i = 0; i < 5; i++) {
      const { ticket, durable } = journal.ask(asked(`q${i}`))
      await durable
      tickets.push(ticket)
    }
    await journal.close()
  }
  assert.equal(origins.size, 1)
  assert.match([...origins].join(), /^proxy-[0-9a-f]{6}$/)
  assert.deepEqual(
    tickets.map((ticket) => ticket.seq),
    Array.from({ length: 15 }, (_, i) => i + 1),
  )
  const ids = tickets.map((ticket) => BigInt(ticket.logId))
  assert.ok(ids.every((id, i) => i === 0 || id > (ids[i - 1] ?? 0n)))
})

test('a second process is refused while the first has the journal, and let in after the first was killed', async (t) => {
  const folder = await folderFor(t)
  const script = `
    import { openJournal } from ${JSON.stringify(new URL('../../proxy/journal/journal.ts', import.meta.url).href)}
    await openJournal({ folder: ${JSON.stringify(folder)}, name: 'proxy' })
    console.log('open'); setInterval(() => undefined, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  await assert.rejects(openJournal({ folder, name: 'proxy' }), {
    code: 'JOURNAL_LOCKED',
    message: /in use by another process/,
  })
  child.kill('SIGKILL')
  await once(child, 'exit')
  const journal = await openJournal({ folder, name: 'proxy' })
  await assert.rejects(openJournal({ folder, name: 'proxy' }), {
    code: 'JOURNAL_LOCKED',
    message: /in use by this process/,
  })
  assert.equal(journal.ready, true)
  await journal.close()
})

test('segments rotate, and those wholly before a position are released', async (t) => {
  const folder = await folderFor(t)
  const journal = await openJournal({ folder, name: 'proxy', segmentBytes: 4096 })
  for (let i = 0; i < 100; i++) await journal.ask(asked(`query ${i} ${'x'.repeat(200)}`)).durable
  const before = journal.stats()
  assert.ok(before.segments > 5)
  assert.equal((await verifyJournal(folder)).frames.asked, 100)
  const identity = await loadIdentity(folder)
  assert.ok(identity !== null)
  const reader = new JournalReader(folder, identity.mark)
  t.after(() => reader.close())
  while ((await reader.next(60)) !== null);
  assert.equal(reader.position.n, 60)
  await journal.release(reader.position)
  const next = await reader.next(61)
  assert.equal(next?.kind === 'frame' && next.frame.n, 61)
  const after = journal.stats()
  assert.ok(after.segments < before.segments && after.bytes < before.bytes)
  const report = await verifyJournal(folder)
  assert.deepEqual([report.damaged, report.missingSeqs, report.lastSeq, report.bytes], [[], 0, 100, after.bytes])
  assert.ok(report.firstSeq > 1 && report.firstSeq <= 60)
  await journal.close()
})

test('a tailing reader sees only what it is told is durable, and all of it', async (t) => {
  const folder = await folderFor(t)
  const journal = await openJournal({ folder, name: 'proxy', segmentBytes: 3000 })
  const identity = await loadIdentity(folder)
  assert.ok(identity !== null)
  const reader = new JournalReader(folder, identity.mark)
  t.after(() => reader.close())
  let seen = 0
  for (let round = 0; round < 40; round++) {
    await Promise.all(Array.from({ length: 7 }, (_, i) => journal.ask(asked(`${round}/${i}`)).durable))
    const limit = journal.durablePosition - 3
    for (let reading = await reader.next(limit); reading !== null; reading = await reader.next(limit)) {
      assert.ok(reading.kind === 'frame')
      assert.equal(reading.frame.n, (seen += 1))
    }
    assert.equal(seen, limit)
  }
  await journal.close()
})

test(
  'on POSIX the folder and its files are for their owner alone',
  { skip: process.platform === 'win32' },
  async (t) => {
    const folder = await folderFor(t)
    const journal = await openJournal({ folder, name: 'proxy' })
    await journal.close()
    assert.equal((await stat(folder)).mode & 0o777, 0o700)
    for (const name of await readdir(folder)) assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600, name)
  },
)

test('a damaged journal.json is made whole from a segment; without any segment the origin is a new one', async (t) => {
  const folder = await folderFor(t)
  const first = await openJournal({ folder, name: 'proxy' })
  await first.ask(asked('q')).durable
  await first.close()
  const path = join(folder, 'journal.json')
  await writeFile(path, (await readFile(path, 'utf8')).replace(/proxy-./, 'proxy-z'))
  const second = await openJournal({ folder, name: 'proxy' })
  assert.equal(second.origin, first.origin)
  assert.equal(second.stats().seq, 1)
  await second.close()
})

test('what a process left that died while it replaced a file beside the segments is removed by the next', async (t) => {
  const folder = await folderFor(t)
  await (await openJournal({ folder, name: 'proxy' })).close()
  await writeFile(join(folder, 'knowledge-1.json.4711-3.tmp'), '{"half')
  await writeFile(join(folder, 'mine.tmp'), 'of an operator')
  await (await openJournal({ folder, name: 'proxy' })).close()
  const names = await readdir(folder)
  assert.deepEqual(
    names.filter((name) => name.endsWith('.tmp')),
    ['mine.tmp'],
  )
})

test('a query too large for a frame is refused and takes no number', async (t) => {
  const folder = await folderFor(t)
  const journal = await openJournal({ folder, name: 'proxy' })
  const body = { bytes: Buffer.alloc(129 * 1024 * 1024), extent: 'whole' as const }
  await assert.rejects(journal.ask({ ...asked(''), body }).durable, { code: 'JOURNAL_TOO_LARGE' })
  const { ticket, durable } = journal.ask(asked('small'))
  await durable
  assert.equal(ticket.seq, 1)
  await journal.close()
})

test('queries that come faster than the disk are refused before memory runs out', async (t) => {
  const folder = await folderFor(t)
  const journal = await openJournal({ folder, name: 'proxy', maxWaitingBytes: 10_000 })
  const results = Array.from({ length: 40 }, () => journal.ask(asked('x'.repeat(1000))))
  assert.equal(journal.ready, false)
  const settled = await Promise.allSettled(results.map((one) => one.durable))
  const kept = settled.filter((one) => one.status === 'fulfilled').length
  assert.ok(kept > 2 && kept < 12)
  assert.equal(journal.ready, true)
  await journal.close()
  assert.equal((await verifyJournal(folder)).frames.asked, kept)
})

test('a closed journal refuses, and closing twice is closing once', async (t) => {
  const folder = await folderFor(t)
  const journal = await openJournal({ folder, name: 'proxy' })
  await Promise.all([journal.close(), journal.close()])
  assert.equal(journal.ready, false)
  await assert.rejects(journal.ask(asked('late')).durable, { code: 'JOURNAL_CLOSED' })
  const before = (await verifyJournal(folder)).bytes
  journal.miss('cube')
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
  assert.equal((await verifyJournal(folder)).bytes, before)
})
