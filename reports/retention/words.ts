/**
 * The entries that tell of a deletion: which, when, by whom, with which filter, and in the end how many (requirements N35,
 * N112). Two for each: one before anything is deleted, one when it is over. They have a journal of their own, in which
 * deletion number n has the numbers 2n - 1 and 2n: so each of them is there once, whoever writes it, and one that somebody
 * took away is missed by `tilsyn verify`.
 */
import type { LogId, Origin } from '../../schema/record/ids.ts'
import { NOTHING_KNOWN } from '../../schema/record/nothing-known.ts'
import type { QueryRecord } from '../../schema/record/record.ts'
import type { Kept } from '../../schema/record/retention.ts'
import type { Batch, Deletion } from '../../schema/store/store.ts'
import { LOGNING, restriction } from '../query/use.ts'

export const RETENTION = 'retention' as Origin

/** Who deletes. `name` null: nobody, it was time. */
export interface Deleter {
  readonly name: string | null
  readonly through: 'command' | 'schedule'
}

interface Told {
  readonly deletion: Deletion
  readonly by: Deleter
  readonly logId: LogId
  readonly at: number
}

const WHAT: Readonly<Record<Kept, string>> = {
  log: 'loggen',
  changes: 'ændringer af opsætningen og sletninger',
}

/** Before the first piece. */
export function begins({ deletion, by, logId, at }: Told): Batch {
  const words = `Sletning nr. ${deletion.run} i ${WHAT[deletion.kept]} begynder: poster fra før ${day(deletion.before)}.`
  return batch({ ...told(deletion, by), logId, seq: 2 * deletion.run - 1, askedAt: at, query: words })
}

/** Behind the last one. */
export function ended({ deletion, by, logId, at }: Told, durationMs: number): Batch {
  const { run, kept, before, entries, rows } = deletion
  const words = `Sletning nr. ${run} i ${WHAT[kept]} er slut: ${entries} poster fra før ${day(before)} er slettet, i alt ${rows} rækker.`
  return batch({
    ...told(deletion, by),
    logId,
    seq: 2 * run,
    askedAt: at,
    durationMs,
    query: words,
    rowCount: entries,
  })
}

const batch = (record: QueryRecord): Batch => ({ origin: RETENTION, position: record.seq, records: [record] })

const DAY = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Copenhagen', dateStyle: 'short' })
const day = (ms: number) => DAY.format(ms)

function told({ run, kept, before }: Deletion, by: Deleter): Omit<QueryRecord, 'logId' | 'seq' | 'askedAt' | 'query'> {
  return {
    ...NOTHING_KNOWN,
    origin: RETENTION,
    part: 0,
    module: LOGNING,
    server: 'Tilsyn',
    action: 'delete',
    report: 'retention',
    application: `Tilsyn ${by.through}`,
    userName: by.name,
    userSource: by.name === null ? 'none' : 'session',
    userConfirmed: by.name !== null,
    ip: by.name === null ? '' : '127.0.0.1',
    decoded: true,
    outcome: 'answered',
    correlationId: `deletion-${run}`,
    criteria: [restriction('kept', '=', kept), restriction('asked_at', '<', new Date(before).toISOString())],
  }
}
