/** kysely over one connection of node:sqlite. Reads, and single statements: transactions are the writer's. */
import { Kysely, sql, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import type { SQLInputValue } from 'node:sqlite'
import type { Dialect } from '../sql/dialect.ts'
import { ReadingDriver } from '../sql/reading-driver.ts'
import type { Tables } from '../sql/tables.ts'
import type { Database } from './database.ts'

export function embeddedDialect(database: Database): Dialect {
  const db = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new ReadingDriver(executor(database)),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  })
  return {
    db,
    id: (id) => sql`${BigInt(id)}`,
    time: (ms) => sql`${ms}`,
    person: (person) => sql`${person}`,
    hash: (hash) => sql`${hash}`,
    // sqlite.org, "The SQLite Query Optimizer Overview", section 2: a unary "+" keeps a term from an index.
    unindexed: (column) => sql`+${sql.ref(column)}`,
    // By bytes, four for each letter: `substring` of a text ends at its first U+0000, and somebody may have sent one.
    // Of an empty blob it is null.
    start: (column, letters) =>
      sql`case ${sql.ref(column)} when '' then '' else cast(substring(cast(${sql.ref(column)} as blob), 1, ${sql.lit(4 * letters)}) as text) end`,
    first: (query, count) => query.limit(count),
  }
}

function executor(database: Database): DatabaseConnection['executeQuery'] {
  return async <Row>(query: CompiledQuery): Promise<QueryResult<Row>> => {
    const values = query.parameters as readonly SQLInputValue[]
    const rows = database.use((session) => session.all(query.sql, ...values))
    return { rows: rows as Row[] }
  }
}
