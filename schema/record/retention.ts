/**
 * How long entries are kept (docs/decisions/0022-retention.md). A period is written as the Danish documents write it: `6M`.
 *
 * Days are days in Copenhagen, and the period is counted back from the beginning of today: so an entry is kept for the
 * whole period, and hardly longer. Where the month has no such day its last one counts: six months before 31 August
 * is the end of February, which keeps too much rather than too little.
 */
import { copenhagenOf, known, utcOfCopenhagen } from './copenhagen.ts'
import type { Branded } from './ids.ts'
import type { Action } from './record.ts'

/** `6M`: minted by {@link retentionPeriod} only. */
export type RetentionPeriod = Branded<string, 'RetentionPeriod'>

/** What is kept for different times: who asked the BI server or the log what, and what became of Tilsyn itself. */
export const KEPT = ['log', 'changes'] as const
export type Kept = (typeof KEPT)[number]

/** Entries of these actions are kept as `changes`: of the set-up, and deletions. All others are the log. */
export const CHANGE_ACTIONS = ['configure', 'delete'] as const satisfies readonly Action[]

/**
 * From six months to five years (requirements N14, N15), whatever day it is: 26 weeks and 180 days are less than any six
 * months that have 184 days, and 261 weeks more than any five years. What changed Tilsyn itself is kept for five to ten
 * years (D12).
 */
const LIMITS: Readonly<Record<Kept, Readonly<Record<Unit, readonly [least: number, most: number]>>>> = {
  log: { D: [184, 1826], W: [27, 260], M: [6, 60], Y: [1, 5] },
  changes: { D: [1827, 3652], W: [261, 521], M: [60, 120], Y: [5, 10] },
}

type Unit = 'D' | 'W' | 'M' | 'Y'

/** Also as Danish date formulas have them: `U` for uge, `Å` for år. */
const UNITS: Readonly<Record<string, Unit>> = { D: 'D', W: 'W', U: 'W', M: 'M', Y: 'Y', Å: 'Y' }

const DAY_MS = 86_400_000

/** `null`: it is no period, or one that may not be. */
export function retentionPeriod(text: string, of: Kept): RetentionPeriod | null {
  const parts = partsOf(text)
  if (parts === null) return null
  const [least, most] = LIMITS[of][parts.unit]
  return parts.count >= least && parts.count <= most ? (text as RetentionPeriod) : null
}

/** Everything of the log that is kept for longer than this needs a reason (N15). */
export const isLonger = (period: RetentionPeriod): boolean => period !== '6M'

/** What was asked before this may no longer be kept: UTC milliseconds. */
export function keptFrom(period: RetentionPeriod, now: number): number {
  const parts = partsOf(period)
  if (parts === null) throw new RangeError('no period')
  const today = Math.floor(copenhagenOf(now) / DAY_MS) * DAY_MS
  return known(utcOfCopenhagen(back(today, parts)))
}

/** Of two periods the one that keeps more, `now`. */
export const isAtLeast = (one: RetentionPeriod, other: RetentionPeriod, now: number): boolean =>
  keptFrom(one, now) <= keptFrom(other, now)

interface Parts {
  readonly count: number
  readonly unit: Unit
}

function partsOf(text: string): Parts | null {
  const [, count, letter = ''] = /^([1-9]\d{0,3})([DWUMYÅ])$/.exec(text) ?? []
  const unit = UNITS[letter]
  return count === undefined || unit === undefined ? null : { count: Number(count), unit }
}

/** @param day midnight, written as if it were UTC */
function back(day: number, { count, unit }: Parts): number {
  if (unit === 'D') return day - count * DAY_MS
  if (unit === 'W') return day - count * 7 * DAY_MS
  const date = new Date(day)
  const month = date.getUTCMonth() - (unit === 'M' ? count : 12 * count)
  const lastOfMonth = new Date(Date.UTC(date.getUTCFullYear(), month + 1, 0)).getUTCDate()
  return Date.UTC(date.getUTCFullYear(), month, Math.min(date.getUTCDate(), lastOfMonth))
}
