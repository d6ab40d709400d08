/** What main thread and recorder thread say to each other, and what the thread is given at its start. */
import type { IdentityConfig } from '../../schema/config/identity.ts'
import type { InterpretSettings } from '../protocol/settings.ts'
import type { RecorderStatus } from '../../schema/record/recorder-status.ts'
import type { StoreLocation } from '../../schema/store/open.ts'
import type { Taught } from './knowing.ts'
import type { Tally } from './tally.ts'

export interface RecorderStart {
  readonly folder: string
  readonly openedAt: number
  readonly compared: boolean
  readonly durable: number
  readonly store: StoreLocation
  readonly settings: InterpretSettings
  /** Where organisation and role of users come from. */
  readonly places: Places
  readonly suspects: readonly number[]
  /** There are other processes that learn from this one. */
  readonly teaches: boolean
  /** One 64-bit cell: the number of the exchange that is being interpreted, 0 for none. Outlives the thread. */
  readonly interpreting: SharedArrayBuffer
  /** Addresses of the modules that open the store and interpret. */
  readonly modules: RecorderModules
}

export type Places = Pick<IdentityConfig, 'organisations' | 'directory'>

export interface RecorderModules {
  readonly store: string
  readonly interpret: string
}

export type ToRecorder =
  | { readonly kind: 'durable'; readonly n: number }
  | { readonly kind: 'stop'; readonly withinMs: number }
  /** From the next exchange on. */
  | { readonly kind: 'settings'; readonly settings: InterpretSettings; readonly places: Places }
  /** What another process has learnt. */
  | { readonly kind: 'learn'; readonly taught: Taught }

export type FromRecorder =
  | { readonly kind: 'status'; readonly status: RecorderStatus }
  | { readonly kind: 'compared' }
  | { readonly kind: 'written'; readonly tally: Tally }
  | { readonly kind: 'trouble'; readonly code: string }
  /** What other processes may learn from this one's exchanges. */
  | { readonly kind: 'taught'; readonly taught: Taught }
  /** Everything before this segment is in the store. */
  | { readonly kind: 'release'; readonly segment: number }
  /** All up to `durable` is read: tell me when there is more. */
  | { readonly kind: 'idle'; readonly durable: number }
