import type { CubeModel } from '../cube-model.ts'
import type { Parameters, StatementFacts } from '../statement.ts'
import { STATEMENT_LIMITS, type StatementLimits, StatementSyntaxError } from '../syntax-error.ts'
import { TokenPurse } from '../token-purse.ts'
import type { Statement } from './ast.ts'
import type { CodeSource } from './context.ts'
import { extractStatement } from './extract.ts'
import type { Comments } from './lexer.ts'
import { MdxParser } from './parser.ts'
import { sessionDefinitions } from './session.ts'

export interface MdxOptions {
  readonly parameters?: Parameters
  readonly limits?: Partial<StatementLimits>
  /** What is known of a cube; with it names are split as the cube's build says, and the default measure is given. */
  readonly model?: (cube: string | null) => CubeModel | null
  /** Texts of earlier CREATE SESSION MEMBER and SET, oldest first (`session.ts`): in force as if they stood in WITH. */
  readonly session?: readonly string[]
}

/**
 * MDX, from text to what it asks: lexer, parser, extraction.
 *
 * Pure and linear: no I/O, no clock, and a text twice as long takes twice as long. Throws StatementSyntaxError and
 * StatementLimitError and nothing else; the caller then records the text whole, with what `mentions` finds in it.
 *
 * Left to others: which values are persons, and to gather the metadata and the session's definitions that sharpen this.
 */
export function readMdx(text: string, options: MdxOptions = {}): readonly StatementFacts[] {
  const limits = { ...STATEMENT_LIMITS, ...options.limits }
  const purse = new TokenPurse(limits)
  const parameters = new Map<string, string>()
  for (const [name, value] of options.parameters ?? []) parameters.set(name.replace(/^@/, '').toLowerCase(), value)
  const parse = (code: string) => new MdxParser(code, purse).expressionOnly()
  const source = { limits, parse, parameters, model: options.model ?? null, session: options.session ?? [] }
  const statements = parseWith(text, purse)
  if (statements.length < 2) return statements.map((statement) => extractStatement(statement, source))
  return inTurn(text, statements, source)
}

/** What a statement defines is in force for those after it. */
function inTurn(text: string, statements: readonly Statement[], source: CodeSource): readonly StatementFacts[] {
  let { session } = source
  return statements.map((statement) => {
    const facts = extractStatement(statement, { ...source, session })
    const { body, start, end } = statement
    const defines = body.kind === 'create' || (body.kind === 'command' && body.words[0] === 'DROP')
    if (defines) session = sessionDefinitions(text.slice(start, end), session)
    return facts
  })
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
