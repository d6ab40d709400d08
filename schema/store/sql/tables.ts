/** The tables as kysely sees them, derived from `columns.ts`. */
import type { HOUR_DIMENSION, HOUR_USE, HOUR_USER } from './sums.ts'
import type { CHANGE, Column, CRIT, DIM, Kind, LOG, MEAS, SEEN } from './columns.ts'

export type StoredId = bigint | string
export type StoredNumber = bigint | number | string
export type StoredTime = bigint | Date

interface Stored extends Record<Kind, unknown> {
  big: StoredNumber
  int: StoredNumber
  flag: bigint | boolean
  time: StoredTime
  origin: string
  name: string
  text: string
  hash: string
  person: string
}

type TableOf<Columns extends Readonly<Record<string, Column<never>>>> = {
  [C in keyof Columns]: Stored[Columns[C]['kind']] | (Columns[C] extends { readonly optional: true } ? null : never)
}

type Child = { log_id: StoredId; ord: StoredNumber }

export type LogTable = { log_id: StoredId } & TableOf<typeof LOG>
export type CritTable = Child & TableOf<typeof CRIT>
export type DimTable = Child & TableOf<typeof DIM>
export type MeasTable = Child & TableOf<typeof MEAS>
export type SeenTable = Child & TableOf<typeof SEEN>
export type ChangeTable = Child & TableOf<typeof CHANGE>

export type HourUseTable = { origin: string } & TableOf<typeof HOUR_USE>
export type HourUserTable = { origin: string } & TableOf<typeof HOUR_USER>
export type HourDimensionTable = { origin: string } & TableOf<typeof HOUR_DIMENSION>

export interface OriginTable {
  origin: string
  position: StoredNumber
  written_at: StoredTime
  id_ahead: StoredNumber
  id_behind: StoredNumber
}

export interface AccessTokenTable {
  hash: string
  name: string
  role: string
  created_at: StoredTime
  expires_at: StoredTime
}

export interface DeletedTable {
  origin: string
  first_seq: StoredNumber
  last_seq: StoredNumber
}

export interface Tables {
  log: LogTable
  crit: CritTable
  dim: DimTable
  meas: MeasTable
  seen: SeenTable
  change: ChangeTable
  hour_use: HourUseTable
  hour_user: HourUserTable
  hour_dimension: HourDimensionTable
  origin: OriginTable
  access_token: AccessTokenTable
  deleted: DeletedTable
}
