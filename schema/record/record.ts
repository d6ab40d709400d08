/**
 * The record: what Tilsyn knows of one query, in the shape of the four tables. The one type both halves know: the proxy
 * makes it, the store keeps it, the reports show it.
 *
 * Names follow the Analysis Services trace and DESIGN.md section 3. Units stand in the names; times are UTC
 * milliseconds since 1970. A `null` means "not known", never "none".
 */
import type { LogId, Origin, PersonNumber } from './ids.ts'

/**
 * What was done. `configure`: the set-up of Tilsyn itself was changed. `delete`: entries of the log were deleted because their
 * time was over. `prepare`: a query the BI server was to check, not to answer. `metadata` is a Discover of the model; one
 * that names a member is `discover`, one that asks the server about itself and its users is `dmv`.
 */
export const ACTIONS = [
  'query',
  'prepare',
  'drillthrough',
  'explain',
  'dmv',
  'ddl',
  'command',
  'discover',
  'metadata',
  'session',
  'request',
  'connect',
  'gap',
  'search',
  'read',
  'login',
  'configure',
  'delete',
] as const
export type Action = (typeof ACTIONS)[number]

/** `unknown`: the proxy ended while the query was under way, so nobody can say what the user saw of the answer. */
export const OUTCOMES = ['answered', 'fault', 'refused', 'aborted', 'unknown'] as const
export type Outcome = (typeof OUTCOMES)[number]

export const USER_SOURCES = ['basic', 'ntlm', 'kerberos', 'bearer', 'header', 'session', 'body', 'none'] as const
export type UserSource = (typeof USER_SOURCES)[number]

/** Why a statement could not be understood; it is then recorded whole, and what it mentions as criteria. */
export const OPAQUE_REASONS = [
  'syntax',
  'limits',
  'too-large',
  'unknown-protocol',
  'unknown-language',
  'unreadable',
  'misfit',
] as const
export type OpaqueReason = (typeof OPAQUE_REASONS)[number]

/** Where in the query a criterion stands. `mentioned`: in a statement that could not be understood. */
export const ORIGIN_CLAUSES = [
  'axis',
  'slicer',
  'subcube',
  'filter',
  'formula',
  'parameter',
  'restriction',
  'return',
  'mentioned',
] as const
export type OriginClause = (typeof ORIGIN_CLAUSES)[number]

/** One row of `crit`: what the answer was restricted to, or what was searched for. */
export interface Criterion {
  /** Unique name of the dimension, `[Borger]`; for DAX the table, `Borger`. `null` where the text does not tell. */
  readonly dimension: string | null
  /** `[Borger].[CPR]`; for DAX the column, `Borger[CPR]`. */
  readonly hierarchy: string | null
  readonly level: string | null
  /** `=`, `in`, `not in`, `range`, `children`, `contains` … (GOLD_RULES, section 5). */
  readonly operator: string
  readonly value: string
  /** The other end of a range. */
  readonly valueTo: string | null
  /** The person number that `value` names, normalised. */
  readonly person: PersonNumber | null
  /** The person number that `valueTo` names: the end of a range was searched for too. */
  readonly personTo: PersonNumber | null
  readonly originClause: OriginClause
}

/** One row of `dim`: what the answer is broken down by. */
export interface DimensionUse {
  readonly dimension: string
  readonly hierarchy: string | null
  readonly level: string | null
  /** Number of the axis as text (`0` is columns), or `return` for a drill-through. */
  readonly axis: string | null
}

/** One row of `meas`. A calculated measure and the base measures under it are rows of their own. */
export interface MeasureUse {
  readonly measure: string
  readonly calculated: boolean
  /**
   * The calculated measure whose formula led to this one. `default`: the statement names none, and this is the cube's own,
   * by its metadata.
   */
  readonly via: string | null
}

/** One row of `seen`: a person whose number stood in the answer. */
export interface Seen {
  readonly person: PersonNumber
  /** Where: `axis`, `cell`, `column`, `member`, `text`. */
  readonly place: string
}

export const CHANGE_KINDS = ['insert', 'change', 'delete'] as const
export type ChangeKind = (typeof CHANGE_KINDS)[number]

/** One row of `change`: a setting that is not what it was (the change log; requirements N67 to N71, N85). */
export interface Change {
  /** Its place in the configuration, a JSON Pointer. */
  readonly setting: string
  readonly kind: ChangeKind
  /** As JSON; a file with the SHA-256 of its content; of a secret only that there was one. `null`: there was none. */
  readonly oldValue: string | null
  readonly newValue: string | null
}

export interface QueryRecord {
  readonly logId: LogId
  readonly origin: Origin
  /** Number of the exchange in its journal, from 1, without holes. */
  readonly seq: number
  /** Which statement of the exchange, from 0. */
  readonly part: number
  readonly askedAt: number
  readonly durationMs: number | null
  readonly module: string | null
  readonly server: string
  readonly catalog: string | null
  readonly cube: string | null
  readonly report: string | null
  readonly application: string | null
  /** As the BI server knows the user: `DOMAIN\user`, `user@domain`, or a plain name. */
  readonly userName: string | null
  readonly organisation: string | null
  readonly role: string | null
  readonly userSource: UserSource
  /** Did the BI server accept this user? Before its answer a name is only a claim. */
  readonly userConfirmed: boolean
  /** XMLA EffectiveUserName, Roles and CustomData: beside the user, never instead. */
  readonly effectiveUser: string | null
  readonly effectiveRoles: string | null
  readonly customData: string | null
  readonly ip: string
  readonly action: Action
  /** `mdx`, `dax`, `dmx`, `sql`, `tmsl`, `xmla`, `json`, or `null` where there is no statement. */
  readonly language: string | null
  /** The statement, whole and never cut; of a request over the capture limit its head. */
  readonly query: string
  /** Why the statement was not understood, and where: `opaqueAt` is a position (`line:column`), or a place in the mapping (`misfit`). */
  readonly opaque: OpaqueReason | null
  readonly opaqueAt: string | null
  readonly outcome: Outcome
  /** HTTP status towards the client; `null` when no answer began. */
  readonly status: number | null
  readonly faultCode: string | null
  readonly rowCount: number | null
  readonly cellCount: number | null
  readonly answerBytes: number | null
  readonly requestBytes: number
  /** SHA-256 of the request body as it came, hexadecimal; `null` for an empty body. */
  readonly requestHash: string | null
  /** How many different persons the answer showed; `null` when the answer was not read. */
  readonly personsSeen: number | null
  /** Was the answer readable? `false` with the headers' facts only (binary XML, unknown coding). */
  readonly decoded: boolean
  readonly correlationId: string | null
  readonly sessionId: string | null
  readonly purpose: string | null
  readonly criteria: readonly Criterion[]
  readonly dimensions: readonly DimensionUse[]
  readonly measures: readonly MeasureUse[]
  readonly seen: readonly Seen[]
  /** Of the set-up of Tilsyn itself; a query changes nothing there. */
  readonly changes: readonly Change[]
}

/** Did the answer show persons of whom no row of `seen` tells? Above the threshold they are only counted. */
export function showsMoreThanListed({ personsSeen, seen }: Pick<QueryRecord, 'personsSeen' | 'seen'>): boolean {
  return personsSeen !== null && personsSeen > new Set(seen.map(({ person }) => person)).size
}

/** Ends a `switch` over a union: a kind that is forgotten fails to compile. */
export function assertNever(value: never): never {
  throw new Error(`unexpected kind ${typeof value}`)
}
