/** What the two dialects of the reader's queries differ in: how values are bound, and how the first rows are asked for. */
import type { Kysely, RawBuilder, SelectQueryBuilder } from 'kysely'
import type { LogId, PersonNumber } from '../../record/ids.ts'
import type { StoredId, StoredTime, Tables } from './tables.ts'

export interface Dialect {
  readonly db: Kysely<Tables>
  id(id: LogId): RawBuilder<StoredId>
  time(ms: number): RawBuilder<StoredTime>
  person(person: PersonNumber): RawBuilder<string>
  hash(hash: string): RawBuilder<string>
  /** A column, compared without its index. */
  unindexed(column: string): RawBuilder<unknown>
  /** At least the first `letters` of a text, and not many more; `null` of `null`. */
  start(column: string, letters: number): RawBuilder<string>
  /** `query`, which must be ordered, cut after `count` rows. */
  first<Db, Table extends keyof Db, Row>(
    query: SelectQueryBuilder<Db, Table, Row>,
    count: number,
  ): SelectQueryBuilder<Db, Table, Row>
}
