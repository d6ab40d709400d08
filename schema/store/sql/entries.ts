/**
 * What a writer does before it writes: checks the batch, gives colliding entries the next free id, measures how far ids
 * run from the time they were asked at. Pure, and the same for every backend; only the look-ups are a backend's own.
 *
 * A writer first tries the ids as minted. When the database refuses them as taken, it looks up which, and settles them
 * here: an entry whose origin, number and part are stored already is left out, one whose id belongs to another gets the
 * next free id.
 */
import { firstIdAt } from '../../record/ids.ts'
import type { LogId } from '../../record/ids.ts'
import type { QueryRecord } from '../../record/record.ts'
import { StoreError } from '../store.ts'
import type { Batch, RecordWriter } from '../store.ts'
import { HASH_LENGTH, LOG, ORIGIN_LENGTH, PERSON_LENGTH } from './columns.ts'

/** One row of `log` to be, under the id it gets. */
export interface Entry {
  readonly logId: LogId
  readonly record: QueryRecord
}

export type Use = Parameters<RecordWriter['append']>[0]

/** How many ids above a taken one are looked at. Many more than two journals can have minted in one millisecond. */
export const WINDOW = 4096

const MAX_ID = 0x7fff_ffff_ffff_ffffn

export const asMinted = (record: QueryRecord): Entry => ({ logId: record.logId, record })

export const identity = (record: Pick<QueryRecord, 'seq' | 'part'>): string => `${record.seq}/${record.part}`

/** @throws StoreError `STORE_REJECTED` for what no database could keep, before one is asked. */
export function checkBatch({ origin, records }: Pick<Batch, 'origin' | 'records'>): void {
  const seen = new Set<string>()
  for (const record of records) {
    const key = identity(record)
    if (record.origin !== origin) throw reject(record, 'is of another origin than its batch')
    if (seen.has(key)) throw reject(record, 'stands twice in its batch')
    seen.add(key)
    checkRecord(record)
  }
}

function checkRecord(record: QueryRecord): void {
  if (record.origin.length > ORIGIN_LENGTH) throw reject(record, 'has an origin that is too long')
  if ((record.requestHash?.length ?? 0) > HASH_LENGTH) throw reject(record, 'has a request hash that is too long')
  // A Date ends at 8.64e15 ms, and datetime2 with the year 9999 before that.
  if (!(Math.abs(record.askedAt) < 253_402_300_800_000)) throw reject(record, 'was asked at no time there is')
  for (const [kind, of] of NUMBERS) {
    const number = of(record)
    if (number !== null && !(Math.abs(number) < BEYOND[kind])) throw reject(record, 'holds a number beyond its column')
  }
  const tooLong = (person: string | null) => person !== null && person.length > PERSON_LENGTH
  if (
    record.criteria.some((c) => tooLong(c.person) || tooLong(c.personTo)) ||
    record.seen.some((s) => tooLong(s.person))
  )
    throw reject(record, 'names a person by more than ten characters')
}

const BEYOND = { int: 2 ** 31, big: 2 ** 63 } as const
const NUMBERS = Object.values(LOG).flatMap(({ kind, of }) =>
  kind === 'int' || kind === 'big' ? [[kind, of] as const] : [],
)

const reject = (record: QueryRecord, why: string) =>
  new StoreError('STORE_REJECTED', `entry ${identity(record)} of the batch ${why}`)

/** An entry of the report service's own use must not pass for one that is stored already. */
export const numberTaken = (): StoreError =>
  new StoreError('STORE_UNAVAILABLE', 'the next number of this origin is taken: two kinds of writers share its name')

/** The ids that cannot be given as minted: taken in the store, or by an earlier entry of the same batch. */
export function clashing(records: readonly QueryRecord[], taken: ReadonlySet<string>): LogId[] {
  const given = new Set<string>()
  return records.filter(({ logId }) => taken.has(logId) || given.size === given.add(logId).size).map((r) => r.logId)
}

/** @param taken every id of the store among those of `records` and, for a clashing one, up to {@link WINDOW} above. */
export function settle(records: readonly QueryRecord[], taken: ReadonlySet<string>): Entry[] {
  const given = new Set<string>(records.map((r) => r.logId).filter((id) => !taken.has(id)))
  const own = new Set<string>(given)
  return records.map((record) => {
    if (own.delete(record.logId)) return asMinted(record)
    const logId = nextFree(record, (id) => taken.has(id) || given.has(id))
    given.add(logId)
    return { logId, record }
  })
}

function nextFree(record: QueryRecord, isTaken: (id: string) => boolean): LogId {
  const first = BigInt(record.logId)
  for (let id = first + 1n; id < first + BigInt(WINDOW) && id <= MAX_ID; id++) {
    if (!isTaken(String(id))) return String(id) as LogId
  }
  throw reject(record, 'finds no free id')
}

/**
 * How far the ids of `entries` run ahead of, and behind, the first id of the millisecond they were asked in. Kept per
 * origin as the greatest ever, they turn a range of times into a range of ids that surely holds it: the reader then
 * walks the primary key, and nothing older or newer.
 */
export interface Drift {
  readonly ahead: bigint
  readonly behind: bigint
}

export function drift(entries: readonly Entry[]): Drift {
  let [ahead, behind] = [0n, 0n]
  for (const { logId, record } of entries) {
    const distance = BigInt(logId) - firstIdAt(record.askedAt)
    if (distance > ahead) ahead = distance
    if (-distance > behind) behind = -distance
  }
  return { ahead: atMost(ahead), behind: atMost(behind) }
}

const atMost = (n: bigint) => (n > MAX_ID ? MAX_ID : n)

/** The range of ids that holds every entry asked within `[from, to)`; an end that is not bounded is left out. */
export function idRange({ ahead, behind }: Drift, from?: number, to?: number): { least?: LogId; most?: LogId } {
  const least = from === undefined || behind === MAX_ID ? 0n : firstIdAt(from) - behind
  const most = to === undefined || ahead === MAX_ID ? MAX_ID : firstIdAt(to) + ahead
  return {
    ...(least > 0n && { least: String(atMost(least)) as LogId }),
    ...(most < MAX_ID && { most: String(most) as LogId }),
  }
}
