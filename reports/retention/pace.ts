/** How many entries a piece takes, so that it lasts as long as it may: by how long the last one took. */
export class Pace {
  readonly #pieceMs: number
  readonly #most: number
  #entries: number

  constructor({ pieceMs, mostEntries }: { readonly pieceMs: number; readonly mostEntries: number }) {
    this.#pieceMs = pieceMs
    this.#most = mostEntries
    this.#entries = Math.min(100, mostEntries)
  }

  get entries(): number {
    return this.#entries
  }

  /** Quickly down, slowly up: one that takes too long keeps somebody waiting. */
  took(ms: number): void {
    const factor = Math.min(Math.max(this.#pieceMs / Math.max(ms, 1), 0.1), 1.5)
    this.#entries = Math.min(Math.max(Math.round(this.#entries * factor), 10), this.#most)
  }
}
