/**
 * The writer of SQL Server. A batch is one transaction: the origin's row is locked and its position read, the entries
 * and their children are loaded in bulk, the position is moved, and all of it is committed or none.
 *
 * The lock is an UPDATE, so of two recorders that fight over an origin the second waits and then finds the batch
 * written. When a commit goes unanswered the whole pool is dropped (the transaction may be open still), and whoever
 * tries again learns from the position whether it came through.
 */
import sql from 'mssql'
import type { Origin } from '../../record/ids.ts'
import { storeFault } from '../fault.ts'
import { asMinted, checkBatch, drift, numberTaken, WINDOW } from '../sql/entries.ts'
import type { Use } from '../sql/entries.ts'
import type { Batch, RecordWriter } from '../store.ts'
import { tablesOf } from './bulk.ts'
import { isTaken } from './fault.ts'
import type { Pool } from './pool.ts'
import { settled } from './settle.ts'
import { ADD_SUMS, sumsTable } from './sums.ts'
import { TYPES } from './types.ts'

export const STATEMENTS = {
  position: `SELECT [position] FROM [tilsyn].[origin] WHERE [origin] = @origin`,
  held: `SELECT [log_id] FROM [tilsyn].[log] WHERE [origin] = @origin AND [seq] = @seq AND [part] = 0
  AND [asked_at] = @asked AND [log_id] >= @id AND [log_id] < @id + @window`,
  lock: `UPDATE [tilsyn].[origin] SET [written_at] = @now WHERE [origin] = @origin;
SELECT [position] FROM [tilsyn].[origin] WHERE [origin] = @origin`,
  begin: `INSERT INTO [tilsyn].[origin] ([origin], [position], [written_at], [id_ahead], [id_behind])
VALUES (@origin, 0, @now, 0, 0)`,
  move: `UPDATE [tilsyn].[origin] SET [position] = @position, [written_at] = @now,
  [id_ahead] = CASE WHEN [id_ahead] < @ahead THEN @ahead ELSE [id_ahead] END,
  [id_behind] = CASE WHEN [id_behind] < @behind THEN @behind ELSE [id_behind] END
WHERE [origin] = @origin`,
} as const

/** Makes the entries and the position they reach from the position before them; `null`: there is nothing to write. */
type Plan = (position: number) => Planned | null

interface Planned extends Pick<Batch, 'position' | 'records'> {
  /** The numbers were given just now: one that is stored already is another entry's, and not this one's twin. */
  readonly newlyNumbered?: true
}

const LOADING = { checkConstraints: true, keepNulls: true } as const

/** Once with the ids as minted; then with ids looked up, and once more for an id that was taken meanwhile. */
const ATTEMPTS = 3

export class MssqlWriter implements RecordWriter {
  readonly #pool: Pool
  constructor(pool: Pool) {
    this.#pool = pool
  }

  position(origin: Origin): Promise<number> {
    return this.#pool.use(async (pool) => {
      const request = pool.request().input('origin', TYPES.origin(), origin)
      return positionIn(await request.query<PositionRow>(STATEMENTS.position)) ?? 0
    })
  }

  holds({ origin, seq, logId, askedAt }: Parameters<RecordWriter['holds']>[0]): Promise<boolean> {
    return this.#pool.use(async (pool) => {
      const request = pool.request().input('origin', TYPES.origin(), origin).input('seq', TYPES.big(), seq)
      request.input('asked', TYPES.time(), new Date(askedAt)).input('id', TYPES.big(), logId)
      const { recordset } = await request.input('window', TYPES.int(), WINDOW).query<object>(STATEMENTS.held)
      return rowsIn(recordset).length > 0
    })
  }

  async write(batch: Batch): Promise<void> {
    checkBatch(batch)
    await this.#commit(batch.origin, (position) => (batch.position <= position ? null : batch))
  }

  async append(use: Use): Promise<void> {
    await this.#commit(use.origin, (position) => {
      const records = [{ ...use, seq: position + 1, part: 0 }]
      checkBatch({ origin: use.origin, records })
      return { position: position + 1, records, newlyNumbered: true }
    })
  }

  close(): Promise<void> {
    return this.#pool.close()
  }

  #commit(origin: Origin, plan: Plan): Promise<void> {
    return this.#pool.use(async (pool) => {
      for (let attempt = 1; ; attempt++) {
        try {
          await commitOnce(pool, origin, plan, attempt > 1)
          return
        } catch (error) {
          if (!isTaken(error)) throw error
          // Looked up and taken all the same: by somebody quicker, and not for ever.
          if (attempt === ATTEMPTS)
            throw storeFault('STORE_UNAVAILABLE', 'SQL Server: an id was taken meanwhile', '2627')
        }
      }
    })
  }
}

async function commitOnce(pool: sql.ConnectionPool, origin: Origin, plan: Plan, lookUp: boolean): Promise<void> {
  const transaction = pool.transaction()
  await transaction.begin(sql.ISOLATION_LEVEL.READ_COMMITTED)
  try {
    const planned = plan(await lockedPosition(transaction, origin))
    if (planned !== null) await store(transaction, origin, planned, lookUp)
    await commit(transaction)
  } catch (error) {
    // The server may have rolled back already, or be gone; what failed first is what counts.
    await transaction.rollback().catch(() => undefined)
    throw error
  }
}

/**
 * A server that cannot commit rolls back and says so before it answers. mssql (12.7.14) then lets go of the connection, and
 * reaches for it when the answer comes, where nobody can catch what it throws: the process ends. It keeps the connection
 * where it takes the rollback for asked for.
 */
export function commit(transaction: sql.Transaction): Promise<void> {
  return Object.assign(transaction, { _rollbackRequested: true }).commit()
}

type PositionRow = { readonly position: string }

function positionIn({ recordset }: sql.IResult<PositionRow>): number | null {
  const [row] = rowsIn(recordset)
  return row === undefined ? null : Number(row.position)
}

/** A statement that was broken off may be answered without rows and without an error; that is no new origin. */
function rowsIn<Row>(recordset: readonly Row[] | undefined): readonly Row[] {
  if (Array.isArray(recordset)) return recordset
  throw storeFault('STORE_UNAVAILABLE', 'SQL Server: an answer without rows', 'ENOROWS')
}

async function lockedPosition(transaction: sql.Transaction, origin: Origin): Promise<number> {
  const request = () =>
    transaction.request().input('origin', TYPES.origin(), origin).input('now', TYPES.time(), new Date())
  const known = positionIn(await request().query<PositionRow>(STATEMENTS.lock))
  if (known !== null) return known
  // Of two that begin the same origin one meets its key here, and tries again.
  await request().query(STATEMENTS.begin)
  return 0
}

async function store(
  transaction: sql.Transaction,
  origin: Origin,
  { position, records, newlyNumbered }: Planned,
  lookUp: boolean,
): Promise<void> {
  const entries = lookUp ? await settled(transaction, records) : records.map(asMinted)
  if (newlyNumbered && entries.length < records.length) throw numberTaken()
  for (const table of tablesOf(entries)) await transaction.request().bulk(table, LOADING)
  if (entries.length > 0) {
    await transaction.request().bulk(sumsTable(origin, entries), LOADING)
    await transaction.request().input('origin', TYPES.origin(), origin).query(ADD_SUMS)
  }
  const { ahead, behind } = drift(entries)
  const move = transaction.request().input('origin', TYPES.origin(), origin).input('now', TYPES.time(), new Date())
  move.input('position', TYPES.big(), position)
  await move.input('ahead', TYPES.big(), ahead).input('behind', TYPES.big(), behind).query(STATEMENTS.move)
}
