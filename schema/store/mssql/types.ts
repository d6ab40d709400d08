/** Which type of SQL Server each kind of column has, and how its values are bound: never by guess. */
import sql from 'mssql'
import { bounded, HASH_LENGTH, NAME_LENGTH, ORIGIN_LENGTH, PERSON_LENGTH } from '../sql/columns.ts'
import type { Kind, Value } from '../sql/columns.ts'

export const TYPES: Readonly<Record<Kind, () => sql.ISqlType>> = {
  big: () => sql.BigInt(),
  int: () => sql.Int(),
  flag: () => sql.Bit(),
  time: () => sql.DateTime2(3),
  origin: () => sql.NVarChar(ORIGIN_LENGTH),
  name: () => sql.NVarChar(NAME_LENGTH),
  text: () => sql.NVarChar(sql.MAX),
  hash: () => sql.VarChar(HASH_LENGTH),
  person: () => sql.VarChar(PERSON_LENGTH),
}

export type Bound = string | number | boolean | Date | null

export function encode(kind: Kind, value: Value): Bound {
  if (value === null || typeof value === 'boolean') return value
  // A fraction of a millisecond is no reason to lose an entry.
  if (typeof value === 'number') return kind === 'time' ? new Date(value) : Math.trunc(value)
  // nvarchar would keep half a surrogate pair; the embedded store cannot. They hold the same.
  return (kind === 'name' ? bounded(value) : value).toWellFormed()
}

/** A value of a reader's query, with its type. */
export class Typed {
  readonly type: sql.ISqlType
  readonly value: Bound
  constructor(kind: Kind, value: Value) {
    this.type = TYPES[kind]()
    this.value = encode(kind, value)
  }
}
