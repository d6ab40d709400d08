/**
 * The disk as the journal writes to it: the few calls whose failure must be survived, behind one seam, because real disks
 * do not fail on demand in tests. Reading goes to `node:fs` directly.
 */
import { constants } from 'node:fs'
import { chmod, mkdir, open, readdir, rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'

export interface DiskFile {
  /** Writes all of `buffers` at the end of the file, or throws. */
  append(buffers: readonly Buffer[]): Promise<void>
  /** Resolves when what was appended would survive a power cut. */
  sync(): Promise<void>
  close(): Promise<void>
}

export interface Disk {
  /** A new file, readable by its owner only; fails when there is one of that name. */
  create(path: string): Promise<DiskFile>
  rename(from: string, to: string): Promise<void>
  unlink(path: string): Promise<void>
  /** Makes names that were created, renamed or removed in `folder` as durable as a file's content. */
  syncFolder(folder: string): Promise<void>
  makeFolder(folder: string): Promise<void>
}

export const nodeDisk: Disk = {
  async create(path) {
    const handle = await open(
      path,
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND,
      0o600,
    )
    return {
      async append(buffers) {
        // A full disk shows as a short write first and as ENOSPC at the next one.
        for (let rest: readonly Buffer[] = buffers; rest.length > 0;) {
          const { bytesWritten } = await handle.writev(rest)
          rest = behind(rest, bytesWritten)
        }
      },
      sync: () => handle.datasync(),
      close: () => handle.close(),
    }
  },
  rename,
  unlink,
  async syncFolder(folder) {
    // Windows opens no folder as a file; NTFS journals its names itself.
    if (process.platform === 'win32') return
    const handle = await open(folder, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  },
  async makeFolder(folder) {
    const first = await mkdir(folder, { recursive: true, mode: 0o700 })
    await chmod(folder, 0o700)
    if (first !== undefined) await nodeDisk.syncFolder(dirname(first))
  },
}

/** What of `buffers` comes after their first `count` bytes. */
function behind(buffers: readonly Buffer[], count: number): readonly Buffer[] {
  let left = count
  let at = 0
  for (let buffer = buffers[at]; buffer !== undefined && left >= buffer.length; buffer = buffers[++at])
    left -= buffer.length
  const [torn, ...rest] = buffers.slice(at)
  return torn === undefined ? [] : [torn.subarray(left), ...rest]
}

/**
 * Puts `bytes` in the place of the file `path`: after a crash it holds the old content or the new, never a mixture.
 * The syscalls are: open, write, fdatasync, close, rename, fsync of the folder.
 */
export async function replaceFile(disk: Disk, path: string, bytes: Buffer): Promise<void> {
  const beside = `${path}.${process.pid}-${(replaceCount += 1)}.tmp`
  const file = await disk.create(beside)
  try {
    try {
      await file.append([bytes])
      await file.sync()
    } finally {
      await file.close()
    }
    await disk.rename(beside, path)
  } catch (error) {
    await disk.unlink(beside).catch(() => undefined) // the first failure is the one to tell of
    throw error
  }
  await disk.syncFolder(dirname(path))
}
let replaceCount = 0

/** What {@link replaceFile} has left in `folder` where a process died in the middle of it. Nobody else may be writing there. */
export async function removeUnfinished(disk: Disk, folder: string): Promise<void> {
  const unfinished = (await readdir(folder)).filter((name) => /\.json\.\d+-\d+\.tmp$/.test(name))
  // It costs room, nothing else: the next start tries again.
  for (const name of unfinished) await disk.unlink(join(folder, name)).catch(() => undefined)
}
