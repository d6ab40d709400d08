/** A disk of which calls fail by chance, having done all, half or nothing of what they were asked for, and that is slow. */
import type { Disk, DiskFile } from '../../proxy/journal/disk.ts'
import { nodeDisk } from '../../proxy/journal/disk.ts'
import type { Random } from '../support/random.ts'
import { pause } from './stage.ts'

export class FailingDisk implements Disk {
  readonly #random: Random
  /** One call in so many fails; `Infinity`: none. */
  oneIn = Infinity
  /** Every call takes up to so long. */
  slowMs = 0
  /** This call, counted from now, is the one that fails. */
  failAt = Infinity
  calls = 0
  failed = 0
  /** Writes and syncs of files on which one has failed before: there must be none. */
  trusted = 0

  constructor(random: Random) {
    this.#random = random
  }

  async create(path: string): Promise<DiskFile> {
    let made: DiskFile | null = null
    const file = await this.#through(async () => (made = await nodeDisk.create(path))).catch(async (error: unknown) => {
      await made?.close()
      throw error
    })
    let hasFailed = false
    const watched = (call: Promise<void>) => {
      if (hasFailed) this.trusted += 1
      return call.catch((error: unknown) => {
        hasFailed = true
        throw error
      })
    }
    return {
      append: (buffers) => {
        const all = Buffer.concat(buffers)
        const part = all.subarray(0, this.#random.below(all.length + 1))
        return watched(
          this.#through(
            () => file.append(buffers),
            () => file.append([part]),
          ),
        )
      },
      sync: () => watched(this.#through(() => file.sync())),
      close: () => file.close(),
    }
  }

  rename(from: string, to: string): Promise<void> {
    return this.#through(() => nodeDisk.rename(from, to))
  }

  unlink(path: string): Promise<void> {
    return this.#through(() => nodeDisk.unlink(path))
  }

  syncFolder(folder: string): Promise<void> {
    return this.#through(() => nodeDisk.syncFolder(folder))
  }

  makeFolder(folder: string): Promise<void> {
    return nodeDisk.makeFolder(folder)
  }

  async #through<T>(act: () => Promise<T>, half?: () => Promise<void>): Promise<T> {
    this.calls += 1
    if (this.slowMs > 0) await pause(this.#random.below(this.slowMs))
    const isChosen = this.calls === this.failAt
    if (!isChosen && (this.oneIn === Infinity || this.#random.below(this.oneIn) > 0)) return act()
    this.failed += 1
    const persisted = this.#random.of(['nothing', 'half', 'all'])
    if (persisted === 'all') await act()
    if (persisted === 'half') await half?.()
    const code = this.#random.of(['ENOSPC', 'EIO', 'EDQUOT'])
    throw Object.assign(new Error(`injected ${code}`), { code })
  }
}
