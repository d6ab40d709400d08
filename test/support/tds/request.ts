/** What the client asks: [MS-TDS] section 2.2.6 "Packet Data Stream". */
import type { Parameters } from './database.ts'
import { Cursor } from './cursor.ts'
import { ServerError } from './error.ts'
import { readType, readValue } from './types.ts'
import type { Type, Value } from './types.ts'

export interface Login {
  readonly user: string
  readonly password: string
  readonly database: string
}

/** Section 2.2.6.4 "LOGIN7": places and lengths of the texts, from byte 36 on. */
export function readLogin(body: Buffer): Login {
  const bytesAt = (place: number) => {
    const start = body.readUInt16LE(place)
    return body.subarray(start, start + 2 * body.readUInt16LE(place + 2))
  }
  // The password's half-bytes are swapped, and XORed with 0xA5.
  const password = bytesAt(44).map((byte) => {
    const plain = byte ^ 0xa5
    return ((plain & 0x0f) << 4) | (plain >> 4)
  })
  return {
    user: bytesAt(40).toString('utf16le'),
    password: Buffer.from(password).toString('utf16le'),
    database: bytesAt(68).toString('utf16le'),
  }
}

/** Section 2.2.6.7 "SQLBatch". */
export function readBatch(body: Buffer): string {
  const from = new Cursor(body)
  from.skipHeaders()
  return from.rest().toString('utf16le')
}

export interface Execution {
  readonly text: string
  readonly parameters: Parameters
}

/** Section 2.2.6.6 "RPC Request", by the number of the procedure. */
const EXECUTE_SQL = 10
const BY_NUMBER = 0xffff

/** sp_executesql: the statement, the declaration of its parameters, their values. */
export function readExecution(body: Buffer): Execution {
  const from = new Cursor(body)
  from.skipHeaders()
  if (from.u16() !== BY_NUMBER || from.u16() !== EXECUTE_SQL)
    throw new ServerError(2812, 'Could not find stored procedure: the double knows sp_executesql.')
  from.u16()
  const values: [string, Value][] = []
  while (!from.isAtEnd) {
    const name = from.shortText()
    from.u8()
    values.push([name.slice(1), readValue(readType(from), from)])
  }
  const [[, text] = ['', null], , ...parameters] = values
  return { text: String(text), parameters: Object.fromEntries(parameters) }
}

/** Section 2.2.6.9 "Transaction Manager Request". */
const TRANSACTIONS: Readonly<Record<number, 'begin' | 'commit' | 'rollback'>> = {
  5: 'begin',
  7: 'commit',
  8: 'rollback',
}

export function readTransaction(body: Buffer): 'begin' | 'commit' | 'rollback' {
  const from = new Cursor(body)
  from.skipHeaders()
  const wanted = TRANSACTIONS[from.u16()]
  if (wanted === undefined) throw new ServerError(8016, 'the double knows no such request of the transaction manager')
  return wanted
}

const COLUMNS = 0x81
const ROW = 0xd1

/** Section 2.2.6.1 "Bulk Load BCP": columns, rows, done. */
export function readBulk(body: Buffer): Value[][] {
  const from = new Cursor(body)
  if (from.u8() !== COLUMNS) throw new ServerError(4815, 'a bulk load begins with its columns')
  const types: Type[] = []
  for (let left = from.u16(); left > 0; left--) {
    from.bytes(6)
    types.push(readType(from))
    from.shortText()
  }
  const rows: Value[][] = []
  while (from.u8() === ROW) rows.push(types.map((type) => readValue(type, from)))
  return rows
}
