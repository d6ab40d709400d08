/** Which entries and ids of a batch the database holds already; asked only when it refused one as taken. */
import type sql from 'mssql'
import type { LogId } from '../../record/ids.ts'
import type { QueryRecord } from '../../record/record.ts'
import { clashing, identity, settle, WINDOW } from '../sql/entries.ts'
import type { Entry } from '../sql/entries.ts'
import { TYPES } from './types.ts'

const GROUP = 500

const marks = (count: number) => Array.from({ length: count }, (_, i) => `@p${i}`).join(', ')

export const STATEMENTS = {
  identities: (count: number) =>
    `SELECT [seq], [part] FROM [tilsyn].[log] WHERE [origin] = @origin AND [seq] IN (${marks(count)})`,
  ids: (count: number) => `SELECT [log_id] FROM [tilsyn].[log] WHERE [log_id] IN (${marks(count)})`,
  near: `SELECT [log_id] FROM [tilsyn].[log] WHERE [log_id] >= @id AND [log_id] <= @id + @window`,
} as const

export async function settled(transaction: sql.Transaction, records: readonly QueryRecord[]): Promise<Entry[]> {
  const stored = await storedIdentities(transaction, records)
  const fresh = records.filter((record) => !stored.has(identity(record)))
  const taken = await storedIds(transaction, fresh)
  for (const id of clashing(fresh, taken)) await addNear(transaction, id, taken)
  return settle(fresh, taken)
}

async function storedIdentities(transaction: sql.Transaction, records: readonly QueryRecord[]): Promise<Set<string>> {
  const found = new Set<string>()
  for (const group of groups(records)) {
    const request = transaction.request().input('origin', TYPES.origin(), group[0]?.origin)
    group.forEach(({ seq }, i) => request.input(`p${i}`, TYPES.big(), seq))
    const { recordset } = await request.query<{ seq: string; part: number }>(STATEMENTS.identities(group.length))
    for (const { seq, part } of recordset) found.add(identity({ seq: Number(seq), part }))
  }
  return found
}

async function storedIds(transaction: sql.Transaction, records: readonly QueryRecord[]): Promise<Set<string>> {
  const found = new Set<string>()
  for (const group of groups(records)) {
    const request = transaction.request()
    group.forEach(({ logId }, i) => request.input(`p${i}`, TYPES.big(), logId))
    const { recordset } = await request.query<{ log_id: string }>(STATEMENTS.ids(group.length))
    for (const { log_id } of recordset) found.add(log_id)
  }
  return found
}

async function addNear(transaction: sql.Transaction, id: LogId, taken: Set<string>): Promise<void> {
  const request = transaction.request().input('id', TYPES.big(), id).input('window', TYPES.int(), WINDOW)
  const { recordset } = await request.query<{ log_id: string }>(STATEMENTS.near)
  for (const { log_id } of recordset) taken.add(log_id)
}

function groups<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / GROUP) }, (_, i) => all.slice(i * GROUP, (i + 1) * GROUP))
}
