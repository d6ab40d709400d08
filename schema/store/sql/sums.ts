/**
 * Sums by the hour: what statistics are made of. A month of the log is millions of rows and takes many seconds to count; its
 * sums are some ten thousand. They are written in the transaction of the entries they count, so they are exact, and as
 * often as an entry is: once.
 *
 * Each origin has rows of its own, as only one writer at a time is in an origin: two proxies never wait for each other's
 * sums, and the same key is never added to from two sides. Here the sums of one batch are made; a backend adds them.
 *
 * `hour_use` names no user and is not about persons. The other two are: who worked in which hour, and words of a query.
 * They go when their entries go (deletion.ts; docs/decisions/0026), and `named` and `dimensions` tell that they have gone.
 */
import { DURATION_LIMITS_MS } from '../store.ts'
import type { QueryRecord } from '../../record/record.ts'
import { bounded, userKey } from './columns.ts'
import type { Column } from './columns.ts'
import type { Entry } from './entries.ts'

/** Of entries of one hour that are alike in module, server, action and outcome. */
export interface UseSum {
  readonly hour: number
  readonly module: string
  readonly server: string
  readonly action: string
  readonly outcome: string
  entries: number
  /** Entries that name a user: as many as `hour_user` counts, unless those were deleted. */
  named: number
  /** How often one of these entries used one of its dimensions: as often as `hour_dimension` counts, likewise. */
  dimensions: number
  timed: number
  durationMs: number
  /** Entries that took no longer than each of the limits, and longer than the one before it; at the end, longer than all. */
  readonly within: number[]
}

export interface UserSum {
  readonly hour: number
  readonly userKey: string
  readonly module: string
  entries: number
}

export interface DimensionSum {
  readonly hour: number
  readonly dimension: string
  entries: number
}

export interface Sums {
  readonly hour_use: readonly UseSum[]
  readonly hour_user: readonly UserSum[]
  readonly hour_dimension: readonly DimensionSum[]
}

type Columns<Row> = Readonly<Record<string, Column<Row>>>

/** The columns behind `origin`. What is of kind `big` is a sum; all else, with the origin, says of what. */
export const HOUR_USE = {
  hour: { kind: 'time', of: (s) => s.hour },
  module: { kind: 'name', of: (s) => s.module },
  server: { kind: 'name', of: (s) => s.server },
  action: { kind: 'name', of: (s) => s.action },
  outcome: { kind: 'name', of: (s) => s.outcome },
  entries: { kind: 'big', of: (s) => s.entries },
  named: { kind: 'big', of: (s) => s.named },
  dimensions: { kind: 'big', of: (s) => s.dimensions },
  timed: { kind: 'big', of: (s) => s.timed },
  duration_ms: { kind: 'big', of: (s) => s.durationMs },
  within_10: { kind: 'big', of: (s) => s.within[0] ?? 0 },
  within_20: { kind: 'big', of: (s) => s.within[1] ?? 0 },
  within_50: { kind: 'big', of: (s) => s.within[2] ?? 0 },
  within_100: { kind: 'big', of: (s) => s.within[3] ?? 0 },
  within_200: { kind: 'big', of: (s) => s.within[4] ?? 0 },
  within_500: { kind: 'big', of: (s) => s.within[5] ?? 0 },
  within_1000: { kind: 'big', of: (s) => s.within[6] ?? 0 },
  within_2000: { kind: 'big', of: (s) => s.within[7] ?? 0 },
  within_5000: { kind: 'big', of: (s) => s.within[8] ?? 0 },
  within_10000: { kind: 'big', of: (s) => s.within[9] ?? 0 },
  within_30000: { kind: 'big', of: (s) => s.within[10] ?? 0 },
  within_60000: { kind: 'big', of: (s) => s.within[11] ?? 0 },
  beyond: { kind: 'big', of: (s) => s.within[12] ?? 0 },
} as const satisfies Columns<UseSum>

export const HOUR_USER = {
  hour: { kind: 'time', of: (s) => s.hour },
  user_key: { kind: 'name', of: (s) => s.userKey },
  module: { kind: 'name', of: (s) => s.module },
  entries: { kind: 'big', of: (s) => s.entries },
} as const satisfies Columns<UserSum>

export const HOUR_DIMENSION = {
  hour: { kind: 'time', of: (s) => s.hour },
  dimension: { kind: 'name', of: (s) => s.dimension },
  entries: { kind: 'big', of: (s) => s.entries },
} as const satisfies Columns<DimensionSum>

const HOUR_MS = 3_600_000

/** The full hour at or before `ms`. */
export const hourOf = (ms: number): number => Math.floor(ms / HOUR_MS) * HOUR_MS

/**
 * A name as sums are told apart by: as it is stored, and without blanks at its end, for SQL Server takes `a` and `a ` for
 * the same. What is not known is the empty name.
 */
function summed(name: string | null): string {
  const stored = bounded((name ?? '').toWellFormed())
  let end = stored.length
  while (stored[end - 1] === ' ') end--
  return stored.slice(0, end)
}

export function sumsOf(entries: readonly Entry[]): Sums {
  const [uses, users, dimensions] = [new Tally<UseSum>(), new Tally<UserSum>(), new Tally<DimensionSum>()]
  for (const { record } of entries) {
    const [hour, module] = [hourOf(record.askedAt), summed(record.module)]
    const used = new Set(record.dimensions.map(({ dimension }) => summed(dimension)))
    addUse(uses, hour, module, record, used.size)
    if (record.userName !== null) {
      const key = summed(userKey(record.userName))
      users.of(`${hour}\n${key}\n${module}`, () => ({ hour, userKey: key, module, entries: 0 })).entries += 1
    }
    for (const dimension of used)
      dimensions.of(`${hour}\n${dimension}`, () => ({ hour, dimension, entries: 0 })).entries += 1
  }
  return { hour_use: uses.all(), hour_user: users.all(), hour_dimension: dimensions.all() }
}

function addUse(uses: Tally<UseSum>, hour: number, module: string, record: QueryRecord, dimensions: number): void {
  const { action, outcome, durationMs } = record
  const server = summed(record.server)
  const sum = uses.of(`${hour}\n${action}\n${outcome}\n${server}\n${module}`, () => ({
    hour,
    module,
    server,
    action,
    outcome,
    entries: 0,
    named: 0,
    dimensions: 0,
    timed: 0,
    durationMs: 0,
    within: NONE_WITHIN.slice(),
  }))
  sum.entries += 1
  sum.dimensions += dimensions
  if (record.userName !== null) sum.named += 1
  if (durationMs !== null) addDuration(sum, Math.min(Math.max(Math.trunc(durationMs), 0), LONGEST_MS))
}

/** 68 years: whatever stands there, sums stay far from the end of a bigint. */
const LONGEST_MS = 2 ** 41
const NONE_WITHIN: readonly number[] = [...DURATION_LIMITS_MS, Infinity].map(() => 0)

function addDuration(sum: UseSum, ms: number): void {
  const limit = DURATION_LIMITS_MS.findIndex((most) => ms <= most)
  const at = limit === -1 ? DURATION_LIMITS_MS.length : limit
  sum.timed += 1
  sum.durationMs += ms
  sum.within[at] = (sum.within[at] ?? 0) + 1
}

class Tally<Sum> {
  readonly #sums = new Map<string, Sum>()

  of(key: string, begin: () => Sum): Sum {
    const known = this.#sums.get(key)
    if (known !== undefined) return known
    const sum = begin()
    this.#sums.set(key, sum)
    return sum
  }

  all(): Sum[] {
    return [...this.#sums.values()]
  }
}
