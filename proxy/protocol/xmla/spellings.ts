import { hashOf, startsWith } from './markup-name.ts'

interface Spelling<T> {
  readonly bytes: Uint8Array
  readonly meaning: T
  /** Another with the same hash. */
  readonly other: Spelling<T> | null
}

/** What answers say over and over is a few hundred texts; those beyond are not kept. */
const MAX_SPELLINGS = 1_000

/** What texts mean that stand in answers again and again, kept by their bytes: no string is made of one known before. */
export class Spellings<T> {
  readonly #byHash = new Map<number, Spelling<T>>()
  #count = 0
  #last: Spelling<T> | null = null

  /** No further ones are kept. */
  get isFull(): boolean {
    return this.#count >= MAX_SPELLINGS
  }

  /** @param meaning of the text whose bytes are `buffer` from `from` to `to`; asked only where it is not known. */
  at(buffer: Buffer, from: number, to: number, meaning: (text: string) => T): T {
    const last = this.#last
    if (last !== null && isAt(last, buffer, from, to)) return last.meaning
    const hash = hashOf(buffer, from, to)
    const first = this.#byHash.get(hash) ?? null
    for (let known = first; known !== null; known = known.other) {
      if (isAt(known, buffer, from, to)) return (this.#last = known).meaning
    }
    const bytes = Uint8Array.from(buffer.subarray(from, to))
    const fresh = { bytes, meaning: meaning(buffer.toString('utf8', from, to)), other: first }
    this.#last = fresh
    if (this.#count < MAX_SPELLINGS) {
      this.#count += 1
      this.#byHash.set(hash, fresh)
    }
    return fresh.meaning
  }
}

function isAt({ bytes }: Spelling<unknown>, buffer: Buffer, from: number, to: number): boolean {
  return bytes.length === to - from && startsWith(buffer, from, bytes)
}
