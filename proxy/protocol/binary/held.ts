/**
 * Bytes that have come and are not used up. Grows by doubling, so that a value in thousands of pieces is copied a few
 * times and not thousands.
 */
export class Held {
  #bytes: Uint8Array = new Uint8Array(4096)
  #start = 0
  #end = 0

  add(chunk: Uint8Array): void {
    if (this.#end + chunk.length > this.#bytes.length) this.#makeRoom(chunk.length)
    this.#bytes.set(chunk, this.#end)
    this.#end += chunk.length
  }

  /** A view, good until the next `add`. */
  get rest(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#end)
  }

  get length(): number {
    return this.#end - this.#start
  }

  use(count: number): void {
    this.#start += count
  }

  #makeRoom(more: number): void {
    const kept = this.rest
    const room = kept.length + more > this.#bytes.length / 2 ? new Uint8Array(2 * (kept.length + more)) : this.#bytes
    if (room === this.#bytes) room.copyWithin(0, this.#start, this.#end)
    else room.set(kept)
    this.#bytes = room
    this.#end = kept.length
    this.#start = 0
  }
}
