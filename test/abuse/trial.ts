/** One thing that was tried: a test of its own, and a line in `docs/abuse.md`. */
import type { Scope } from '../forward/support.ts'

export interface Trial {
  readonly what: string
  /** What becomes of it. */
  readonly answer: string
  /** What of it can be found afterwards, and where. */
  readonly trace: string
  readonly run: (scope: Scope) => Promise<void>
}
