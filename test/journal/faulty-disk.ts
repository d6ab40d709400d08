import type { Disk, DiskFile } from '../../proxy/journal/disk.ts'
import { nodeDisk } from '../../proxy/journal/disk.ts'

export const STEPS = ['create', 'append', 'sync', 'syncFolder', 'rename'] as const
export type Step = (typeof STEPS)[number]

/** `before`: nothing reached the disk. `after`: all of it did, and the call failed all the same. `half`: half of it. */
export type Persisted = 'before' | 'half' | 'after'

export interface Fault {
  readonly step: Step
  readonly persisted: Persisted
  readonly code: string
  /** How many calls fail in a row. */
  times: number
}

/** The real disk, of which chosen calls fail. */
export class FaultyDisk implements Disk {
  fault: Fault | null = null
  failed = 0

  async create(path: string) {
    let made: DiskFile | null = null
    const create = async () => (made = await nodeDisk.create(path))
    const file = await this.#through('create', create).catch(async (error: unknown) => {
      await made?.close()
      throw error
    })
    return {
      append: (buffers: readonly Buffer[]) => {
        const half = Buffer.concat(buffers)
        return this.#through(
          'append',
          () => file.append(buffers),
          () => file.append([half.subarray(0, half.length >> 1)]),
        )
      },
      sync: () => this.#through('sync', () => file.sync()),
      close: () => file.close(),
    }
  }
  rename = (from: string, to: string) => this.#through('rename', () => nodeDisk.rename(from, to))
  unlink = (path: string) => nodeDisk.unlink(path)
  syncFolder = (folder: string) => this.#through('syncFolder', () => nodeDisk.syncFolder(folder))
  makeFolder = (folder: string) => nodeDisk.makeFolder(folder)

  async #through<T>(step: Step, act: () => Promise<T>, half?: () => Promise<T>): Promise<T> {
    const { fault } = this
    if (fault === null || fault.step !== step || fault.times === 0) return act()
    fault.times -= 1
    this.failed += 1
    if (fault.persisted === 'after') await act()
    if (fault.persisted === 'half') await half?.()
    throw Object.assign(new Error(`injected ${fault.code}`), { code: fault.code })
  }
}
