import { BinaryError } from './binary-error.ts'

const FREE = 16 * 1024 * 1024
/** Text of XML in 1/200 of its size is an attack on the reader, not an answer. */
const PER_BYTE = 200

/** How much may come of what has come: against few bytes that unfold without end. */
export class Budget {
  #left: number
  #granted: number
  readonly #most: number

  /** @param most never more than this in all. */
  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most
    this.#granted = Math.min(FREE, most)
    this.#left = this.#granted
  }

  earn(bytes: number): void {
    const more = Math.min(PER_BYTE * bytes, this.#most - this.#granted)
    this.#granted += more
    this.#left += more
  }

  /** Throws {@link BinaryError}: before anything of that size is made. */
  spend(size: number): void {
    this.#left -= size
    if (this.#left < 0) throw new BinaryError('BINARY_LIMIT')
  }
}
