/** A disk of which calls fail by chance, having done all, half or nothing of what they were asked for, and that is slow. */
import type { Disk, DiskFile } from '../../proxy/journal/disk.ts'
import { nodeDisk } from '../../proxy/journal/disk.ts'
import { basename } from 'node:path'
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
  /** And so many behind it. */
  alsoNext = 0
  calls = 0
  failed = 0
  /** Files that a call failed on, by kind: `segment`, `checkpoint.json`. */
  readonly kinds = new Set<string>()
  /** Writes and syncs of files on which one has failed before, and names given to them: there must be none. */
  trusted = 0
  readonly #doubtful = new Set<string>()

  constructor(random: Random) {
    this.#random = random
  }

  async create(path: string): Promise<DiskFile> {
    let made: DiskFile | null = null
    const make = async () => (made = await nodeDisk.create(path))
    const file = await this.#through(path, make).catch(async (error: unknown) => {
      await made?.close()
      throw error
    })
    const watched = (call: Promise<void>) => {
      if (this.#doubtful.has(path)) this.trusted += 1
      return call.catch((error: unknown) => {
        this.#doubtful.add(path)
        throw error
      })
    }
    return {
      append: (buffers) => {
        const all = Buffer.concat(buffers)
        const part = all.subarray(0, this.#random.below(all.length + 1))
        return watched(
          this.#through(
            path,
            () => file.append(buffers),
            () => file.append([part]),
          ),
        )
      },
      sync: () => watched(this.#through(path, () => file.sync())),
      close: () => file.close(),
    }
  }

  rename(from: string, to: string): Promise<void> {
    if (this.#doubtful.has(from)) this.trusted += 1
    return this.#through(to, () => nodeDisk.rename(from, to))
  }

  unlink(path: string): Promise<void> {
    return this.#through(path, () => nodeDisk.unlink(path))
  }

  syncFolder(folder: string): Promise<void> {
    return this.#through(folder, () => nodeDisk.syncFolder(folder))
  }

  makeFolder(folder: string): Promise<void> {
    return nodeDisk.makeFolder(folder)
  }

  async #through<T>(path: string, act: () => Promise<T>, half?: () => Promise<void>): Promise<T> {
    this.calls += 1
    if (this.slowMs > 0) await pause(this.#random.below(this.slowMs))
    const isChosen = this.calls >= this.failAt && this.calls <= this.failAt + this.alsoNext
    if (!isChosen && (this.oneIn === Infinity || this.#random.below(this.oneIn) > 0)) return act()
    this.failed += 1
    this.kinds.add(kindOf(path))
    const persisted = this.#random.of(['nothing', 'half', 'all'])
    if (persisted === 'all') await act()
    if (persisted === 'half') await half?.()
    const code = this.#random.of(['ENOSPC', 'EIO', 'EDQUOT'])
    throw Object.assign(new Error(`injected ${code}`), { code })
  }
}

/** `0000000001.segment` is a segment, `checkpoint.json.123-4.tmp` a checkpoint. */
function kindOf(path: string): string {
  return basename(path)
    .replace(/\.\d+-\d+\.tmp$/, '')
    .replace(/^\d+\./, '')
}
