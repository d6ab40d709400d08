/**
 * Deletion in SQL Server. Rows are deleted where nobody writes, at the oldest end of each table, so only locks could keep a
 * recorder waiting: a statement that takes 5,000 of them on one table or index may be given the whole table instead
 * ("Resolve blocking problems caused by lock escalation in SQL Server", "Lock escalation thresholds"). So no statement
 * deletes more than {@link MOST_ROWS} rows, however many children an entry has, and of two that lock each other out the
 * deletion is the one to give way (`DEADLOCK_PRIORITY LOW`); it tries again.
 *
 * What SQL Server leaves of deleted rows in free pages, in its log and in backups is for its administrator to see to
 * (docs/operation.md).
 */
import sql from 'mssql'
import { numbersOf } from '../../record/numbers.ts'
import type { NumberRange } from '../../record/numbers.ts'
import { CHANGE_ACTIONS } from '../../record/retention.ts'
import { deletionLost, deletionOf, MOST_SUMS, SUMS_OF, untilId } from '../sql/deletion.ts'
import type { DeletionRow } from '../sql/deletion.ts'
import { hourOf } from '../sql/sums.ts'
import type { Sums } from '../sql/sums.ts'
import type { DeletedPiece, Deletion, Holder, Retention } from '../store.ts'
import { isTaken } from './fault.ts'
import type { Pool } from './pool.ts'
import { TYPES } from './types.ts'
import { commit } from './writer.ts'

export const MOST_ROWS = 2_000

const CHILDREN = ['crit', 'dim', 'meas', 'seen', 'change'] as const
const ACTIONS = CHANGE_ACTIONS.map((action) => `'${action}'`).join(', ')

/** Of the entries in a piece, those whose time is over. */
const doomed = (kept: Deletion['kept']) =>
  `[log_id] > @after AND [log_id] <= @last AND [asked_at] < @before AND [action] ${kept === 'log' ? 'NOT IN' : 'IN'} (${ACTIONS})`

const ROW = '[run], [what], [before_ms], [reached], [entries], [row_total]'

export const STATEMENTS = {
  low: `SET DEADLOCK_PRIORITY LOW`,
  open: `SELECT ${ROW}, [holder], [held_until] FROM [tilsyn].[deletion] WHERE [finished_at] IS NULL`,
  one: `SELECT ${ROW} FROM [tilsyn].[deletion] WHERE [run] = @run`,
  last: `SELECT MAX([run]) AS [run] FROM [tilsyn].[deletion]`,
  begin: `INSERT INTO [tilsyn].[deletion] ([run], [what], [before_ms], [reached], [entries], [row_total], [holder], [held_until])
VALUES (@run, @what, @ms, 0, 0, 0, @holder, @until)`,
  hold: `UPDATE [tilsyn].[deletion] SET [holder] = @holder, [held_until] = @until
WHERE [run] = @run AND [finished_at] IS NULL AND ([held_until] <= @now OR [holder] = @holder)`,
  keep: `UPDATE [tilsyn].[deletion] SET [held_until] = @until
WHERE [run] = @run AND [holder] = @holder AND [finished_at] IS NULL`,
  count: `UPDATE [tilsyn].[deletion] SET [reached] = @last, [entries] = [entries] + @entries, [row_total] = [row_total] + @rows
WHERE [run] = @run`,
  finish: `UPDATE [tilsyn].[deletion] SET [finished_at] = @now WHERE [run] = @run AND [finished_at] IS NULL`,
  ahead: `SELECT MAX([id_ahead]) AS [ahead] FROM [tilsyn].[origin]`,
  piece: `SELECT MAX([log_id]) AS [last] FROM (
  SELECT TOP (@most) [log_id] FROM [tilsyn].[log] WHERE [log_id] > @after AND [log_id] <= @until ORDER BY [log_id]
) AS [piece]`,
  numbers: (kept: Deletion['kept']) => `SELECT [origin], MIN([seq]) AS [first], MAX([seq]) AS [last] FROM (
  SELECT [origin], [seq], [seq] - DENSE_RANK() OVER (PARTITION BY [origin] ORDER BY [seq]) AS [island]
  FROM [tilsyn].[log] WHERE ${doomed(kept)}
) AS [numbered] GROUP BY [origin], [island] ORDER BY [origin], [first]`,
  tellers: (
    kept: Deletion['kept'],
  ) => `SELECT [origin], [seq], [action], [query] FROM [tilsyn].[log] WHERE ${doomed(kept)}
  AND ([action] = 'gap' OR ([action] = 'metadata' AND [query] LIKE '%left out, as the configuration says%'))`,
  children: (table: (typeof CHILDREN)[number], kept: Deletion['kept']) => `DELETE TOP (@most) FROM [tilsyn].[${table}]
WHERE [log_id] > @after AND [log_id] <= @last AND [log_id] IN (SELECT [log_id] FROM [tilsyn].[log] WHERE ${doomed(kept)})`,
  entries: (kept: Deletion['kept']) => `DELETE TOP (@most) FROM [tilsyn].[log] WHERE ${doomed(kept)}`,
  sums: (table: keyof Sums) => `DELETE TOP (@most) FROM [tilsyn].[${table}]
WHERE [hour] < @hour AND [origin] IN (SELECT [origin] FROM [tilsyn].[origin])`,
  extend: `UPDATE [tilsyn].[deleted] SET [last_seq] = @to
WHERE [origin] = @origin AND [first_seq] <= @from AND [last_seq] >= @from - 1 AND [last_seq] <= @to`,
  note: `INSERT INTO [tilsyn].[deleted] ([origin], [first_seq], [last_seq]) SELECT @origin, @from, @to
WHERE NOT EXISTS (SELECT 1 FROM [tilsyn].[deleted] WHERE [origin] = @origin AND [first_seq] <= @from AND [last_seq] >= @to)`,
} as const

/** All that the store sends to delete. */
export const ALL_STATEMENTS: readonly string[] = [
  ...Object.values(STATEMENTS).filter((statement) => typeof statement === 'string'),
  ...(['log', 'changes'] as const).flatMap((kept) => [
    STATEMENTS.numbers(kept),
    STATEMENTS.tellers(kept),
    STATEMENTS.entries(kept),
    ...CHILDREN.map((table) => STATEMENTS.children(table, kept)),
    ...SUMS_OF[kept].map(STATEMENTS.sums),
  ]),
]

export class MssqlRetention implements Retention {
  readonly pace = { pieceMs: 200, restMs: 20, mostEntries: MOST_ROWS }
  readonly #pool: Pool
  /** @param pool of its own: its connections have a low priority */
  constructor(pool: Pool) {
    this.#pool = pool
  }

  claim(wanted: Pick<Deletion, 'kept' | 'before'>, holder: Holder): Promise<Deletion | null> {
    return this.#pool.use(async (pool) => {
      // Before it is asked what is open: of two that find nothing open both then have the same number, and one meets its key.
      const [last] = (await pool.request().query<{ run: string | null }>(STATEMENTS.last)).recordset
      const [open] = (await pool.request().query<DeletionRow>(STATEMENTS.open)).recordset
      if (open !== undefined) {
        const { rowsAffected } = await held(pool.request(), Number(open.run), holder).query(STATEMENTS.hold)
        return rowsAffected[0] === 1 ? deletionOf(open) : null
      }
      return begun(pool, Number(last?.run ?? 0) + 1, wanted, holder)
    })
  }

  deletePiece(run: number, holder: Holder, mostEntries: number): Promise<DeletedPiece> {
    return this.#pool.use(async (pool) => {
      const began = performance.now()
      const transaction = pool.transaction()
      await transaction.begin(sql.ISOLATION_LEVEL.READ_COMMITTED)
      try {
        await transaction.request().batch(STATEMENTS.low)
        const piece = await deleteNext(transaction, run, holder, Math.min(mostEntries, MOST_ROWS))
        await commit(transaction)
        return { ...piece, heldMs: performance.now() - began }
      } catch (error) {
        // The server may have rolled back already, or be gone; what failed first is what counts.
        await transaction.rollback().catch(() => undefined)
        throw error
      }
    })
  }

  deletion(run: number): Promise<Deletion> {
    return this.#pool.use(async (pool) => deletionOf(await rowOf(pool.request(), run)))
  }

  finish(run: number, now: number): Promise<void> {
    return this.#pool.use(async (pool) => {
      await pool.request().input('run', TYPES.big(), run).input('now', TYPES.big(), now).query(STATEMENTS.finish)
    })
  }

  async compact(): Promise<'not-here'> {
    return 'not-here'
  }

  close(): Promise<void> {
    return this.#pool.close()
  }
}

/** Of two that begin the same run one meets its key here, and the other is at it. */
async function begun(
  pool: sql.ConnectionPool,
  run: number,
  { kept, before }: Pick<Deletion, 'kept' | 'before'>,
  holder: Holder,
): Promise<Deletion | null> {
  const request = held(pool.request(), run, holder).input('what', TYPES.name(), kept).input('ms', TYPES.big(), before)
  try {
    await request.query(STATEMENTS.begin)
    return { run, kept, before, entries: 0, rows: 0 }
  } catch (error) {
    if (isTaken(error)) return null
    throw error
  }
}

function held(request: sql.Request, run: number, { name, now, until }: Holder): sql.Request {
  request.input('run', TYPES.big(), run).input('holder', TYPES.name(), name)
  return request.input('now', TYPES.big(), now).input('until', TYPES.big(), until)
}

async function rowOf(request: sql.Request, run: number): Promise<DeletionRow> {
  const [row] = (await request.input('run', TYPES.big(), run).query<DeletionRow>(STATEMENTS.one)).recordset
  if (row === undefined) throw deletionLost()
  return row
}

async function deleteNext(
  transaction: sql.Transaction,
  run: number,
  holder: Holder,
  most: number,
): Promise<Omit<DeletedPiece, 'heldMs'>> {
  const kept = await held(transaction.request(), run, holder).query(STATEMENTS.keep)
  if (kept.rowsAffected[0] !== 1) throw deletionLost()
  const row = await rowOf(transaction.request(), run)
  const deletion = deletionOf(row)
  const [drift] = (await transaction.request().query<{ ahead: string | null }>(STATEMENTS.ahead)).recordset
  const next = transaction.request().input('after', TYPES.big(), row.reached).input('most', TYPES.int(), most)
  next.input('until', TYPES.big(), untilId(deletion.before, BigInt(drift?.ahead ?? 0)))
  const [piece] = (await next.query<{ last: string | null }>(STATEMENTS.piece)).recordset
  if ((piece?.last ?? null) === null) return deleteSums(transaction, deletion, most)
  const found = { ...deletion, after: row.reached, last: String(piece?.last) }
  await noteNumbers(transaction, found)
  let rows = 0
  for (const table of CHILDREN) rows += await deleted(transaction, found, STATEMENTS.children(table, deletion.kept))
  const entries = await deleted(transaction, found, STATEMENTS.entries(deletion.kept))
  const count = transaction.request().input('run', TYPES.big(), run).input('last', TYPES.big(), found.last)
  count.input('entries', TYPES.big(), entries).input('rows', TYPES.big(), rows + entries)
  await count.query(STATEMENTS.count)
  return { entries, rows: rows + entries, isLast: false }
}

/** When there are no entries left. They are not counted: what is told of a deletion are entries and their rows. */
async function deleteSums(transaction: sql.Transaction, { kept, before }: Deletion, most: number) {
  let left = Math.min(most, MOST_SUMS)
  for (const table of SUMS_OF[kept]) {
    const request = transaction.request().input('hour', TYPES.time(), new Date(hourOf(before)))
    left -= (await request.input('most', TYPES.int(), left).query(STATEMENTS.sums(table))).rowsAffected[0] ?? 0
  }
  return { entries: 0, rows: 0, isLast: left > 0 }
}

interface Found extends Deletion {
  readonly after: string
  readonly last: string
}

function within(transaction: sql.Transaction, { after, last, before }: Found): sql.Request {
  const request = transaction.request().input('after', TYPES.big(), after).input('last', TYPES.big(), last)
  return request.input('before', TYPES.time(), new Date(before))
}

/** Again and again, for no statement may take too many locks. */
async function deleted(transaction: sql.Transaction, found: Found, statement: string): Promise<number> {
  let all = 0
  for (;;) {
    const request = within(transaction, found).input('most', TYPES.int(), MOST_ROWS)
    const count = (await request.query(statement)).rowsAffected[0] ?? 0
    all += count
    if (count < MOST_ROWS) return all
  }
}

interface Numbers {
  readonly origin: string
  readonly first: string
  readonly last: string
}
interface Teller {
  readonly origin: string
  readonly seq: string
  readonly action: string
  readonly query: string
}

/** The numbers of the entries that are about to go, and those that they tell of. */
async function noteNumbers(transaction: sql.Transaction, found: Found): Promise<void> {
  const own = (await within(transaction, found).query<Numbers>(STATEMENTS.numbers(found.kept))).recordset
  const tellers = (await within(transaction, found).query<Teller>(STATEMENTS.tellers(found.kept))).recordset
  const all = [
    ...own.map(({ origin, first, last }) => ({ origin, from: Number(first), to: Number(last) })),
    ...tellers.flatMap((one) => numbersOf({ ...one, seq: Number(one.seq) }).map((n) => ({ ...n, origin: one.origin }))),
  ]
  for (const numbers of all) await note(transaction, numbers)
}

async function note(transaction: sql.Transaction, range: NumberRange & { readonly origin: string }): Promise<void> {
  const request = () => {
    const made = transaction.request().input('origin', TYPES.origin(), range.origin)
    return made.input('from', TYPES.big(), range.from).input('to', TYPES.big(), range.to)
  }
  if ((await request().query(STATEMENTS.extend)).rowsAffected[0] === 0) await request().query(STATEMENTS.note)
}
