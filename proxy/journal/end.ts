/**
 * Where a journal ends, found when it is opened. Normally the last segment alone is read, for its head tells what was
 * given before it; where that head cannot be read, the one before is read too.
 */
import { open, stat } from 'node:fs/promises'
import type { LogId } from '../../schema/record/ids.ts'
import type { Identity } from './identity.ts'
import { readSegmentHead } from './identity.ts'
import { JournalError } from './journal-error.ts'
import { JournalReader } from './reader.ts'
import { listSegments, segmentPath } from './segment.ts'

export interface JournalEnd {
  /** Last ordinal, number and id that were given, as far as they reached the disk. */
  readonly n: number
  readonly seq: number
  readonly logId: LogId | null
}

/** `null` when no segment can be read at all, or there is none. */
export async function findEnd(folder: string, identity: Identity): Promise<JournalEnd | null> {
  const segments = (await listSegments(folder)).toReversed()
  let end: JournalEnd | null = null
  for (const segment of segments) {
    const head = (await readSegmentHead(folder, segment))?.head
    const known = head !== undefined && head.mark === identity.mark
    const before = known ? { n: head.first - 1, seq: head.seq, logId: head.logId } : null
    const found = later(before, await endOfSegment(folder, identity.mark, segment))
    if (end === null && found !== null) await settle(segmentPath(folder, segment))
    end = later(found, end)
    if (before !== null) break
  }
  return end
}

/** The last of what this one segment gives; damage within it is passed over here, the recorder tells of it. */
async function endOfSegment(folder: string, mark: number, segment: number): Promise<JournalEnd | null> {
  const reader = new JournalReader(folder, mark, { segment, offset: 0, n: 0 })
  let end: JournalEnd | null = null
  try {
    for (let reading = await reader.next(); reading !== null; reading = await reader.next()) {
      if (reading.kind === 'damaged') continue
      if (reading.at.segment !== segment) break
      const { frame } = reading
      const seq = 'seq' in frame ? frame.seq : 0
      const logId = 'logId' in frame ? frame.logId : null
      end = later(end, { n: frame.n, seq, logId })
    }
  } finally {
    await reader.close()
  }
  return end
}

function later(one: JournalEnd | null, other: JournalEnd | null): JournalEnd | null {
  if (one === null || other === null) return one ?? other
  return {
    n: Math.max(one.n, other.n),
    seq: Math.max(one.seq, other.seq),
    logId: laterId(one.logId, other.logId),
  }
}

function laterId(one: LogId | null, other: LogId | null): LogId | null {
  if (one === null || other === null) return one ?? other
  return BigInt(one) > BigInt(other) ? one : other
}

/**
 * Makes durable what an earlier process wrote without waiting for it. It counts as part of the journal from now on, and
 * what is read from the page cache today must not be gone after a power cut tomorrow.
 */
async function settle(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.datasync()
  } catch (cause) {
    throw new JournalError('JOURNAL_SYNC', 'the last journal segment could not be made durable', { cause })
  } finally {
    await file.close()
  }
}

export async function journalBytes(folder: string): Promise<number> {
  const sizes = await Promise.all((await listSegments(folder)).map((one) => sizeOf(segmentPath(folder, one))))
  return sizes.reduce((sum, size) => sum + size, 0)
}

async function sizeOf(path: string): Promise<number> {
  // A segment may be released between the listing and this look.
  return (await stat(path).catch(() => null))?.size ?? 0
}
