import assert from 'node:assert/strict'
import { readFile, truncate, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import type { Frame } from '../../proxy/journal/entry.ts'
import { openJournal } from '../../proxy/journal/journal.ts'
import { readJournal } from '../../proxy/journal/reader.ts'
import type { Damage } from '../../proxy/journal/reader.ts'
import { listSegments, segmentPath } from '../../proxy/journal/segment.ts'
import { verifyJournal } from '../../proxy/journal/verify.ts'
import { answered, asked, folderFor } from './samples.ts'

async function small(folder: string, segmentBytes: number, lives = 2): Promise<void> {
  for (let life = 1; life <= lives; life++) {
    const journal = await openJournal({ folder, name: 'proxy', segmentBytes })
    for (let i = 0; i < 3; i++) {
      const { ticket, durable } = journal.ask(asked(`query ${life}.${i}`))
      await durable
      if (i !== 1) journal.answer(ticket, answered())
    }
    await journal.close()
  }
}

async function readAll(folder: string): Promise<{ frames: Map<number, Frame>; damaged: Damage[] }> {
  const frames = new Map<number, Frame>()
  const damaged: Damage[] = []
  let last = 0
  for await (const reading of readJournal(folder)) {
    const first = reading.kind === 'frame' ? reading.frame.n : reading.damage.firstN
    assert.ok(first > last, 'ordinals only grow')
    last = reading.kind === 'frame' ? first : reading.damage.lastN
    if (reading.kind === 'frame') frames.set(first, reading.frame)
    else damaged.push(reading.damage)
  }
  return { frames, damaged }
}

for (const segmentBytes of [1 << 20, 1200]) {
  test(`whichever byte is flipped (segments of ${segmentBytes}), no wrong frame is read and every missing one is told of`, async (t) => {
    const folder = await folderFor(t)
    await small(folder, segmentBytes, 1)
    const { frames: sound } = await readAll(folder)
    assert.equal(sound.size, 7)
    let lost = 0
    for (const segment of await listSegments(folder)) {
      const path = segmentPath(folder, segment)
      const bytes = await readFile(path)
      for (let at = 0; at < bytes.length; at++) {
        const flipped = Buffer.from(bytes)
        flipped[at] = (bytes[at] ?? 0) ^ (at % 2 === 0 ? 0xff : 1 << (at % 8))
        await writeFile(path, flipped)
        const { frames, damaged } = await readAll(folder)
        for (const [n, frame] of frames) assert.deepEqual(frame, sound.get(n))
        const missing = [...sound.keys()].filter((n) => !frames.has(n))
        const told = damaged.flatMap(({ firstN, lastN }) =>
          Array.from({ length: lastN - firstN + 1 }, (_, i) => firstN + i),
        )
        // A damaged frame that nothing follows cannot be told from a torn one.
        assert.deepEqual(
          told,
          missing.filter((n) => n !== 7),
          `byte ${at} of segment ${segment}`,
        )
        assert.ok(missing.length <= 1)
        lost += missing.length
      }
      await writeFile(path, bytes)
    }
    assert.ok(lost > 1500, String(lost))
  })
}

test('cut off at whichever byte, a journal gives every frame before the cut, without complaint, and can be written on', async (t) => {
  const folder = await folderFor(t)
  await small(folder, 1 << 20)
  const [, last = 0] = await listSegments(folder)
  const path = segmentPath(folder, last)
  const bytes = await readFile(path)
  const { frames: sound } = await readAll(folder)
  for (let length = bytes.length - 1; length >= 0; length -= length > 900 ? 1 : 7) {
    await truncate(path, length)
    const { frames, damaged } = await readAll(folder)
    assert.deepEqual(
      [...frames.keys()],
      Array.from({ length: frames.size }, (_, i) => i + 1),
    )
    assert.deepEqual(damaged, [])
    assert.ok(frames.size >= 7 && frames.size < sound.size)
    assert.deepEqual(frames.get(frames.size), sound.get(frames.size))
  }
  await writeFile(path, bytes.subarray(0, bytes.length - 70))
  const journal = await openJournal({ folder, name: 'proxy' })
  const { ticket, durable } = journal.ask(asked('behind the torn tail'))
  await durable
  await journal.close()
  assert.equal(ticket.seq, 7)
  const report = await verifyJournal(folder)
  assert.deepEqual([report.damaged, report.missingSeqs, report.frames.asked], [[], 0, 7])
  assert.ok(report.strayBytes > 0)
})

test('a frame that a client sends in a body is not read as one, even when the frame around it is damaged', async (t) => {
  const folder = await folderFor(t)
  await small(folder, 1 << 20)
  const [first = 0] = await listSegments(folder)
  const stolen = await readFile(segmentPath(folder, first))
  const target = await folderFor(t)
  const journal = await openJournal({ folder: target, name: 'proxy' })
  const question = { ...asked(''), body: { bytes: stolen, extent: 'whole' as const } }
  await journal.ask(question).durable
  await journal.ask(asked('next')).durable
  await journal.close()
  const path = segmentPath(target, 1)
  const bytes = await readFile(path)
  const at = bytes.indexOf(stolen)
  bytes[at - 1] = 0
  await writeFile(path, bytes)
  const { frames, damaged } = await readAll(target)
  assert.deepEqual([...frames.keys()], [1, 3, 4])
  assert.deepEqual(
    damaged.map(({ firstN, lastN }) => [firstN, lastN]),
    [[2, 2]],
  )
})

test('a whole segment that is gone shows as the numbers that are missing', async (t) => {
  const folder = await folderFor(t)
  await small(folder, 1200)
  const segments = await listSegments(folder)
  assert.ok(segments.length > 3)
  const path = segmentPath(folder, segments[1] ?? 0)
  await truncate(path, 0)
  const report = await verifyJournal(folder)
  assert.equal(report.damaged.length, 1)
  assert.ok(report.missingSeqs > 0)
})

test('a length that damage made up sets no memory aside', async (t) => {
  const folder = await folderFor(t)
  await small(folder, 1 << 20)
  const path = segmentPath(folder, 1)
  const bytes = await readFile(path)
  const mark = bytes.subarray(bytes.indexOf('{"kind":"opened"') - 16).subarray(0, 4)
  const at = bytes.indexOf(mark, bytes.indexOf('{"kind":"opened"'))
  bytes.writeUInt32LE(127 * 1024 * 1024, at + 4)
  await writeFile(path, bytes)
  const before = process.memoryUsage().arrayBuffers
  const { damaged } = await readAll(folder)
  assert.equal(damaged.length, 1)
  assert.ok(process.memoryUsage().arrayBuffers - before < 16 * 1024 * 1024)
})
