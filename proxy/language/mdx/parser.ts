import type { Explain, Expression, Statement, StatementBody } from './ast.ts'
import { command, create, update } from './command-grammar.ts'
import { Cursor } from './cursor.ts'
import { expressionOnly } from './definition-grammar.ts'
import { expression } from './expressions.ts'
import { keywords } from './keywords.ts'
import type { TokenPurse } from '../token-purse.ts'
import type { Comments } from './lexer.ts'
import { drillthrough, select } from './query-grammar.ts'
import { dmv, selectsFromSystem } from './rowset-grammar.ts'
import { TOKEN } from './token-kind.ts'

/**
 * The MDX of Analysis Services and Mondrian, with what SAP BW, icCube, atoti, TM1, Cognos and Excel write beside it.
 *
 * Recursive descent over one cursor; each production stands above its function, each part of the grammar in a file of
 * its own. Nothing but StatementSyntaxError and StatementLimitError leaves here, the cost is linear in the length of the
 * text, and the stack is bounded by `maxDepth`.
 *
 * We take more than the servers do (axes may stand in any order, statements need no separator). What is accepted here and
 * refused there costs one record too many; the other way round costs an `opaque` one.
 */
export class MdxParser {
  readonly #cursor: Cursor

  constructor(text: string, purse: TokenPurse, depth = 0, comments: Comments = 'flat') {
    this.#cursor = new Cursor(text, purse, depth, comments)
  }

  /** statements : { separator } [ statement { separator { separator } statement } ] */
  statements(): Statement[] {
    const c = this.#cursor
    const statements: Statement[] = []
    for (;;) {
      while (c.isSign(TOKEN.semicolon) || c.isWord('GO')) c.advance()
      if (c.isSign(TOKEN.end)) return statements
      const { start } = c.token
      const body = statement(c)
      statements.push({ body, start, end: c.lastEnd })
    }
  }

  /** The whole text as one expression. */
  expressionOnly(): Expression {
    return expressionOnly(this.#cursor)
  }
}

const COMMANDS = keywords('DROP ALTER REFRESH CLEAR SCOPE FREEZE CALCULATE USE BEGIN COMMIT ROLLBACK INSERT DELETE')

function statement(c: Cursor): StatementBody {
  switch (c.token.word) {
    case 'SELECT':
      return selectsFromSystem(c) ? dmv(c) : select(c)
    case 'WITH':
      return select(c)
    case 'DRILLTHROUGH':
      return drillthrough(c)
    case 'EXPLAIN':
      return explain(c)
    case 'CREATE':
    case 'DECLARE':
      return create(c)
    case 'UPDATE':
      return update(c)
    case 'CALL':
      c.advance()
      return { kind: 'procedure', expression: expression(c) }
    default:
      if (!COMMANDS.has(c.token.word)) throw c.error('a statement')
      return command(c, [])
  }
}

/** explain : EXPLAIN PLAN FOR ( select | drillthrough ) */
function explain(c: Cursor): Explain {
  c.advance()
  c.expectWord('PLAN')
  c.expectWord('FOR')
  return { kind: 'explain', statement: c.isWord('DRILLTHROUGH') ? drillthrough(c) : select(c) }
}
