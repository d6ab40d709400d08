/**
 * The columns of the four tables, of `seen` and of `change`: name, kind, and where in the record the value comes from. Both writers
 * make their rows from this list, and the types of the reader's queries follow from it; the migrations say the same in
 * SQL, and a test compares the two.
 *
 * Beside these every table begins with `log_id`, and the child tables have `ord`, the row's place in the record. What
 * can be large stands last in `log`: SQLite then reads the short columns of a row without its overflow pages.
 */
import { createHash } from 'node:crypto'
import { standsForOthers } from '../../record/numbers.ts'
import { showsMoreThanListed } from '../../record/record.ts'
import type { Change, Criterion, DimensionUse, MeasureUse, QueryRecord, Seen } from '../../record/record.ts'

/**
 * `big`, `int`: whole numbers of 63 and 31 bits. `time`: UTC milliseconds. `name`: text that is searched or grouped by,
 * and so bounded (see {@link bounded}); `text`: never cut. `origin`: bounded as well, but refused rather than cut.
 */
export type Kind = 'big' | 'int' | 'flag' | 'time' | 'origin' | 'name' | 'text' | 'hash' | 'person'

export type Value = string | number | boolean | null

export interface Column<Row> {
  readonly kind: Kind
  readonly optional?: true
  readonly of: (row: Row) => Value
}

type Columns<Row> = Readonly<Record<string, Column<Row>>>

export const LOG = {
  origin: { kind: 'origin', of: (r) => r.origin },
  seq: { kind: 'big', of: (r) => r.seq },
  part: { kind: 'int', of: (r) => r.part },
  asked_at: { kind: 'time', of: (r) => r.askedAt },
  duration_ms: { kind: 'big', optional: true, of: (r) => r.durationMs },
  module: { kind: 'name', optional: true, of: (r) => r.module },
  server: { kind: 'name', of: (r) => r.server },
  catalog: { kind: 'name', optional: true, of: (r) => r.catalog },
  cube: { kind: 'name', optional: true, of: (r) => r.cube },
  report: { kind: 'name', optional: true, of: (r) => r.report },
  application: { kind: 'name', optional: true, of: (r) => r.application },
  user_name: { kind: 'name', optional: true, of: (r) => r.userName },
  user_key: { kind: 'name', optional: true, of: (r) => (r.userName === null ? null : userKey(r.userName)) },
  organisation: { kind: 'name', optional: true, of: (r) => r.organisation },
  role: { kind: 'name', optional: true, of: (r) => r.role },
  user_source: { kind: 'name', of: (r) => r.userSource },
  user_confirmed: { kind: 'flag', of: (r) => r.userConfirmed },
  effective_user: { kind: 'name', optional: true, of: (r) => r.effectiveUser },
  ip: { kind: 'name', of: (r) => r.ip },
  action: { kind: 'name', of: (r) => r.action },
  language: { kind: 'name', optional: true, of: (r) => r.language },
  opaque: { kind: 'name', optional: true, of: (r) => r.opaque },
  opaque_at: { kind: 'name', optional: true, of: (r) => r.opaqueAt },
  outcome: { kind: 'name', of: (r) => r.outcome },
  status: { kind: 'int', optional: true, of: (r) => r.status },
  fault_code: { kind: 'name', optional: true, of: (r) => r.faultCode },
  row_count: { kind: 'big', optional: true, of: (r) => r.rowCount },
  cell_count: { kind: 'big', optional: true, of: (r) => r.cellCount },
  answer_bytes: { kind: 'big', optional: true, of: (r) => r.answerBytes },
  request_bytes: { kind: 'big', of: (r) => r.requestBytes },
  request_hash: { kind: 'hash', optional: true, of: (r) => r.requestHash },
  persons_seen: { kind: 'big', optional: true, of: (r) => r.personsSeen },
  decoded: { kind: 'flag', of: (r) => r.decoded },
  correlation_id: { kind: 'name', optional: true, of: (r) => r.correlationId },
  session_id: { kind: 'name', optional: true, of: (r) => r.sessionId },
  purpose: { kind: 'text', optional: true, of: (r) => r.purpose },
  effective_roles: { kind: 'text', optional: true, of: (r) => r.effectiveRoles },
  custom_data: { kind: 'text', optional: true, of: (r) => r.customData },
  query: { kind: 'text', of: (r) => r.query },
  counted: { kind: 'flag', of: showsMoreThanListed },
  tells: { kind: 'flag', of: standsForOthers },
} as const satisfies Columns<QueryRecord>

/** What a row is about, by the narrowest name it has. */
function attributeOf({ level, hierarchy, dimension }: Pick<Criterion, 'level' | 'hierarchy' | 'dimension'>): Value {
  return level ?? hierarchy ?? dimension
}

export const CRIT = {
  dimension: { kind: 'name', optional: true, of: (c) => c.dimension },
  hierarchy: { kind: 'name', optional: true, of: (c) => c.hierarchy },
  level: { kind: 'name', optional: true, of: (c) => c.level },
  operator: { kind: 'name', of: (c) => c.operator },
  value: { kind: 'text', of: (c) => c.value },
  value_to: { kind: 'text', optional: true, of: (c) => c.valueTo },
  person: { kind: 'person', optional: true, of: (c) => c.person },
  person_to: { kind: 'person', optional: true, of: (c) => c.personTo },
  origin_clause: { kind: 'name', of: (c) => c.originClause },
  attribute: { kind: 'name', optional: true, of: attributeOf },
} as const satisfies Columns<Criterion>

export const DIM = {
  dimension: { kind: 'name', of: (d) => d.dimension },
  hierarchy: { kind: 'name', optional: true, of: (d) => d.hierarchy },
  level: { kind: 'name', optional: true, of: (d) => d.level },
  axis: { kind: 'name', optional: true, of: (d) => d.axis },
  attribute: { kind: 'name', optional: true, of: attributeOf },
} as const satisfies Columns<DimensionUse>

export const MEAS = {
  measure: { kind: 'name', of: (m) => m.measure },
  calculated: { kind: 'flag', of: (m) => m.calculated },
  via: { kind: 'name', optional: true, of: (m) => m.via },
} as const satisfies Columns<MeasureUse>

export const SEEN = {
  person: { kind: 'person', of: (s) => s.person },
  place: { kind: 'name', of: (s) => s.place },
} as const satisfies Columns<Seen>

export const CHANGE = {
  setting: { kind: 'text', of: (c) => c.setting },
  kind: { kind: 'name', of: (c) => c.kind },
  old_value: { kind: 'text', optional: true, of: (c) => c.oldValue },
  new_value: { kind: 'text', optional: true, of: (c) => c.newValue },
} as const satisfies Columns<Change>

export const NAME_LENGTH = 400
export const ORIGIN_LENGTH = 200
export const PERSON_LENGTH = 10
export const HASH_LENGTH = 64

/**
 * A name that fits an index key of SQL Server (1,700 bytes since 2016: "Maximum capacity specifications", "Bytes per
 * index key"). A longer one keeps its beginning, and ends in `…` and 16 digits of the SHA-256 of the whole, so that two
 * that differ stay different. The statement that holds the name is kept whole.
 */
export function bounded(name: string): string {
  if (name.length <= NAME_LENGTH) return name
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 16)
  // Half of a surrogate pair at the cut is no character and becomes U+FFFD.
  return `${name.slice(0, NAME_LENGTH - 17).toWellFormed()}…${digest}`
}

/**
 * What users are searched by. Windows takes `KOMMUNE\abc` and `kommune\ABC` for one user, and a client may send either:
 * nobody escapes a search by the case of a letter. Made here, so that it does not hang on a database's collation, where
 * `aa` and `å`, or `æ` and `ae`, may be the same.
 */
export function userKey(userName: string): string {
  return userName.normalize('NFC').toLowerCase()
}
