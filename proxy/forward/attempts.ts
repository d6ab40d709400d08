/**
 * Entries for what never became a request: bytes that are no HTTP, CONNECT, a connection too many. Each costs its sender
 * less than a query does, so they must not fill the tables: of one client's, the first few in a minute are entries of
 * their own, and the rest together are one, whose text is their number.
 *
 * A crash loses the number of those that were not yet told; the entries before it stand.
 */
import type { Answered, Asked, Witness } from '../exchange.ts'
import { NOBODY } from '../identity/authorization.ts'
import { codeOf, type Report } from './event.ts'
import { networkOf } from './network.ts'

export interface Attempt {
  readonly clientAddress: string
  readonly method: string
  readonly target: string
  readonly status: number
}

export interface AttemptsSettings {
  readonly witness: Witness
  readonly now: () => number
  readonly report: Report
}

const FEW = 10
const MINUTE_MS = 60_000
/** Clients counted one by one; of more than these at once, the rest are counted together. */
const MAX_CLIENTS = 10_000

interface Counted {
  readonly last: Attempt
  readonly count: number
}

export class Attempts {
  readonly #its: AttemptsSettings
  readonly #counted = new Map<string, Counted>()
  #timer: NodeJS.Timeout | null = null

  constructor(its: AttemptsSettings) {
    this.#its = its
  }

  made(attempt: Attempt): void {
    const client = networkOf(attempt.clientAddress)
    const key = this.#counted.has(client) || this.#counted.size < MAX_CLIENTS ? client : ''
    const count = (this.#counted.get(key)?.count ?? 0) + 1
    this.#counted.set(key, { last: attempt, count })
    this.#timer ??= setTimeout(() => this.flush(), MINUTE_MS).unref()
    if (count <= FEW) this.#enter(attempt, '')
  }

  /** Makes an entry of what was only counted. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const counted = [...this.#counted]
    this.#counted.clear()
    for (const [client, { last, count }] of counted) {
      if (count <= FEW) continue
      const clientAddress = client === '' ? '' : last.clientAddress
      this.#enter({ ...last, clientAddress, method: '', target: '' }, `${count - FEW} more attempts\n`)
    }
  }

  #enter(attempt: Attempt, text: string): void {
    const { witness, now, report } = this.#its
    if (!witness.ready) return
    const at = now()
    try {
      const { ticket, durable } = witness.ask(asked(attempt, text, at))
      durable.catch((error: unknown) => report({ kind: 'withheld', server: '', code: codeOf(error) }))
      witness.answer(ticket, refused(attempt.status, at))
    } catch (error) {
      report({ kind: 'withheld', server: '', code: codeOf(error) })
    }
  }
}

function asked({ clientAddress, method, target }: Attempt, text: string, askedAt: number): Asked {
  const body = { bytes: Buffer.from(text), extent: text === '' ? 'cut' : 'whole' } as const
  return { askedAt, server: '', clientAddress, method, target, headers: [], identity: NOBODY, body, socket: null }
}

function refused(status: number, endedAt: number): Answered {
  return {
    ending: 'refused',
    status,
    headers: [],
    firstByteAt: endedAt,
    endedAt,
    answerBytes: 0,
    userConfirmed: false,
    requestBytes: 0,
    requestHash: null,
    facts: null,
  }
}
