import { StatementLimitError, type StatementLimits } from './syntax-error.ts'

/** Counts tokens over a text and all code in its strings, so that no nesting of strings buys more work. */
export class TokenPurse {
  readonly limits: StatementLimits
  #left: number

  constructor(limits: StatementLimits) {
    this.limits = limits
    this.#left = limits.maxTokens
  }

  get spent(): number {
    return this.limits.maxTokens - this.#left
  }

  spend(tokens = 1): void {
    this.#left -= tokens
    if (this.#left < 0) throw new StatementLimitError('tokens', this.limits.maxTokens)
  }

  checkLength(text: string): void {
    if (text.length > this.limits.maxLength) throw new StatementLimitError('length', this.limits.maxLength)
  }
}
