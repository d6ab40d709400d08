/**
 * Statistics, of the sums that the writer keeps (sums.ts): every part walks the hours of the range, origin by origin, and
 * reads no entry. What it costs depends on the hours asked for and on how many different things were done in them.
 */
import { sql } from 'kysely'
import type { RawBuilder, SqlBool } from 'kysely'
import type { Durations, Share, Statistics } from '../store.ts'
import { MOST_SHARES } from '../store.ts'
import type { TimeRange } from './bounds.ts'
import type { Dialect } from './dialect.ts'
import { HOUR_USE, hourOf } from './sums.ts'
import type { StoredNumber } from './tables.ts'

type Shared = 'module' | 'server' | 'action' | 'outcome'
type Sum = keyof typeof HOUR_USE

export async function statisticsOf(d: Dialect, range: TimeRange): Promise<Statistics> {
  const [total] = await totalQuery(d, range).execute()
  const hours = await hoursQuery(d, range).execute()
  const modules = await sharesOf(d, 'module', range)
  const users = await usersOf(d, modules, range, Number(total?.named ?? 0))
  return {
    entries: Number(total?.entries ?? 0),
    users: users?.all ?? null,
    durations: durationsOf(total ?? {}),
    hours: hours.map(({ hour, entries }) => ({ at: Number(hour), entries: Number(entries) })),
    modules: modules.map((share) => ({ ...share, users: users?.of.get(share.name ?? '') ?? (users && 0) })),
    servers: await sharesOf(d, 'server', range),
    actions: await sharesOf(d, 'action', range),
    outcomes: await sharesOf(d, 'outcome', range),
    dimensions: await dimensionsOf(d, range, Number(total?.dimensions ?? 0)),
  }
}

interface Users {
  readonly all: number
  readonly of: ReadonlyMap<string, number>
}

/** `null` when fewer entries are there by user than named one: then some were deleted. */
async function usersOf(d: Dialect, modules: readonly Share[], range: TimeRange, named: number): Promise<Users | null> {
  const [all] = await usersQuery(d, range).execute()
  if (Number(all?.entries ?? 0) !== named) return null
  const names = modules.map(({ name }) => name ?? '')
  const rows = names.length === 0 ? [] : await usersOfModulesQuery(d, names, range).execute()
  return { all: Number(all?.users ?? 0), of: new Map(rows.map(({ module, users }) => [module, Number(users)])) }
}

async function sharesOf(d: Dialect, by: Shared, range: TimeRange): Promise<Share[]> {
  const rows = await sharesQuery(d, by, range).execute()
  return rows.map((row) => ({
    name: row.name === '' ? null : row.name,
    entries: Number(row.entries),
    durations: durationsOf(row),
  }))
}

async function dimensionsOf(d: Dialect, range: TimeRange, counted: number): Promise<Statistics['dimensions']> {
  const [total] = await dimensionTotalQuery(d, range).execute()
  if (Number(total?.entries ?? 0) !== counted) return null
  const rows = await dimensionsQuery(d, range).execute()
  return rows.map(({ dimension, entries }) => ({ dimension, entries: Number(entries) }))
}

const WITHIN = Object.keys(HOUR_USE).filter((name): name is Sum => /^(within_|beyond$)/.test(name))

/** A sum of nothing is `null`. */
type Summed = Partial<Record<Sum, StoredNumber | null>>

function durationsOf(row: Summed): Durations {
  const of = (name: Sum) => Number(row[name] ?? 0)
  return { timed: of('timed'), totalMs: of('duration_ms'), within: WITHIN.map(of) }
}

const summed = <S extends Sum>(name: S) => sql<StoredNumber | null>`sum(${sql.ref(name)})`.as(name)
const DURATIONS = (['timed', 'duration_ms', ...WITHIN] as const).map(summed)

function within(d: Dialect, { from, to }: TimeRange): RawBuilder<SqlBool> {
  const hour = sql.ref('hour')
  const bounds: RawBuilder<SqlBool>[] = []
  if (from !== undefined) bounds.push(sql`${hour} >= ${d.time(hourOf(from))}`)
  if (to !== undefined) bounds.push(sql`${hour} < ${d.time(hourOf(to))}`)
  return bounds.length === 0 ? sql`1 = 1` : sql`${sql.join(bounds, sql` and `)}`
}

/** By the origins there are, because the keys of the sums begin with theirs. */
const origins = ({ db }: Dialect) => db.selectFrom('origin').select('origin.origin')

function uses(d: Dialect, range: TimeRange) {
  return d.db.selectFrom('hour_use').where('origin', 'in', origins(d)).where(within(d, range))
}

function usersIn(d: Dialect, range: TimeRange) {
  return d.db.selectFrom('hour_user').where('origin', 'in', origins(d)).where(within(d, range))
}

function dimensionsIn(d: Dialect, range: TimeRange) {
  return d.db.selectFrom('hour_dimension').where('origin', 'in', origins(d)).where(within(d, range))
}

export function totalQuery(d: Dialect, range: TimeRange) {
  return uses(d, range).select([summed('entries'), summed('named'), summed('dimensions'), ...DURATIONS])
}

export function hoursQuery(d: Dialect, range: TimeRange) {
  return uses(d, range)
    .select(['hour', summed('entries')])
    .groupBy('hour')
    .orderBy('hour')
}

export function sharesQuery(d: Dialect, by: Shared, range: TimeRange) {
  const name = sql.ref<string>(by)
  const shares = uses(d, range)
    .select([name.as('name'), summed('entries'), ...DURATIONS])
    .groupBy(name)
  return d.first(shares.orderBy(sql`sum(${sql.ref('entries')})`, 'desc').orderBy(name), MOST_SHARES)
}

export function usersQuery(d: Dialect, range: TimeRange) {
  return usersIn(d, range).select([
    summed('entries'),
    sql<StoredNumber>`count(distinct ${sql.ref('user_key')})`.as('users'),
  ])
}

export function usersOfModulesQuery(d: Dialect, modules: readonly string[], range: TimeRange) {
  return usersIn(d, range)
    .where('module', 'in', modules)
    .select(['module', sql<StoredNumber>`count(distinct ${sql.ref('user_key')})`.as('users')])
    .groupBy('module')
}

export function dimensionTotalQuery(d: Dialect, range: TimeRange) {
  return dimensionsIn(d, range).select(summed('entries'))
}

export function dimensionsQuery(d: Dialect, range: TimeRange) {
  const all = dimensionsIn(d, range)
    .select(['dimension', sql<StoredNumber>`sum(${sql.ref('entries')})`.as('entries')])
    .groupBy('dimension')
  return d.first(all.orderBy(sql`sum(${sql.ref('entries')})`, 'desc').orderBy('dimension'), MOST_SHARES)
}
