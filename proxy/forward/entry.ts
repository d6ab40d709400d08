/**
 * One request's entry with the witness: asked once, answered once, and what waits for it to be durable.
 *
 * The request is on its way upstream meanwhile; only the answer waits (DESIGN.md, invariants 1 and 2).
 */
import type { Answered, Asked, CookieTurn, Ticket, Witness } from '../exchange.ts'

/** `unrecorded`: the query passes without an entry, because the server's setting prefers that to refusing it. */
type State = 'open' | 'asking' | 'kept' | 'unrecorded' | 'lost'

export interface EntrySettings {
  readonly witness: Witness
  readonly server: string
  readonly onJournalFailure: 'refuse' | 'forward'
  /** The entry cannot be kept; unless the answer may pass `unrecorded`, it must not leave. */
  readonly failed: (error: unknown, unrecorded: boolean) => void
}

export class Entry {
  readonly #settings: EntrySettings
  #state: State = 'open'
  #ticket: Ticket | null = null
  #waiting: (() => void)[] = []

  constructor(settings: EntrySettings) {
    this.#settings = settings
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /** Something waits for the journal, not for anybody else. */
  get isPending(): boolean {
    return this.#state === 'asking'
  }

  /** `null`: there is no entry, or its answer is given. */
  get logId(): Ticket['logId'] | null {
    return this.#ticket?.logId ?? null
  }

  ask(asked: Asked): void {
    if (this.#state !== 'open') return
    this.#state = 'asking'
    try {
      const { ticket, durable } = this.#settings.witness.ask(asked)
      this.#ticket = ticket
      durable.then(
        () => this.#settle('kept'),
        (error: unknown) => this.#fail(error),
      )
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Lets the query pass without an entry, and counts it. */
  miss(): void {
    this.#settings.witness.miss(this.#settings.server)
    this.#settle('unrecorded')
  }

  /** Nothing can be asked: the proxy's own refusal need not wait for an entry that cannot be made. */
  giveUp(): void {
    this.#settle('unrecorded')
  }

  /** Runs `leave` once the entry would survive a power cut; never, when it is lost. */
  whenKept(leave: () => void): void {
    if (this.#state === 'kept' || this.#state === 'unrecorded') leave()
    else if (this.#state !== 'lost') this.#waiting.push(leave)
  }

  /** @param turn `null`: there is none */
  turn(turn: CookieTurn | null): void {
    if (this.#ticket !== null && turn !== null) this.#settings.witness.turn(this.#ticket, turn)
  }

  answer(answered: Answered): void {
    this.receipt().answer(answered)
  }

  /** What is needed to answer it, and nothing else of it; once. */
  receipt(): Receipt {
    const ticket = this.#ticket
    this.#ticket = null
    return new Receipt(this.#settings.witness, ticket)
  }

  #fail(error: unknown): void {
    const unrecorded = this.#settings.onJournalFailure === 'forward'
    if (!unrecorded) this.#settle('lost')
    this.#settings.failed(error, unrecorded)
    if (!unrecorded) return
    // What has a number is written as soon as the journal writes again; counted as well, it would be there twice.
    if (this.#ticket === null || this.#ticket.seq === 0) this.miss()
    else this.#settle('unrecorded')
  }

  #settle(state: 'kept' | 'unrecorded' | 'lost'): void {
    this.#state = state
    const waiting = this.#waiting
    this.#waiting = []
    if (state !== 'lost') for (const leave of waiting) leave()
  }
}

/** An entry that waits for nothing but its answer. */
export class Receipt {
  readonly #witness: Witness
  readonly #ticket: Ticket | null

  constructor(witness: Witness, ticket: Ticket | null) {
    this.#witness = witness
    this.#ticket = ticket
  }

  answer(answered: Answered): void {
    if (this.#ticket !== null) this.#witness.answer(this.#ticket, answered)
  }
}
