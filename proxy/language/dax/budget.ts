import { StatementLimitError, type StatementLimits } from '../syntax-error.ts'

/** An expression is read as table, value and condition, counted and not: seldom more often than this. */
const WORK_PER_TOKEN = 10
const LEAST_WORK = 50_000

/** Besides brackets, variables and the parts of operations go deeper. */
const DEPTH_PER_BRACKET = 3

/** How deep the walk over one query may go, and how much it may do. */
export class Budget {
  readonly #limits: StatementLimits
  #work: number
  #depth = 0

  constructor(tokens: number, limits: StatementLimits) {
    this.#limits = limits
    this.#work = LEAST_WORK + tokens * WORK_PER_TOKEN
  }

  /** Variables that lead to variables are as deep as brackets in brackets. */
  enter(): void {
    const max = this.#limits.maxDepth * DEPTH_PER_BRACKET
    if (++this.#depth > max) throw new StatementLimitError('depth', max)
    this.spend()
  }

  leave(): void {
    this.#depth--
  }

  /** Functions, lists and wide tables that are used again and again buy no more work than the query's length does. */
  spend(cost = 1): void {
    this.#work -= cost
    if (this.#work < 0) throw new StatementLimitError('tokens', this.#limits.maxTokens)
  }
}
