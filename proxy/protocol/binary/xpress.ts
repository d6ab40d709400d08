/**
 * XPRESS as Analysis Services sends it: blocks of `original size | compressed size | data`, sizes 32 bits little-endian
 * ([MS-SSAS] "Compression"), each compressed on its own with plain LZ77 ([MS-XCA] section 2.4 "Plain LZ77 Decompression
 * Algorithm Details"). A block whose two sizes are equal is stored as it is, as in the sister format of [MS-FRS2].
 *
 * A claimed size is believed only up to a limit: nothing is allocated for more.
 */
import { BinaryError, damaged } from './binary-error.ts'
import { Budget } from './budget.ts'
import { Held } from './held.ts'

const HEAD_BYTES = 8
/** The sister formats end at 64 KiB; whatever a server's setting makes of it, none has a reason to be near this. */
const MAX_BLOCK_BYTES = 16 * 1024 * 1024

export class XpressReader {
  readonly #held = new Held()
  readonly #budget: Budget

  /** @param most bytes in all; beyond it, and beyond 200 times what came, is `BINARY_LIMIT`. */
  constructor(most?: number) {
    this.#budget = new Budget(most)
  }

  /** The blocks that are whole with `chunk`, decompressed. Throws {@link BinaryError}. */
  write(chunk: Uint8Array): Uint8Array[] {
    this.#held.add(chunk)
    this.#budget.earn(chunk.length)
    const blocks: Uint8Array[] = []
    for (let block = this.#next(); block !== null; block = this.#next()) blocks.push(block)
    return blocks
  }

  /** Throws {@link BinaryError} where the last block is not whole. */
  end(): void {
    if (this.#held.length > 0) damaged()
  }

  #next(): Uint8Array | null {
    const { rest } = this.#held
    if (rest.length < HEAD_BYTES) return null
    const view = new DataView(rest.buffer, rest.byteOffset, rest.byteLength)
    const [original, compressed] = [view.getUint32(0, true), view.getUint32(4, true)]
    if (original > MAX_BLOCK_BYTES || compressed > MAX_BLOCK_BYTES) throw new BinaryError('BINARY_LIMIT')
    if (rest.length < HEAD_BYTES + compressed) return null
    this.#budget.spend(original)
    const data = rest.subarray(HEAD_BYTES, HEAD_BYTES + compressed)
    const block = original === compressed ? Uint8Array.from(data) : decompressBlock(data, original)
    this.#held.use(HEAD_BYTES + compressed)
    return block
  }
}

/** @param size of the block when decompressed: what comes out is exactly as long. Throws {@link BinaryError}. */
export function decompressBlock(data: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size)
  const input = new Input(data)
  let flags = 0
  let flagsLeft = 0
  let at = 0
  while (at < size) {
    if (flagsLeft === 0) {
      flags = input.uint32()
      flagsLeft = 32
    }
    flagsLeft -= 1
    if (((flags >>> flagsLeft) & 1) === 0) out[at++] = input.byte()
    else at = copyMatch(out, at, input)
  }
  return out
}

/** A match may reach into what it is writing: `abcabc…` is one match of distance 3. So byte by byte. */
function copyMatch(out: Uint8Array, start: number, input: Input): number {
  const match = input.uint16()
  const from = start - ((match >>> 3) + 1)
  const end = start + matchLength(match & 7, input)
  if (from < 0 || end > out.length) damaged()
  for (let at = start, source = from; at < end; at += 1, source += 1) out[at] = out[source] ?? 0
  return end
}

/** Three bits; when full, four more, of which two matches share a byte; when full, a byte; two; four. */
function matchLength(bits: number, input: Input): number {
  if (bits < 7) return bits + 3
  const nibble = input.nibble()
  if (nibble < 15) return nibble + 7 + 3
  const byte = input.byte()
  if (byte < 255) return byte + 15 + 7 + 3
  const long = input.uint16()
  const length = long === 0 ? input.uint32() >>> 0 : long
  return length < 15 + 7 ? damaged() : length + 3
}

class Input {
  readonly #bytes: Uint8Array
  #at = 0
  #halfUsed = -1

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? damaged()
  }

  nibble(): number {
    if (this.#halfUsed < 0) {
      this.#halfUsed = this.byte()
      return this.#halfUsed & 15
    }
    const high = this.#halfUsed >>> 4
    this.#halfUsed = -1
    return high
  }

  uint16(): number {
    return this.byte() | (this.byte() << 8)
  }

  uint32(): number {
    return this.uint16() | (this.uint16() << 16)
  }
}
