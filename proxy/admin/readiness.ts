/**
 * May queries be sent here? Not ready means that they would be refused, or that something is wrong which only grows worse;
 * whatever BI users do not notice is a warning, for taking the proxy out of use would be worse than it.
 */
import type { JournalErrorCode } from '../journal/journal-error.ts'

export type Phase = 'starting' | 'serving' | 'stopping'

export interface Reason {
  readonly code:
    | 'starting'
    | 'stopping'
    | 'journal-broken'
    | 'journal-overloaded'
    | 'upstream-unreachable'
    | 'upstream-certificate'
    | 'recorder-stuck'
    | 'store-unavailable'
    /** A worker process has ended and is started again. */
    | 'worker-down'
    /** A worker process does not tell how it is. */
    | 'worker-silent'
  /** Name of the BI server in the configuration. */
  readonly server?: string
  /** Number of the worker process, where there are several. */
  readonly worker?: number
  /** A stable code of the error under it. */
  readonly error?: string
}

export interface Readiness {
  readonly ready: boolean
  readonly reasons: readonly Reason[]
  /** What an operator should look at, although queries pass. */
  readonly warnings: readonly Reason[]
}

export interface Circumstances {
  readonly phase: Phase
  readonly journal: { readonly ready: boolean; readonly broken: JournalErrorCode | null }
  readonly recorder: { readonly stuck: boolean; readonly store: 'ok' | 'unavailable' | null }
  readonly upstreams: readonly UpstreamState[]
}

export interface UpstreamState {
  readonly server: string
  /** Why it could not be reached, or says that it is not well; `null`: neither, or nobody has tried. */
  readonly error: string | null
  /** Somebody has tried. */
  readonly isKnown: boolean
  /** UTC milliseconds when the proxy itself last looked; `null`: never. */
  readonly lookedAt: number | null
  readonly certificateEndsAt: number | null
}

/** Time enough to order a new one. */
const SOON_MS = 30 * 24 * 60 * 60 * 1000

export function readinessOf({ phase, journal, recorder, upstreams }: Circumstances): Readiness {
  const unreachable = upstreams.flatMap(({ server, error }): Reason[] =>
    error === null ? [] : [{ code: 'upstream-unreachable', server, error }],
  )
  // With one BI server of several away the others are still asked here.
  const none = unreachable.length > 0 && unreachable.length === upstreams.length
  const reasons: readonly Reason[] = [
    ...(phase === 'serving' ? [] : [{ code: phase }]),
    ...journalReasons(journal),
    ...(recorder.stuck ? [{ code: 'recorder-stuck' as const }] : []),
    ...(none ? unreachable : []),
  ]
  // The journal keeps what the store cannot take: nothing is lost, and no BI user notices.
  const away = recorder.store === 'unavailable' ? [{ code: 'store-unavailable' as const }] : []
  const warnings = [...away, ...(none ? [] : unreachable), ...upstreams.flatMap(endsSoon)]
  return { ready: reasons.length === 0, reasons, warnings }
}

function endsSoon({ server, error, certificateEndsAt }: UpstreamState): readonly Reason[] {
  const soon = error === null && certificateEndsAt !== null && certificateEndsAt - Date.now() < SOON_MS
  return soon ? [{ code: 'upstream-certificate', server }] : []
}

function journalReasons({ ready, broken }: Circumstances['journal']): readonly Reason[] {
  if (broken !== null) return [{ code: 'journal-broken', error: broken }]
  return ready ? [] : [{ code: 'journal-overloaded' }]
}
