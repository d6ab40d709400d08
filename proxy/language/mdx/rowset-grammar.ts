import type { Dmv } from './ast.ts'
import type { Cursor } from './cursor.ts'
import { expression } from './expressions.ts'
import { Lexer } from './lexer.ts'
import { TOKEN } from './token-kind.ts'

/** Queries about the server itself: the SQL that Analysis Services reads on its schema rowsets. */

const SYSTEM_ROWSET = /\$system\b|systemrestrictschema/i

/**
 * Whether this SELECT is SQL on a schema rowset. Looks ahead to the first FROM outside brackets, with a lexer of its
 * own, and only where the text holds such a name at all; each statement is looked through at most once.
 */
export function selectsFromSystem(c: Cursor): boolean {
  if (!SYSTEM_ROWSET.test(c.lexer.text)) return false
  const lexer = new Lexer(c.lexer.text, c.purse, c.lexer.comments, c.token.end)
  for (let token = lexer.next(), depth = 0; ; token = lexer.next()) {
    if (token.kind === TOKEN.open || token.kind === TOKEN.openBrace) depth++
    if (token.kind === TOKEN.close || token.kind === TOKEN.closeBrace) depth--
    if (depth > 0) continue
    if (token.word === 'FROM') return isSystem(lexer.next().word)
    if (token.word === 'SELECT' || token.kind === TOKEN.semicolon || token.kind === TOKEN.end) return false
  }
}

const isSystem = (word: string): boolean => word === '$SYSTEM' || word === 'SYSTEMRESTRICTSCHEMA'

/** dmv : SELECT { word } FROM rowset [ WHERE expression ] [ ORDER BY { word } ] */
export function dmv(c: Cursor): Dmv {
  c.advance()
  const columns: string[] = []
  while (!c.isWord('FROM')) columns.push(c.textOf(c.take()))
  c.advance()
  const { rowset, restrictions } = rowsetOf(c)
  const where = c.skipWord('WHERE') ? expression(c) : null
  const order: string[] = []
  if (c.skipWord('ORDER')) {
    c.expectWord('BY')
    while (!c.isSign(TOKEN.end) && !c.isSign(TOKEN.semicolon)) order.push(c.textOf(c.take()))
  }
  return { kind: 'dmv', rowset, columns, restrictions, where, order }
}

/** rowset : path | SYSTEMRESTRICTSCHEMA '(' path { , expression } ')' */
function rowsetOf(c: Cursor): Pick<Dmv, 'rowset' | 'restrictions'> {
  if (!c.skipWord('SYSTEMRESTRICTSCHEMA')) return { rowset: c.plainPath(), restrictions: [] }
  c.expect(TOKEN.open)
  const rowset = c.plainPath()
  const restrictions = c.skipSign(TOKEN.comma) ? c.list(expression) : []
  c.expect(TOKEN.close)
  return { rowset, restrictions }
}
