import type { Region } from './source.ts'

/**
 * The statement could not be read. Thrown inside `proxy/language` only: `interpret` makes an `opaque` statement of it,
 * because a query we cannot read was still asked, and must still be on record.
 *
 * Carries where, never what: members hold personal data, and the operational log has more readers than the audit.
 */
export class StatementSyntaxError extends Error {
  override readonly name = 'StatementSyntaxError'
  readonly code = 'STATEMENT_SYNTAX'
  readonly region: Region
  readonly expected: string

  constructor(region: Region, expected: string) {
    super(`expected ${expected} at ${region.start.line}:${region.start.column}`)
    this.region = region
    this.expected = expected
  }
}

export type StatementLimit = 'length' | 'tokens' | 'depth' | 'dimensions'

/** The statement may be right, but is larger or deeper than we read. It too is recorded whole, as `opaque`. */
export class StatementLimitError extends Error {
  override readonly name = 'StatementLimitError'
  readonly code = 'STATEMENT_LIMIT'
  readonly limit: StatementLimit
  readonly max: number

  constructor(limit: StatementLimit, max: number) {
    super(`the statement exceeds the limit of ${max} (${limit})`)
    this.limit = limit
    this.max = max
  }
}

/**
 * What one text may cost. Strings that are code (quoted formulas, arguments of StrToSet, values of parameters) draw on
 * the same purse as the text they stand in.
 */
export interface StatementLimits {
  /** UTF-16 units of the text, and of each parameter value that is read as code. */
  readonly maxLength: number
  readonly maxTokens: number
  /** Brackets, function calls and sub-selects inside one another. Bounds the stack: no deeper recursion exists. */
  readonly maxDepth: number
}

export const STATEMENT_LIMITS: StatementLimits = { maxLength: 16 * 1024 * 1024, maxTokens: 2_000_000, maxDepth: 250 }
