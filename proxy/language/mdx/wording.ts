import type { Definition, Expression, NameSegment, Path, PathName, StatementBody, Step } from './ast.ts'
import { unwrap } from './comparison.ts'
import { FLAGS, NAVIGATION, OF_PLACE, SCALAR, wordOfStep } from './functions.ts'
import { pathOf, writtenSegment } from './path-name.ts'
import { selectsOf, walk } from './visitor.ts'

/** What the extraction asks about the form of an expression, apart from anything around it. */

/** What is read as code but is a value: `0707334285`, `"x"`, a word. */
export function isPlain(expression: Expression): boolean {
  const inner = unwrap(expression)
  if (inner.kind === 'path') return isWord(inner)
  if (inner.kind === 'operation') return !SET_OPERATORS.has(inner.operators[0] ?? '') || inner.operands.every(isPlain)
  return inner.kind === 'string' || inner.kind === 'number' || inner.kind === 'parameter'
}

/** A single name without brackets. */
function isWord({ segments: [first, ...rest] }: Path): boolean {
  return rest.length === 0 && first?.kind === 'name' && !first.bracketed
}

export const isFlag = (path: Path): boolean => isWord(path) && FLAGS.has(path.segments[0]?.text.toUpperCase() ?? '')

const SET_OPERATORS: ReadonlySet<string> = new Set([':', '*', '+', '-'])

export function walkParameters(expression: Expression, found: (name: string) => void): void {
  walk(expression, (part) => {
    if (part.kind === 'parameter') found(part.name)
  })
}

/** `Mid("x", 1) = "y"` asks nothing of the cube. */
export function namesAnything(expression: Expression): boolean {
  let found = false
  walk(expression, (part) => {
    found ||= part.kind === 'path' && !isFlag(part)
  })
  return found
}

/** In a function we do not know a word without brackets is an option, not a set. */
export const roleInUnknown = (arg: Expression): string => (arg.kind === 'path' && isWord(arg) ? '' : 'o')

/** The operator that functions after a member give it: `[1997].Children` names the year to get at its quarters. */
export function opAfter(steps: readonly Step[], op: string): string {
  const word = wordOfStep(steps.find((step) => step.kind !== 'item'))
  if (word === 'CHILDREN') return 'children'
  return NAVIGATION.has(word) ? 'nav' : op
}

/** `a:NULL` goes from a to the last; where one end is computed, the other is a member like any. */
export function rangeOp(operands: readonly Expression[], named: number): string {
  if (named > 1) return 'range'
  if (operands[1]?.kind === 'null') return '>='
  return operands[0]?.kind === 'null' ? '<=' : '='
}

/** How much of a calculated member's path is its hierarchy: what stands before an All member, or all but its name. */
export const hierarchyLength = (name: PathName): number =>
  name.all > 0 ? name.all : Math.max(1, name.parts.length - 1)

export const bare = (written: string): string => (written.startsWith('[') ? written.slice(1, -1) : written)

export const bareName = (path: Path): string => path.segments.map(({ text }) => bare(text)).join('.')

/** KEY(…), NAME(…), UNIQUENAME(…) around a column are dropped. */
export function columnOf(expression: Expression): Path | null {
  const inner = unwrap(expression)
  if (inner.kind === 'path') return inner
  if (inner.kind === 'alias') return columnOf(inner.expression)
  if (inner.kind === 'call') return inner.args[0] === undefined ? null : columnOf(inner.args[0])
  return inner.kind === 'access' ? columnOf(inner.base) : null
}

export const CUBE_WORDS: ReadonlySet<string> = new Set(['CUBE', 'SUBCUBE', 'FROM'])
export const MEMBER_WORDS: ReadonlySet<string> = new Set(['MEMBER', 'SET'])

export const isDollar = (path: Path): boolean =>
  path.segments.some((segment) => writtenSegment(segment).startsWith('[$'))

/** In commands functions are read as parts of the path. */
export function withoutFunctions(path: Path): Path {
  const end = path.segments.findLastIndex(
    (s: Path['segments'][number]) => s.kind === 'key' || s.bracketed || !isFunction(s),
  )
  return pathOf(path.segments.slice(0, end + 1))
}

const isFunction = ({ text }: NameSegment): boolean =>
  /^(?:members|allmembers|children)$/i.test(text) || SCALAR.has(text.toUpperCase()) || OF_PLACE.has(text.toUpperCase())

/** The cube a statement is about, where its grammar says so. */
export function cubeOf(body: StatementBody): string | null {
  if (body.kind === 'explain') return cubeOf(body.statement)
  if (body.kind === 'drillthrough') return cubeOf(body.select)
  if (body.kind === 'subcube') return cubeOf(body.select)
  if (body.kind === 'update') return bareName(body.cube)
  const from = body.kind === 'select' ? selectsOf(body).at(-1)?.from : undefined
  return from?.kind === 'cube' ? bareName(from.name) : null
}

/** A DRILLTHROUGH gives rows, a command nothing. */
export const hasCells = (body: StatementBody): boolean =>
  body.kind === 'select' || (body.kind === 'explain' && hasCells(body.statement))

export function definitionsOf(body: StatementBody): readonly Definition[] {
  if (body.kind === 'select' && body.from.kind === 'cube') return body.definitions
  if (body.kind === 'select') return selectsOf(body).flatMap(({ definitions }) => definitions)
  if (body.kind === 'drillthrough' || body.kind === 'subcube') return definitionsOf(body.select)
  return body.kind === 'explain' ? definitionsOf(body.statement) : []
}
