/** Where bytes lie in the slabs that are taken next. */
interface Place {
  readonly slab: number
  readonly from: number
  readonly to: number
}

const SLAB_BYTES = 64 * 1024

/**
 * Bytes of many answers on their way to another thread, copied one behind the other into a few pieces of memory, which
 * are handed over whole.
 */
export class Slabs {
  #slabs: Uint8Array<ArrayBuffer>[] = []
  #used = 0

  /** Copies `bytes`. */
  put(bytes: Uint8Array): Place {
    let slab = this.#slabs.at(-1)
    if (slab === undefined || this.#used + bytes.length > slab.length) {
      // Memory of its own, not of a pool: what is handed over is gone from here.
      slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, bytes.length))
      this.#slabs.push(slab)
      this.#used = 0
    }
    slab.set(bytes, this.#used)
    const from = this.#used
    this.#used += bytes.length
    return { slab: this.#slabs.length - 1, from, to: this.#used }
  }

  take(): readonly Uint8Array<ArrayBuffer>[] {
    const slabs = this.#slabs
    this.#slabs = []
    return slabs
  }
}
