/** How the BI system was used in a period, by Copenhagen's days, weekdays and hours (K01, K05, D22). */
import type { Durations, RecordReader, Statistics } from '../../schema/store/store.ts'
import { DURATION_LIMITS_MS } from '../../schema/store/store.ts'
import type { Period } from './period.ts'

export interface Usage extends Statistics {
  /** `2027-03-01` in Copenhagen, and its entries; days without any are left out. */
  readonly days: readonly { readonly day: string; readonly entries: number }[]
  /** Entries by weekday, from Monday, and hour of the wall clock. The hour that comes twice in autumn is counted in one. */
  readonly week: readonly (readonly number[])[]
}

export async function usage(reader: Pick<RecordReader, 'statistics'>, period: Period): Promise<Usage> {
  const statistics = await reader.statistics(period)
  const days = new Map<string, number>()
  const week = Array.from({ length: 7 }, () => Array.from({ length: 24 }, () => 0))
  for (const { at, entries } of statistics.hours) {
    const { day, weekday, hour } = wallClock(at)
    days.set(day, (days.get(day) ?? 0) + entries)
    const hours = week[weekday] ?? []
    hours[hour] = (hours[hour] ?? 0) + entries
  }
  return { ...statistics, days: [...days].map(([day, entries]) => ({ day, entries })), week }
}

const CLOCK = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Europe/Copenhagen',
  dateStyle: 'short',
  timeStyle: 'medium',
})

function wallClock(at: number) {
  const [day = '', time = ''] = CLOCK.format(at).split(' ')
  return { day, weekday: (new Date(`${day}T00:00Z`).getUTCDay() + 6) % 7, hour: Number(time.slice(0, 2)) }
}

/**
 * The time within which `share` (0 to 1) of the entries were answered, as near as the classes tell: evenly spread within one.
 * `null` when no time is known; `Infinity` when it is longer than the last limit.
 */
export function percentileMs({ timed, within }: Durations, share: number): number | null {
  if (timed === 0) return null
  let wanted = share * timed
  for (const [i, limit] of DURATION_LIMITS_MS.entries()) {
    const [count, least] = [within[i] ?? 0, DURATION_LIMITS_MS[i - 1] ?? 0]
    if (wanted <= count && count > 0) return least + ((limit - least) * wanted) / count
    wanted -= count
  }
  return Infinity
}
