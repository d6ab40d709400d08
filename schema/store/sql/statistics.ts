/**
 * Statistics, of the sums that the writer keeps (sums.ts): every part walks the hours of the range, origin by origin, and
 * reads no entry. What it costs depends on the hours asked for and on how many different things were done in them.
 *
 * Whether all users and dimensions are still there is told by the same statement that counts them: between two, a writer
 * may add some, or a deletion take some away.
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
  const users = await usersOf(d, modules, range)
  return {
    entries: Number(total?.entries ?? 0),
    users: users?.all ?? null,
    durations: durationsOf(total ?? {}),
    hours: hours.map(({ hour, entries }) => ({ at: Number(hour), entries: Number(entries) })),
    modules: modules.map((share) => ({ ...share, users: users?.of.get(share.name ?? '') ?? (users && 0) })),
    servers: await sharesOf(d, 'server', range),
    actions: await sharesOf(d, 'action', range),
    outcomes: await sharesOf(d, 'outcome', range),
    dimensions: await dimensionsOf(d, range),
  }
}

interface Users {
  readonly all: number
  readonly of: ReadonlyMap<string, number>
}

/** `null` when not as many entries are there by user as named one: then some were deleted. */
async function usersOf(d: Dialect, modules: readonly Share[], range: TimeRange): Promise<Users | null> {
  const names = modules.map(({ name }) => name ?? '')
  const rows = names.length === 0 ? [] : await usersQuery(d, names, range).execute()
  if (rows.length === 0) return (await countedOf(d, 'named', range)) === 0 ? { all: 0, of: new Map() } : null
  if (Number(rows[0]?.entries) !== Number(rows[0]?.named)) return null
  return { all: Number(rows[0]?.all), of: new Map(rows.map(({ module, users }) => [module, Number(users)])) }
}

async function sharesOf(d: Dialect, by: Shared, range: TimeRange): Promise<Share[]> {
  const rows = await sharesQuery(d, by, range).execute()
  return rows.map((row) => ({
    name: row.name === '' ? null : row.name,
    entries: Number(row.entries),
    durations: durationsOf(row),
  }))
}

async function dimensionsOf(d: Dialect, range: TimeRange): Promise<Statistics['dimensions']> {
  const rows = await dimensionsQuery(d, range).execute()
  if (rows.length === 0) return (await countedOf(d, 'dimensions', range)) === 0 ? [] : null
  if (Number(rows[0]?.all) !== Number(rows[0]?.counted)) return null
  return rows.map(({ dimension, entries }) => ({ dimension, entries: Number(entries) }))
}

async function countedOf(d: Dialect, by: 'named' | 'dimensions', range: TimeRange): Promise<number> {
  const [row] = await uses(d, range).select(summed(by)).execute()
  return Number(row?.[by] ?? 0)
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
  return uses(d, range).select([summed('entries'), ...DURATIONS])
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

/** How much of `by` was written in `range`: as a column of what counts how much of it is there. */
const written = (d: Dialect, by: 'named' | 'dimensions', range: TimeRange) =>
  sql<StoredNumber>`${uses(d, range).select(summed(by))}`

/**
 * Different users, of each module and of all, in one walk over the hours: first those of each module, of whom one row
 * counts among all. The modules that are wanted come first, because their number is bounded and that of all is not.
 */
export function usersQuery(d: Dialect, modules: readonly string[], range: TimeRange) {
  const [user, module, entries] = [sql.ref('user_key'), sql.ref<string>('module'), sql.ref('entries')]
  const each = usersIn(d, range)
    .select([
      module.as('module'),
      sql<StoredNumber>`sum(${entries})`.as('entries'),
      sql<number>`case when row_number() over (partition by ${user} order by ${module}) = 1 then 1 else 0 end`.as(
        'once',
      ),
    ])
    .groupBy(['user_key', 'module'])
  const all = d.db
    .selectFrom(each.as('each'))
    .select([
      module.as('module'),
      sql<StoredNumber>`count(*)`.as('users'),
      sql<StoredNumber>`sum(sum(${entries})) over ()`.as('entries'),
      sql<StoredNumber>`sum(sum(${sql.ref('once')})) over ()`.as('all'),
      written(d, 'named', range).as('named'),
    ])
    .groupBy('module')
  return d.first(all.orderBy(sql`case when ${module} in (${sql.join(modules)}) then 0 else 1 end`), MOST_SHARES)
}

export function dimensionsQuery(d: Dialect, range: TimeRange) {
  const entries = sql.ref('entries')
  const all = dimensionsIn(d, range)
    .select([
      'dimension',
      sql<StoredNumber>`sum(${entries})`.as('entries'),
      sql<StoredNumber>`sum(sum(${entries})) over ()`.as('all'),
      written(d, 'dimensions', range).as('counted'),
    ])
    .groupBy('dimension')
  return d.first(all.orderBy(sql`sum(${entries})`, 'desc').orderBy('dimension'), MOST_SHARES)
}
