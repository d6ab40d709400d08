/** How the tables lie in SQL Server: what is sent for it, and, where there is a server, that it comes to lie so and back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { firstLogIdAt } from '../../../schema/record/ids.ts'
import {
  canLayOut,
  INDEXES,
  MONTHS_AHEAD,
  monthsBehind,
  rebuilt,
  STATEMENTS,
} from '../../../schema/store/mssql/layout.ts'
import { MIGRATIONS } from '../../../schema/store/mssql/migrate.ts'
import { layOutStore, migrateStore, openStore } from '../../../schema/store/open.ts'
import { StoreError } from '../../../schema/store/store.ts'
import type { Layout } from '../../../schema/store/mssql/layout.ts'
import type { Scratch } from './backend.ts'
import { mssqlBackend } from './backend-mssql.ts'
import { criterion, ORIGIN, range, sample } from './sample.ts'
import { faultsOfTsql } from './t-sql.ts'

const WHOLE = { monthly: false, compressed: false }
const BOTH = { monthly: true, compressed: true }

test('every index that the migrations make on a table that grows is known, and only the unique one stays whole', () => {
  const script = MIGRATIONS.map(({ sql }) => sql).join('\n')
  const made = [
    ...script.matchAll(/(?:INDEX|CONSTRAINT) \[(\w+)\] (?:PRIMARY KEY|ON \[tilsyn\]\.\[(?:log|crit|dim|meas|seen)\])/g),
  ]
  const names = made.map(([, name]) => name).filter((name) => /^(?:log|crit|dim|meas|seen)_/.test(name ?? ''))
  assert.deepEqual(new Set(INDEXES.map(({ name }) => name)), new Set(names))
  assert.deepEqual(
    INDEXES.filter(({ movable }) => !movable).map(({ name }) => name),
    ['log_identity'],
  )
})

test('an index is built again exactly where it lies otherwise than is wanted', () => {
  for (const index of INDEXES) {
    assert.equal(rebuilt(index, WHOLE, {}), null)
    assert.equal(rebuilt(index, { ...BOTH, monthly: index.movable }, BOTH), null)
    const there = rebuilt(index, WHOLE, BOTH) ?? ''
    assert.match(there, /DROP_EXISTING = ON, DATA_COMPRESSION = PAGE/)
    assert.equal(there.endsWith(index.movable ? 'ON [tilsyn_month] ([log_id])' : 'ON [PRIMARY]'), true)
    assert.match(rebuilt(index, { monthly: index.movable, compressed: true }, WHOLE) ?? '', /= NONE\) ON \[PRIMARY\]$/)
    // What is not spoken of stays as it is.
    assert.match(rebuilt(index, { monthly: false, compressed: true }, { monthly: true }) ?? '= PAGE', /= PAGE/)
  }
})

/** What ANTLR's grammar of the language has not: "CREATE PARTITION FUNCTION", "CREATE PARTITION SCHEME", an index on a scheme. */
const BEYOND_GRAMMAR = [
  /^CREATE PARTITION FUNCTION \[\w+\] \(bigint\) AS RANGE RIGHT FOR VALUES \(\d+(?:, \d+)*\)$/,
  /^CREATE PARTITION SCHEME \[\w+\] AS PARTITION \[\w+\] ALL TO \(\[PRIMARY\]\)$/,
]
const ON_SCHEME = / ON \[tilsyn_month\] \(\[log_id\]\)$/

test('every statement of the layout is T-SQL of SQL Server 2016, as far as the grammar goes', () => {
  const fixed = Object.values(STATEMENTS).flatMap((one) => (typeof one === 'function' ? [] : one))
  const all = [...fixed, STATEMENTS.function(['1', '2']), STATEMENTS.split('3')]
  for (const index of INDEXES) all.push(rebuilt(index, WHOLE, BOTH) ?? '', rebuilt(index, BOTH, WHOLE) ?? '')
  const within = all.filter((statement) => !BEYOND_GRAMMAR.some((form) => form.test(statement)))
  assert.equal(within.length, all.length - BEYOND_GRAMMAR.length)
  for (const statement of within) {
    assert.deepEqual(faultsOfTsql(statement.replace(ON_SCHEME, ' ON [PRIMARY]')), [], statement)
  }
})

test('months begin with the first id of their first millisecond in UTC, and reach two years ahead', () => {
  const ids = monthsBehind(Date.UTC(2026, 10, 30, 23, 59), Date.UTC(2027, 0, 5))
  assert.equal(ids.length, 2 + MONTHS_AHEAD)
  assert.deepEqual(
    ids.slice(0, 3),
    [
      [2026, 11],
      [2027, 0],
      [2027, 1],
    ].map(([year = 0, month = 0]) => firstLogIdAt(Date.UTC(year, month, 1))),
  )
  assert.equal(ids.at(-1), firstLogIdAt(Date.UTC(2029, 0, 1)))
})

test('Standard can do it since 2016 SP1, Enterprise and Azure always', () => {
  assert.deepEqual(
    [
      canLayOut(2, '13.0.1601.5'),
      canLayOut(2, '13.0.4001.0'),
      canLayOut(4, '14.0.1000.169'),
      canLayOut(2, '12.0.6024.0'),
    ],
    [false, true, true, false],
  )
  assert.deepEqual([canLayOut(3, '13.0.1601.5'), canLayOut(5, '12.0.2000.8')], [true, true])
})

test('the embedded store has no such thing, and says so', async () => {
  const asked = layOutStore({ kind: 'embedded', path: '/nowhere' }, BOTH, () => undefined)
  await assert.rejects(asked, (error) => error instanceof StoreError && error.code === 'STORE_MIGRATION')
})

const connection = process.env['TILSYN_TEST_MSSQL'] ?? ''

/** As the catalogue tells it. */
async function assertLies(scratch: Scratch, { monthly, compressed = false }: Layout): Promise<void> {
  const rows = await scratch.query(STATEMENTS.indexes)
  for (const { name, movable } of INDEXES) {
    const { space, compression } = rows.find(({ index }) => index === name) ?? {}
    assert.equal(String(space).trim(), movable && monthly === true ? 'PS' : 'FG', name)
    assert.equal(compression, compressed ? 2 : 0, name)
  }
}

test(
  'tables go into months and back while entries are in them',
  { skip: connection === '' && 'no TILSYN_TEST_MSSQL' },
  async (t) => {
    const scratch = await mssqlBackend(connection).scratch()
    await migrateStore(scratch.location)
    const store = await openStore(scratch.location)
    t.after(async () => {
      await store.close()
      await scratch.drop()
    })
    const write = (first: number) =>
      store.writer.write({
        origin: ORIGIN,
        position: first + 9,
        records: range(10, (i) => sample(first + i, { criteria: [criterion()] })),
      })
    await write(1)
    const told: string[] = []
    try {
      await layOutStore(scratch.location, {}, () => undefined)
    } catch (error) {
      assert.ok(error instanceof StoreError && error.code === 'STORE_MIGRATION', String(error))
      t.skip(error.message)
      return
    }
    for (const wanted of [{ monthly: true }, BOTH, BOTH, WHOLE]) {
      told.length = 0
      await layOutStore(scratch.location, wanted, (what) => told.push(what))
      await write((await store.reader.numbers(ORIGIN)).last + 1)
      if (wanted === BOTH) t.diagnostic(told.join('; '))
      await assertLies(scratch, wanted)
    }
    assert.equal((await store.reader.log({}, { limit: 100 })).length, 50)
    assert.equal((await store.reader.numbers(ORIGIN)).count, 50)
  },
)
