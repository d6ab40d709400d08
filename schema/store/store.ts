/**
 * The store: the four tables, whichever database they stand in. Writer and reader are different interfaces, for the
 * proxy's recorder only writes and the report service mostly reads. One folder per backend implements both; one
 * contract suite (`test/schema/store/contract.ts`) runs over every backend.
 *
 * Exactly once: a batch and the journal position it reaches are committed in one transaction. After a crash the recorder
 * asks for the position and goes on behind it; a batch that was committed, but whose answer was lost, is recognised by
 * its position and not written again.
 */
import type { NumberRange } from '../record/numbers.ts'
import type { LogId, Origin, PersonNumber } from '../record/ids.ts'
import type { Kept } from '../record/retention.ts'
import type {
  Action,
  Change,
  Criterion,
  DimensionUse,
  MeasureUse,
  Outcome,
  QueryRecord,
  Seen,
} from '../record/record.ts'

export interface Batch {
  readonly origin: Origin
  /** Ordinal of the last journal frame that this batch, together with all before it, accounts for. Grows. */
  readonly position: number
  /** In journal order. May be empty: frames that made no entry still move the position. */
  readonly records: readonly QueryRecord[]
}

export interface RecordWriter {
  /** Position of the last batch committed for `origin`; 0 for an origin never seen. */
  position(origin: Origin): Promise<number>
  /**
   * Is this very entry stored under its number? Not if another stands there that was asked at another time, or whose log
   * id cannot have been made of this one's.
   */
  holds(entry: Pick<QueryRecord, 'origin' | 'seq' | 'logId' | 'askedAt'>): Promise<boolean>
  /**
   * Commits `batch` and its position together, or nothing. A batch at or before the stored position is taken for
   * committed and ignored. An entry whose log id is taken by another origin gets the next free one; its identity is
   * origin, number and part.
   *
   * @throws StoreError
   */
  write(batch: Batch): Promise<void>
  /**
   * Writes one entry of the report service's own use and gives it the next number of its origin, in one transaction.
   * Resolves when committed: the answer it speaks of leaves after that.
   */
  append(use: Omit<QueryRecord, 'seq' | 'part'>): Promise<void>
  close(): Promise<void>
}

/**
 * `unavailable`: try again, the batch is sound. `rejected`: this very batch cannot be stored, however often.
 * `DELETION_LOST`: another process has taken up what this one was deleting.
 */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly code: 'STORE_UNAVAILABLE' | 'STORE_REJECTED' | 'STORE_MIGRATION' | 'DELETION_LOST'
  constructor(code: StoreError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** How much of a row's long texts a list gives: more than any query that a person has written. */
export const LISTED_LETTERS = 50_000

/**
 * A row of `log`, without its children. In lists `query`, `purpose`, `effectiveRoles` and `customData` may be cut
 * behind the first {@link LISTED_LETTERS}; `RecordReader.entry` gives them whole.
 */
export type LogEntry = Omit<QueryRecord, 'criteria' | 'dimensions' | 'measures' | 'seen' | 'changes'>

export interface LogFilter {
  readonly user?: string
  readonly module?: string
  readonly cube?: string
  readonly action?: Action
  readonly outcome?: Outcome
  /** UTC milliseconds, inclusive. */
  readonly from?: number
  /** UTC milliseconds, exclusive. */
  readonly to?: number
}

/** Key-set paging, newest first: the entries older than `before`. */
export interface Page {
  readonly limit: number
  readonly before?: LogId
}

/** An entry that concerns one person, and how. */
export interface PersonHit {
  readonly entry: LogEntry
  /** The criteria that name the person; empty when the person was only seen. */
  readonly criteria: readonly Criterion[]
  /** Where in the answer the person stood; empty when only searched for. */
  readonly places: readonly string[]
}

export interface Children {
  readonly criteria: readonly Criterion[]
  readonly dimensions: readonly DimensionUse[]
  readonly measures: readonly MeasureUse[]
  readonly seen: readonly Seen[]
  readonly changes: readonly Change[]
}

export interface OriginState {
  readonly origin: Origin
  readonly position: number
  /** UTC milliseconds of the last commit for this origin. */
  readonly writtenAt: number
}

/** The numbers of one journal in the tables. */
export interface StoredNumbers {
  /** The first and the last; 0 where there is no entry. */
  readonly first: number
  readonly last: number
  /** How many different ones. */
  readonly count: number
  /** Numbers between them without an entry of their own, ascending; at most {@link MOST_HOLES}, from the first. */
  readonly holes: readonly NumberRange[]
  /** What stands for more numbers than its own; at most {@link MOST_HOLES}. */
  readonly told: readonly NumberRange[]
  /** Numbers whose entries were deleted because their time was over. */
  readonly deleted: readonly NumberRange[]
}

export const MOST_HOLES = 10_000

/** What the log knows attributes by: the names that stand in criteria and dimensions. */
export interface AttributeNames {
  readonly names: readonly string[]
  /** `false`: there are more than were looked up. */
  readonly complete: boolean
}

/** An attribute whose values were persons. */
export interface Carrier {
  readonly attribute: string
  /** Entries that searched for a person there; {@link MOST_COUNTED} stands for that many or more. */
  readonly entries: number
  /** UTC milliseconds of the newest. */
  readonly latestAt: number
}

export const MOST_COUNTED = 100

/** An entry with its children; long texts are cut as in lists. */
export type Concerning = LogEntry & Children

export interface ConcerningPage {
  readonly entries: readonly Concerning[]
  /** Where to go on; `null`: nothing older concerns them. */
  readonly next: LogId | null
}

/** Response times are counted in classes: up to each of these, and beyond the last. */
export const DURATION_LIMITS_MS = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000] as const

export interface Durations {
  /** Entries whose time is known, and all their times together. */
  readonly timed: number
  readonly totalMs: number
  /** How many took longer than the limit before and no longer than this one; one more than there are limits. */
  readonly within: readonly number[]
}

/** What entries that are alike in one thing come to. */
export interface Share {
  /** `null`: not known. */
  readonly name: string | null
  readonly entries: number
  readonly durations: Durations
}

export interface ModuleShare extends Share {
  /** How many different users; `null` when nobody can say any more. */
  readonly users: number | null
}

/**
 * How the BI system was used. Of all that was written within the longest period (decision 0022), also where entries have
 * been deleted since; only who used it and what was asked for goes with the entries, and is then `null`.
 */
export interface Statistics {
  readonly entries: number
  readonly users: number | null
  readonly durations: Durations
  /** Entries of each hour that has any, by the UTC milliseconds at which it begins. */
  readonly hours: readonly { readonly at: number; readonly entries: number }[]
  /** Most entries first; at most {@link MOST_SHARES} of each. */
  readonly modules: readonly ModuleShare[]
  readonly servers: readonly Share[]
  readonly actions: readonly Share[]
  readonly outcomes: readonly Share[]
  /** The dimensions that most entries asked for; at most {@link MOST_SHARES}. */
  readonly dimensions: readonly { readonly dimension: string; readonly entries: number }[] | null
}

export const MOST_SHARES = 200

export interface RecordReader {
  log(filter: LogFilter, page: Page): Promise<readonly LogEntry[]>
  entry(id: LogId): Promise<QueryRecord | null>
  /** Criteria, dimensions, measures, persons and changes of many entries at once. An id without any is in the map all the same. */
  children(ids: readonly LogId[]): Promise<ReadonlyMap<LogId, Children>>
  /** Entries that searched for `person` or showed it, newest first. */
  person(person: PersonNumber, range: Pick<LogFilter, 'from' | 'to'>, page: Page): Promise<readonly PersonHit[]>
  /** The names of all attributes, as far as they are not more than anybody's model has. */
  attributes(): Promise<AttributeNames>
  /** Attributes whose values were persons, the names in order; bounded. */
  carriers(): Promise<readonly Carrier[]>
  /**
   * Entries with a criterion or dimension on one of `attributes`, or on none that is known, those that could not be
   * understood, and those whose answer showed more persons than are listed; newest first. `null`: all entries.
   */
  concerning(
    attributes: readonly string[] | null,
    range: Pick<LogFilter, 'from' | 'to'>,
    page: Page,
  ): Promise<ConcerningPage>
  /** Of the hours that begin at `from` or later and before `to`; each is taken at the full hour (UTC) before it. */
  statistics(range: Pick<LogFilter, 'from' | 'to'>): Promise<Statistics>
  origins(): Promise<readonly OriginState[]>
  /** Which numbers of a journal have entries: looks at all of them. */
  numbers(origin: Origin): Promise<StoredNumbers>
  /**
   * When the oldest entry of `kept` was asked, UTC milliseconds, if it was before `before`; when there is none, an hour
   * whose sums ought to have gone with theirs.
   */
  oldest(kept: Kept, before: number): Promise<number | null>
  /** How many entries of `kept` were asked before `before`: looks at all of them. */
  countOlder(kept: Kept, before: number): Promise<number>
  close(): Promise<void>
}

export const ROLES = ['auditor', 'operator'] as const
export type Role = (typeof ROLES)[number]

/** A key to the REST interface. The token itself is nowhere: only its SHA-256. */
export interface AccessToken {
  readonly hash: string
  readonly name: string
  readonly role: Role
  readonly createdAt: number
  readonly expiresAt: number
}

/** What the report service keeps for itself. */
export interface AccessStore {
  addToken(token: AccessToken): Promise<void>
  /** `null` when unknown; the caller checks `expiresAt`. */
  findToken(hash: string): Promise<AccessToken | null>
}

/** An act of deletion. Its number is given once, and never again. */
export interface Deletion {
  readonly run: number
  readonly kept: Kept
  /** What was asked before this is deleted, UTC milliseconds. */
  readonly before: number
  /** What has been deleted so far: entries, and rows of all tables. */
  readonly entries: number
  readonly rows: number
}

/** The process that is at a deletion. Whoever is silent until `until` has lost it. */
export interface Holder {
  readonly name: string
  readonly now: number
  readonly until: number
}

/** What one piece came to. */
export interface DeletedPiece {
  readonly entries: number
  readonly rows: number
  /** How long others could not write, milliseconds. */
  readonly heldMs: number
  /** There is nothing left of this deletion. */
  readonly isLast: boolean
}

/**
 * Deletes what is older than an instant; nothing else is ever deleted, and nobody else deletes. In pieces, each of them one
 * short transaction: entries with their children, the count of them, and the numbers that are no longer there. So a
 * process may end between any two of them, and whoever goes on knows what was deleted. The last pieces are of sums: those
 * of all hours that were over at the instant go, also if an earlier deletion has left them. They are not counted.
 */
export interface Retention {
  /** How long a piece may take others' turn to write, and how long others then have theirs; milliseconds. */
  readonly pace: { readonly pieceMs: number; readonly restMs: number; readonly mostEntries: number }
  /**
   * Takes up the deletion that is not finished, whatever it is of, or begins `wanted`. `null`: another process is at it.
   *
   * @throws StoreError
   */
  claim(wanted: Pick<Deletion, 'kept' | 'before'>, holder: Holder): Promise<Deletion | null>
  /**
   * Looks at the next entries, oldest ids first, and deletes those of them whose time is over. A backend may do more than
   * `mostEntries` at once where that is short (a partition that is wholly out of date).
   *
   * @throws StoreError; nothing was deleted then. `DELETION_LOST`: another process has taken it up
   */
  deletePiece(run: number, holder: Holder, mostEntries: number): Promise<DeletedPiece>
  /** What has been deleted, for the entry that tells of it. */
  deletion(run: number): Promise<Deletion>
  /** The deletion is over, and its entry is written. */
  finish(run: number, now: number): Promise<void>
  /** Gives the space of deleted entries back to the disk, where that is for us to do; the tables are locked meanwhile. */
  compact(): Promise<'compacted' | 'not-here'>
  close(): Promise<void>
}

/** Everything one backend offers. */
export interface Store {
  readonly writer: RecordWriter
  readonly reader: RecordReader
  readonly access: AccessStore
}

/** What a migration run did. */
export interface Migrated {
  readonly applied: readonly string[]
  readonly version: number
}
