/** Reads a message from front to back: [MS-TDS] section 2.2.5 "Grammar Used for Token Description". */
export class Cursor {
  readonly #bytes: Buffer
  at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.at >= this.#bytes.length
  }

  bytes(length: number): Buffer {
    if (this.at + length > this.#bytes.length) throw new RangeError('the message ends too early')
    return this.#bytes.subarray(this.at, (this.at += length))
  }

  u8(): number {
    return this.bytes(1).readUInt8()
  }

  u16(): number {
    return this.bytes(2).readUInt16LE()
  }

  u32(): number {
    return this.bytes(4).readUInt32LE()
  }

  u64(): bigint {
    return this.bytes(8).readBigUInt64LE()
  }

  /** Little-endian, of any length up to six bytes. */
  uint(length: number): number {
    return this.bytes(length).readUIntLE(0, length)
  }

  /** B_VARCHAR */
  shortText(): string {
    return this.bytes(this.u8() * 2).toString('utf16le')
  }

  /** US_VARCHAR, its length read already or not. */
  text(letters = this.u16()): string {
    return this.bytes(letters * 2).toString('utf16le')
  }

  rest(): Buffer {
    return this.bytes(this.#bytes.length - this.at)
  }

  /** ALL_HEADERS, which begin with their own length; section 2.2.5.3. */
  skipHeaders(): void {
    this.bytes(this.u32() - 4)
  }
}
