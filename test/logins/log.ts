/** The log of a campaign, entry by entry, as it stands in the tables. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { markIn, senderOf } from './windows-server.ts'

export interface Entry {
  readonly seq: number
  readonly user: string | null
  readonly isConfirmed: boolean
  readonly status: number | null
  /** `null`: it had none, as the first message of curl's has not; or the connection ended before it came. */
  readonly mark: string | null
}

export interface Log {
  readonly entries: number
  readonly firstSeq: number
  readonly lastSeq: number
  /** Numbers given; as many as entries, when none is missing and none is there twice. */
  readonly seqs: number
  /** Entries of requests that the BI server answered, for each mark. */
  readonly answered: ReadonlyMap<string, number>
  /** Entries with a 401. */
  readonly unauthorized: number
  /** Entries without an answer. */
  readonly unanswered: number
  /** What is wrong with single entries, in words. */
  readonly faults: readonly string[]
}

const ENTRIES = 'SELECT seq, user_name, user_confirmed, status, query FROM log'

export function readLog(folder: string, accountOf: ReadonlyMap<string, string>): Log {
  const db = new DatabaseSync(join(folder, 'data', 'tilsyn.db'), { readOnly: true })
  try {
    const entries = db
      .prepare(ENTRIES)
      .all()
      .map((row) => entryOf(row))
    const answered = new Map<string, number>()
    for (const { status, mark } of entries) {
      if (status === 200 && mark !== null) answered.set(mark, (answered.get(mark) ?? 0) + 1)
    }
    const numbers = entries.map(({ seq }) => seq).sort((a, b) => a - b)
    return {
      entries: entries.length,
      firstSeq: numbers[0] ?? 0,
      lastSeq: numbers.at(-1) ?? 0,
      seqs: new Set(numbers).size,
      answered,
      unauthorized: entries.filter(({ status }) => status === 401).length,
      unanswered: entries.filter(({ status }) => status === null).length,
      faults: entries.flatMap((entry) =>
        faultsOf(entry, accountOf).map((fault) => `${fault}: ${JSON.stringify(entry)}`),
      ),
    }
  } finally {
    db.close()
  }
}

function entryOf(row: Record<string, unknown>): Entry {
  return {
    seq: Number(row['seq']),
    user: typeof row['user_name'] === 'string' ? row['user_name'] : null,
    isConfirmed: row['user_confirmed'] === 1,
    status: row['status'] === null ? null : Number(row['status']),
    mark: markIn(typeof row['query'] === 'string' ? row['query'] : ''),
  }
}

function faultsOf({ user, isConfirmed, status, mark }: Entry, accountOf: ReadonlyMap<string, string>): string[] {
  if (status !== null && status !== 200 && status !== 401) return ['an answer that no client was to see']
  if (mark === null)
    return isConfirmed || (status !== null && user !== null) ? ['a login that names somebody too soon'] : []
  const sender = accountOf.get(senderOf(mark)) ?? null
  if (user !== sender && (status === 200 || user !== null)) return ['the name of another']
  if (status === 200 && isConfirmed !== (sender !== null)) return ['not confirmed as it was answered']
  if (status !== 200 && isConfirmed) return ['confirmed without an answer that confirms it']
  return []
}
