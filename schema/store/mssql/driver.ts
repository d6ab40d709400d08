/**
 * kysely over mssql's pool. Its own driver for SQL Server binds every Date as the old `datetime`, which rounds to 3.33
 * ms, and every text as nvarchar, which turns a seek on a varchar index into a scan: so values come here typed.
 */
import { Kysely, MssqlAdapter, MssqlIntrospector, MssqlQueryCompiler, sql } from 'kysely'
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import type { Dialect } from '../sql/dialect.ts'
import { ReadingDriver } from '../sql/reading-driver.ts'
import type { Tables } from '../sql/tables.ts'
import type { Pool } from './pool.ts'
import { Typed, TYPES } from './types.ts'

export function mssqlDialect(pool: Pool): Dialect {
  const db = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new MssqlAdapter(),
      createDriver: () => new ReadingDriver(executor(pool)),
      createIntrospector: (db) => new MssqlIntrospector(db),
      createQueryCompiler: () => new MssqlQueryCompiler(),
    },
  })
  return {
    db: db.withSchema('tilsyn'),
    id: (id) => sql`${new Typed('big', id)}`,
    time: (ms) => sql`${new Typed('time', ms)}`,
    person: (person) => sql`${new Typed('person', person)}`,
    hash: (hash) => sql`${new Typed('hash', hash)}`,
    // Its optimiser knows how many there are of each.
    unindexed: (column) => sql.ref(column),
    start: (column, letters) => sql`substring(${sql.ref(column)}, 1, ${sql.lit(letters)})`,
    first: (query, count) => query.offset(0).fetch(count),
  }
}

function executor(pool: Pool): DatabaseConnection['executeQuery'] {
  return <Row>(query: CompiledQuery): Promise<QueryResult<Row>> =>
    pool.use(async (connected) => {
      const request = connected.request()
      query.parameters.forEach((parameter, i) => {
        const { type, value } = typed(parameter)
        request.input(String(i + 1), type, value)
      })
      const { recordset } = await request.query<Row>(query.sql)
      return { rows: recordset ?? [] }
    })
}

function typed(parameter: unknown): Pick<Typed, 'type' | 'value'> {
  if (parameter instanceof Typed) return parameter
  if (typeof parameter === 'number') return { type: TYPES.int(), value: parameter }
  if (typeof parameter === 'string') return { type: TYPES.name(), value: parameter }
  throw new TypeError('a parameter has no type')
}
