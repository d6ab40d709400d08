/**
 * The typed values of binary XML as the text they stand for ([MS-BINXML] section 2.2 "Atomic Values"). Whole numbers and
 * decimals keep every digit: a person number may be one.
 */
import { damaged } from './binary-error.ts'

/** One value: its bytes, without the token and, where its length stands before it, without the length. */
export type ValueToText = (view: DataView) => string

/** How many bytes a value has: a number, or where its length is told. */
export type ValueLength =
  | { readonly kind: 'bytes'; readonly count: number }
  /** A length of up to five bytes before it, counted in `unit` bytes. */
  | { readonly kind: 'counted'; readonly unit: 1 | 2 }
  /** Its first byte is the scale of a time, which decides; `zone`: with two bytes for the time zone. */
  | { readonly kind: 'scaled'; readonly zone: boolean }
  /** A qualified name: the number of one defined before. */
  | { readonly kind: 'name' }

export interface ValueType {
  readonly length: ValueLength
  readonly text: ValueToText
}

const bytes = (count: number): ValueLength => ({ kind: 'bytes', count })
const COUNTED: ValueLength = { kind: 'counted', unit: 1 }
const WIDE: ValueLength = { kind: 'counted', unit: 2 }
const at = (view: DataView): Uint8Array => new Uint8Array(view.buffer, view.byteOffset, view.byteLength)

const utf16 = new TextDecoder('utf-16le')
const wide: ValueToText = (view) => utf16.decode(view)

/** Windows code pages by number; 65001 is UTF-8, 1200 UTF-16. */
const CODE_PAGES: Readonly<Record<number, string>> = { 65_001: 'utf-8', 1200: 'utf-16le', 20_127: 'ascii' }

const narrow: ValueToText = (view) => {
  if (view.byteLength < 4) return damaged()
  const page = view.getInt32(0, true)
  const name = CODE_PAGES[page] ?? (page >= 1250 && page <= 1258 ? `windows-${page}` : 'windows-1252')
  return new TextDecoder(name).decode(at(view).subarray(4))
}

const base64: ValueToText = (view) => Buffer.from(at(view)).toString('base64')
const hex: ValueToText = (view) => Buffer.from(at(view)).toString('hex').toUpperCase()

/** Four decimals, without those at the end that say nothing. */
const money = (amount: bigint): string => decimal(amount, 4).replace(/\.?0+$/, '')

function decimal(amount: bigint, scale: number): string {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  const sign = amount < 0n ? '-' : ''
  return scale === 0 ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(-scale)}`
}

/** Precision, scale, sign (0: negative), and words of 32 bits, least first. */
const sqlDecimal: ValueToText = (view) => {
  const scale = view.byteLength < 3 ? 255 : view.getUint8(1)
  if (scale > 38 || view.byteLength > 19 || (view.byteLength - 3) % 4 !== 0) return damaged()
  let amount = 0n
  for (let word = view.byteLength - 4; word >= 3; word -= 4)
    amount = (amount << 32n) | BigInt(view.getUint32(word, true))
  return decimal(view.getUint8(2) === 0 ? -amount : amount, scale)
}

/** `XSD-DECIMAL` is written without zeros at the end. */
const xsdDecimal: ValueToText = (view) => {
  const text = sqlDecimal(view)
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

const uuid: ValueToText = (view) => {
  const part = (value: number, digits: number) => value.toString(16).padStart(digits, '0')
  const rest = [...at(view).subarray(8)].map((byte) => part(byte, 2)).join('')
  const head = [part(view.getUint32(0, true), 8), part(view.getUint16(4, true), 4), part(view.getUint16(6, true), 4)]
  return [...head, rest.slice(0, 4), rest.slice(4)].join('-')
}

const DAY_MS = 86_400_000
const two = (value: number): string => String(value).padStart(2, '0')

/** A day beyond what a calendar can say is damage. */
function isoDay(ms: number): string {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? damaged() : date.toISOString().slice(0, 10)
}

const clock = (seconds: number): string =>
  `${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
const fraction = (value: number, digits: number): string =>
  value === 0 ? '' : `.${String(value).padStart(digits, '0').replace(/0+$/, '')}`

/** Days since 1900 and a time of day in `perSecond`-ths. */
function sqlDateTime(days: number, ticks: number, perSecond: number): string {
  const ms = Math.round((ticks * 1000) / perSecond)
  return `${isoDay(Date.UTC(1900, 0, 1) + days * DAY_MS)}T${clock(Math.floor(ms / 1000))}${fraction(ms % 1000, 3)}`
}

/** The 64 bits of SQL Server 2005's XSD types, two of them an indicator: mixed-radix, least first. */
function radix(view: DataView, ...sizes: readonly number[]): number[] {
  let left = view.getBigInt64(0, true) >> 2n
  if (left < 0n) return damaged()
  const digits = sizes.map((size) => {
    const digit = Number(left % BigInt(size))
    left /= BigInt(size)
    return digit
  })
  return [...digits, Number(left)]
}

const date2005 = (year: number, month: number, day: number): string =>
  `${String(year - 9999).padStart(4, '0')}-${two(month + 1)}-${two(day + 1)}`

const zone = (minutes: number): string => {
  const size = Math.abs(minutes)
  return minutes === 0 ? 'Z' : `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

const xsdTime: ValueToText = (view) => {
  const [ms = 0, second = 0, minute = 0, hour = 0] = radix(view, 1000, 60, 60)
  return `${two(hour)}:${two(minute)}:${two(second)}${fraction(ms, 3)}Z`
}

const xsdDateTime: ValueToText = (view) => {
  const [ms = 0, second = 0, minute = 0, hour = 0, day = 0, month = 0, year = 0] = radix(view, 1000, 60, 60, 24, 31, 12)
  return `${date2005(year, month, day)}T${two(hour)}:${two(minute)}:${two(second)}${fraction(ms, 3)}Z`
}

const xsdDate: ValueToText = (view) => {
  const [minutes = 0, day = 0, month = 0, year = 0] = radix(view, 29 * 60, 31, 12)
  // The sign is that of the shift to UTC, so the zone's is the other.
  return `${date2005(year, month, day)}${zone(-(minutes - 14 * 60))}`
}

const day3 = (view: DataView, from: number): number =>
  view.getUint8(from) | (view.getUint8(from + 1) << 8) | (view.getUint8(from + 2) << 16)

/** Days since the year 1. */
const DAY_ONE = Date.UTC(2000, 0, 1) - 730_119 * DAY_MS
const isoDate = (days: number): string => isoDay(DAY_ONE + days * DAY_MS)

/** Bytes of a time of day, by its scale (0 to 7 digits of a second). */
export const TIME_BYTES: readonly number[] = [3, 3, 3, 4, 4, 5, 5, 5]

/** `scale | time of day | day`, and for those with a zone, UTC and minutes: SQL Server 2008's types. */
function moment(view: DataView, shown: 'date' | 'time' | 'both', zoned: boolean): string {
  const scale = view.getUint8(0)
  const size = TIME_BYTES[scale] ?? damaged()
  let ticks = 0n
  for (let i = size; i >= 1; i -= 1) ticks = (ticks << 8n) | BigInt(view.getUint8(i))
  const minutes = zoned ? view.getInt16(1 + size + 3, true) : 0
  const perSecond = 10n ** BigInt(scale)
  const seconds = Number(ticks / perSecond) + minutes * 60
  const days = day3(view, 1 + size) + Math.floor(seconds / 86_400)
  const time = `${clock(((seconds % 86_400) + 86_400) % 86_400)}${fraction(Number(ticks % perSecond), scale)}`
  const suffix = zoned ? zone(minutes) : ''
  switch (shown) {
    case 'date':
      return `${isoDate(days)}${suffix}`
    case 'time':
      return `${time}${suffix}`
    case 'both':
      return `${isoDate(days)}T${time}${suffix}`
    default:
      return damaged()
  }
}

const scaled = (shown: 'date' | 'time' | 'both', zoned: boolean): ValueType => ({
  length: { kind: 'scaled', zone: zoned },
  text: (view) => moment(view, shown, zoned),
})

/** How .NET and JavaScript write a floating-point number differs only in the exponent's plus and zeros. */
const float = (value: number): string =>
  Number.isFinite(value) ? String(value) : value > 0 ? 'INF' : value < 0 ? '-INF' : 'NaN'

/** Seven digits are what a single-precision number holds for certain; its shortest text has at most nine. */
const real = (value: number): string => {
  for (let digits = 6; digits < 9; digits += 1) {
    const text = value.toPrecision(digits)
    if (Math.fround(Number(text)) === value) return float(Number(text))
  }
  return float(value)
}

const type = (length: ValueLength, text: ValueToText): ValueType => ({ length, text })

/** By token. [MS-BINXML] section 2.1.3 "Token Values". */
export const VALUE_TYPES: ReadonlyMap<number, ValueType> = new Map<number, ValueType>([
  [0x01, type(bytes(2), (view) => String(view.getInt16(0, true)))], // SQL-SMALLINT
  [0x02, type(bytes(4), (view) => String(view.getInt32(0, true)))], // SQL-INT
  [0x03, type(bytes(4), (view) => real(view.getFloat32(0, true)))], // SQL-REAL
  [0x04, type(bytes(8), (view) => float(view.getFloat64(0, true)))], // SQL-FLOAT
  [0x05, type(bytes(8), (view) => money(view.getBigInt64(0, true)))], // SQL-MONEY
  [0x06, type(bytes(1), (view) => String(view.getUint8(0)))], // SQL-BIT
  [0x07, type(bytes(1), (view) => String(view.getUint8(0)))], // SQL-TINYINT
  [0x08, type(bytes(8), (view) => String(view.getBigInt64(0, true)))], // SQL-BIGINT
  [0x09, type(bytes(16), uuid)], // SQL-UUID
  [0x0a, type(COUNTED, sqlDecimal)], // SQL-DECIMAL
  [0x0b, type(COUNTED, sqlDecimal)], // SQL-NUMERIC
  [0x0c, type(COUNTED, base64)], // SQL-BINARY
  [0x0d, type(COUNTED, narrow)], // SQL-CHAR
  [0x0e, type(WIDE, wide)], // SQL-NCHAR
  [0x0f, type(COUNTED, base64)], // SQL-VARBINARY
  [0x10, type(COUNTED, narrow)], // SQL-VARCHAR
  [0x11, type(WIDE, wide)], // SQL-NVARCHAR
  [0x12, type(bytes(8), (view) => sqlDateTime(view.getInt32(0, true), view.getUint32(4, true), 300))], // SQL-DATETIME
  [0x13, type(bytes(4), (view) => sqlDateTime(view.getUint16(0, true), view.getUint16(2, true), 1 / 60))], // SQL-SMALLDATETIME
  [0x14, type(bytes(4), (view) => money(BigInt(view.getInt32(0, true))))], // SQL-SMALLMONEY
  [0x16, type(COUNTED, narrow)], // SQL-TEXT
  [0x17, type(COUNTED, base64)], // SQL-IMAGE
  [0x18, type(WIDE, wide)], // SQL-NTEXT
  [0x1b, type(COUNTED, base64)], // SQL-UDT
  [0x7a, scaled('time', true)], // XSD-TIME-OFFSET
  [0x7b, scaled('both', true)], // XSD-DATETIME-OFFSET
  [0x7c, scaled('date', true)], // XSD-DATE-OFFSET
  [0x7d, scaled('time', false)], // XSD-TIME2
  [0x7e, scaled('both', false)], // XSD-DATETIME2
  [0x7f, type(bytes(3), (view) => isoDate(day3(view, 0)))], // XSD-DATE2
  [0x81, type(bytes(8), xsdTime)], // XSD-TIME
  [0x82, type(bytes(8), xsdDateTime)], // XSD-DATETIME
  [0x83, type(bytes(8), xsdDate)], // XSD-DATE
  [0x84, type(COUNTED, hex)], // XSD-BINHEX
  [0x85, type(COUNTED, base64)], // XSD-BASE64
  [0x86, type(bytes(1), (view) => (view.getUint8(0) === 0 ? 'false' : 'true'))], // XSD-BOOLEAN
  [0x87, type(COUNTED, xsdDecimal)], // XSD-DECIMAL
  [0x88, type(bytes(1), (view) => String(view.getInt8(0)))], // XSD-BYTE
  [0x89, type(bytes(2), (view) => String(view.getUint16(0, true)))], // XSD-UNSIGNEDSHORT
  [0x8a, type(bytes(4), (view) => String(view.getUint32(0, true)))], // XSD-UNSIGNEDINT
  [0x8b, type(bytes(8), (view) => String(view.getBigUint64(0, true)))], // XSD-UNSIGNEDLONG
  [0x8c, { length: { kind: 'name' }, text: () => '' }], // XSD-QNAME
])
