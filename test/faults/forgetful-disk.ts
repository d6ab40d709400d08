/**
 * A disk that keeps what was synced and forgets the rest, as one does at a power cut. What is written is held in memory
 * until the file is synced, and a name until its folder is; by chance some of it reaches the real disk earlier, as the
 * kernel may write back whatever it likes: the beginning of an append, a name without its file's content.
 *
 * So the real files are at every moment what a power cut would leave. Who reads them sees only what is durable, and
 * that is all the journal lets anybody read.
 */
import { mkdirSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Disk, DiskFile } from '../../proxy/journal/disk.ts'
import { nodeDisk } from '../../proxy/journal/disk.ts'
import type { Random } from '../support/random.ts'
import { pause } from './stage.ts'

export class ForgetfulDisk implements Disk {
  readonly #random: Random
  readonly #limbo: string
  readonly #onStep: () => void
  /** Names that no synced folder has yet, and where their files lie meanwhile. */
  readonly #unnamed = new Map<string, string>()
  #count = 0
  #naming: Promise<void> = Promise.resolve()

  /** @param onStep called between any two things that happen to the disk: the power may go there */
  constructor(random: Random, limbo: string, onStep: () => void) {
    this.#random = random
    this.#limbo = limbo
    this.#onStep = onStep
    mkdirSync(limbo, { recursive: true })
  }

  async create(path: string): Promise<DiskFile> {
    const isNamedEarly = this.#random.below(4) === 0
    const real = isNamedEarly ? path : this.#nowhere(path)
    const file = await nodeDisk.create(real)
    if (!isNamedEarly) this.#unnamed.set(path, real)
    this.#onStep()
    let held: Buffer[] = []
    return {
      append: async (buffers) => {
        const all = Buffer.concat([...held, ...buffers])
        const early = this.#random.below(3) === 0 ? this.#random.below(all.length + 1) : 0
        held = [all.subarray(early)]
        if (early > 0) await file.append([all.subarray(0, early)])
        this.#onStep()
      },
      sync: async () => {
        const now = held
        held = []
        await pause(this.#random.below(3))
        this.#onStep()
        await file.append(now)
        // On the disk, and nobody has been told.
        this.#onStep()
        await pause(this.#random.below(2))
      },
      close: () => file.close(),
    }
  }

  rename(from: string, to: string): Promise<void> {
    return this.#oneByOne(() => this.#rename(from, to))
  }

  unlink(path: string): Promise<void> {
    return this.#oneByOne(() => this.#unlink(path))
  }

  syncFolder(folder: string): Promise<void> {
    return this.#oneByOne(() => this.#syncFolder(folder))
  }

  /** What happens to names, as a file system does it: where each file lies changes with every step. */
  #oneByOne(work: () => Promise<void>): Promise<void> {
    const done = this.#naming.then(work)
    this.#naming = done.catch(() => undefined)
    return done
  }

  async #rename(from: string, to: string): Promise<void> {
    const real = this.#unnamed.get(from) ?? from
    this.#unnamed.delete(from)
    if (this.#random.below(4) === 0) await rename(real, to)
    else this.#unnamed.set(to, await this.#moved(real, to))
    this.#onStep()
  }

  async #unlink(path: string): Promise<void> {
    const real = this.#unnamed.get(path)
    this.#unnamed.delete(path)
    // A name that was removed may be there again.
    if (real !== undefined) await rm(real, { force: true })
    else if (this.#random.below(2) === 0) await nodeDisk.unlink(path)
    this.#onStep()
  }

  async #syncFolder(folder: string): Promise<void> {
    this.#onStep()
    for (const [path, real] of this.#unnamed) {
      if (dirname(path) !== folder) continue
      await rename(real, path)
      this.#unnamed.delete(path)
      this.#onStep()
    }
  }

  makeFolder(folder: string): Promise<void> {
    return nodeDisk.makeFolder(folder)
  }

  async #moved(real: string, to: string): Promise<string> {
    const nowhere = this.#nowhere(to)
    await rename(real, nowhere)
    return nowhere
  }

  #nowhere(path: string): string {
    return join(this.#limbo, `${(this.#count += 1)}-${basename(path)}`)
  }
}
