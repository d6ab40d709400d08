/** Statistics by counting entry after entry: what the stores' sums must come to. */
import type { QueryRecord } from '../../schema/record/record.ts'
import { DURATION_LIMITS_MS, MOST_SHARES } from '../../schema/store/store.ts'
import type { Durations, Share, Statistics } from '../../schema/store/store.ts'

const HOUR_MS = 3_600_000
const fullHour = (ms: number) => Math.floor(ms / HOUR_MS) * HOUR_MS

export function counted(records: readonly QueryRecord[], range: { from?: number; to?: number }): Statistics {
  const [from, to] = [fullHour(range.from ?? -Infinity), fullHour(range.to ?? Infinity)]
  const all = records.filter((r) => fullHour(r.askedAt) >= from && fullHour(r.askedAt) < to)
  const asked = all.flatMap((r) => [...new Set(r.dimensions.map((d) => d.dimension))])
  return {
    entries: all.length,
    users: usersOf(all),
    durations: durationsOf(all),
    hours: [...Map.groupBy(all, (r) => fullHour(r.askedAt))]
      .map(([at, of]) => ({ at, entries: of.length }))
      .sort((a, b) => a.at - b.at),
    modules: shares(
      all,
      (r) => r.module,
      (of) => ({ users: usersOf(of) }),
    ),
    servers: shares(all, (r) => r.server),
    actions: shares(all, (r) => r.action),
    outcomes: shares(all, (r) => r.outcome),
    dimensions: most(
      [...Map.groupBy(asked, (d) => d)].map(([dimension, of]) => ({ dimension, entries: of.length })),
      (d) => d.dimension,
    ),
  }
}

const usersOf = (records: readonly QueryRecord[]) =>
  new Set(records.flatMap((r) => (r.userName === null ? [] : [r.userName.normalize('NFC').toLowerCase()]))).size

function durationsOf(records: readonly QueryRecord[]): Durations {
  const times = records.flatMap((r) => (r.durationMs === null ? [] : [r.durationMs]))
  const limits = [-Infinity, ...DURATION_LIMITS_MS, Infinity]
  return {
    timed: times.length,
    totalMs: times.reduce((sum, ms) => sum + ms, 0),
    within: limits.slice(1).map((limit, i) => times.filter((ms) => ms > (limits[i] ?? 0) && ms <= limit).length),
  }
}

function shares<More extends object>(
  records: readonly QueryRecord[],
  by: (r: QueryRecord) => string | null,
  more?: (of: readonly QueryRecord[]) => More,
): (Share & More)[] {
  const all = [...Map.groupBy(records, by)].map(([name, of]) => ({
    name: name === '' ? null : name,
    entries: of.length,
    durations: durationsOf(of),
    ...(more?.(of) ?? ({} as More)),
  }))
  return most(all, (share) => share.name ?? '')
}

/** In the order of code points, as both stores compare. */
function most<T extends { readonly entries: number }>(all: readonly T[], name: (of: T) => string): T[] {
  const order = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))
  return all.toSorted((a, b) => b.entries - a.entries || order(name(a), name(b))).slice(0, MOST_SHARES)
}
