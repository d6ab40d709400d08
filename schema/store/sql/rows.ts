/** From rows of either dialect to what the contract speaks of. */
import type { LogId, Origin, PersonNumber } from '../../record/ids.ts'
import { logId } from '../../record/ids.ts'
import { ACTIONS, CHANGE_KINDS, OPAQUE_REASONS, ORIGIN_CLAUSES, OUTCOMES, USER_SOURCES } from '../../record/record.ts'
import type { Change, Criterion, DimensionUse, MeasureUse, Seen } from '../../record/record.ts'
import { ROLES, StoreError } from '../store.ts'
import type { AccessToken, LogEntry, OriginState } from '../store.ts'
import type {
  AccessTokenTable,
  ChangeTable,
  CritTable,
  DimTable,
  LogTable,
  MeasTable,
  OriginTable,
  SeenTable,
  StoredId,
  StoredNumber,
  StoredTime,
} from './tables.ts'

export function idOf(stored: StoredId): LogId {
  return logId(String(stored)) ?? foreign('log_id')
}

const numberOf = (stored: StoredNumber | null): number | null => (stored === null ? null : Number(stored))
export const timeOf = (stored: StoredTime): number => Number(stored)
const personOf = (stored: string | null): PersonNumber | null => stored as PersonNumber | null

function oneOf<const T extends string>(values: readonly T[], stored: string, column: string): T {
  return values.find((value) => value === stored) ?? foreign(column)
}

/** A row that this code never wrote: somebody changed it, and it is not to be shown as if nothing were. */
function foreign(column: string): never {
  throw new StoreError('STORE_REJECTED', `column ${column} holds a value that Tilsyn never wrote`)
}

export function entryOf(row: Omit<LogTable, 'counted' | 'tells'>): LogEntry {
  return {
    logId: idOf(row.log_id),
    origin: row.origin as Origin,
    seq: Number(row.seq),
    part: Number(row.part),
    askedAt: timeOf(row.asked_at),
    durationMs: numberOf(row.duration_ms),
    module: row.module,
    server: row.server,
    catalog: row.catalog,
    cube: row.cube,
    report: row.report,
    application: row.application,
    userName: row.user_name,
    organisation: row.organisation,
    role: row.role,
    userSource: oneOf(USER_SOURCES, row.user_source, 'user_source'),
    userConfirmed: Boolean(row.user_confirmed),
    effectiveUser: row.effective_user,
    effectiveRoles: row.effective_roles,
    customData: row.custom_data,
    ip: row.ip,
    action: oneOf(ACTIONS, row.action, 'action'),
    language: row.language,
    query: row.query,
    opaque: row.opaque === null ? null : oneOf(OPAQUE_REASONS, row.opaque, 'opaque'),
    opaqueAt: row.opaque_at,
    outcome: oneOf(OUTCOMES, row.outcome, 'outcome'),
    status: numberOf(row.status),
    faultCode: row.fault_code,
    rowCount: numberOf(row.row_count),
    cellCount: numberOf(row.cell_count),
    answerBytes: numberOf(row.answer_bytes),
    requestBytes: Number(row.request_bytes),
    requestHash: row.request_hash,
    personsSeen: numberOf(row.persons_seen),
    decoded: Boolean(row.decoded),
    correlationId: row.correlation_id,
    sessionId: row.session_id,
    purpose: row.purpose,
  }
}

export function criterionOf(row: CritTable): Criterion {
  return {
    dimension: row.dimension,
    hierarchy: row.hierarchy,
    level: row.level,
    operator: row.operator,
    value: row.value,
    valueTo: row.value_to,
    person: personOf(row.person),
    personTo: personOf(row.person_to),
    originClause: oneOf(ORIGIN_CLAUSES, row.origin_clause, 'origin_clause'),
  }
}

export function dimensionOf(row: DimTable): DimensionUse {
  return { dimension: row.dimension, hierarchy: row.hierarchy, level: row.level, axis: row.axis }
}

export function measureOf(row: MeasTable): MeasureUse {
  return { measure: row.measure, calculated: Boolean(row.calculated), via: row.via }
}

export function seenOf(row: SeenTable): Seen {
  return { person: row.person as PersonNumber, place: row.place }
}

export function changeOf(row: ChangeTable): Change {
  const kind = oneOf(CHANGE_KINDS, row.kind, 'change.kind')
  return { setting: row.setting, kind, oldValue: row.old_value, newValue: row.new_value }
}

export function originOf(row: Pick<OriginTable, 'origin' | 'position' | 'written_at'>): OriginState {
  return { origin: row.origin as Origin, position: Number(row.position), writtenAt: timeOf(row.written_at) }
}

export function tokenOf(row: AccessTokenTable): AccessToken {
  return {
    hash: row.hash,
    name: row.name,
    role: oneOf(ROLES, row.role, 'access_token.role'),
    createdAt: timeOf(row.created_at),
    expiresAt: timeOf(row.expires_at),
  }
}
