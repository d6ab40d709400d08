/** What the primary process and its workers say to each other. Between processes of one program, so nobody checks it. */
import type { Metrics } from '../admin/meters.ts'
import type { Readiness } from '../admin/readiness.ts'
import type { Mistake } from '../../schema/config/config-error.ts'
import type { Reloaded, Who } from '../reload/who.ts'
import type { Taught } from '../ship/knowing.ts'

/** What a worker is given at its start. */
export interface WorkerStart {
  readonly worker: number
  /** See `config-message.ts`. */
  readonly config: unknown
  /** Part of the ids that its journal gives, if it is new: no two workers have the same. */
  readonly journalNumber: number
  /** Folder of the change log, for the one that keeps it. */
  readonly changesIn: string | null
}

export type ToWorker =
  | { readonly kind: 'start'; readonly start: WorkerStart }
  /** With a connection that came in at this address of `proxy.listen`; `handing` counts them. */
  | { readonly kind: 'connection'; readonly door: number; readonly handing: number }
  /** What another worker has learnt. */
  | { readonly kind: 'learn'; readonly taught: Taught }
  | { readonly kind: 'ask'; readonly question: number; readonly about: 'readiness' | 'metrics' }
  /** Goes by another configuration from the next request on. */
  | { readonly kind: 'reload'; readonly question: number; readonly config: unknown; readonly who: Who }
  /** Somebody tried with a configuration that cannot be read. */
  | { readonly kind: 'refused'; readonly mistakes: readonly Mistake[]; readonly who: Who }
  | { readonly kind: 'stop' }

export type FromWorker =
  | { readonly kind: 'ready'; readonly isNew: boolean }
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** It has the connection. */
  | { readonly kind: 'took'; readonly handing: number }
  /** So many of its connections have closed. */
  | { readonly kind: 'left'; readonly connections: number }
  | { readonly kind: 'taught'; readonly taught: Taught }
  | { readonly kind: 'told'; readonly question: number; readonly told: Told }

/** The answer to a question; each begins with what it is. */
export type Told =
  | { readonly about: 'readiness'; readonly readiness: Readiness }
  | { readonly about: 'metrics'; readonly metrics: Metrics }
  | { readonly about: 'reload'; readonly reloaded: Reloaded }
  | { readonly about: 'refused'; readonly failure: Failure }

/** Why a worker could not start, or not go by another configuration. */
export interface Failure {
  readonly code: string
  readonly message: string
  /** Of the configuration. */
  readonly mistakes: readonly Mistake[]
}
