/**
 * The types the store uses, as they are told (TYPE_INFO, [MS-TDS] section 2.2.5.6) and their values (section 2.2.5.5), both
 * ways. Values are SQLite's: a bit is 0 or 1, a time is milliseconds since 1970.
 */
import { assertNever } from '../../../schema/record/record.ts'
import { Cursor } from './cursor.ts'
import { ServerError } from './error.ts'

export type Value = bigint | string | null

export type Type =
  | { readonly kind: 'int'; readonly length: 4 | 8 }
  | { readonly kind: 'bit' }
  | { readonly kind: 'time' }
  /** `bytes` null: (max). */
  | { readonly kind: 'text'; readonly isWide: boolean; readonly bytes: number | null }

const INTN = 0x26
const DATETIME2N = 0x2a
const BITN = 0x68
const BIGVARCHAR = 0xa7
const NVARCHAR = 0xe7

const MAX = 0xffff
/** Section 2.2.5.2.3 "Data Type Dependent Data Streams": partially length-prefixed. */
const PLP_NULL = 0xffff_ffff_ffff_ffffn
/** Latin1_General, code page 1252; section 2.2.5.1.2 "Collation Rule Definition". */
export const COLLATION = Buffer.from([0x09, 0x04, 0xd0, 0x00, 0x34])

/** datetime2(3): milliseconds of the day in four bytes, days since year 1 in three; section 2.2.5.5.1.9. */
const SCALE = 3
const DAY_MS = 86_400_000
const EPOCH_DAYS = 719_162

export function readType(from: Cursor): Type {
  const id = from.u8()
  switch (id) {
    case INTN:
      return { kind: 'int', length: from.u8() === 8 ? 8 : 4 }
    case BITN:
      from.u8()
      return { kind: 'bit' }
    case DATETIME2N:
      if (from.u8() !== SCALE) throw new ServerError(8016, 'the double knows datetime2(3) only')
      return { kind: 'time' }
    case BIGVARCHAR:
    case NVARCHAR: {
      const bytes = from.u16()
      from.bytes(COLLATION.length)
      return { kind: 'text', isWide: id === NVARCHAR, bytes: bytes === MAX ? null : bytes }
    }
    default:
      throw new ServerError(8016, `the double knows no type 0x${id.toString(16)}`)
  }
}

export function readValue(type: Type, from: Cursor): Value {
  switch (type.kind) {
    case 'int': {
      const length = from.u8()
      if (length === 0) return null
      return length === 8 ? from.bytes(8).readBigInt64LE() : BigInt(from.bytes(length).readIntLE(0, length))
    }
    case 'bit':
      return from.u8() === 0 ? null : BigInt(from.u8())
    case 'time': {
      const length = from.u8()
      if (length === 0) return null
      const ofDay = from.uint(length - 3)
      return BigInt((from.uint(3) - EPOCH_DAYS) * DAY_MS + ofDay)
    }
    case 'text': {
      const bytes = type.bytes === null ? readParts(from) : readShort(from, type.bytes)
      return bytes?.toString(encoding(type.isWide)) ?? null
    }
    default:
      return assertNever(type)
  }
}

function readShort(from: Cursor, most: number): Buffer | null {
  const length = from.u16()
  if (length === MAX) return null
  const bytes = from.bytes(length)
  if (length > most) throw new ServerError(4815, 'Received an invalid column length from the bcp client.')
  return bytes
}

function readParts(from: Cursor): Buffer | null {
  if (from.u64() === PLP_NULL) return null
  const parts: Buffer[] = []
  for (let length = from.u32(); length > 0; length = from.u32()) parts.push(from.bytes(length))
  return Buffer.concat(parts)
}

export function writeType(type: Type): Buffer {
  switch (type.kind) {
    case 'int':
      return Buffer.from([INTN, type.length])
    case 'bit':
      return Buffer.from([BITN, 1])
    case 'time':
      return Buffer.from([DATETIME2N, SCALE])
    case 'text': {
      const length = u16(type.bytes ?? MAX)
      return Buffer.concat([Buffer.from([type.isWide ? NVARCHAR : BIGVARCHAR]), length, COLLATION])
    }
    default:
      return assertNever(type)
  }
}

export function writeValue(type: Type, value: Value): Buffer {
  switch (type.kind) {
    case 'int': {
      if (value === null) return Buffer.from([0])
      const bytes = Buffer.alloc(1 + type.length, type.length)
      if (type.length === 8) bytes.writeBigInt64LE(BigInt(value), 1)
      else bytes.writeInt32LE(Number(value), 1)
      return bytes
    }
    case 'bit':
      return value === null ? Buffer.from([0]) : Buffer.from([1, Number(value)])
    case 'time': {
      if (value === null) return Buffer.from([0])
      const day = Math.floor(Number(value) / DAY_MS)
      const bytes = Buffer.alloc(8, 7)
      bytes.writeUInt32LE(Number(value) - day * DAY_MS, 1)
      bytes.writeUIntLE(day + EPOCH_DAYS, 5, 3)
      return bytes
    }
    case 'text':
      return writeText(type.bytes === null, value === null ? null : Buffer.from(String(value), encoding(type.isWide)))
    default:
      return assertNever(type)
  }
}

const encoding = (isWide: boolean) => (isWide ? 'utf16le' : 'latin1')

function writeText(isMax: boolean, bytes: Buffer | null): Buffer {
  if (!isMax) return bytes === null ? u16(MAX) : Buffer.concat([u16(bytes.length), bytes])
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(bytes === null ? PLP_NULL : BigInt(bytes.length))
  if (bytes === null) return length
  return bytes.length === 0
    ? Buffer.concat([length, u32(0)])
    : Buffer.concat([length, u32(bytes.length), bytes, u32(0)])
}

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
