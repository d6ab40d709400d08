import type { Parameters, StatementFacts } from '../statement.ts'
import { STATEMENT_LIMITS, type StatementLimits } from '../syntax-error.ts'
import { TokenPurse } from '../token-purse.ts'
import type { Query } from './ast.ts'
import { extractQuery } from './extract.ts'
import { hasSemicolonLists } from './lexer.ts'
import { DaxParser } from './parser.ts'

export interface DaxOptions {
  readonly parameters?: Parameters
  readonly limits?: Partial<StatementLimits>
}

/**
 * DAX, from text to what it asks: lexer, parser, extraction. A query is one statement however many EVALUATEs it has.
 *
 * Pure and linear: no I/O, no clock, and a text twice as long takes twice as long. Throws StatementSyntaxError and
 * StatementLimitError and nothing else; the caller then records the text whole, with what `mentions` finds in it.
 *
 * Left to others: which values are persons.
 */
export function readDax(text: string, options: DaxOptions = {}): readonly StatementFacts[] {
  const limits = { ...STATEMENT_LIMITS, ...options.limits }
  const parameters = new Map<string, string>()
  for (const [name, value] of options.parameters ?? []) parameters.set(name.replace(/^@/, '').toLowerCase(), value)
  return [extractQuery(parseDax(text, limits), { parameters, limits })]
}

/** The tree alone. */
export function parseDax(text: string, limits: StatementLimits = STATEMENT_LIMITS): Query {
  const decimalComma = hasSemicolonLists(text, new TokenPurse(limits))
  return new DaxParser(text, new TokenPurse(limits), decimalComma).query()
}
