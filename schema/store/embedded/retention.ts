/**
 * Deletion in the embedded store. SQLite has one writer at a time and no queue: whoever finds it busy looks again after at
 * most 25 ms in the first tenth of a second. So a piece holds the lock for some 40 ms, and the rest after it is longer than
 * those 25 ms: a recorder that waits gets its turn in it.
 *
 * What is deleted is overwritten with zeros (`secure_delete`), also in pages that are free now, and gone from the `-wal` file
 * when a deletion is finished. The file does not become smaller: its free pages are what the next entries are written to.
 *
 * A piece is not written through to the disk (`synchronous=NORMAL`): that would take its time while the lock is held. After
 * a power cut the last pieces may be undone, with what was counted of them; they are deleted again. The entries that tell of
 * the deletion are the writer's, who writes through, and with them all that was written before.
 */
import { numbersOf } from '../../record/numbers.ts'
import type { NumberRange } from '../../record/numbers.ts'
import { CHANGE_ACTIONS } from '../../record/retention.ts'
import type { DeletedPiece, Deletion, Holder, Retention } from '../store.ts'
import { deletionLost, deletionOf, keyOf, MOST_SUMS, SUMS_OF, untilId } from '../sql/deletion.ts'
import type { DeletionRow } from '../sql/deletion.ts'
import { hourOf } from '../sql/sums.ts'
import type { Sums } from '../sql/sums.ts'
import { Database } from './database.ts'
import type { Session, SqlRow } from './database.ts'
import { isBusy } from './fault.ts'

const PRAGMAS = `
  PRAGMA secure_delete = ON;
  PRAGMA synchronous = NORMAL;
  PRAGMA cache_size = -65536;
  PRAGMA wal_autocheckpoint = 0;
`
/** Whoever runs this may have other things to do than to wait for a lock. */
const BUSY_MS = 25
/** 16 MB. */
const PAGES_BETWEEN_CHECKPOINTS = 4096

const CHILDREN = ['crit', 'dim', 'meas', 'seen', 'change'] as const
const ACTIONS = CHANGE_ACTIONS.map((action) => `'${action}'`).join(', ')

/** Of the entries in a piece, those whose time is over. */
const doomed = (kept: Deletion['kept']) =>
  `log_id > :after AND log_id <= :last AND asked_at < :before AND action ${kept === 'log' ? 'NOT IN' : 'IN'} (${ACTIONS})`

const SQL = {
  open: 'SELECT * FROM deletion WHERE finished_at IS NULL',
  one: 'SELECT * FROM deletion WHERE run = ?',
  begin: `INSERT INTO deletion SELECT coalesce(max(run), 0) + 1, ?, ?, 0, 0, 0, ?, ?, NULL FROM deletion`,
  hold: 'UPDATE deletion SET holder = ?, held_until = ? WHERE run = ?',
  keep: 'UPDATE deletion SET held_until = ? WHERE run = ? AND holder = ? AND finished_at IS NULL',
  count: 'UPDATE deletion SET reached = ?, entries = entries + ?, row_total = row_total + ? WHERE run = ?',
  finish: 'UPDATE deletion SET finished_at = ? WHERE run = ? AND finished_at IS NULL',
  ahead: 'SELECT coalesce(max(id_ahead), 0) AS ahead FROM origin',
  piece: `SELECT max(log_id) AS last FROM (
    SELECT log_id FROM log WHERE log_id > ? AND log_id <= ? ORDER BY log_id LIMIT ?)`,
  numbers: (kept: Deletion['kept']) => `SELECT origin, min(seq) AS first, max(seq) AS last FROM (
    SELECT origin, seq, seq - dense_rank() OVER (PARTITION BY origin ORDER BY seq) AS island FROM log
    WHERE ${doomed(kept)}) GROUP BY origin, island ORDER BY origin, first`,
  tellers: (kept: Deletion['kept']) => `SELECT origin, seq, action, query FROM log WHERE ${doomed(kept)}
    AND (action = 'gap' OR (action = 'metadata' AND query LIKE '%left out, as the configuration says%'))`,
  children: (table: string, kept: Deletion['kept']) => `DELETE FROM ${table}
    WHERE log_id > :after AND log_id <= :last AND log_id IN (SELECT log_id FROM log WHERE ${doomed(kept)})`,
  entries: (kept: Deletion['kept']) => `DELETE FROM log WHERE ${doomed(kept)}`,
  sums(table: keyof Sums) {
    const key = keyOf(table).join(', ')
    return `DELETE FROM ${table} WHERE (${key}) IN (
      SELECT ${key} FROM ${table} WHERE origin IN (SELECT origin FROM origin) AND hour < ? LIMIT ?)`
  },
  extend: `UPDATE deleted SET last_seq = :to WHERE origin = :origin AND first_seq <= :from
    AND last_seq BETWEEN :from - 1 AND :to`,
  note: `INSERT INTO deleted SELECT :origin, :from, :to WHERE NOT EXISTS (
    SELECT 1 FROM deleted WHERE origin = :origin AND first_seq <= :from AND last_seq >= :to)`,
  waiting: 'PRAGMA wal_checkpoint(NOOP)',
  checkpoint: 'PRAGMA wal_checkpoint(PASSIVE)',
  truncate: 'PRAGMA wal_checkpoint(TRUNCATE)',
} as const

export class EmbeddedRetention implements Retention {
  readonly pace = { pieceMs: 40, restMs: 30, mostEntries: 5_000 }
  readonly #database: Database
  constructor(path: string) {
    this.#database = new Database(path, { readOnly: false, busyMs: BUSY_MS, pragmas: PRAGMAS })
  }

  async claim(wanted: Pick<Deletion, 'kept' | 'before'>, holder: Holder): Promise<Deletion | null> {
    return this.#database.use((session) => session.transaction(() => claimed(session, wanted, holder)))
  }

  async deletePiece(run: number, holder: Holder, mostEntries: number): Promise<DeletedPiece> {
    return this.#database.use((session) => {
      let began = 0
      const piece = session.transaction(() => {
        began = performance.now()
        return deleteNext(session, run, holder, mostEntries)
      })
      const heldMs = performance.now() - began
      checkpoint(session)
      return { ...piece, heldMs }
    })
  }

  async deletion(run: number): Promise<Deletion> {
    return this.#database.use((session) => deletionOf(rowOf(session, run)))
  }

  async finish(run: number, now: number): Promise<void> {
    this.#database.use((session) => {
      session.all(SQL.finish, now, run)
      // First without keeping anybody from writing, so that there is little left to do for the one that does.
      session.all(SQL.checkpoint)
      unlessBusy(() => session.all(SQL.truncate))
    })
  }

  async compact(): Promise<'compacted'> {
    return this.#database.use((session) => {
      session.script('VACUUM')
      unlessBusy(() => session.all(SQL.truncate))
      return 'compacted'
    })
  }

  async close(): Promise<void> {
    this.#database.close()
  }
}

function claimed(session: Session, wanted: Pick<Deletion, 'kept' | 'before'>, holder: Holder): Deletion | null {
  const [open] = session.all(SQL.open)
  if (open === undefined) {
    session.all(SQL.begin, wanted.kept, wanted.before, holder.name, holder.until)
    const [begun] = session.all(SQL.open)
    return begun === undefined ? null : deletionOf(asRow(begun))
  }
  if (Number(open['held_until']) > holder.now && open['holder'] !== holder.name) return null
  session.all(SQL.hold, holder.name, holder.until, Number(open['run']))
  return deletionOf(asRow(open))
}

function deleteNext(session: Session, run: number, holder: Holder, most: number): Omit<DeletedPiece, 'heldMs'> {
  if (session.statement(SQL.keep).run(holder.until, run, holder.name).changes === 0n) throw deletionLost()
  const row = rowOf(session, run)
  const { kept, before } = deletionOf(row)
  const [drift] = session.all(SQL.ahead)
  const ahead = drift?.['ahead']
  const until = BigInt(untilId(before, typeof ahead === 'bigint' ? ahead : 0n))
  const after = BigInt(row.reached)
  const [piece] = session.all(SQL.piece, after, until, most)
  if (typeof piece?.['last'] !== 'bigint') return deleteSums(session, kept, before, most)
  const range = { after, last: piece['last'], before }
  noteNumbers(session, kept, range)
  const children = CHILDREN.map((table) => changes(session, SQL.children(table, kept), range))
  const entries = changes(session, SQL.entries(kept), range)
  const rows = children.reduce((sum, count) => sum + count, entries)
  session.all(SQL.count, range.last, entries, rows, run)
  return { entries, rows, isLast: false }
}

/** When there are no entries left. They are not counted: what is told of a deletion are entries and their rows. */
function deleteSums(session: Session, kept: Deletion['kept'], before: number, most: number) {
  let left = Math.min(most, MOST_SUMS)
  for (const table of SUMS_OF[kept])
    left -= Number(session.statement(SQL.sums(table)).run(hourOf(before), left).changes)
  return { entries: 0, rows: 0, isLast: left > 0 }
}

type Range = { readonly after: bigint; readonly last: bigint; readonly before: number }

const changes = (session: Session, sql: string, range: Range): number =>
  Number(session.statement(sql).run(range).changes)

/** The numbers of the entries that are about to go, and those that they tell of. */
function noteNumbers(session: Session, kept: Deletion['kept'], range: Range): void {
  const note = (origin: string, { from, to }: NumberRange) => {
    if (session.statement(SQL.extend).run({ origin, from, to }).changes === 0n)
      session.statement(SQL.note).run({ origin, from, to })
  }
  for (const row of session.statement(SQL.numbers(kept)).all(range))
    note(String(row['origin']), { from: Number(row['first']), to: Number(row['last']) })
  for (const row of session.statement(SQL.tellers(kept)).all(range)) {
    const told = { seq: Number(row['seq']), action: String(row['action']), query: String(row['query']) }
    for (const numbers of numbersOf(told)) note(String(row['origin']), numbers)
  }
}

function rowOf(session: Session, run: number): DeletionRow {
  const [row] = session.all(SQL.one, run)
  if (row === undefined) throw deletionLost()
  return asRow(row)
}

function asRow(row: SqlRow): DeletionRow {
  const text = (name: string) => String(row[name])
  return {
    run: text('run'),
    what: text('what'),
    before_ms: text('before_ms'),
    reached: text('reached'),
    entries: text('entries'),
    row_total: text('row_total'),
  }
}

/** Between two pieces, where it keeps nobody from writing; otherwise the recorder would have to. */
function checkpoint(session: Session): void {
  const [wal] = session.all(SQL.waiting)
  if (Number(wal?.['log'] ?? 0) - Number(wal?.['checkpointed'] ?? 0) > PAGES_BETWEEN_CHECKPOINTS)
    session.all(SQL.checkpoint)
}

/** What others are about to write does it next time. */
function unlessBusy(work: () => void): void {
  try {
    work()
  } catch (error) {
    if (!isBusy(error)) throw error
  }
}
