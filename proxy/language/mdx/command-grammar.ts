import type { Assignment, Command, CommandPart, Create, Expression, Subcube, Update } from './ast.ts'
import type { Cursor } from './cursor.ts'
import { definition, scopeWords, startsDefinition } from './definition-grammar.ts'
import { expression, operand } from './expressions.ts'
import { keywords } from './keywords.ts'
import { select } from './query-grammar.ts'
import { TOKEN } from './token-kind.ts'

/** What changes the server's or the session's state: CREATE, UPDATE CUBE, and all others word by word. */

const COMMAND_WORDS: ReadonlySet<string> = new Set([
  ...keywords('DROP ALTER CREATE REFRESH CLEAR SCOPE FREEZE CALCULATE USE BEGIN COMMIT ROLLBACK INSERT DELETE'),
  ...keywords('SESSION GLOBAL HIDDEN MEMBER SET CUBE SUBCUBE CELL CALCULATION CALCULATIONS KPI ACTION DIMENSION'),
  ...keywords('LIBRARY TRANSACTION TRAN FROM INTO'),
])

/** create : ( CREATE | DECLARE ) { word } definition { , definition } | CREATE SUBCUBE … | another command */
export function create(c: Cursor): Create | Subcube | Command {
  const first = c.take().word
  const scope = scopeWords(c)
  if (first === 'DECLARE') scope.unshift(first)
  if (startsDefinition(c)) {
    const definitions = [definition(c)]
    while (c.skipSign(TOKEN.comma)) definitions.push(definition(c))
    return { kind: 'create', scope, definitions }
  }
  return c.skipWord('SUBCUBE') ? subcube(c) : command(c, [first, ...scope])
}

/** subcube : CREATE SUBCUBE path AS [ '(' ] select [ ')' ] */
function subcube(c: Cursor): Subcube {
  const cube = c.plainPath()
  c.expectWord('AS')
  c.skipWords('NON', 'VISUAL')
  const bracketed = c.skipSign(TOKEN.open)
  const inner = select(c)
  if (bracketed) c.expect(TOKEN.close)
  return { kind: 'subcube', cube, select: inner }
}

/** update : UPDATE [ CUBE ] path SET assignment { , assignment } */
export function update(c: Cursor): Update {
  c.advance()
  if (c.isWord('CUBE') && c.peek().word !== 'SET') c.advance()
  const cube = c.plainPath()
  c.expectWord('SET')
  return { kind: 'update', cube, assignments: c.list(assignment) }
}

const ALLOCATIONS = keywords(
  'USE_EQUAL_ALLOCATION USE_EQUAL_INCREMENT USE_WEIGHTED_ALLOCATION USE_WEIGHTED_INCREMENT NO_ALLOCATION',
)

/** assignment : operand = expression [ name [ BY expression ] ] */
function assignment(c: Cursor): Assignment {
  const cell = operand(c)
  if (!c.skipOperator('=')) throw c.error('=')
  const value = expression(c)
  const allocation = ALLOCATIONS.has(c.token.word) ? c.name('an allocation') : null
  const weight: Expression | null = c.skipWord('BY') ? expression(c) : null
  return { cell, value, allocation, weight }
}

/** command : { word } { path | string | number | sign }, up to a separator; a SCOPE goes on to its END SCOPE */
export function command(c: Cursor, seen: readonly string[]): Command {
  const found = [...seen]
  while (COMMAND_WORDS.has(c.token.word) && c.peek().kind !== TOKEN.dot) found.push(c.take().word)
  const parts: CommandPart[] = []
  let scopes = found[0] === 'SCOPE' ? 1 : 0
  while (!c.isSign(TOKEN.end) && (scopes > 0 || !(c.isSign(TOKEN.semicolon) || c.isWord('GO')))) {
    const closes = c.isWords('END', 'SCOPE')
    if (closes) parts.push({ kind: 'sign', text: c.take().word })
    if (c.isWord('SCOPE')) scopes += closes ? -1 : 1
    parts.push(part(c))
  }
  return { kind: 'command', words: found, parts }
}

function part(c: Cursor): CommandPart {
  const { kind } = c.token
  if (kind === TOKEN.name || kind === TOKEN.bracketed) return c.plainPath()
  if (kind === TOKEN.string || kind === TOKEN.number || kind === TOKEN.parameter) return c.literal() ?? sign(c)
  return sign(c)
}

function sign(c: Cursor): CommandPart {
  const { kind, word } = c.take()
  return { kind: 'sign', text: word === '' ? kind : word }
}
