/** A store in memory, for tests of those who use one: the contract of `schema/store/store.ts`, without a database. */
import type { LogId, PersonNumber } from '../../schema/record/ids.ts'
import { countOf, joined, numbersOf, rangesOf, without } from '../../schema/record/numbers.ts'
import type { Criterion, DimensionUse, QueryRecord } from '../../schema/record/record.ts'
import { showsMoreThanListed } from '../../schema/record/record.ts'
import { CHANGE_ACTIONS, type Kept } from '../../schema/record/retention.ts'
import type { AccessToken, LogEntry, LogFilter, Page, PersonHit, Store } from '../../schema/store/store.ts'
import { counted } from './counted.ts'
import { MOST_COUNTED, StoreError } from '../../schema/store/store.ts'

export interface MemoryStore extends Store {
  readonly records: readonly QueryRecord[]
  put(record: QueryRecord): void
  /** From now on this half fails as a database that is away. */
  failing: 'none' | 'write' | 'read' | 'all'
}

export function memoryStore(): MemoryStore {
  const records: QueryRecord[] = []
  const tokens = new Map<string, AccessToken>()
  const up = (half: 'write' | 'read') => {
    if (store.failing === half || store.failing === 'all') {
      throw new StoreError('STORE_UNAVAILABLE', 'the database is away')
    }
  }
  const newestFirst = (page: Page, range: LogFilter) =>
    records
      .filter((r) => passes(r, range) && (page.before === undefined || BigInt(r.logId) < BigInt(page.before)))
      .sort((a, b) => (BigInt(a.logId) < BigInt(b.logId) ? 1 : -1))
  const store: MemoryStore = {
    records,
    failing: 'none',
    put: (record) => void records.push(record),
    writer: {
      async position() {
        return 0
      },
      async holds() {
        return false
      },
      async write(batch) {
        up('write')
        records.push(...batch.records)
      },
      async append(use) {
        up('write')
        const seq = records.filter((r) => r.origin === use.origin).length + 1
        records.push({ ...use, seq, part: 0 })
      },
      async close() {},
    },
    reader: {
      async log(filter, page) {
        up('read')
        return newestFirst(page, filter).slice(0, page.limit).map(entryOf)
      },
      async entry(id) {
        up('read')
        return records.find((r) => r.logId === id) ?? null
      },
      async children(ids) {
        up('read')
        return new Map(ids.map((id) => [id, childrenOf(records, id)]))
      },
      async person(person, range, page) {
        up('read')
        return newestFirst(page, range)
          .flatMap((r) => hitOf(r, person))
          .slice(0, page.limit)
      },
      async attributes() {
        up('read')
        return { names: [...new Set(records.flatMap(attributesOf))], complete: true }
      },
      async carriers() {
        up('read')
        const carrying = records.flatMap((r) => r.criteria.filter((c) => c.person !== null).map((c) => [c, r] as const))
        return [...Map.groupBy(carrying, ([c]) => attributeOf(c) ?? '')]
          .filter(([attribute]) => attribute !== '')
          .map(([attribute, of]) => ({
            attribute,
            entries: Math.min(new Set(of.map(([, r]) => r.logId)).size, MOST_COUNTED),
            latestAt: Math.max(...of.map(([, r]) => r.askedAt)),
          }))
      },
      async concerning(attributes, range, page) {
        up('read')
        const all = newestFirst(page, range).filter((r) => attributes === null || concerns(r, attributes))
        const entries = all.slice(0, page.limit)
        return { entries, next: all.length < page.limit ? null : (entries.at(-1)?.logId ?? null) }
      },
      async statistics(range) {
        up('read')
        return counted(records, range)
      },
      async origins() {
        up('read')
        return [...Map.groupBy(records, (r) => r.origin)].map(([origin, of]) => ({
          origin,
          position: of.length,
          writtenAt: Math.max(...of.map((r) => r.askedAt)),
        }))
      },
      async numbers(origin) {
        up('read')
        const of = records.filter((r) => r.origin === origin)
        const present = rangesOf(of.map(({ seq }) => seq))
        const [first = 0, last = 0] = [present.at(0)?.from, present.at(-1)?.to]
        const holes = last === 0 ? [] : without([{ from: first, to: last }], present)
        return { first, last, count: countOf(present), holes, told: joined(of.flatMap(numbersOf)), deleted: [] }
      },
      async oldest(kept, before) {
        up('read')
        const times = records.filter((r) => keptAs(r) === kept && r.askedAt < before).map(({ askedAt }) => askedAt)
        return times.length === 0 ? null : Math.min(...times)
      },
      async countOlder(kept, before) {
        up('read')
        return records.filter((r) => keptAs(r) === kept && r.askedAt < before).length
      },
      async close() {},
    },
    access: {
      async addToken(token) {
        up('write')
        tokens.set(token.hash, token)
      },
      async findToken(hash) {
        up('read')
        return tokens.get(hash) ?? null
      },
    },
  }
  return store
}

const keptAs = ({ action }: QueryRecord): Kept => (CHANGE_ACTIONS.some((one) => one === action) ? 'changes' : 'log')

const attributeOf = ({ level, hierarchy, dimension }: Criterion | DimensionUse) => level ?? hierarchy ?? dimension

function attributesOf(r: QueryRecord): string[] {
  return [...r.criteria, ...r.dimensions].flatMap((row) => attributeOf(row) ?? [])
}

function concerns(r: QueryRecord, attributes: readonly string[]): boolean {
  const unplaced = r.criteria.some((c) => attributeOf(c) === null)
  return (
    unplaced ||
    showsMoreThanListed(r) ||
    r.opaque !== null ||
    attributesOf(r).some((attribute) => attributes.includes(attribute))
  )
}

function passes(r: QueryRecord, { user, module, cube, action, outcome, from, to }: LogFilter): boolean {
  return (
    (user === undefined || r.userName === user) &&
    (module === undefined || r.module === module) &&
    (cube === undefined || r.cube === cube) &&
    (action === undefined || r.action === action) &&
    (outcome === undefined || r.outcome === outcome) &&
    (from === undefined || r.askedAt >= from) &&
    (to === undefined || r.askedAt < to)
  )
}

function entryOf({
  criteria: _c,
  dimensions: _d,
  measures: _m,
  seen: _s,
  changes: _h,
  ...entry
}: QueryRecord): LogEntry {
  return entry
}

function childrenOf(records: readonly QueryRecord[], id: LogId) {
  const {
    criteria = [],
    dimensions = [],
    measures = [],
    seen = [],
    changes = [],
  } = records.find((r) => r.logId === id) ?? {}
  return { criteria, dimensions, measures, seen, changes }
}

function hitOf(r: QueryRecord, person: PersonNumber): PersonHit[] {
  const criteria = r.criteria.filter((c) => c.person === person || c.personTo === person)
  const places = r.seen.filter((s) => s.person === person).map((s) => s.place)
  return criteria.length + places.length === 0 ? [] : [{ entry: entryOf(r), criteria, places }]
}
