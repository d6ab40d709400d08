/**
 * Keeps what anybody can bring about from filling the operator's log. Of events that say the same, the first few in a
 * minute are told as they come; the others are counted, and told as one when the minute is over. What an event can say
 * comes from closed sets, so there are never many.
 */
import type { ForwardEvent, Report } from './event.ts'

/** What a client brings about without asking a BI server anything. */
const BY_ANYBODY: ReadonlySet<ForwardEvent['kind']> = new Set([
  'refused',
  'malformed',
  'handshake-failed',
  'crowded',
  'slow-client',
])

const FEW = 10
const MINUTE_MS = 60_000
/** Codes are OpenSSL's and the parser's: far fewer than this. */
const MAX_KINDS = 1000

export class Quiet {
  readonly #report: Report
  readonly #told = new Map<string, { readonly event: ForwardEvent; count: number }>()
  #timer: NodeJS.Timeout | null = null

  constructor(report: Report) {
    this.#report = report
  }

  readonly report: Report = (event) => {
    if (!BY_ANYBODY.has(event.kind)) return this.#report(event)
    const key = JSON.stringify(event)
    const told = this.#told.get(key)
    if (told !== undefined) told.count += 1
    else if (this.#told.size < MAX_KINDS) this.#told.set(key, { event, count: 1 })
    this.#timer ??= setTimeout(() => this.flush(), MINUTE_MS).unref()
    if ((told?.count ?? 1) <= FEW) this.#report(event)
  }

  /** Tells what was only counted. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const told = [...this.#told.values()]
    this.#told.clear()
    for (const { event, count } of told) if (count > FEW) this.#report({ ...event, times: count - FEW })
  }
}
