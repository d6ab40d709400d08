/**
 * The reader, for both dialects. Every question walks an index from its newest end and stops at the page's limit, so
 * what it costs depends on the page and not on the log: user, module and person lead to `log_id`, and a range of times
 * becomes a range of `log_id` (see `Drift` in entries.ts).
 *
 * Entries never change and are committed with their children, so the few statements of one question need no
 * transaction: what is committed between them is simply newer than the page. What is deleted between them, because its time
 * was over, may be missing from the end of the answer, or be there without its children.
 */
import { sql } from 'kysely'
import type { RawBuilder, SqlBool } from 'kysely'
import type { LogId, Origin, PersonNumber } from '../../record/ids.ts'
import type { QueryRecord } from '../../record/record.ts'
import type { Kept } from '../../record/retention.ts'
import type {
  AttributeNames,
  Carrier,
  Children,
  ConcerningPage,
  LogEntry,
  LogFilter,
  OriginState,
  Page,
  PersonHit,
  RecordReader,
  Statistics,
  StoredNumbers,
} from '../store.ts'
import { attributeNames, carriersOf, entriesConcerning } from './attributes.ts'
import { idsWithin, inBounds, inGroups, limitOf } from './bounds.ts'
import type { IdBounds, TimeRange } from './bounds.ts'
import { bounded, userKey } from './columns.ts'
import type { Dialect } from './dialect.ts'
import { listed } from './listed.ts'
import { numbersOfOrigin } from './numbers.ts'
import { countQuery, oldest } from './older.ts'
import { personHits } from './persons.ts'
import { changeOf, criterionOf, dimensionOf, entryOf, idOf, measureOf, originOf, seenOf } from './rows.ts'
import { statisticsOf } from './statistics.ts'
import type { StoredId } from './tables.ts'

type Gathered = { readonly [K in keyof Children]: Children[K][number][] }

export class SqlReader implements RecordReader {
  readonly #d: Dialect
  readonly #close: () => Promise<void>
  constructor(dialect: Dialect, close: () => Promise<void>) {
    this.#d = dialect
    this.#close = close
  }

  async log(filter: LogFilter, page: Page): Promise<LogEntry[]> {
    const limit = limitOf(page)
    if (limit === 0) return []
    const within = await idsWithin(this.#d, filter)
    const bounds = page.before === undefined ? within : { ...within, before: page.before }
    const rows = await logQuery(this.#d, filter, bounds, limit).execute()
    return rows.map(entryOf)
  }

  async entry(id: LogId): Promise<QueryRecord | null> {
    const [row] = await this.#d.db.selectFrom('log').selectAll().where('log_id', '=', this.#d.id(id)).execute()
    if (row === undefined) return null
    const children = (await this.#children([id])).get(id)
    return { ...entryOf(row), ...(children ?? gathered()) }
  }

  children(ids: readonly LogId[]): Promise<ReadonlyMap<LogId, Children>> {
    return this.#children(ids)
  }

  person(person: PersonNumber, range: TimeRange, page: Page): Promise<PersonHit[]> {
    return personHits(this.#d, person, range, page)
  }

  attributes(): Promise<AttributeNames> {
    return attributeNames(this.#d)
  }

  carriers(): Promise<Carrier[]> {
    return carriersOf(this.#d)
  }

  async concerning(attributes: readonly string[] | null, range: TimeRange, page: Page): Promise<ConcerningPage> {
    const { entries, next } = await entriesConcerning(this.#d, attributes, range, page)
    const children = await this.#children(entries.map(({ logId }) => logId))
    return { entries: entries.map((entry) => ({ ...entry, ...(children.get(entry.logId) ?? gathered()) })), next }
  }

  statistics(range: TimeRange): Promise<Statistics> {
    return statisticsOf(this.#d, range)
  }

  async origins(): Promise<OriginState[]> {
    const rows = this.#d.db.selectFrom('origin').select(['origin', 'position', 'written_at']).orderBy('origin')
    return (await rows.execute()).map(originOf)
  }

  numbers(origin: Origin): Promise<StoredNumbers> {
    return numbersOfOrigin(this.#d, origin)
  }

  oldest(kept: Kept, before: number): Promise<number | null> {
    return oldest(this.#d, kept, before)
  }

  async countOlder(kept: Kept, before: number): Promise<number> {
    const [row] = await countQuery(this.#d, kept, before).execute()
    return Number(row?.count ?? 0)
  }

  close(): Promise<void> {
    return this.#close()
  }

  async #children(ids: readonly LogId[]): Promise<ReadonlyMap<LogId, Children>> {
    const all = new Map<LogId, Gathered>(ids.map((id) => [id, gathered()]))
    for (const some of inGroups(this.#d, [...all.keys()])) {
      const of = childQueries(this.#d, some)
      for (const row of await of.crit.execute()) all.get(idOf(row.log_id))?.criteria.push(criterionOf(row))
      for (const row of await of.dim.execute()) all.get(idOf(row.log_id))?.dimensions.push(dimensionOf(row))
      for (const row of await of.meas.execute()) all.get(idOf(row.log_id))?.measures.push(measureOf(row))
      for (const row of await of.seen.execute()) all.get(idOf(row.log_id))?.seen.push(seenOf(row))
      for (const row of await of.change.execute()) all.get(idOf(row.log_id))?.changes.push(changeOf(row))
    }
    return all
  }
}

const gathered = (): Gathered => ({ criteria: [], dimensions: [], measures: [], seen: [], changes: [] })

type Named = 'user' | 'cube' | 'outcome' | 'action' | 'module'

const COLUMNS: Readonly<Record<Named, string>> = {
  user: 'user_key',
  cube: 'cube',
  outcome: 'outcome',
  action: 'action',
  module: 'module',
}

/**
 * Which index leads, of several that could: the one that most likely holds least. A database without statistics of its own
 * takes any; a page of one user's queries then walked the queries of all. Where nothing leads, the newest entries do.
 */
const LEADING: readonly { readonly by: Named; readonly isRare: (value: string) => boolean }[] = [
  { by: 'user', isRare: () => true },
  { by: 'cube', isRare: () => true },
  { by: 'outcome', isRare: (outcome) => outcome !== 'answered' },
  { by: 'action', isRare: (action) => action !== 'query' },
  { by: 'module', isRare: () => true },
  { by: 'action', isRare: () => true },
]

export function logQuery(d: Dialect, filter: LogFilter, bounds: IdBounds, limit: number) {
  const values: Readonly<Record<Named, string | undefined>> = {
    user: filter.user === undefined ? undefined : bounded(userKey(filter.user)),
    cube: filter.cube === undefined ? undefined : bounded(filter.cube),
    outcome: filter.outcome,
    action: filter.action,
    module: filter.module === undefined ? undefined : bounded(filter.module),
  }
  const leading = LEADING.find(({ by, isRare }) => values[by] !== undefined && isRare(values[by]))?.by
  let query = listed(d).where(inBounds(d, 'log_id', bounds))
  for (const { by } of LEADING.slice(0, -1)) {
    if (values[by] === undefined) continue
    const column = by === leading ? sql.ref(COLUMNS[by]) : d.unindexed(COLUMNS[by])
    query = query.where(sql<SqlBool>`${column} = ${values[by]}`)
  }
  // As the filtered index says it of itself.
  if (leading === 'outcome') query = query.where(sql<SqlBool>`${sql.ref('outcome')} <> ${sql.lit('answered')}`)
  if (filter.from !== undefined) query = query.where('asked_at', '>=', d.time(filter.from))
  if (filter.to !== undefined) query = query.where('asked_at', '<', d.time(filter.to))
  return d.first(query.orderBy('log_id', 'desc'), limit)
}

export function childQueries({ db }: Dialect, ids: readonly RawBuilder<StoredId>[]) {
  return {
    crit: db.selectFrom('crit').selectAll().where('log_id', 'in', ids).orderBy('log_id').orderBy('ord'),
    dim: db.selectFrom('dim').selectAll().where('log_id', 'in', ids).orderBy('log_id').orderBy('ord'),
    meas: db.selectFrom('meas').selectAll().where('log_id', 'in', ids).orderBy('log_id').orderBy('ord'),
    seen: db.selectFrom('seen').selectAll().where('log_id', 'in', ids).orderBy('log_id').orderBy('ord'),
    change: db.selectFrom('change').selectAll().where('log_id', 'in', ids).orderBy('log_id').orderBy('ord'),
  }
}
