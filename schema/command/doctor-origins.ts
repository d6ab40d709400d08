/**
 * What the tables tell of those who write them: every proxy that has this store, also on other computers. How far a
 * journal elsewhere is ahead of the tables only that computer knows (`/metrics` there); here it shows by its silence.
 */
import type { OriginState } from '../store/store.ts'
import { type Finding, ok, warning } from './finding.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** Longer than a weekend. */
const SILENT_DAYS = 3
/** Who has been silent for so long has been taken out of use. */
const RETIRED_DAYS = 60
const MOST_ORIGINS = 70

/** A journal is named by its proxy and six digits; the report service's own entries have none. */
const JOURNAL = /^(.*)-[0-9a-f]{6}$/

/** Each new journal is a new origin, for ever: of the oldest nobody asks. */
export function origins(states: readonly OriginState[], now: number): readonly Finding[] {
  const newest = states.toSorted((a, b) => b.writtenAt - a.writtenAt)
  const shown = newest.slice(0, MOST_ORIGINS).map(({ origin, position, writtenAt }) => {
    return ok(`journal ${origin}: written up to ${position}, last at ${new Date(writtenAt).toISOString()}`)
  })
  return [...shown, ...silent(newest, now)]
}

/** Of several journals of one proxy (its workers', or those before the last) one that is written is enough. */
function silent(newest: readonly OriginState[], now: number): readonly Finding[] {
  const last = new Map<string, number>()
  for (const { origin, writtenAt } of newest) {
    const proxy = JOURNAL.exec(origin)?.[1]
    if (proxy !== undefined && !last.has(proxy)) last.set(proxy, writtenAt)
  }
  return [...last].flatMap(([proxy, writtenAt]) => {
    const days = Math.floor((now - writtenAt) / DAY_MS)
    if (days < SILENT_DAYS || days >= RETIRED_DAYS) return []
    return [warning(`proxy ${proxy}: nothing written for ${days} days: is it stopped, or can it not reach the store?`)]
  })
}
