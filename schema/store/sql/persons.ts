/**
 * Who searched for a person, or saw one: three indexes (criterion, end of a range, answer), each walked from its newest
 * end and left at the page's limit, then merged.
 */
import type { LogId, PersonNumber } from '../../record/ids.ts'
import type { Page, PersonHit, LogEntry } from '../store.ts'
import { idsWithin, inBounds, inGroups, isWithin, limitOf } from './bounds.ts'
import type { IdBounds, TimeRange } from './bounds.ts'
import { PERSON_LENGTH } from './columns.ts'
import type { Dialect } from './dialect.ts'
import { listed } from './listed.ts'
import { criterionOf, entryOf, idOf } from './rows.ts'

export async function personHits(d: Dialect, person: PersonNumber, range: TimeRange, page: Page): Promise<PersonHit[]> {
  if (person.length > PERSON_LENGTH) return []
  const found = await entriesOf(d, person, range, page)
  const hits = new Map<LogId, Gathering>(found.map((entry) => [entry.logId, { entry, criteria: [], places: [] }]))
  for (const ids of inGroups(d, [...hits.keys()])) {
    const criteria = await d.db
      .selectFrom('crit')
      .selectAll()
      .where('log_id', 'in', ids)
      .where((eb) => eb.or([eb('person', '=', d.person(person)), eb('person_to', '=', d.person(person))]))
      .orderBy('log_id')
      .orderBy('ord')
      .execute()
    for (const row of criteria) hits.get(idOf(row.log_id))?.criteria.push(criterionOf(row))
    const seen = await d.db
      .selectFrom('seen')
      .select(['log_id', 'place'])
      .where('log_id', 'in', ids)
      .where('person', '=', d.person(person))
      .orderBy('log_id')
      .orderBy('ord')
      .execute()
    for (const { log_id, place } of seen) hits.get(idOf(log_id))?.places.push(place)
  }
  return [...hits.values()]
}

interface Gathering {
  readonly entry: LogEntry
  readonly criteria: PersonHit['criteria'][number][]
  readonly places: string[]
}

async function entriesOf(d: Dialect, person: PersonNumber, range: TimeRange, page: Page): Promise<LogEntry[]> {
  const [limit, within] = [limitOf(page), await idsWithin(d, range)]
  const found: LogEntry[] = []
  let bounds: IdBounds = page.before === undefined ? within : { ...within, before: page.before }
  // The ids hold the range of times and a little more; what lies outside it is dropped, and made up for.
  while (found.length < limit) {
    const ids = (await idsOfPerson(d, person, bounds, limit).execute()).map((row) => idOf(row.log_id))
    found.push(...(await entriesById(d, ids)).filter(({ askedAt }) => isWithin(askedAt, range)))
    const last = ids.at(-1)
    if (last === undefined || ids.length < limit) break
    bounds = { ...within, before: last }
  }
  return found.slice(0, limit)
}

/** Newest first. */
export async function entriesById(d: Dialect, ids: readonly LogId[]): Promise<LogEntry[]> {
  const entries: LogEntry[] = []
  for (const some of inGroups(d, ids)) {
    const rows = await listed(d).where('log_id', 'in', some).orderBy('log_id', 'desc').execute()
    entries.push(...rows.map(entryOf))
  }
  return entries
}

/** The three walks. Each becomes a table of its own, for a part of a union has no order and no end. */
export function idsOfPerson(d: Dialect, person: PersonNumber, bounds: IdBounds, limit: number) {
  const [number, within] = [d.person(person), inBounds(d, 'log_id', bounds)]
  const walk = (table: 'crit' | 'seen') =>
    d.db.selectFrom(table).select('log_id').distinct().where(within).orderBy('log_id', 'desc')
  // "is not null" is what the filtered indexes say of themselves, so that either database knows them for fitting.
  const searched = walk('crit').where('person', '=', number).where('person', 'is not', null)
  const searchedTo = d.db
    .selectFrom('crit')
    .select('log_id')
    .distinct()
    .where('person_to', '=', number)
    .where('person_to', 'is not', null)
    .where(within)
    .orderBy('log_id', 'desc')
  const seen = walk('seen').where('person', '=', number)
  const merged = d.db
    .selectFrom(d.first(searched, limit).as('a'))
    .select('a.log_id')
    .union(d.db.selectFrom(d.first(searchedTo, limit).as('b')).select('b.log_id'))
    .union(d.db.selectFrom(d.first(seen, limit).as('c')).select('c.log_id'))
  return d.first(d.db.selectFrom(merged.as('hit')).select('hit.log_id').orderBy('hit.log_id', 'desc'), limit)
}
