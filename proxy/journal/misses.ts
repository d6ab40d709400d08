/** Queries that passed unrecorded, counted per server until the journal can write again. */
export interface Missed {
  readonly server: string
  readonly from: number
  readonly to: number
  readonly count: number
}

export class Misses {
  #missed = new Map<string, Missed>()

  get total(): number {
    return [...this.#missed.values()].reduce((sum, one) => sum + one.count, 0)
  }

  count(server: string, at: number): void {
    const known = this.#missed.get(server)
    this.#missed.set(server, { server, from: known?.from ?? at, to: at, count: (known?.count ?? 0) + 1 })
  }

  /** All counts, which begin anew. */
  take(): readonly Missed[] {
    const missed = [...this.#missed.values()]
    this.#missed.clear()
    return missed
  }
}
