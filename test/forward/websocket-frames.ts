/** Frames as the two ends of a WebSocket write them (RFC 6455, section 5.2 "Base Framing Protocol"), as Latin-1 text. */
import { constants, deflateRawSync } from 'node:zlib'

export interface FrameOptions {
  readonly opcode?: number
  readonly last?: boolean
  readonly reserved?: number
  readonly mask?: boolean
}

export function frame(payload: string | Uint8Array, options: FrameOptions = {}): string {
  const { opcode = 1, last = true, reserved = 0, mask = false } = options
  const bytes = Buffer.from(payload)
  const head = [(last ? 0x80 : 0) | (reserved << 4) | opcode]
  const masked = mask ? 0x80 : 0
  if (bytes.length < 126) head.push(masked | bytes.length)
  else if (bytes.length < 65_536) head.push(masked | 126, bytes.length >> 8, bytes.length & 0xff)
  else head.push(masked | 127, 0, 0, 0, 0, ...[24, 16, 8, 0].map((shift) => (bytes.length >>> shift) & 0xff))
  const key = [0x12, 0x34, 0x56, 0x78]
  if (mask) head.push(...key)
  const body = mask ? bytes.map((byte, i) => byte ^ (key[i % 4] ?? 0)) : bytes
  return Buffer.concat([Buffer.from(head), body]).toString('latin1')
}

/** As a client sends it. */
export const said = (payload: string | Uint8Array, options: FrameOptions = {}): string =>
  frame(payload, { ...options, mask: true })

/** Compresses message after message, each on what stood before it (RFC 7692, section 7.2.1 "Compression"). */
export class Deflation {
  #before = Buffer.alloc(0)

  message(text: string): Uint8Array {
    const options = { finishFlush: constants.Z_SYNC_FLUSH }
    const dictionary = this.#before.subarray(-32_768)
    const packed = deflateRawSync(text, dictionary.length > 0 ? { ...options, dictionary } : options)
    this.#before = Buffer.concat([this.#before, Buffer.from(text)])
    return packed.subarray(0, -4)
  }
}
