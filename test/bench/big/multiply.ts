/**
 * A log ten times as long from a shorter one, within SQLite: ten times as fast as writing it. Each entry becomes `times`, a
 * quarter of a second apart and in the same hour, of other users of the same team and about other persons.
 * Everything is added in the order of ids, so that the file is packed as one that grew; the sums by the hour follow exactly.
 */
import { DatabaseSync } from 'node:sqlite'
import { PERSONS, person, TEAMS, USERS } from './entries.ts'

/** Entries of the shorter log in one transaction. */
const STEP = 20_000
const APART_MS = 250
const HOUR_MS = 3_600_000

const PRAGMAS = `
  PRAGMA synchronous = OFF;
  PRAGMA wal_autocheckpoint = 65536;
  PRAGMA cache_size = -262144;
`

/** Milliseconds of the id, moved on, and not beyond its hour; ids begin at a full hour. */
const moved = (ms: string) => `min(${ms} + k.k * ${APART_MS}, ${ms} - ${ms} % ${HOUR_MS} + ${HOUR_MS - 10} + k.k)`
const idOf = (id: string) => `((${moved(`(${id} >> 22)`)}) << 22) | (${id} & 4194303)`

const LOG: Readonly<Record<string, string>> = {
  log_id: idOf('s.log_id'),
  seq: '(s.seq - 1) * (SELECT count(*) FROM k) + k.k + 1',
  asked_at: `s.asked_at - (s.log_id >> 22) + (${moved('(s.log_id >> 22)')})`,
  user_name: 'other_user(s.user_name, k.k)',
  user_key: 'lower(other_user(s.user_name, k.k))',
  query: 'other_query(s.query, k.k)',
}
const CHILD: Readonly<Record<string, string>> = { log_id: idOf('s.log_id') }
const CRIT = {
  ...CHILD,
  person: 'other_person(s.person, k.k)',
  value: 'CASE WHEN s.person IS NULL THEN s.value ELSE other_person(s.person, k.k) END',
}
const SEEN = { ...CHILD, person: 'other_person(s.person, k.k)' }
const HOUR_USER = { user_key: 'lower(other_user(s.user_key, k.k))' }

/** `path` has the tables, and none of the indexes that cost time. */
export function multiply(from: string, path: string, times: number, say: (what: string) => void): void {
  const db = new DatabaseSync(path)
  db.exec(PRAGMAS)
  db.prepare('ATTACH ? AS short').run(from)
  db.exec('CREATE TEMP TABLE k (k INTEGER PRIMARY KEY)')
  for (let k = 0; k < times; k++) db.prepare('INSERT INTO k VALUES (?)').run(k)
  others(db)
  db.exec('CREATE TABLE IF NOT EXISTS multiplied (log_id INTEGER NOT NULL)')
  const steps = db.prepare('SELECT log_id FROM short.log WHERE log_id > ? ORDER BY log_id LIMIT 1 OFFSET ?')
  steps.setReadBigInts(true)
  const started = performance.now()
  let [done, step] = [lastDone(db), 0]
  for (;;) {
    const last = steps.get(done, STEP - 1)?.['log_id'] ?? 0x7fff_ffff_ffff_ffffn
    if (!addBetween(db, done, BigInt(String(last)))) break
    done = BigInt(String(last))
    if (++step % 10 === 0)
      say(`${step * STEP * times} entries more, ${((performance.now() - started) / 1000).toFixed(0)} s`)
  }
  addSums(db, times)
  db.exec('DROP TABLE multiplied')
  db.close()
}

function lastDone(db: DatabaseSync): bigint {
  const statement = db.prepare('SELECT max(log_id) AS last FROM multiplied')
  statement.setReadBigInts(true)
  return BigInt(String(statement.get()?.['last'] ?? 0))
}

/** What stands behind `after` up to `last`; `false` when nothing does. */
function addBetween(db: DatabaseSync, after: bigint, last: bigint): boolean {
  const add = (table: string, changed: Readonly<Record<string, string>>) => {
    const key = table === 'log' ? 's.log_id' : 's.log_id, k.k, s.ord'
    const source = table === 'log' ? `short.log s CROSS JOIN k` : `ids i CROSS JOIN k CROSS JOIN short.${table} s`
    const where = table === 'log' ? 's.log_id > :after AND s.log_id <= :last' : 's.log_id = i.log_id'
    const text = `${copy(db, table, changed)} FROM ${source} WHERE ${where}${table === 'log' ? ` ORDER BY ${key}, k.k` : ''}`
    return db.prepare(text).run(table === 'log' ? { after, last } : {}).changes
  }
  db.exec('BEGIN; DROP TABLE IF EXISTS temp.ids; CREATE TEMP TABLE ids (log_id INTEGER PRIMARY KEY)')
  db.prepare('INSERT INTO ids SELECT log_id FROM short.log WHERE log_id > ? AND log_id <= ?').run(after, last)
  const added = add('log', LOG)
  for (const [table, changed] of [
    ['crit', CRIT],
    ['dim', CHILD],
    ['meas', CHILD],
    ['seen', SEEN],
  ] as const)
    add(table, changed)
  db.prepare('INSERT INTO multiplied VALUES (?)').run(last)
  db.exec('COMMIT')
  return Number(added) > 0
}

function copy(db: DatabaseSync, table: string, changed: Readonly<Record<string, string>>): string {
  const names = db
    .prepare(`PRAGMA short.table_info(${table})`)
    .all()
    .map((row) => String(row['name']))
  return `INSERT INTO main.${table} (${names.join(', ')}) SELECT ${names.map((n) => changed[n] ?? `s.${n}`).join(', ')}`
}

function addSums(db: DatabaseSync, times: number): void {
  const add = (table: string, changed: Readonly<Record<string, string>>, end: string) =>
    db.exec(`${copy(db, table, changed)} FROM short.${table} s ${end}`)
  const sums = db
    .prepare('PRAGMA short.table_info(hour_use)')
    .all()
    .flatMap(({ name, pk }) => (pk === 0 ? [String(name)] : []))
  db.exec('BEGIN; DELETE FROM main.hour_use; DELETE FROM main.hour_user; DELETE FROM main.hour_dimension')
  const multiplied = Object.fromEntries(sums.map((name) => [name, `s.${name} * ${times}`]))
  add('hour_use', multiplied, '')
  add('hour_dimension', { entries: `s.entries * ${times}` }, '')
  add('hour_user', HOUR_USER, 'CROSS JOIN k WHERE true ON CONFLICT DO UPDATE SET entries = entries + excluded.entries')
  db.exec('DELETE FROM main.origin')
  db.exec(`${copy(db, 'origin', { position: `s.position * ${times}` })} FROM short.origin s`)
  db.exec('COMMIT')
}

/** The functions that change a user, a person and a query to those of copy `k`. */
function others(db: DatabaseSync): void {
  const numbers = new Map(Array.from({ length: PERSONS }, (_, n) => [String(person(n)), n]))
  const other = (of: unknown, k: unknown) => {
    const n = numbers.get(String(of))
    return n === undefined ? null : person((n + Number(k) * 137) % PERSONS)
  }
  const options = { deterministic: true }
  db.function('other_person', options, other)
  db.function('other_user', options, (of, k) =>
    String(of).replace(/\d+$/, (n) => String((Number(n) + Number(k) * TEAMS) % USERS)),
  )
  db.function('other_query', options, (of, k) =>
    String(of).replace(/(?<=\.&\[)\d{10}(?=\]\)$)/, (who) => String(other(who, k))),
  )
}
