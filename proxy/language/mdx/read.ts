import type { Parameters, StatementFacts } from '../statement.ts'
import { STATEMENT_LIMITS, type StatementLimits, StatementSyntaxError } from '../syntax-error.ts'
import type { Statement } from './ast.ts'
import { extractStatement } from './extract.ts'
import { type Comments, TokenPurse } from './lexer.ts'
import { MdxParser } from './parser.ts'

export interface MdxOptions {
  readonly parameters?: Parameters
  readonly limits?: Partial<StatementLimits>
}

/**
 * MDX, from text to what it asks: lexer, parser, extraction.
 *
 * Pure and linear: no I/O, no clock, and a text twice as long takes twice as long. Throws StatementSyntaxError and
 * StatementLimitError and nothing else; the caller then records the text whole, with what `mentions` finds in it.
 *
 * Left to others: which of several readings of `[A].[B].[C]` the cube's metadata prove right, which values are persons,
 * what the default measure is, and what CREATE SESSION MEMBER of an earlier statement defined.
 */
export function readMdx(text: string, options: MdxOptions = {}): readonly StatementFacts[] {
  const limits = { ...STATEMENT_LIMITS, ...options.limits }
  const purse = new TokenPurse(limits)
  const parameters = new Map<string, string>()
  for (const [name, value] of options.parameters ?? []) parameters.set(name.replace(/^@/, '').toLowerCase(), value)
  const parse = (code: string) => new MdxParser(code, purse).expressionOnly()
  return parseWith(text, purse).map((statement) => extractStatement(statement, { limits, parse, parameters }))
}

/** The trees alone. An empty text, or one of comments, has none. */
export function parseMdx(text: string, limits: Partial<StatementLimits> = {}): readonly Statement[] {
  return parseWith(text, new TokenPurse({ ...STATEMENT_LIMITS, ...limits }))
}

/**
 * Servers differ on whether block comments nest. What cannot be read with flat ones is tried with nested ones, and the
 * first complaint stands if that is no better.
 */
function parseWith(text: string, purse: TokenPurse): readonly Statement[] {
  const statements = (comments: Comments) => new MdxParser(text, purse, 0, comments).statements()
  try {
    return statements('flat')
  } catch (error) {
    if (!(error instanceof StatementSyntaxError) || !text.includes('/*')) throw error
    return nestedOr(error, () => statements('nested'))
  }
}

function nestedOr(error: StatementSyntaxError, nested: () => readonly Statement[]): readonly Statement[] {
  try {
    return nested()
  } catch (second) {
    if (second instanceof StatementSyntaxError) throw error
    throw second
  }
}
