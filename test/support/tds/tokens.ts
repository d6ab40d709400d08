/** What the server says: [MS-TDS] section 2.2.7 "Packet Data Token Stream Definition". */
import { COLLATION, u16, u32, writeType, writeValue } from './types.ts'
import type { Type, Value } from './types.ts'

export interface Column {
  readonly name: string
  readonly type: Type
}

/** Status of DONE, section 2.2.7.6. */
const MORE = 0x01
const ERROR = 0x02
const COUNT = 0x10
const ATTENTION = 0x20

const DONE = { plain: 0xfd, procedure: 0xfe, inProcedure: 0xff } as const
export type DoneKind = keyof typeof DONE

export interface Done {
  readonly kind?: DoneKind
  readonly count?: number
  readonly more?: boolean
  readonly error?: boolean
  readonly attention?: boolean
}

export function done({ kind = 'plain', count, more, error, attention }: Done): Buffer {
  const bytes = Buffer.alloc(13)
  bytes[0] = DONE[kind]
  const counted = count === undefined ? 0 : COUNT
  bytes.writeUInt16LE((more ? MORE : 0) | (error ? ERROR : 0) | counted | (attention ? ATTENTION : 0), 1)
  bytes.writeBigUInt64LE(BigInt(count ?? 0), 5)
  return bytes
}

/** RETURNSTATUS, section 2.2.7.18. */
export const returnStatus = (): Buffer => Buffer.concat([Buffer.from([0x79]), u32(0)])

/** COLMETADATA, section 2.2.7.4; every column may be null. */
export function columnMetadata(columns: readonly Column[]): Buffer {
  const described = columns.map(({ name, type }) =>
    Buffer.concat([u32(0), u16(0x0009), writeType(type), shortText(name)]),
  )
  return Buffer.concat([Buffer.from([0x81]), u16(columns.length), ...described])
}

/**
 * ROW, section 2.2.7.19, or, where values are null, NBCROW, section 2.2.7.13: the bitmap says which.
 */
export function row(columns: readonly Column[], values: readonly Value[]): Buffer {
  if (!values.includes(null)) {
    return Buffer.concat([Buffer.from([0xd1]), ...columns.map(({ type }, i) => writeValue(type, values[i] ?? null))])
  }
  const bitmap = Buffer.alloc(Math.ceil(columns.length / 8))
  values.forEach((value, i) => {
    if (value === null) bitmap[i >> 3] = (bitmap[i >> 3] ?? 0) | (1 << (i & 7))
  })
  const present = columns.flatMap(({ type }, i) => {
    const value = values[i] ?? null
    return value === null ? [] : [writeValue(type, value)]
  })
  return Buffer.concat([Buffer.from([0xd2]), bitmap, ...present])
}

/** ERROR, section 2.2.7.10. */
export function error(number: number, message: string): Buffer {
  const text = message.slice(0, 200)
  const told = Buffer.concat([
    u32(number),
    Buffer.from([1, 16]),
    u16(text.length),
    Buffer.from(text, 'utf16le'),
    shortText('double'),
    shortText(''),
    u32(1),
  ])
  return Buffer.concat([Buffer.from([0xaa]), u16(told.length), told])
}

/** ENVCHANGE, section 2.2.7.9. */
const environment = (type: number, fresh: Buffer, old: Buffer): Buffer => {
  const told = Buffer.concat([Buffer.from([type]), fresh, old])
  return Buffer.concat([Buffer.from([0xe3]), u16(told.length), told])
}
const shortBytes = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([bytes.length]), bytes])
const NOTHING = Buffer.from([0])

export const transactionBegun = (id: Buffer): Buffer => environment(8, shortBytes(id), NOTHING)
export const transactionCommitted = (id: Buffer): Buffer => environment(9, NOTHING, shortBytes(id))
export const transactionRolledBack = (id: Buffer): Buffer => environment(10, NOTHING, shortBytes(id))

/** Database, collation, LOGINACK (section 2.2.7.14) for TDS 7.4, packet size, done. */
export function loggedIn(database: string): Buffer {
  const name = shortText('Microsoft SQL Server')
  const told = Buffer.concat([Buffer.from([1, 0x74, 0, 0, 4]), name, Buffer.from([13, 0, 0, 0])])
  return Buffer.concat([
    environment(1, shortText(database), shortText('master')),
    environment(7, shortBytes(COLLATION), NOTHING),
    Buffer.concat([Buffer.from([0xad]), u16(told.length), told]),
    environment(4, shortText('4096'), shortText('4096')),
    done({}),
  ])
}

/** Section 2.2.6.5 "PRELOGIN": version 13, no encryption. */
export function prelogin(): Buffer {
  const options = Buffer.from([0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff])
  return Buffer.concat([options, Buffer.from([13, 0, 0, 0, 0, 0]), Buffer.from([ENCRYPT_NOT_SUP])])
}
const ENCRYPT_NOT_SUP = 2

function shortText(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'utf16le')])
}
