/**
 * `status.json` beside the journal: how far the recorder is, for other processes. Written by rename, so that nobody reads
 * half of it; at most once in `everyMs`, when something has changed, and as a sign of life every quarter of a minute.
 * It need not survive a crash, so nothing waits for the disk.
 */
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseRecorderStatus } from '../../schema/record/recorder-status.ts'
import type { RecorderStatus } from '../../schema/record/recorder-status.ts'
import { journalBytes } from '../journal/end.ts'
import { systemCodeOf } from '../journal/journal-error.ts'

const SIGN_OF_LIFE_MS = 15_000

type Known = Omit<RecorderStatus, 'pending' | 'journalBytes' | 'at'>

export class StatusFile {
  readonly #folder: string
  readonly #everyMs: number
  readonly #now: () => number
  readonly #onWritten: (status: RecorderStatus) => void
  #known: Known = {
    origin: '',
    appended: 0,
    shipped: 0,
    shippedSeq: 0,
    oldestUnshippedAt: null,
    store: 'unavailable',
    lastError: null,
  }
  #written: Known | null = null
  #writtenAt = 0
  #timer: NodeJS.Timeout | null = null
  #writing: Promise<void> = Promise.resolve()

  constructor(folder: string, everyMs: number, now: () => number, onWritten: (status: RecorderStatus) => void) {
    this.#folder = folder
    this.#everyMs = everyMs
    this.#now = now
    this.#onWritten = onWritten
  }

  change(change: Partial<Known>): void {
    this.#known = { ...this.#known, ...change }
  }

  begin(): void {
    this.#timer = setInterval(() => this.#write(), this.#everyMs)
    this.#write()
  }

  async end(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#write()
    await this.#writing
  }

  #write(): void {
    const quiet = this.#writtenAt + SIGN_OF_LIFE_MS > this.#now()
    if (this.#known === this.#written && quiet) return
    this.#written = this.#known
    this.#writtenAt = this.#now()
    this.#writing = this.#writing.then(() => this.#writeNow())
  }

  async #writeNow(): Promise<void> {
    const known = this.#known
    const pending = Math.max(known.appended - known.shipped, 0)
    const bytes = await journalBytes(this.#folder).catch(() => 0)
    const status: RecorderStatus = { ...known, pending, journalBytes: bytes, at: this.#now() }
    this.#onWritten(status)
    const path = join(this.#folder, 'status.json')
    try {
      await writeFile(`${path}.tmp`, JSON.stringify(status), { mode: 0o600 })
      await rename(`${path}.tmp`, path)
    } catch {
      // A full disk, or a reader that has the file open on Windows: main was told above, and the next one will be new.
      this.#written = null
    }
  }
}

/** The status that a recorder left in `folder`; `null` when there is none. */
export async function readRecorderStatus(folder: string): Promise<RecorderStatus | null> {
  try {
    const content: unknown = JSON.parse(await readFile(join(folder, 'status.json'), 'utf8'))
    return parseRecorderStatus(content)
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT' || error instanceof SyntaxError) return null
    throw error
  }
}
