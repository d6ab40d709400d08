import type { MarkupName } from './markup-name.ts'
import type { ModelFact } from '../../exchange.ts'

/**
 * Reads what stands below one `root` of an answer. Depth 1 is its children. Texts and attributes are had from the
 * `MarkupReader` that calls.
 */
export interface RootReader {
  open(name: MarkupName, depth: number): void
  close(name: MarkupName, depth: number): void
  /** The answer is over, perhaps in the middle of an element: what waits for its end is looked at now. */
  end(): void
  found(): Found
}

export interface Found {
  readonly rows: number | null
  readonly cells: number | null
  readonly axes: readonly number[]
  readonly model: readonly ModelFact[]
}
