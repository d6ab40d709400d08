/**
 * How many rows an answer has, told by the names of its lists: a list of rows has a name that the interfaces use for one,
 * or it is the text as a whole, or the longest list of objects there is.
 */
import type { Counting } from './answer-name.ts'

export class AnswerRows {
  readonly #sums = new Map<string, number>()
  #largest: number | null = null
  #second: number | null = null
  #other = 0

  add(name: string, counting: Counting, rows: number): void {
    if (counting === 'summed') this.#sums.set(name, (this.#sums.get(name) ?? 0) + rows)
    else if (counting === 'largest') this.#largest = Math.max(this.#largest ?? 0, rows)
    else if (counting === 'second') this.#second = Math.max(this.#second ?? 0, rows)
    else this.#other = Math.max(this.#other, rows)
  }

  /**
   * `null`: there is nothing in it that might be rows.
   *
   * @param named only lists that have a name for rows count, for a fault is told in lists too.
   */
  count(named: boolean): number | null {
    if (this.#sums.size > 0) return Math.max(...this.#sums.values(), this.#largest ?? 0)
    return this.#largest ?? this.#second ?? (named || this.#other === 0 ? null : this.#other)
  }
}
