/**
 * The bytes of a frame:
 *
 *     mark u32le | length u32le | CRC-32 u32le | payload           payload = head length u32le | JSON head | body
 *
 * `length` counts the payload; the CRC covers `length` and payload, and begins with the mark. The mark is a random number
 * of the journal that nobody outside knows: bytes that a client sends in a body cannot pass for a frame, even when a
 * reader has to look for the next one behind a damage (SQLite's write-ahead log has its salts for the same reason).
 */
import { crc32 } from 'node:zlib'

export const PREFIX_BYTES = 12

/** The longest payload. What claims to be longer is damage, and no memory is set aside for it. */
export const MAX_PAYLOAD_BYTES = 128 * 1024 * 1024

const SHORTEST_PAYLOAD = 4 + 2

/** A frame as bytes, or `null` when head and body together are too long for one. */
export function encodeFrame(mark: number, head: object, body?: Uint8Array): Buffer | null {
  const json = JSON.stringify(head)
  const headBytes = Buffer.byteLength(json)
  const length = 4 + headBytes + (body?.length ?? 0)
  if (length > MAX_PAYLOAD_BYTES) return null
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + length)
  frame.writeUInt32LE(mark, 0)
  frame.writeUInt32LE(length, 4)
  frame.writeUInt32LE(headBytes, PREFIX_BYTES)
  frame.write(json, PREFIX_BYTES + 4, 'utf8')
  if (body !== undefined) frame.set(body, PREFIX_BYTES + 4 + headBytes)
  frame.writeUInt32LE(checksum(frame, mark), 8)
  return frame
}

/** Length of the payload behind the prefix that begins `at`, or `null` when no frame of `mark` begins there. */
export function payloadLength(bytes: Buffer, mark: number, at = 0): number | null {
  if (bytes.length < at + PREFIX_BYTES || bytes.readUInt32LE(at) !== mark) return null
  const length = bytes.readUInt32LE(at + 4)
  return length >= SHORTEST_PAYLOAD && length <= MAX_PAYLOAD_BYTES ? length : null
}

export interface Payload {
  readonly head: unknown
  /** A view of the frame's bytes, not a copy. */
  readonly body: Buffer
}

/** Takes apart exactly one whole frame; `null` when a single bit of it is not as it was written. */
export function decodeFrame(frame: Buffer, mark: number): Payload | null {
  if (frame.readUInt32LE(8) !== checksum(frame, mark)) return null
  const bodyAt = PREFIX_BYTES + 4 + frame.readUInt32LE(PREFIX_BYTES)
  if (bodyAt > frame.length) return null
  try {
    const head: unknown = JSON.parse(frame.toString('utf8', PREFIX_BYTES + 4, bodyAt))
    return { head, body: frame.subarray(bodyAt) }
  } catch {
    return null // written so by something that is no journal; for a reader the same as damage
  }
}

function checksum(frame: Buffer, mark: number): number {
  return crc32(frame.subarray(PREFIX_BYTES), crc32(frame.subarray(4, 8), mark))
}
