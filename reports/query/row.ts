/**
 * The one place where entries get the names of the tables' columns: the REST interface and `--json` on the command line
 * print these. Times are ISO 8601 in UTC; `log_id` is text, for its 63 bits do not fit a JSON number in JavaScript.
 */
import type { Change, Criterion, DimensionUse, MeasureUse, QueryRecord, Seen } from '../../schema/record/record.ts'
import type { LogEntry, OriginState, PersonHit } from '../../schema/store/store.ts'
import type { Coverage } from '../../schema/record/coverage/coverage.ts'
import type { CoveredHit } from './coverage.ts'
import type { How } from './person.ts'
import { how } from './person.ts'
import type { RecorderStatus, Status } from './status.ts'

/** `personsSeen` → `persons_seen`. */
type Snake<S extends string> = S extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${Snake<Rest>}`
  : S

/** The columns of a table over `T`: a field that is forgotten below fails to compile. */
export type Columns<T> = { readonly [K in keyof T & string as Snake<K>]: T[K] }

export type LogRow = Omit<Columns<LogEntry>, 'asked_at'> & { readonly asked_at: string }
type Numbered<T> = { readonly ord: number } & Columns<T>
type CritRow = Numbered<Criterion>

export interface EntryRow extends LogRow {
  readonly criteria: readonly CritRow[]
  readonly dimensions: readonly Numbered<DimensionUse>[]
  readonly measures: readonly Numbered<MeasureUse>[]
  readonly seen: readonly Columns<Seen>[]
  readonly changes: readonly Numbered<Change>[]
}

export interface HitRow extends LogRow {
  readonly criteria: readonly CritRow[]
  readonly places: readonly string[]
  readonly how: How
}

export function logRow(entry: LogEntry): LogRow {
  return {
    log_id: entry.logId,
    origin: entry.origin,
    seq: entry.seq,
    part: entry.part,
    asked_at: new Date(entry.askedAt).toISOString(),
    duration_ms: entry.durationMs,
    module: entry.module,
    server: entry.server,
    catalog: entry.catalog,
    cube: entry.cube,
    report: entry.report,
    application: entry.application,
    user_name: entry.userName,
    organisation: entry.organisation,
    role: entry.role,
    user_source: entry.userSource,
    user_confirmed: entry.userConfirmed,
    effective_user: entry.effectiveUser,
    effective_roles: entry.effectiveRoles,
    custom_data: entry.customData,
    ip: entry.ip,
    action: entry.action,
    language: entry.language,
    query: entry.query,
    opaque: entry.opaque,
    opaque_at: entry.opaqueAt,
    outcome: entry.outcome,
    status: entry.status,
    fault_code: entry.faultCode,
    row_count: entry.rowCount,
    cell_count: entry.cellCount,
    answer_bytes: entry.answerBytes,
    request_bytes: entry.requestBytes,
    request_hash: entry.requestHash,
    persons_seen: entry.personsSeen,
    decoded: entry.decoded,
    correlation_id: entry.correlationId,
    session_id: entry.sessionId,
    purpose: entry.purpose,
  }
}

export function entryRow(entry: QueryRecord): EntryRow {
  return {
    ...logRow(entry),
    criteria: entry.criteria.map(critRow),
    dimensions: entry.dimensions.map(({ dimension, hierarchy, level, axis }, ord) => ({
      ord,
      dimension,
      hierarchy,
      level,
      axis,
    })),
    measures: entry.measures.map(({ measure, calculated, via }, ord) => ({ ord, measure, calculated, via })),
    seen: entry.seen.map(({ person, place }) => ({ person, place })),
    changes: entry.changes.map(({ setting, kind, oldValue, newValue }, ord) => ({
      ord,
      setting,
      kind,
      old_value: oldValue,
      new_value: newValue,
    })),
  }
}

export function hitRow(hit: PersonHit): HitRow {
  return { ...logRow(hit.entry), criteria: hit.criteria.map(critRow), places: hit.places, how: how(hit) }
}

function critRow(criterion: Criterion, ord: number): CritRow {
  return {
    ord,
    dimension: criterion.dimension,
    hierarchy: criterion.hierarchy,
    level: criterion.level,
    operator: criterion.operator,
    value: criterion.value,
    value_to: criterion.valueTo,
    person: criterion.person,
    person_to: criterion.personTo,
    origin_clause: criterion.originClause,
  }
}

export interface CoveredRow extends LogRow {
  readonly criteria: readonly CritRow[]
  readonly covered: Coverage['covered']
  readonly reason: Coverage['reason']
  readonly attribute: string | null
}

export function coveredRow({ entry, coverage }: CoveredHit): CoveredRow {
  return { ...logRow(entry), criteria: entry.criteria.map(critRow), ...coverage }
}

export function statusRow(status: Status) {
  return {
    unmapped_attributes: status.unmapped.map(({ attribute, entries, more, latestAt }) => ({
      attribute,
      entries,
      more,
      latest_at: new Date(latestAt).toISOString(),
    })),
    store: status.store,
    origins: status.origins.map(originRow),
    recorder: status.recorder === null ? null : recorderRow(status.recorder),
    retention: {
      period: status.keeping.period,
      automatic: status.keeping.automatic,
      overdue_since: status.overdueSince === null ? null : new Date(status.overdueSince).toISOString(),
    },
  }
}

function originRow({ origin, position, writtenAt }: OriginState) {
  return { origin, position, written_at: new Date(writtenAt).toISOString() }
}

function recorderRow(recorder: RecorderStatus) {
  const { origin, appended, shipped, pending, oldestUnshippedAt, journalBytes, store, at } = recorder
  return {
    origin,
    appended,
    shipped,
    pending,
    oldest_unshipped_at: oldestUnshippedAt === null ? null : new Date(oldestUnshippedAt).toISOString(),
    journal_bytes: journalBytes,
    store,
    at: new Date(at).toISOString(),
  }
}
