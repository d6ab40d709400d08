/**
 * What earlier exchanges taught, beside the checkpoint: two files, written in turn, each sealed and naming the frame up to
 * which it has learnt. The one of a checkpoint is written before it, and the one before that is left until then; so
 * whenever a process ends, one of them is what was known at the checkpoint, no more and no less, and a recorder that
 * starts there makes the same records as one that never stopped.
 *
 * Like the journal they are readable by their owner only: they hold names of members. A file that is broken costs what it
 * held: entries are made all the same, and say less.
 */
import { join } from 'node:path'
import { type Disk, nodeDisk } from '../journal/disk.ts'
import { readSealed, writeSealed } from '../journal/sealed.ts'
import { Learned } from '../protocol/learned/learned.ts'
import type { WrittenKnowledge } from '../protocol/learned/learned.ts'
import type { Origin } from '../../schema/record/ids.ts'

export interface KeptKnowledge {
  /** All frames up to this ordinal have been learnt from. */
  readonly n: number
  /** To interpret with, and to write down: two, because the first runs ahead of what is committed. */
  readonly live: Learned
  readonly settled: Learned
}

type Slot = 0 | 1
const SLOTS: readonly Slot[] = [0, 1]

export class KnowledgeFiles {
  readonly #folder: string
  readonly #origin: Origin
  readonly #disk: Disk
  /** The one that belongs to the checkpoint on disk: it must not be written next. */
  #current: Slot = 1

  constructor(folder: string, origin: Origin, disk: Disk = nodeDisk) {
    this.#folder = folder
    this.#origin = origin
    this.#disk = disk
  }

  /** The latest that has learnt from no frame behind `upTo`, and whether any file was broken. Never throws. */
  async read(upTo: number): Promise<{ readonly kept: KeptKnowledge; readonly broken: boolean }> {
    let kept: KeptKnowledge = { n: 0, live: new Learned(), settled: new Learned() }
    let broken = false
    for (const slot of SLOTS) {
      const found = await this.#readSlot(slot)
      if (found === 'broken') broken = true
      else if (found !== null && found.n > upTo) await this.#discard(slot)
      else if (found !== null && found.n > kept.n) {
        kept = found
        this.#current = slot
      }
    }
    return { kept, broken }
  }

  /** Journal or store were set back: these frames are read for the first time, whatever was read under their numbers. */
  async #discard(slot: Slot): Promise<void> {
    // One that cannot be removed is written over next, or told of by the checkpoint, which meets the same disk.
    await this.#disk.unlink(this.#path(slot)).catch(() => undefined)
    this.#current = slot === 0 ? 1 : 0
  }

  async #readSlot(slot: Slot): Promise<KeptKnowledge | 'broken' | null> {
    const sealed = await readSealed(this.#path(slot)).catch(() => 'damaged' as const)
    if (sealed === 'absent') return null
    if (sealed === 'damaged') return 'broken'
    const { content } = sealed
    if (typeof content !== 'object' || content === null || !('n' in content) || !('origin' in content)) return 'broken'
    if (content.origin !== this.#origin) return null
    const written = 'knowledge' in content ? content.knowledge : null
    const [live, settled] = [Learned.from(written), Learned.from(written)]
    if (live === null || settled === null || typeof content.n !== 'number') return 'broken'
    return { n: content.n, live, settled }
  }

  /** Rejects when the disk refuses. Call the answer once the checkpoint that goes with it is written too. */
  async write(n: number, knowledge: WrittenKnowledge): Promise<() => void> {
    const slot: Slot = this.#current === 0 ? 1 : 0
    await writeSealed(this.#disk, this.#path(slot), { origin: this.#origin, n, knowledge })
    return () => (this.#current = slot)
  }

  #path(slot: Slot): string {
    return join(this.#folder, `knowledge-${slot}.json`)
  }
}
