/**
 * Which entries are about persons without naming any: found by the attributes that their criteria and dimensions name.
 *
 * How many different attributes there are hangs on the cubes, not on the log: each is found by one look into the index
 * behind the last. So are the newest entries of each; those of several are merged here, for a database that is asked
 * for all of them at once sorts everything they have.
 */
import { sql } from 'kysely'
import type { SqlBool } from 'kysely'
import type { LogId } from '../../record/ids.ts'
import { OPAQUE_REASONS } from '../../record/record.ts'
import type { AttributeNames, Carrier, LogEntry, Page } from '../store.ts'
import { MOST_COUNTED } from '../store.ts'
import { idsWithin, inBounds, isWithin, limitOf } from './bounds.ts'
import type { IdBounds, TimeRange } from './bounds.ts'
import type { Dialect } from './dialect.ts'
import { entriesById } from './persons.ts'
import { idOf } from './rows.ts'

type Table = 'crit' | 'dim'

/** More than this no cubes have; whoever sends queries with made-up names can go beyond. */
const MOST_NAMES = 2000
const MOST_CARRIERS = 200

export async function attributeNames(d: Dialect): Promise<AttributeNames> {
  const crit = await walk((after) => nextName(d, 'crit', after), MOST_NAMES)
  const dim = await walk((after) => nextName(d, 'dim', after), MOST_NAMES)
  const names = [...new Set([...crit, ...dim])]
  return { names, complete: crit.length < MOST_NAMES && dim.length < MOST_NAMES }
}

export async function carriersOf(d: Dialect): Promise<Carrier[]> {
  const carriers: Carrier[] = []
  for (const attribute of await walk((after) => nextCarrier(d, after), MOST_CARRIERS)) {
    const ids = (await newestWithPerson(d, attribute).execute()).map((row) => idOf(row.log_id))
    const [latest] = await entriesById(d, ids.slice(0, 1))
    if (latest !== undefined) carriers.push({ attribute, entries: ids.length, latestAt: latest.askedAt })
  }
  return carriers
}

type Next = (after: string | null) => { execute(): Promise<{ attribute: string | null }[]> }

async function walk(next: Next, most: number): Promise<string[]> {
  const names: string[] = []
  while (names.length < most) {
    const [row] = await next(names.at(-1) ?? null).execute()
    if (row === undefined || row.attribute === null) break
    names.push(row.attribute)
  }
  return names
}

export function nextName(d: Dialect, table: Table, after: string | null) {
  const named = d.db.selectFrom(table).select('attribute').where('attribute', 'is not', null)
  const rest = after === null ? named : named.where('attribute', '>', after)
  return d.first(rest.orderBy('attribute'), 1)
}

export function nextCarrier(d: Dialect, after: string | null) {
  const named = d.db.selectFrom('crit').select('attribute').where('person', 'is not', null)
  const rest = named.where('attribute', '>', after ?? '')
  return d.first(rest.orderBy('attribute'), 1)
}

export function newestWithPerson(d: Dialect, attribute: string) {
  const of = d.db.selectFrom('crit').select('log_id').distinct().where('attribute', '=', attribute)
  return d.first(of.where('person', 'is not', null).orderBy('log_id', 'desc'), MOST_COUNTED)
}

export interface EntriesPage {
  readonly entries: readonly LogEntry[]
  readonly next: LogId | null
}

export async function entriesConcerning(
  d: Dialect,
  attributes: readonly string[] | null,
  range: TimeRange,
  page: Page,
): Promise<EntriesPage> {
  const [limit, within] = [limitOf(page), await idsWithin(d, range)]
  if (limit === 0) return { entries: [], next: page.before ?? null }
  const bounds: IdBounds = page.before === undefined ? within : { ...within, before: page.before }
  const ids = await newestIds(walks(d, attributes, bounds, limit), limit)
  // The ids hold the range of times and a little more.
  const entries = (await entriesById(d, ids)).filter(({ askedAt }) => isWithin(askedAt, range))
  return { entries, next: ids.length < limit ? null : (ids.at(-1) ?? null) }
}

type Walk = ReturnType<typeof idsOfAttribute> | ReturnType<typeof idsOfLog>

function walks(d: Dialect, attributes: readonly string[] | null, bounds: IdBounds, limit: number): Walk[] {
  if (attributes === null) return [idsOfLog(d, null, bounds, limit)]
  return [
    ...[null, ...attributes].map((attribute) => idsOfAttribute(d, 'crit', attribute, bounds, limit)),
    ...attributes.map((attribute) => idsOfAttribute(d, 'dim', attribute, bounds, limit)),
    ...OPAQUE_REASONS.map((reason) => idsOfLog(d, reason, bounds, limit)),
    idsCounted(d, bounds, limit),
  ]
}

async function newestIds(all: readonly Walk[], limit: number): Promise<LogId[]> {
  let newest: bigint[] = []
  for (const each of all) {
    const ids = (await each.execute()).map((row) => BigInt(row.log_id))
    newest = [...new Set([...newest, ...ids])].sort((a, b) => (a < b ? 1 : -1)).slice(0, limit)
  }
  return newest.map((id) => idOf(id))
}

export function idsOfAttribute(d: Dialect, table: Table, attribute: string | null, bounds: IdBounds, limit: number) {
  const ids = d.db
    .selectFrom(table)
    .select('log_id')
    .distinct()
    .where(inBounds(d, 'log_id', bounds))
  const of = attribute === null ? ids.where('attribute', 'is', null) : ids.where('attribute', '=', attribute)
  return d.first(of.orderBy('log_id', 'desc'), limit)
}

export function idsOfLog(d: Dialect, opaque: string | null, bounds: IdBounds, limit: number) {
  const ids = d.db
    .selectFrom('log')
    .select('log_id')
    .where(inBounds(d, 'log_id', bounds))
  const of = opaque === null ? ids : ids.where('opaque', '=', opaque).where('opaque', 'is not', null)
  return d.first(of.orderBy('log_id', 'desc'), limit)
}

/** Entries whose answer showed persons of whom no row tells. */
export function idsCounted(d: Dialect, bounds: IdBounds, limit: number) {
  const ids = d.db
    .selectFrom('log')
    .select('log_id')
    .where(inBounds(d, 'log_id', bounds))
    // As the filtered index says it of itself.
    .where(sql<SqlBool>`${sql.ref('counted')} = 1`)
  return d.first(ids.orderBy('log_id', 'desc'), limit)
}
