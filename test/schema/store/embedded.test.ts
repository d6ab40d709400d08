import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { Database } from '../../../schema/store/embedded/database.ts'
import { embeddedDialect } from '../../../schema/store/embedded/driver.ts'
import { openStore } from '../../../schema/store/open.ts'
import { idsOfPerson } from '../../../schema/store/sql/persons.ts'
import {
  idsOfAttribute,
  idsCounted,
  idsOfLog,
  newestWithPerson,
  nextCarrier,
  nextName,
} from '../../../schema/store/sql/attributes.ts'
import { CHANGE, CRIT, DIM, LOG, MEAS, SEEN } from '../../../schema/store/sql/columns.ts'
import type { Column } from '../../../schema/store/sql/columns.ts'
import { HOUR_DIMENSION, HOUR_USE, HOUR_USER } from '../../../schema/store/sql/sums.ts'
import { childQueries, logQuery } from '../../../schema/store/sql/reader.ts'
import { extentQuery, tellersQuery } from '../../../schema/store/sql/numbers.ts'
import {
  dimensionsQuery,
  hoursQuery,
  sharesQuery,
  totalQuery,
  usersQuery,
} from '../../../schema/store/sql/statistics.ts'
import type { LogFilter } from '../../../schema/store/store.ts'
import { StoreError } from '../../../schema/store/store.ts'
import { embedded } from './backend-embedded.ts'
import type { Together } from './opens-together.ts'
import { criterion, id, NOON, ORIGIN, personNo, range, sample } from './sample.ts'

async function withFile(work: (path: string) => Promise<void>): Promise<void> {
  const scratch = await embedded.scratch()
  try {
    assert.ok(scratch.location.kind === 'embedded')
    await work(scratch.location.path)
  } finally {
    await scratch.drop()
  }
}

test('the file, and what SQLite puts beside it, is for its owner only', { skip: process.platform === 'win32' }, () =>
  withFile(async (path) => {
    writeFileSync(path, '', { mode: 0o666 })
    const store = await openStore({ kind: 'embedded', path })
    await store.writer.write({ origin: ORIGIN, position: 1, records: [sample(1)] })
    for (const file of [path, `${path}-wal`, `${path}-shm`])
      assert.equal((statSync(file).mode & 0o777).toString(8), '600', file)
    await store.close()
    assert.ok(!existsSync(`${path}-wal`))
  }),
)

test('folders on the way to the file are made', () =>
  withFile(async (path) => {
    const deep = join(dirname(path), 'a', 'b', 'log.db')
    await (await openStore({ kind: 'embedded', path: deep })).close()
    assert.ok(existsSync(deep))
  }))

test('six processes that open a new file at once all get a store', { timeout: 60_000 }, () =>
  withFile(async (path) => {
    const script = fileURLToPath(new URL('opens-once.ts', import.meta.url))
    const env = { ...process.env, TILSYN_TEST_STORE: JSON.stringify({ kind: 'embedded', path }) }
    const runs = range(6, async () => {
      const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'pipe'] })
      const [exit, err] = await Promise.all([once(child, 'exit'), text(child.stderr)])
      assert.equal(exit[0], 0, err)
    })
    await Promise.all(runs)
    const store = await openStore({ kind: 'embedded', path })
    assert.equal((await store.reader.origins()).length, 6)
    await store.close()
  }),
)

test('threads that open a new file at the same instant all have it, for SQLite does not wait there', () =>
  withFile(async (path) => {
    const arrived = new Int32Array(new SharedArrayBuffer(100 * Int32Array.BYTES_PER_ELEMENT))
    const together: Together = { folder: dirname(path), threads: 6, arrived }
    const opened = range(together.threads, async () => {
      const thread = new Worker(new URL('opens-together.ts', import.meta.url), { workerData: together })
      const [code] = await once(thread, 'exit')
      assert.equal(code, 0)
    })
    await Promise.all(opened)
  }))

test('every commit is written through to the disk', () =>
  withFile(async (path) => {
    const database = new Database(path, { readOnly: false })
    const pragma = (name: string) => database.use((session) => Object.values(session.all(`PRAGMA ${name}`)[0] ?? {})[0])
    assert.equal(pragma('journal_mode'), 'wal')
    assert.equal(pragma('synchronous'), 2n)
    database.close()
  }))

test('a question about a person, a user or a module walks an index, and sorts nothing but the page', () =>
  withFile(async (path) => {
    await (await openStore({ kind: 'embedded', path })).close()
    const database = new Database(path, { readOnly: true })
    const dialect = embeddedDialect(database)
    const plan = (query: Compiling) => planOf(database, query)
    const bounds = { before: id(99), least: id(5) }
    const person = plan(idsOfPerson(dialect, personNo(1), bounds, 20))
    for (const index of ['crit_person ', 'crit_person_to ', 'seen_person '])
      assert.match(
        person,
        new RegExp(`SEARCH \\w+ USING COVERING INDEX ${index}\\(\\w+=\\? AND log_id>\\? AND log_id<\\?\\)`),
      )
    assert.doesNotMatch(person, /SCAN (log|crit|seen)/)
    for (const [query, index] of [
      [
        nextName(dialect, 'crit', null),
        /^SEARCH crit USING COVERING INDEX crit_(?:attribute|carrier) \(attribute>\?\)$/,
      ],
      [nextName(dialect, 'dim', 'a'), /^SEARCH dim USING COVERING INDEX dim_attribute \(attribute>\?\)$/],
      [nextCarrier(dialect, 'a'), /^SEARCH crit USING (?:COVERING )?INDEX crit_carrier \(attribute>\?\)$/],
      [newestWithPerson(dialect, 'a'), /^SEARCH crit USING (?:COVERING )?INDEX crit_carrier \(attribute=\?\)$/],
      [
        idsOfAttribute(dialect, 'crit', 'a', bounds, 20),
        /INDEX crit_attribute \(attribute=\? AND log_id>\? AND log_id<\?\)$/,
      ],
      [
        idsOfAttribute(dialect, 'crit', null, bounds, 20),
        /INDEX crit_attribute \(attribute=\? AND log_id>\? AND log_id<\?\)$/,
      ],
      [idsOfAttribute(dialect, 'dim', 'a', {}, 20), /^SEARCH dim USING COVERING INDEX dim_attribute \(attribute=\?\)$/],
      [idsOfLog(dialect, 'syntax', bounds, 20), /INDEX log_opaque \(opaque=\? AND rowid>\? AND rowid<\?\)$/],
      [idsCounted(dialect, bounds, 20), /INDEX log_counted \(counted=\? AND rowid>\? AND rowid<\?\)$/],
      [idsOfLog(dialect, null, bounds, 20), /^SEARCH log USING INTEGER PRIMARY KEY \(rowid>\? AND rowid<\?\)$/],
    ] as const) {
      assert.match(plan(query), index)
    }
    assert.match(
      plan(logQuery(dialect, { user: 'a' }, bounds, 20)),
      /^SEARCH log USING INDEX log_user \(user_key=\? AND rowid>\? AND rowid<\?\)$/,
    )
    assert.match(plan(logQuery(dialect, { module: 'a' }, {}, 20)), /^SEARCH log USING INDEX log_module \(module=\?\)$/)
    for (const [filter, index] of LED) {
      const walk = index === 'INTEGER PRIMARY KEY' ? '' : '\\w+=\\? AND '
      assert.match(
        plan(logQuery(dialect, filter, bounds, 20)),
        new RegExp(`^SEARCH log USING ${index} \\(${walk}rowid>\\? AND rowid<\\?\\)$`),
        JSON.stringify(filter),
      )
    }
    assert.match(
      plan(logQuery(dialect, { from: NOON, to: NOON + 1 }, bounds, 20)),
      /^SEARCH log USING INTEGER PRIMARY KEY \(rowid>\? AND rowid<\?\)$/,
    )
    for (const query of Object.values(childQueries(dialect, [dialect.id(id(1)), dialect.id(id(2))])))
      assert.match(plan(query), /^SEARCH \w+ USING PRIMARY KEY \(log_id=\?\)$/)
    database.close()
  }))

/** Each filter alone, and which of several leads. */
const LED: readonly (readonly [LogFilter, string])[] = [
  [{}, 'INTEGER PRIMARY KEY'],
  [{ user: 'a' }, 'INDEX log_user'],
  [{ module: 'a' }, 'INDEX log_module'],
  [{ cube: 'a' }, 'INDEX log_cube'],
  [{ action: 'login' }, 'INDEX log_action'],
  [{ action: 'query' }, 'INDEX log_action'],
  [{ outcome: 'fault' }, 'INDEX log_outcome'],
  [{ outcome: 'answered' }, 'INTEGER PRIMARY KEY'],
  [{ user: 'a', module: 'b', cube: 'c', action: 'login', outcome: 'fault' }, 'INDEX log_user'],
  [{ module: 'b', cube: 'c', action: 'login', outcome: 'fault' }, 'INDEX log_cube'],
  [{ module: 'b', action: 'login', outcome: 'fault' }, 'INDEX log_outcome'],
  [{ module: 'b', action: 'login', outcome: 'answered' }, 'INDEX log_action'],
  [{ module: 'b', action: 'query', outcome: 'answered' }, 'INDEX log_module'],
  [{ action: 'query', outcome: 'answered' }, 'INDEX log_action'],
]

test('statistics walk the hours asked for of each origin, and read no entry', () =>
  withFile(async (path) => {
    await (await openStore({ kind: 'embedded', path })).close()
    const database = new Database(path, { readOnly: true })
    const dialect = embeddedDialect(database)
    const range = { from: NOON, to: NOON + 1 }
    for (const query of [
      totalQuery(dialect, range),
      hoursQuery(dialect, range),
      sharesQuery(dialect, 'module', range),
      usersQuery(dialect, ['a', 'b'], range),
      dimensionsQuery(dialect, range),
    ]) {
      const plan = planOf(database, query)
      assert.match(plan, /^SEARCH hour_\w+ USING PRIMARY KEY \(origin=\? AND hour>\? AND hour<\?\)$/m)
      assert.doesNotMatch(plan, /\blog\b/)
      const walked = plan.match(/^SCAN .*$/gm) ?? []
      assert.ok(
        walked.every((one) => /^SCAN (?:each|\(subquery-\d+\))$/.test(one)),
        plan,
      )
    }
    assert.match(planOf(database, tellersQuery(dialect, ORIGIN)), /^SEARCH log USING INDEX log_tells \(origin=\?\)$/)
    assert.match(planOf(database, extentQuery(dialect, ORIGIN)), /^SEARCH log USING COVERING INDEX \w+ \(origin=\?\)$/m)
    database.close()
  }))

test('statistics know the users also when a recorder writes between their statements', () =>
  withFile(async (path) => {
    const store = await openStore({ kind: 'embedded', path })
    let seq = 0
    const over = new AbortController()
    const write = () => store.writer.write({ origin: ORIGIN, position: ++seq, records: [sample(seq)] })
    await write()
    const writing = (async () => {
      while (!over.signal.aborted) await write()
    })()
    try {
      for (let i = 0; i < 5; i++) {
        const from = seq
        const { entries, users } = await store.reader.statistics({})
        assert.ok(seq > from && entries >= from, 'entries were written meanwhile')
        assert.equal(users, 1)
      }
    } finally {
      over.abort()
      await writing
      await store.close()
    }
  }))

type Compiling = { compile(): { readonly sql: string; readonly parameters: readonly unknown[] } }

function planOf(database: Database, query: Compiling): string {
  const { sql, parameters } = query.compile()
  const rows = database.use((s) => s.all(`EXPLAIN QUERY PLAN ${sql}`, ...(parameters as bigint[])))
  return rows.map((row) => String(row['detail'])).join('\n')
}

test('the migrations make the columns that the writer fills', () =>
  withFile(async (path) => {
    await (await openStore({ kind: 'embedded', path })).close()
    const db = new DatabaseSync(path, { readOnly: true })
    const sums = { hour_use: HOUR_USE, hour_user: HOUR_USER, hour_dimension: HOUR_DIMENSION }
    const tables = { log: LOG, crit: CRIT, dim: DIM, meas: MEAS, seen: SEEN, change: CHANGE, ...sums }
    for (const [table, columns] of Object.entries<Record<string, Column<never>>>(tables)) {
      const made = new Map(
        db
          .prepare(`PRAGMA table_info(${table})`)
          .all()
          .map((c) => [String(c['name']), c]),
      )
      const keys = table in sums ? ['origin'] : table === 'log' ? ['log_id'] : ['log_id', 'ord']
      assert.deepEqual(new Set(made.keys()), new Set([...keys, ...Object.keys(columns)]))
      for (const [name, { kind, optional }] of Object.entries(columns)) {
        const number = ['big', 'int', 'flag', 'time'].includes(kind)
        assert.equal(made.get(name)?.['type'], number ? 'INTEGER' : 'TEXT', name)
        assert.equal(made.get(name)?.['notnull'], optional === true ? 0 : 1, name)
      }
    }
    db.close()
  }))

test('an auditor who opens the file finds plain text, and the time in words', () =>
  withFile(async (path) => {
    const store = await openStore({ kind: 'embedded', path })
    await store.writer.write({ origin: ORIGIN, position: 1, records: [sample(1, { criteria: [criterion()] })] })
    await store.close()
    const db = new DatabaseSync(path, { readOnly: true })
    const [row] = db.prepare('SELECT user_name, module, query, asked_at_utc FROM TARGIT_LOG').all()
    const { userName, module, query } = sample(1)
    assert.deepEqual({ ...row }, { user_name: userName, module, query, asked_at_utc: '2026-03-01 12:00:00.001' })
    assert.deepEqual(
      db
        .prepare('PRAGMA integrity_check')
        .all()
        .map((r) => r['integrity_check']),
      ['ok'],
    )
    db.close()
  }))

const unavailable = (error: unknown) => error instanceof StoreError && error.code === 'STORE_UNAVAILABLE'

test('a path that cannot be a file, or a file that is no database, is unavailable', () =>
  withFile(async (path) => {
    writeFileSync(path, 'This is a text and no database at all. '.repeat(200))
    await assert.rejects(openStore({ kind: 'embedded', path }), unavailable)
    await assert.rejects(openStore({ kind: 'embedded', path: join(path, 'log.db') }), unavailable)
  }))

test('a store whose file went bad opens it again once it is good, without a restart', () =>
  withFile(async (path) => {
    const store = await openStore({ kind: 'embedded', path })
    await store.writer.write({ origin: ORIGIN, position: 1, records: [sample(1)] })
    // A table is lost, and found again, under the open connection.
    const other = new DatabaseSync(path)
    other.exec('ALTER TABLE log RENAME TO lost')
    const batch = { origin: ORIGIN, position: 2, records: [sample(2)] }
    await assert.rejects(store.writer.write(batch), unavailable)
    await assert.rejects(store.reader.log({}, { limit: 1 }), unavailable)
    other.exec('ALTER TABLE lost RENAME TO log')
    other.close()
    await store.writer.write(batch)
    assert.equal((await store.reader.log({}, { limit: 5 })).length, 2)
    await store.close()
  }))
