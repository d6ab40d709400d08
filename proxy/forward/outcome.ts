/** What becomes of one exchange, gathered on the way; which of the many ends it was is decided by the first. */
import type { Answered, AnswerFacts, Ending, RawHeaders } from '../exchange.ts'

export class Outcome {
  #ending: Ending | null = null
  #status: number | null = null
  #headers: RawHeaders = []
  #firstByteAt: number | null = null
  #isAccepted = false
  #isGenuine: boolean
  /** Resolves when it is known whether the user's token is good; `null`: nobody asks. */
  readonly verifying: Promise<void> | null

  constructor(verified: Promise<boolean> | null) {
    this.#isGenuine = verified === null
    this.verifying = verified?.then((good) => void (this.#isGenuine = good)) ?? null
  }

  get isDecided(): boolean {
    return this.#ending !== null
  }

  get isComplete(): boolean {
    return this.#ending === 'complete'
  }

  get isRefused(): boolean {
    return this.#ending === 'refused'
  }

  get isConfirmed(): boolean {
    return this.#isAccepted && this.#isGenuine
  }

  decide(ending: Ending): void {
    this.#ending ??= ending
  }

  /** The BI server's answer begins to leave. */
  begin(status: number, headers: RawHeaders, at: number, isAccepted: boolean): void {
    this.beginOwn(status, at)
    this.#headers = headers
    this.#isAccepted = isAccepted
  }

  /** The proxy's own answer begins to leave. */
  beginOwn(status: number, at: number): void {
    this.#status = status
    this.#firstByteAt = at
  }

  /** The answer's length is known beforehand, so that a cut shows. */
  get hasLength(): boolean {
    return this.#headers.some(([name]) => name.toLowerCase() === 'content-length')
  }

  answered(
    endedAt: number,
    facts: AnswerFacts | null,
    sizes: Pick<Answered, 'answerBytes' | 'requestBytes' | 'requestHash'>,
  ): Answered {
    return {
      ending: this.#ending ?? 'complete',
      status: this.#status,
      headers: this.#headers,
      firstByteAt: this.#firstByteAt,
      endedAt,
      answerBytes: sizes.answerBytes,
      userConfirmed: this.isConfirmed,
      requestBytes: sizes.requestBytes,
      requestHash: sizes.requestHash,
      facts,
    }
  }
}
