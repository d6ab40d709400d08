/** Packets and the messages they make up: [MS-TDS] section 2.2.3 "Packets", and section 2.2.3.1 "Packet Header". */

/** Section 2.2.3.1.1 "Type". */
export const TYPE = {
  batch: 1,
  rpc: 3,
  answer: 4,
  attention: 6,
  bulk: 7,
  transaction: 14,
  login: 16,
  prelogin: 18,
} as const

const HEADER = 8
const SIZE = 4096
/** Section 2.2.3.1.2 "Status". */
const END = 0x01
const IGNORE = 0x02

export interface Packet {
  readonly type: number
  readonly isLast: boolean
  /** The client has thought better of the message. */
  readonly isIgnored: boolean
  readonly data: Buffer
}

/** Cuts what comes from a socket into packets. */
export class Packets {
  #rest: Buffer = Buffer.alloc(0)

  take(chunk: Buffer): Packet[] {
    const packets: Packet[] = []
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    while (rest.length >= HEADER && rest.length >= rest.readUInt16BE(2)) {
      const [type = 0, status = 0] = rest
      const length = rest.readUInt16BE(2)
      const data = rest.subarray(HEADER, length)
      packets.push({ type, isLast: (status & END) !== 0, isIgnored: (status & IGNORE) !== 0, data })
      rest = rest.subarray(length)
    }
    this.#rest = rest
    return packets
  }
}

/** `body` as one answer, in packets. */
export function answer(body: Buffer): Buffer {
  const packets: Buffer[] = []
  for (let at = 0, id = 1; at === 0 || at < body.length; at += SIZE - HEADER, id++) {
    const data = body.subarray(at, at + SIZE - HEADER)
    const header = Buffer.alloc(HEADER)
    header[0] = TYPE.answer
    header[1] = at + data.length >= body.length ? END : 0
    header.writeUInt16BE(HEADER + data.length, 2)
    header[6] = id & 0xff
    packets.push(header, data)
  }
  return Buffer.concat(packets)
}
