/** kysely over one connection of node:sqlite. Reads, and single statements: transactions are the writer's. */
import { Kysely, sql, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely'
import type { SQLInputValue } from 'node:sqlite'
import type { Dialect } from '../sql/dialect.ts'
import type { Tables } from '../sql/tables.ts'
import type { Database } from './database.ts'

export function embeddedDialect(database: Database): Dialect {
  const db = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new EmbeddedDriver(database),
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
    // By bytes, four for each letter: `substring` of a text ends at its first U+0000, and somebody may have sent one.
    start: (column, letters) =>
      sql`cast(substring(cast(${sql.ref(column)} as blob), 1, ${sql.lit(4 * letters)}) as text)`,
    first: (query, count) => query.limit(count),
  }
}

class EmbeddedDriver implements Driver {
  readonly #connection: DatabaseConnection
  constructor(database: Database) {
    this.#connection = new EmbeddedConnection(database)
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection
  }

  beginTransaction = refuse
  commitTransaction = refuse
  rollbackTransaction = refuse

  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
}

async function refuse(): Promise<never> {
  throw new Error('transactions are the business of the writer')
}

class EmbeddedConnection implements DatabaseConnection {
  readonly #database: Database
  constructor(database: Database) {
    this.#database = database
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const values = query.parameters as readonly SQLInputValue[]
    const rows = this.#database.use((session) => session.all(query.sql, ...values))
    return { rows: rows as Row[] }
  }

  // oxlint-disable-next-line require-yield
  async *streamQuery(): AsyncIterableIterator<never> {
    await refuse()
  }
}
