/**
 * Part of every id is a number of its journal, drawn by lot from 256. Among processes that write at the same instant two
 * of one number would mint the same ids again and again, which the store has to settle each time; so here none has another's.
 */
import { randomInt } from 'node:crypto'
import { existsSync } from 'node:fs'
import { loadIdentity } from '../journal/identity.ts'

const NUMBERS = 256

/** For each folder that of the journal in it, or else one that is free. */
export async function journalNumbers(folders: readonly string[]): Promise<readonly number[]> {
  const known = await Promise.all(
    folders.map(async (folder) => (existsSync(folder) ? ((await loadIdentity(folder))?.journalNumber ?? null) : null)),
  )
  const taken = new Set(known)
  return known.map((number) => {
    if (number !== null) return number
    const free = Array.from({ length: NUMBERS }, (_, at) => at).filter((at) => !taken.has(at))
    const drawn = free[randomInt(free.length)] ?? 0
    taken.add(drawn)
    return drawn
  })
}
