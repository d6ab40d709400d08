/**
 * One file of the journal: a header frame, then frames. A segment is written by one process, in one go, and never again
 * once a write or a sync of it has failed: after a failed fsync nobody can say what is on the disk, and a second fsync
 * that succeeds says nothing about the first (PostgreSQL's "fsyncgate", 2018).
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Origin, LogId } from '../../schema/record/ids.ts'
import type { Disk, DiskFile } from './disk.ts'
import { readLogId } from './entry.ts'
import { fields, ordinal, orNull, shaped, ShapeError, text } from './fields.ts'
import { encodeFrame } from './frame.ts'
import { JournalError } from './journal-error.ts'

const VERSION = 1

/** The mark of header frames, `TLSN`. The journal's own mark is told in the header and in `journal.json`. */
export const HEADER_MARK = 0x4e534c54

/** Says what came before, so that the end of the journal is found in its last segment alone. */
export interface SegmentHead {
  readonly segment: number
  readonly origin: Origin
  readonly journalNumber: number
  readonly mark: number
  /** Ordinal of the first frame here. From it on this segment stands above all earlier ones. */
  readonly first: number
  /** Last number and id that were given before. */
  readonly seq: number
  readonly logId: LogId | null
}

export function segmentHeadOf(head: unknown): SegmentHead | null {
  return shaped(() => {
    const from = fields(head)
    if (from['kind'] !== 'segment' || from['version'] !== VERSION) throw new ShapeError('no segment of this version')
    return {
      segment: ordinal(from, 'segment'),
      origin: text(from, 'origin') as Origin,
      journalNumber: ordinal(from, 'journalNumber'),
      mark: ordinal(from, 'mark'),
      first: ordinal(from, 'first'),
      seq: ordinal(from, 'seq'),
      logId: orNull(readLogId, from, 'logId'),
    }
  })
}

export function segmentPath(folder: string, segment: number): string {
  return join(folder, `${String(segment).padStart(10, '0')}.segment`)
}

/** Numbers of the segments in `folder`, ascending. */
export async function listSegments(folder: string): Promise<readonly number[]> {
  const names = (await readdir(folder)).filter((name) => /^[0-9]{10}\.segment$/.test(name))
  return names.map((name) => Number(name.slice(0, 10))).toSorted((a, b) => a - b)
}

/** A segment while it is written. Its owner calls one method at a time. */
export class SegmentWriter {
  readonly number: number
  readonly path: string
  #file: DiskFile
  #bytes: number
  #acknowledged = false

  private constructor(number: number, path: string, file: DiskFile, bytes: number) {
    this.number = number
    this.path = path
    this.#file = file
    this.#bytes = bytes
  }

  /** A new segment whose name and header are durable. Leaves nothing behind when that fails. */
  static async create(disk: Disk, folder: string, head: SegmentHead): Promise<SegmentWriter> {
    const path = segmentPath(folder, head.segment)
    const header = encodeFrame(HEADER_MARK, { kind: 'segment', version: VERSION, ...head })
    if (header === null) throw new JournalError('JOURNAL_TOO_LARGE', 'the header of a segment is too long')
    const file = await disk.create(path).catch(failed('JOURNAL_OPEN', 'no new journal segment could be opened'))
    const segment = new SegmentWriter(head.segment, path, file, header.length)
    try {
      await file.append([header]).catch(failed('JOURNAL_WRITE', 'the journal could not be written'))
      await file.sync().catch(failed('JOURNAL_SYNC', 'the journal could not be made durable'))
      await disk.syncFolder(folder).catch(failed('JOURNAL_SYNC', 'the journal folder could not be made durable'))
      return segment
    } catch (error) {
      await segment.abandon(disk)
      throw error
    }
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Resolves when the frames would survive a power cut. After it has thrown, the segment is not to be written again. */
  async append(frames: readonly Buffer[]): Promise<void> {
    if (frames.length === 0) return
    await this.#file.append(frames).catch(failed('JOURNAL_WRITE', 'the journal could not be written'))
    for (const frame of frames) this.#bytes += frame.length
    await this.#file.sync().catch(failed('JOURNAL_SYNC', 'the journal could not be made durable'))
    this.#acknowledged = true
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  /**
   * Gives the file up after a failure. One that holds nothing acknowledged is removed, lest each new try on a full disk
   * makes it fuller; its frames are still in memory and go to the next segment. Whatever fails here changes nothing:
   * readers pass over frames that a later segment holds too.
   */
  async abandon(disk: Disk): Promise<void> {
    await this.#file.close().catch(() => undefined)
    if (!this.#acknowledged) await disk.unlink(this.path).catch(() => undefined)
  }

  get acknowledged(): boolean {
    return this.#acknowledged
  }
}

function failed(code: 'JOURNAL_OPEN' | 'JOURNAL_WRITE' | 'JOURNAL_SYNC', message: string) {
  return (cause: unknown): never => {
    throw new JournalError(code, message, { cause })
  }
}
