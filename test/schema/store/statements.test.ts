import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Kysely, MssqlAdapter, MssqlIntrospector, MssqlQueryCompiler } from 'kysely'
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely'
import { mssqlDialect } from '../../../schema/store/mssql/driver.ts'
import { batches, MIGRATIONS, STATEMENTS as MIGRATION } from '../../../schema/store/mssql/migrate.ts'
import { Pool } from '../../../schema/store/mssql/pool.ts'
import { ALL_STATEMENTS as DELETING } from '../../../schema/store/mssql/retention.ts'
import { STATEMENTS as SETTLING } from '../../../schema/store/mssql/settle.ts'
import { ADD_SUMS } from '../../../schema/store/mssql/sums.ts'
import { encode, Typed } from '../../../schema/store/mssql/types.ts'
import { STATEMENTS as WRITING } from '../../../schema/store/mssql/writer.ts'
import { SqlAccess } from '../../../schema/store/sql/access.ts'
import { CHANGE, CRIT, DIM, LOG, MEAS, SEEN } from '../../../schema/store/sql/columns.ts'
import type { Column } from '../../../schema/store/sql/columns.ts'
import type { Dialect } from '../../../schema/store/sql/dialect.ts'
import { SqlReader } from '../../../schema/store/sql/reader.ts'
import { HOUR_DIMENSION, HOUR_USE, HOUR_USER } from '../../../schema/store/sql/sums.ts'
import type { Tables } from '../../../schema/store/sql/tables.ts'
import { id, NOON, ORIGIN, personNo, sample } from './sample.ts'
import { faultsOfTsql } from './t-sql.ts'

const assertTsql = (statement: string) => assert.deepEqual(faultsOfTsql(statement), [], statement)

test('the check refuses what SQL Server 2016 would refuse', () => {
  const wrong = [
    'SELECT a FROM t ORDER BY a LIMIT 5',
    'SELEC a FROM t',
    'CREATE OR ALTER VIEW v AS SELECT 1 AS a',
    'INSERT INTO t (a) VALUES (1) ON CONFLICT DO NOTHING',
    'CREATE TABLE t (a integer PRIMARY KEY AUTOINCREMENT)',
    'UPDATE t SET a = 1 RETURNING a',
    'SELECT a FROM t WHERE (a = 1',
  ]
  for (const statement of wrong) assert.notDeepEqual(faultsOfTsql(statement), [], statement)
})

test('every batch of every migration is T-SQL of SQL Server 2016', () => {
  const all = MIGRATIONS.flatMap(({ sql }) => batches(sql))
  assert.ok(all.length > 15)
  all.forEach(assertTsql)
})

test('every statement of the writer, of the migration and of deletion is T-SQL of SQL Server 2016', () => {
  const settling = [SETTLING.identities(3), SETTLING.ids(3), SETTLING.near]
  const all = [...Object.values(WRITING), ...Object.values(MIGRATION), ...settling, ...DELETING, ADD_SUMS]
  all.forEach(assertTsql)
})

test('every statement of the reader is T-SQL of SQL Server 2016, with every value bound and typed', async () => {
  const asked = await statementsOfTheReader()
  assert.ok(asked.length > 12)
  for (const { sql, parameters } of new Map(asked.map((query) => [query.sql, query])).values()) {
    assertTsql(sql)
    // A filtered index is taken only where its own words stand in the query.
    assert.ok(!/'/.test(sql.replace(`"outcome" <> 'answered'`, '')), `a value stands in ${sql}`)
    for (const parameter of parameters) {
      const bound = parameter instanceof Typed || typeof parameter === 'string' || typeof parameter === 'number'
      assert.ok(bound, `${typeof parameter} in ${sql}`)
    }
  }
})

test('a person is sought by varchar, a time by datetime2(3): as the columns are', async () => {
  const asked = await statementsOfTheReader()
  const types = (column: string) =>
    asked.flatMap(({ sql, parameters }) =>
      [...sql.matchAll(new RegExp(`"${column}" (?:=|>=|<) @(\\d+)`, 'g'))].map(([, n]) => {
        const parameter = parameters[Number(n) - 1]
        return parameter instanceof Typed ? JSON.stringify(parameter.type) : typeof parameter
      }),
    )
  const typeOf = (kind: 'person' | 'time', value: string | number) => JSON.stringify(new Typed(kind, value).type)
  assert.deepEqual(new Set([...types('person'), ...types('person_to')]), new Set([typeOf('person', '')]))
  assert.deepEqual(new Set(types('asked_at')), new Set([typeOf('time', 0)]))
})

test('the migrations make the columns that the writers fill, of the kinds they bind', () => {
  const script = MIGRATIONS.map((m) => m.sql).join('\n')
  const sums = { hour_use: HOUR_USE, hour_user: HOUR_USER, hour_dimension: HOUR_DIMENSION }
  const tables = { log: LOG, crit: CRIT, dim: DIM, meas: MEAS, seen: SEEN, change: CHANGE, ...sums }
  for (const [table, columns] of Object.entries<Record<string, Column<never>>>(tables)) {
    const body = new RegExp(`CREATE TABLE \\[tilsyn\\]\\.\\[${table}\\] \\(\n([\\s\\S]*?)\n\\)`).exec(script)?.[1] ?? ''
    const added = new RegExp(`^ALTER TABLE \\[tilsyn\\]\\.\\[${table}\\] ADD (.*)$`, 'gm')
    const lines = [body, ...Array.from(script.matchAll(added), ([, column]) => `  ${column},`)].join('\n')
    const made = [...lines.matchAll(/^ {2}\[(\w+)\] (\w+(?:\(\w+\))?).*?(NOT )?NULL,?$/gm)]
    const keys = table in sums ? ['origin'] : table === 'log' ? ['log_id'] : ['log_id', 'ord']
    assert.deepEqual(
      made.slice(keys.length).map(([, name, type, not]) => [name, type, not === undefined]),
      Object.entries(columns).map(([name, { kind, optional }]) => [name, SQL_TYPES[kind], optional === true]),
    )
  }
})

const SQL_TYPES = {
  big: 'bigint',
  int: 'int',
  flag: 'bit',
  time: 'datetime2(3)',
  origin: 'nvarchar(200)',
  name: 'nvarchar(400)',
  text: 'nvarchar(max)',
  hash: 'varchar(64)',
  person: 'varchar(10)',
} as const

/** Asks a reader everything there is to ask, of a driver that writes down the questions. */
async function statementsOfTheReader(): Promise<CompiledQuery[]> {
  const asked: CompiledQuery[] = []
  const pool = new Pool('Server=nowhere.invalid', { size: 1 })
  const db = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new MssqlAdapter(),
      createDriver: () => new Listener(asked),
      createIntrospector: (db) => new MssqlIntrospector(db),
      createQueryCompiler: () => new MssqlQueryCompiler(),
    },
  })
  const dialect: Dialect = { ...mssqlDialect(pool), db: db.withSchema('tilsyn') }
  const reader = new SqlReader(dialect, async () => undefined)
  const everything = {
    user: 'a',
    module: 'b',
    cube: 'c',
    action: 'query',
    outcome: 'fault',
    from: NOON,
    to: NOON + 1,
  } as const
  await reader.log({}, { limit: 5 })
  await reader.log(everything, { limit: 5, before: id(9) })
  await reader.log({ outcome: 'refused' }, { limit: 5 })
  await reader.entry(id(9))
  await reader.children(Array.from({ length: 20 }, (_, i) => id(i + 1)))
  await reader.person(personNo(1), {}, { limit: 5 })
  await reader.person(personNo(1), { from: NOON - 1, to: NOON + 9 }, { limit: 5, before: id(9) })
  await reader.attributes()
  await reader.carriers()
  await reader.concerning(['[Borger].[CPR]'], { from: NOON - 1 }, { limit: 5, before: id(9) })
  await reader.concerning(null, {}, { limit: 5 })
  await reader.statistics({ from: NOON, to: NOON + 7_200_000 })
  await reader.statistics({})
  await reader.origins()
  await reader.numbers(ORIGIN)
  await reader.oldest('log', NOON)
  await reader.countOlder('changes', NOON)
  const access = new SqlAccess(dialect)
  await access.addToken({ hash: 'h', name: 'n', role: 'auditor', createdAt: NOON, expiresAt: NOON })
  await access.findToken('h')
  return asked
}

class Listener implements Driver {
  readonly #connection: DatabaseConnection
  constructor(asked: CompiledQuery[]) {
    this.#connection = {
      executeQuery: async <Row>(query: CompiledQuery): Promise<QueryResult<Row>> => {
        asked.push(query)
        return { rows: answerTo(query.sql) as Row[] }
      },
      async *streamQuery() {},
    }
  }
  async init() {}
  async acquireConnection() {
    return this.#connection
  }
  async beginTransaction() {}
  async commitTransaction() {}
  async rollbackTransaction() {}
  async releaseConnection() {}
  async destroy() {}
}

/** One row of `log`, so that what is asked about an entry that was found is asked as well. */
function answerTo(statement: string): Record<string, unknown>[] {
  if (/max\("id_ahead"\)/.test(statement)) return [{ ahead: '4194304', behind: '0' }]
  if (statement.startsWith('select "module" as "name"')) return [{ name: 'Asyl', entries: '1' }]
  if (/as "hit"|select distinct "log_id"/.test(statement)) return [{ log_id: '5' }]
  if (statement.startsWith('select "attribute"')) return / > /.test(statement) ? [] : [{ attribute: '[Borger].[CPR]' }]
  if (!/select \* from "tilsyn"\."log"/.test(statement)) return []
  const row = Object.entries<Column<ReturnType<typeof sample>>>(LOG).map(([name, { kind, of }]) => [
    name,
    encode(kind, of(sample(1))),
  ])
  return [{ log_id: '5', ...Object.fromEntries(row) }]
}
