import type { Axis, Drillthrough, Expression, From, Path, SapVariable, Select } from './ast.ts'
import type { Cursor } from './cursor.ts'
import { definitions } from './definition-grammar.ts'
import { comparison, expression, prefixed } from './expressions.ts'
import { pathOf } from './path-name.ts'
import { TOKEN } from './token-kind.ts'

/** SELECT and DRILLTHROUGH, as Analysis Services, Mondrian, SAP BW, icCube and atoti write them. */

/** drillthrough : DRILLTHROUGH limits select { RETURN [ expression { , expression } ] } */
export function drillthrough(c: Cursor): Drillthrough {
  c.advance()
  const { maxRows, firstRowset } = limits(c)
  const inner = select(c)
  const returns: Expression[] = []
  while (c.skipWord('RETURN')) if (!c.isWord('RETURN')) returns.push(...c.list(expression))
  return { kind: 'drillthrough', maxRows, firstRowset, select: inner, returns }
}

/** limits : { MAXROWS n | FIRSTROWSET n } */
function limits(c: Cursor): Pick<Drillthrough, 'maxRows' | 'firstRowset'> {
  let maxRows: Expression | null = null
  let firstRowset: Expression | null = null
  for (;;) {
    if (c.skipWord('MAXROWS')) maxRows = prefixed(c)
    else if (c.skipWord('FIRSTROWSET')) firstRowset = prefixed(c)
    else return { maxRows, firstRowset }
  }
}

/** select : [ WITH definition { definition } ] SELECT [ * | axis { , axis } ] FROM from tail */
export function select(c: Cursor): Select {
  c.enter()
  const defined = c.skipWord('WITH') ? definitions(c) : []
  c.expectWord('SELECT')
  const axes = c.isWord('FROM') || skipStar(c) ? [] : c.list(axis)
  // Mondrian's tests have one behind the axes; what it says of rows changes nothing.
  if (c.skipWord('DRILLTHROUGH')) limits(c)
  c.expectWord('FROM')
  const found: Select = { kind: 'select', definitions: defined, axes, from: from(c), ...tail(c) }
  c.leave()
  return found
}

const skipStar = (c: Cursor): boolean => c.isOperator('*') && c.peek().word === 'FROM' && c.skip()

/** tail : { WHERE expression | FILTERBY expression | SAP VARIABLES … | [ CELL ] PROPERTIES path { , path } } */
function tail(c: Cursor): Pick<Select, 'slicer' | 'filterBy' | 'sapVariables' | 'cellProperties'> {
  let slicer: Expression | null = null
  let filterBy: Expression | null = null
  let variables: readonly SapVariable[] = []
  let cellProperties: readonly Path[] = []
  for (;;) {
    if (c.skipWord('WHERE')) slicer = both(slicer, expression(c))
    else if (c.skipWord('FILTERBY')) filterBy = both(filterBy, expression(c))
    else if (c.skipWords('SAP', 'VARIABLES')) variables = [...variables, ...sapVariables(c)]
    else if (c.skipWords('CELL', 'PROPERTIES') || c.skipWord('PROPERTIES')) cellProperties = c.list(plainPath)
    else return { slicer, filterBy, sapVariables: variables, cellProperties }
  }
}

const both = (first: Expression | null, second: Expression): Expression =>
  first === null ? second : { kind: 'tuple', elements: [first, second] }

const plainPath = (c: Cursor): Path => c.plainPath()

/** sap-variables : path ( INCLUDING | EXCLUDING ) [ comparison ] expression { [ , ] path … } */
function sapVariables(c: Cursor): SapVariable[] {
  const variables: SapVariable[] = []
  do {
    const name = c.plainPath()
    const excluding = c.skipWord('EXCLUDING')
    if (!excluding) c.expectWord('INCLUDING')
    variables.push({ name, excluding, operator: comparison(c), value: expression(c) })
  } while (c.skipSign(TOKEN.comma) || c.isSign(TOKEN.bracketed) || isSapName(c))
  return variables
}

function isSapName(c: Cursor): boolean {
  const next = c.isSign(TOKEN.name) ? c.peek().word : ''
  return next === 'INCLUDING' || next === 'EXCLUDING'
}

/** from : path | string | '{' path '}' | [ NON VISUAL ] '(' ( select | path ) ')' */
function from(c: Cursor): From {
  const nonVisual = c.skipWords('NON', 'VISUAL')
  if (c.skipSign(TOKEN.open)) {
    const inner: From =
      c.isWord('SELECT') || c.isWord('WITH') || nonVisual
        ? { kind: 'subselect', nonVisual, select: select(c) }
        : { kind: 'cube', name: c.plainPath() }
    c.expect(TOKEN.close)
    return inner
  }
  if (nonVisual) throw c.error('(')
  return { kind: 'cube', name: cube(c) }
}

/** In braces stands what a program was to fill in. */
function cube(c: Cursor): Path {
  if (c.isSign(TOKEN.string)) {
    const text = `[${c.stringValue(c.take()).replaceAll(']', ']]')}]`
    return pathOf([{ kind: 'name', text, bracketed: true }])
  }
  const braced = c.skipSign(TOKEN.openBrace)
  const name = c.plainPath()
  if (braced) c.expect(TOKEN.closeBrace)
  return name
}

/** axis : [ NON EMPTY ] expression { HAVING expression | [ DIMENSION ] PROPERTIES path { , path } } ON number */
function axis(c: Cursor): Axis {
  const nonEmpty = c.skipWords('NON', 'EMPTY')
  const set = expression(c)
  let having: Expression | null = null
  let dimensionProperties: readonly Path[] = []
  for (;;) {
    if (c.skipWord('HAVING')) having = expression(c)
    else if (c.skipWords('DIMENSION', 'PROPERTIES') || c.skipWord('PROPERTIES')) dimensionProperties = c.list(plainPath)
    else break
  }
  c.expectWord('ON')
  return { nonEmpty, set, having, dimensionProperties, number: axisNumber(c) }
}

const AXIS_NAMES: readonly string[] = ['COLUMNS', 'ROWS', 'PAGES', 'SECTIONS', 'CHAPTERS']

/** number : COLUMNS | ROWS | PAGES | SECTIONS | CHAPTERS | n | AXIS '(' n ')' */
function axisNumber(c: Cursor): number {
  const named = AXIS_NAMES.indexOf(c.token.word)
  if (named >= 0) {
    c.advance()
    return named
  }
  if (!c.skipWord('AXIS')) return wholeNumber(c)
  c.expect(TOKEN.open)
  const number = wholeNumber(c)
  c.expect(TOKEN.close)
  return number
}

function wholeNumber(c: Cursor): number {
  const text = c.isSign(TOKEN.number) ? c.textOf(c.token) : ''
  if (!/^\d{1,3}$/.test(text)) throw c.error('a whole axis number')
  c.advance()
  return Number(text)
}
