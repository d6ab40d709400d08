import { JournalReader } from '../journal/reader.ts'
import type { Position } from '../journal/reader.ts'

/** When the first query behind `from` was asked: for the status, while the store cannot yet tell what it has. */
export async function oldestAskedAt(folder: string, mark: number, from: Position | undefined): Promise<number | null> {
  const reader = new JournalReader(folder, mark, from)
  try {
    for (let reading = await reader.next(); reading !== null; reading = await reader.next()) {
      if (reading.kind === 'frame' && reading.frame.kind === 'asked') return reading.frame.asked.askedAt
    }
    return null
  } finally {
    await reader.close()
  }
}
