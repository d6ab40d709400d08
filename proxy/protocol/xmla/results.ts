import type { AnswerFacts } from '../../exchange.ts'
import type { Found } from './root-reader.ts'

/** The results of one answer: rows and cells of a batch add up; axes are those of its first dataset. */
export class Results {
  #counts = false
  #rows: number | null = null
  #cells: number | null = null
  #axes: readonly number[] = []
  #model: readonly AnswerFacts['model'][number][] = []

  /** A result without data has no counts. */
  begin(kind: 'dataset' | 'rowset' | 'empty'): void {
    this.#counts = kind !== 'empty'
  }

  end({ rows, cells, axes, model }: Found): void {
    if (!this.#counts) return
    this.#rows = sum(this.#rows, rows)
    this.#cells = sum(this.#cells, cells)
    if (this.#axes.length === 0) this.#axes = axes
    if (this.#model.length === 0) this.#model = model
  }

  found(): Found {
    return { rows: this.#rows, cells: this.#cells, axes: this.#axes, model: this.#model }
  }
}

function sum(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b
  return Math.min(a + b, Number.MAX_SAFE_INTEGER)
}
