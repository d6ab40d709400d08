/** Which ids a question walks over. */
import { sql } from 'kysely'
import type { RawBuilder, SqlBool } from 'kysely'
import type { LogId } from '../../record/ids.ts'
import type { LogFilter, Page } from '../store.ts'
import type { Dialect } from './dialect.ts'
import { idRange } from './entries.ts'
import type { StoredId } from './tables.ts'

/** Below `before` (the page), from `least` to `most` (what a range of times can hold). */
export interface IdBounds {
  readonly before?: LogId
  readonly least?: LogId
  readonly most?: LogId
}

export type TimeRange = Pick<LogFilter, 'from' | 'to'>

const MOST_ROWS = 100_000

export const limitOf = (page: Page): number => Math.min(Math.max(Math.trunc(page.limit) || 0, 0), MOST_ROWS)

export const isWithin = (askedAt: number, { from = -Infinity, to = Infinity }: TimeRange): boolean =>
  askedAt >= from && askedAt < to

/** Bounds of the ids that can have been asked within `range`. */
export async function idsWithin(d: Dialect, { from, to }: TimeRange): Promise<IdBounds> {
  if (from === undefined && to === undefined) return {}
  const { fn } = d.db
  const [most] = await d.db
    .selectFrom('origin')
    .select([fn.max('id_ahead').as('ahead'), fn.max('id_behind').as('behind')])
    .execute()
  // A store without an origin has no entry: then any bounds will do.
  return idRange({ ahead: BigInt(most?.ahead ?? 0), behind: BigInt(most?.behind ?? 0) }, from, to)
}

/** The condition that `column` lies within `bounds`. */
export function inBounds(d: Dialect, column: string, bounds: IdBounds): RawBuilder<SqlBool> {
  const id = sql.ref(column)
  const conditions: RawBuilder<SqlBool>[] = []
  if (bounds.before !== undefined) conditions.push(sql`${id} < ${d.id(bounds.before)}`)
  if (bounds.least !== undefined) conditions.push(sql`${id} >= ${d.id(bounds.least)}`)
  if (bounds.most !== undefined) conditions.push(sql`${id} <= ${d.id(bounds.most)}`)
  return conditions.length === 0 ? sql`1 = 1` : sql`${sql.join(conditions, sql` and `)}`
}

const MOST_IDS = 256
const GROUPS = [1, 16, MOST_IDS] as const

/**
 * `ids` in groups of few different sizes, the last filled up with its own last id: a statement per size, whose plan is
 * kept, and never more parameters than SQL Server takes (2,100).
 */
export function inGroups(d: Dialect, ids: readonly LogId[]): RawBuilder<StoredId>[][] {
  const groups: RawBuilder<StoredId>[][] = []
  for (let at = 0; at < ids.length; at += MOST_IDS) {
    const group = ids.slice(at, at + MOST_IDS).map((id) => d.id(id))
    const [size, last] = [GROUPS.find((n) => n >= group.length) ?? MOST_IDS, group.at(-1)]
    groups.push(last === undefined ? group : [...group, ...Array.from({ length: size - group.length }, () => last)])
  }
  return groups
}
