/** What goes wrong, and when: told beforehand, one at a time. */

/**
 * `query` is a statement outside a transaction, `statement` one within.
 * `bulk begins`: its first packet is there, the others are not. `commit`: before it is executed; `committed`: after, and
 * nobody has been told.
 */
export type Moment = 'login' | 'query' | 'begin' | 'statement' | 'bulk begins' | 'bulk' | 'commit' | 'committed'

export type Fault =
  /** The connection is gone. */
  | { readonly kind: 'drop' }
  /** The server says so, by the number of sys.messages, and rolls back. */
  | { readonly kind: 'error'; readonly number: number }
  | { readonly kind: 'delay'; readonly ms: number }
  /** No answer, until the client calls attention to itself or leaves. */
  | { readonly kind: 'hang' }

export class Faults {
  readonly #planned = new Map<Moment, Fault[]>()
  #happened = 0

  /** How many of those that were planned have happened. */
  get happened(): number {
    return this.#happened
  }

  plan(moment: Moment, ...faults: readonly Fault[]): void {
    this.#planned.set(moment, [...(this.#planned.get(moment) ?? []), ...faults])
  }

  /** Nothing more goes wrong. */
  forget(): void {
    this.#planned.clear()
  }

  at(moment: Moment): Fault | null {
    const fault = this.#planned.get(moment)?.shift() ?? null
    if (fault !== null) this.#happened += 1
    return fault
  }
}
