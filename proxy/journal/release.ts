import { stat } from 'node:fs/promises'
import type { Disk } from './disk.ts'
import { segmentPath } from './segment.ts'

/**
 * Deletes segments. One that cannot be deleted (a reader or a virus scanner has it open, on Windows) is left for the
 * next time: it costs room, nothing else.
 */
export async function releaseSegments(
  disk: Disk,
  folder: string,
  segments: readonly number[],
): Promise<{ readonly segments: readonly number[]; readonly bytes: number }> {
  const freed: number[] = []
  let bytes = 0
  for (const segment of segments) {
    const path = segmentPath(folder, segment)
    const size = await stat(path).catch(() => null)
    const gone = await disk.unlink(path).then(
      () => true,
      () => size === null,
    )
    if (!gone) continue
    freed.push(segment)
    bytes += size?.size ?? 0
  }
  return { segments: freed, bytes }
}
