/** The writer of the embedded store: a batch is one transaction, and so is an entry of the report service's own use. */
import type { Origin } from '../../record/ids.ts'
import type { QueryRecord } from '../../record/record.ts'
import { CHANGE, CRIT, DIM, LOG, MEAS, SEEN } from '../sql/columns.ts'
import type { Column } from '../sql/columns.ts'
import { asMinted, checkBatch, clashing, drift, numberTaken, settle, WINDOW } from '../sql/entries.ts'
import type { Entry, Use } from '../sql/entries.ts'
import { HOUR_DIMENSION, HOUR_USE, HOUR_USER, sumsOf } from '../sql/sums.ts'
import type { Batch, RecordWriter } from '../store.ts'
import type { Database, Session } from './database.ts'
import { isTaken } from './fault.ts'
import { encode, Inserts, Table } from './inserts.ts'

export class EmbeddedWriter implements RecordWriter {
  readonly #database: Database
  constructor(database: Database) {
    this.#database = database
  }

  async position(origin: Origin): Promise<number> {
    return this.#database.use((session) => positionOf(session, origin))
  }

  async holds({ origin, seq, logId, askedAt }: Parameters<RecordWriter['holds']>[0]): Promise<boolean> {
    const id = BigInt(logId)
    return this.#database.use((session) => session.all(HELD, origin, seq, askedAt, id, id + BigInt(WINDOW)).length > 0)
  }

  async write(batch: Batch): Promise<void> {
    checkBatch(batch)
    this.#commit((session, entriesOf) => {
      if (batch.position <= positionOf(session, batch.origin)) return
      store(session, batch.origin, batch.position, entriesOf(batch.records))
    })
  }

  async append(use: Use): Promise<void> {
    this.#commit((session, entriesOf) => {
      const seq = positionOf(session, use.origin) + 1
      const record = { ...use, seq, part: 0 }
      checkBatch({ origin: use.origin, records: [record] })
      const entries = entriesOf([record])
      if (entries.length === 0) throw numberTaken()
      store(session, use.origin, seq, entries)
    })
  }

  async close(): Promise<void> {
    this.#database.close()
  }

  /** Tries the ids as minted, and only when one is taken asks the store which: that is very rare. */
  #commit(work: (session: Session, entriesOf: (records: readonly QueryRecord[]) => Entry[]) => void): void {
    this.#database.use((session) => {
      try {
        session.transaction(() => work(session, (records) => records.map(asMinted)))
      } catch (error) {
        if (!isTaken(error)) throw error
        session.transaction(() => work(session, (records) => settled(session, records)))
      }
    })
  }
}

const HELD = `
  SELECT 1 FROM log WHERE origin = ? AND seq = ? AND part = 0 AND asked_at = ? AND log_id >= ? AND log_id < ?`

function positionOf(session: Session, origin: Origin): number {
  const [row] = session.all('SELECT position FROM origin WHERE origin = ?', origin)
  return Number(row?.['position'] ?? 0)
}

function settled(session: Session, records: readonly QueryRecord[]): Entry[] {
  const fresh = records.filter(({ origin, seq, part }) => {
    return session.all('SELECT 1 FROM log WHERE origin = ? AND seq = ? AND part = ?', origin, seq, part).length === 0
  })
  const from = (id: string, count: number) =>
    session
      .all('SELECT log_id FROM log WHERE log_id BETWEEN ? AND ?', BigInt(id), BigInt(id) + BigInt(count))
      .map((row) => String(row['log_id']))
  const taken = new Set(fresh.flatMap(({ logId }) => from(logId, 0)))
  for (const id of clashing(fresh, taken)) for (const near of from(id, WINDOW)) taken.add(near)
  return settle(fresh, taken)
}

const MOVE_POSITION = `
  INSERT INTO origin (origin, position, written_at, id_ahead, id_behind) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (origin) DO UPDATE SET position = excluded.position, written_at = excluded.written_at,
    id_ahead = max(id_ahead, excluded.id_ahead), id_behind = max(id_behind, excluded.id_behind)`

function store(session: Session, origin: Origin, position: number, entries: readonly Entry[]): void {
  const { ahead, behind } = drift(entries)
  const log = new Inserts(session, LOG_TABLE)
  const crit = new Inserts(session, CRIT_TABLE)
  const dim = new Inserts(session, DIM_TABLE)
  const meas = new Inserts(session, MEAS_TABLE)
  const seen = new Inserts(session, SEEN_TABLE)
  const change = new Inserts(session, CHANGE_TABLE)
  for (const { logId, record } of entries) {
    const id = BigInt(logId)
    log.add(record, id)
    record.criteria.forEach((row, ord) => crit.add(row, id, ord))
    record.dimensions.forEach((row, ord) => dim.add(row, id, ord))
    record.measures.forEach((row, ord) => meas.add(row, id, ord))
    record.seen.forEach((row, ord) => seen.add(row, id, ord))
    record.changes.forEach((row, ord) => change.add(row, id, ord))
  }
  for (const table of [log, crit, dim, meas, seen, change]) table.finish()
  const sums = sumsOf(entries)
  addTo(session, 'hour_use', HOUR_USE, origin, sums.hour_use)
  addTo(session, 'hour_user', HOUR_USER, origin, sums.hour_user)
  addTo(session, 'hour_dimension', HOUR_DIMENSION, origin, sums.hour_dimension)
  session.all(MOVE_POSITION, origin, position, Date.now(), ahead, behind)
}

const CHILD = ['log_id', 'ord'] as const
const LOG_TABLE = new Table('log', ['log_id'], LOG)
const CRIT_TABLE = new Table('crit', CHILD, CRIT)
const DIM_TABLE = new Table('dim', CHILD, DIM)
const MEAS_TABLE = new Table('meas', CHILD, MEAS)
const SEEN_TABLE = new Table('seen', CHILD, SEEN)
const CHANGE_TABLE = new Table('change', CHILD, CHANGE)

function addTo<Row>(
  session: Session,
  table: string,
  columns: Record<string, Column<Row>>,
  origin: Origin,
  sums: readonly Row[],
): void {
  const statement = session.statement(additionTo(table, columns))
  const all = Object.values(columns)
  for (const sum of sums) statement.run(origin, ...all.map(({ kind, of }) => encode(kind, of(sum))))
}

const additions = new Map<string, string>()

function additionTo(table: string, columns: Record<string, Column<never>>): string {
  const known = additions.get(table)
  if (known !== undefined) return known
  const names = ['origin', ...Object.keys(columns)]
  const [of, summed] = [
    names.filter((n) => columns[n]?.kind !== 'big'),
    names.filter((n) => columns[n]?.kind === 'big'),
  ]
  const text = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})
    ON CONFLICT (${of.join(', ')}) DO UPDATE SET ${summed.map((n) => `${n} = ${n} + excluded.${n}`).join(', ')}`
  additions.set(table, text)
  return text
}
