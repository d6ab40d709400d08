/** What the contract suite needs of a backend. */
import type { StoreLocation } from '../../../schema/store/open.ts'

export interface Scratch {
  readonly location: StoreLocation
  /** Takes the database away from under an open store, until the returned function gives it back. */
  cut(): Promise<() => Promise<void>>
  /** Rows of a plain statement, run beside the store. `log` and the others are written `{log}`. */
  query(statement: string): Promise<Record<string, unknown>[]>
  /** UTC milliseconds as a literal of `query`. */
  time(ms: number): string
  drop(): Promise<void>
}

export interface Backend {
  readonly name: string
  /** An empty place of its own; nothing is migrated yet. */
  scratch(): Promise<Scratch>
}
