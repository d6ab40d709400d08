import assert from 'node:assert/strict'
import { copyFile, cp, mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { logIdOfPart } from '../../schema/record/ids.ts'
import { noteProcess } from '../../proxy/journal/checkpoint.ts'
import { nodeDisk } from '../../proxy/journal/disk.ts'
import { folderFor } from '../journal/samples.ts'
import { away, MemoryStore } from './memory-store.ts'
import { closed, open, query, ship, type Source } from './shipping.ts'

/** A proxy's folder, its store, and what its recorders have told of. */
class Proxy {
  readonly folder: string
  readonly kept: string
  readonly store = new MemoryStore()
  readonly troubles: string[] = []

  constructor(folder: string, kept: string) {
    this.folder = folder
    this.kept = kept
  }

  static async begin(t: TestContext): Promise<Proxy> {
    return new Proxy(await folderFor(t), await folderFor(t))
  }

  /** One process, to its end; a text that ends in `?` stays unanswered. Without a recorder. */
  async live(...texts: readonly string[]): Promise<Source> {
    const journal = await open(this.folder)
    await noteProcess(this.folder, journal.origin, journal.openedPosition, nodeDisk)
    for (const text of texts) await query(journal, text, !text.endsWith('?'))
    return closed(journal)
  }

  async ship(source: Source): Promise<void> {
    await ship(source, { store: this.store, onTrouble: (code) => void this.troubles.push(code) })
  }

  async keepCheckpoint(): Promise<void> {
    await mkdir(this.kept)
    await copyFile(join(this.folder, 'checkpoint.json'), join(this.kept, 'checkpoint.json'))
    const checkpoint = await readFile(join(this.kept, 'checkpoint.json'), 'utf8')
    assert.match(checkpoint, /"uncomparedFrom":[0-9]/)
  }

  async putBackCheckpoint(): Promise<void> {
    await copyFile(join(this.kept, 'checkpoint.json'), join(this.folder, 'checkpoint.json'))
  }

  async keepAll(): Promise<void> {
    await cp(this.folder, join(this.kept, 'all'), { recursive: true })
  }

  async putBackAll(): Promise<void> {
    await rm(this.folder, { recursive: true })
    await cp(join(this.kept, 'all'), this.folder, { recursive: true })
  }

  assertOnce(texts: readonly string[]): void {
    assert.deepEqual(this.store.records.map((record) => record.query).toSorted(), texts.toSorted())
  }

  get origins(): number {
    return new Set(this.store.records.map(({ origin }) => origin)).size
  }
}

test('a checkpoint put back alone, of a process that had not met the store, costs nothing and doubles nothing', async (t) => {
  const proxy = await Proxy.begin(t)
  await proxy.ship(await proxy.live('a', 'b'))
  const second = await proxy.live('c', 'd?', 'e')
  await proxy.keepCheckpoint()
  await proxy.ship(second)
  await proxy.ship(await proxy.live('f'))
  await proxy.putBackCheckpoint()
  await proxy.ship(await proxy.live('g'))
  await proxy.ship(await proxy.live('h'))
  proxy.assertOnce(['a', 'b', 'c', 'd?', 'e', 'f', 'g', 'h'])
  assert.deepEqual(proxy.troubles, [])
  assert.equal(proxy.origins, 1)
})

test('nor where ids of entries were another journal’s, and they were given the next ones', async (t) => {
  const proxy = await Proxy.begin(t)
  await proxy.ship(await proxy.live('a'))
  const second = await proxy.live('b')
  await proxy.keepCheckpoint()
  await proxy.ship(second)
  const { records } = proxy.store
  records.splice(0, records.length, ...records.map((r) => ({ ...r, logId: logIdOfPart(r.logId, 1) })))
  await proxy.putBackCheckpoint()
  await proxy.ship(await proxy.live('c'))
  proxy.assertOnce(['a', 'b', 'c'])
  assert.equal(proxy.origins, 1)
})

test('where the last process that the store has heard of asked nothing, the journal gets a new name, and nothing is doubled', async (t) => {
  const proxy = await Proxy.begin(t)
  await proxy.ship(await proxy.live('a', 'b'))
  const second = await proxy.live('c', 'd?')
  await proxy.keepCheckpoint()
  await proxy.ship(second)
  const third = await proxy.live()
  for (const origin of proxy.store.positions.keys()) proxy.store.positions.set(origin, third.durablePosition)
  await proxy.putBackCheckpoint()
  await proxy.ship(await proxy.live('e'))
  await proxy.ship(await proxy.live('f'))
  proxy.assertOnce(['a', 'b', 'c', 'd?', 'e', 'f'])
  assert.deepEqual(proxy.troubles, ['RECORDER_JOURNAL_SET_BACK'])
})

test('a journal that was set back loses nothing to the one before it, however little its processes asked', async (t) => {
  for (const since of [[], ['u'], ['u?'], ['u', 'v', 'w', 'x', 'y', 'z']]) {
    for (const again of [[], ['m'], ['m?', 'n'], ['m', 'n', 'o', 'p', 'q']]) {
      const proxy = await Proxy.begin(t)
      await proxy.ship(await proxy.live('a', 'b'))
      await proxy.keepAll()
      await proxy.ship(await proxy.live(...since))
      await proxy.putBackAll()
      await proxy.live(...again)
      await proxy.ship(await proxy.live('on'))
      proxy.assertOnce(['a', 'b', ...since, ...again, 'on'])
    }
  }
})

test('segments set back to a later time than their checkpoint lose nothing, and what they share is not doubled', async (t) => {
  for (const between of [['i', 'j'], []]) {
    const proxy = await Proxy.begin(t)
    await proxy.ship(await proxy.live('a'))
    const second = await proxy.live('b', 'c?')
    await proxy.keepCheckpoint()
    await proxy.ship(second)
    await proxy.ship(await proxy.live('d'))
    await proxy.keepAll()
    await proxy.ship(await proxy.live('e', 'f', 'g', 'h'))
    await proxy.putBackAll()
    await proxy.putBackCheckpoint()
    if (between.length > 0) await proxy.live(...between)
    await proxy.ship(await proxy.live('k'))
    proxy.assertOnce(['a', 'b', 'c?', 'd', 'e', 'f', 'g', 'h', ...between, 'k'])
    assert.deepEqual(proxy.troubles, ['RECORDER_JOURNAL_SET_BACK'])
    assert.equal(proxy.origins, 2)
  }
})

test('a store that goes away while it is asked is asked again', async (t) => {
  const proxy = await Proxy.begin(t)
  await proxy.ship(await proxy.live('a'))
  const second = await proxy.live('b')
  await proxy.keepCheckpoint()
  await proxy.ship(second)
  await proxy.putBackCheckpoint()
  let reads = 0
  proxy.store.onRead = () => {
    if (++reads % 3 !== 0) throw away()
  }
  await proxy.ship(await proxy.live('c'))
  assert.ok(reads >= 6)
  proxy.assertOnce(['a', 'b', 'c'])
  assert.ok(!proxy.troubles.includes('RECORDER_JOURNAL_SET_BACK'))
})
