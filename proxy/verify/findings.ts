/**
 * Is every number accounted for? What the files of a journal say, what the tables say, and what the two say together.
 *
 * A journal numbers its exchanges from 1 without holes. So each number is in one of four places: it has an entry of its
 * own in the tables, another entry tells of it (left out by the settings, or lost with a damaged journal), its entry was
 * deleted because its time was over, or it still waits in the journal. A number in none of them is missing, and there is no harmless reason for that.
 */
import { joined, type NumberRange, without } from '../../schema/record/numbers.ts'
import type { StoredNumbers } from '../../schema/store/store.ts'
import { MOST_HOLES } from '../../schema/store/store.ts'
import type { JournalReport } from '../journal/verify.ts'

export interface JournalFinding {
  readonly kind: 'journal'
  readonly folder: string
  readonly report: JournalReport
  readonly sound: boolean
}

export interface TableFinding {
  readonly kind: 'tables'
  readonly origin: string
  readonly stored: StoredNumbers
  /** Numbers that another entry tells of. */
  readonly told: readonly NumberRange[]
  /** Numbers whose entries were deleted because their time was over. */
  readonly deleted: readonly NumberRange[]
  /** Numbers that the journal here still holds. */
  readonly waiting: readonly NumberRange[]
  /** Numbers that are nowhere. */
  readonly missing: readonly NumberRange[]
  /** There is no journal of this origin here: what waits on another computer cannot be told from what is missing. */
  readonly alone: boolean
  /** `false`: there are more holes than were looked at. */
  readonly complete: boolean
  readonly sound: boolean
}

export function journalFinding(folder: string, report: JournalReport): JournalFinding {
  const sound = report.damaged.length === 0 && report.missingSeqs === 0
  return { kind: 'journal', folder, report, sound }
}

/** @param report of the journal of this origin, read up to the store's position; `null`: it is not here */
export function tableFinding(origin: string, stored: StoredNumbers, report: JournalReport | null): TableFinding {
  const { first, last, holes } = stored
  const waiting = report?.waiting ?? []
  // What the journal has handed over must be there, also beyond the last number that is.
  const handed = (report?.settled ?? []).map(({ from, to }) => ({ from: Math.max(from, first), to }))
  const beyond = without(
    handed.filter(({ from, to }) => from <= to),
    [{ from: first, to: last }],
  )
  const absent = joined([...holes, ...beyond])
  const kept = without(absent, stored.deleted)
  const untold = without(kept, stored.told)
  const missing = without(untold, waiting)
  const complete = holes.length < MOST_HOLES && stored.told.length < MOST_HOLES
  const sound = complete && (missing.length === 0 || report === null)
  return {
    kind: 'tables',
    origin,
    stored,
    told: without(kept, untold),
    deleted: stored.deleted,
    waiting,
    missing,
    alone: report === null,
    complete,
    sound,
  }
}
