import { loadIdentity, readSegmentHead } from './identity.ts'
import { JournalReader } from './reader.ts'
import { listSegments } from './segment.ts'

/**
 * Is the change of the set-up that is known by `mark` in the journal, behind frame `after`? `released`: whatever came right
 * behind that frame has been let go of, and so is in the store.
 */
export async function findConfigured(
  folder: string,
  after: number,
  mark: string,
): Promise<'found' | 'missing' | 'released'> {
  const identity = await loadIdentity(folder)
  const segment = await segmentBefore(folder, after + 1)
  if (identity === null || segment === null) return 'released'
  const reader = new JournalReader(folder, identity.mark, { segment, offset: 0, n: 0 })
  try {
    for (let reading = await reader.next(); reading !== null; reading = await reader.next()) {
      if (reading.kind === 'frame' && reading.frame.kind === 'configured' && reading.frame.mark === mark) return 'found'
    }
    return 'missing'
  } finally {
    await reader.close()
  }
}

/** The last segment that begins at or before frame `n`. */
async function segmentBefore(folder: string, n: number): Promise<number | null> {
  for (const segment of (await listSegments(folder)).toReversed()) {
    const found = await readSegmentHead(folder, segment)
    if (found !== null && found.head.first <= n) return segment
  }
  return null
}
