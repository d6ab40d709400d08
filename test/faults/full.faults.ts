/**
 * A disk that is full, in truth: a small file system of its own, filled and emptied again and again under load. Journal,
 * checkpoint, knowledge, status and the embedded store all meet it, as they lie on it, together or one without the other.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { figures, rounds, seeded } from './campaign.ts'
import { Stage } from './stage.ts'

const MEGABYTES = 96

/** `null`: this computer, or this user, may not mount. */
function smallFileSystem(t: TestContext): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'tilsyn-full-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${MEGABYTES}m`, 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    rmdirSync(folder)
    return null
  }
  t.after(() => {
    execFileSync('umount', ['--lazy', folder])
    rmdirSync(folder)
  })
  return folder
}

/** Takes all the room there is; what was written until it was full stays. */
function fill(path: string): void {
  const file = openSync(path, 'a')
  try {
    for (let size = 1 << 20; size >= 1;) {
      try {
        if (writeSync(file, Buffer.alloc(size)) < size) size = size >> 1
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC')
        size = size >> 1
      }
    }
  } finally {
    closeSync(file)
  }
}

for (const what of ['everything', 'the journal', 'the store'] as const) {
  test(`the disk of ${what} is full, again and again: nothing is lost or doubled, and it needs nobody to mend it`, async (t) => {
    const random = seeded(t)
    const small = smallFileSystem(t)
    if (small === null) return t.skip('no file system may be mounted here')
    const stage = await Stage.open(t, random, {
      ...(what === 'everything' && { data: small }),
      ...(what === 'the journal' && { proxy: { journal: join(small, 'journal') } }),
      ...(what === 'the store' && { store: { kind: 'embedded', path: join(small, 'tilsyn.db') } }),
      ...(what === 'the store' && { proxy: { journal: 'data/journal' } }),
    })
    const proxy = await stage.proxy()
    const filling = join(small, 'filling')
    let isRefusedAtAll = false
    for (const _ of rounds(2, 100)) {
      await stage.ask(stage.more(20 + random.below(40)))
      fill(filling)
      const before = stage.count('refused')
      await stage.ask(stage.more(50 + random.below(100)))
      isRefusedAtAll ||= stage.count('refused') > before
      rmSync(filling)
      // It comes back by itself: asked until one is answered.
      await stage.ask(stage.more(1, 'whole'), 1)
    }
    await stage.written()
    await proxy.close()
    const rows = stage.rows()
    stage.assertOnce(rows)
    await stage.assertVerified()
    if (what === 'the store') assert.equal(stage.count('refused'), 0, 'a full store is nothing to who asks')
    else assert.ok(isRefusedAtAll, 'the disk was never full')
    figures(t, { answered: stage.count('whole'), refused: stage.count('refused'), entries: rows.length })
  })
}
