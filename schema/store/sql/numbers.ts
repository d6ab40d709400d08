/**
 * Which numbers of one journal have entries: one walk over the key (origin, seq, part). Those who ask want to know of all
 * of them; it is no question for a page.
 */
import { sql } from 'kysely'
import type { SqlBool } from 'kysely'
import type { Origin } from '../../record/ids.ts'
import { joined, numbersOf } from '../../record/numbers.ts'
import type { StoredNumbers } from '../store.ts'
import { MOST_HOLES } from '../store.ts'
import type { Dialect } from './dialect.ts'
import type { StoredNumber } from './tables.ts'

export async function numbersOfOrigin(d: Dialect, origin: Origin): Promise<StoredNumbers> {
  const [row] = await extentQuery(d, origin).execute()
  const [first, last, count] = [Number(row?.first ?? 0), Number(row?.last ?? 0), Number(row?.count ?? 0)]
  // To lay every number beside the next takes three times as long as to count them.
  const isWhole = count === 0 || count === last - first + 1
  const holes = isWhole ? [] : await holesQuery(d, origin).execute()
  const tellers = await tellersQuery(d, origin).execute()
  const deleted = await deletedQuery(d, origin).execute()
  const told = tellers.flatMap(({ seq, action, query }) => numbersOf({ seq: Number(seq), action, query }))
  return {
    first,
    last,
    count,
    holes: holes.map(({ seq, next }) => ({ from: Number(seq) + 1, to: Number(next) - 1 })),
    told: joined(told),
    deleted: joined(deleted.map((range) => ({ from: Number(range.first_seq), to: Number(range.last_seq) }))),
  }
}

export function extentQuery({ db }: Dialect, origin: Origin) {
  return db
    .selectFrom('log')
    .where('origin', '=', origin)
    .select(({ fn }) => [fn.min('seq').as('first'), fn.max('seq').as('last'), fn.count('seq').distinct().as('count')])
}

export function holesQuery(d: Dialect, origin: Origin) {
  const followed = d.db
    .selectFrom('log')
    .where('origin', '=', origin)
    .select(['seq', sql<StoredNumber>`lead(seq) over (order by seq)`.as('next')])
  const holes = d.db
    .selectFrom(followed.as('followed'))
    .select(['seq', 'next'])
    .where('next', '>', sql<StoredNumber>`seq + 1`)
  return d.first(holes.orderBy('seq'), MOST_HOLES)
}

/** Entries that may stand for others (`schema/record/numbers.ts`). */
export function tellersQuery(d: Dialect, origin: Origin) {
  const tellers = d.db
    .selectFrom('log')
    .where('origin', '=', origin)
    // As the filtered index says it of itself.
    .where(sql<SqlBool>`${sql.ref('tells')} = 1`)
    .select(['seq', 'action', 'query'])
  return d.first(tellers.orderBy('seq'), MOST_HOLES)
}

export function deletedQuery({ db }: Dialect, origin: Origin) {
  return db.selectFrom('deleted').where('origin', '=', origin).select(['first_seq', 'last_seq'])
}
