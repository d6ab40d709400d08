/**
 * What an XMLA answer says, read the slow way: a whole tree by saxes, every text shown to the rules, nothing skipped.
 * The reader of the product must find the same.
 */
import { SaxesParser } from 'saxes'
import type { AnswerFacts } from '../../proxy/exchange.ts'
import { decodeColumnName, isNumericType } from '../../proxy/protocol/xmla/column-name.ts'
import type { Named, PersonRules } from '../../schema/record/person-number.ts'
import { findPersonNumbers, namingOf } from '../../schema/record/person-number.ts'

interface Tree {
  readonly local: string
  readonly uri: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: Tree[]
  /** Texts between the tags: one more than children. */
  readonly texts: string[]
}

function parse(text: string): Tree {
  const top: Tree = { local: '', uri: '', attributes: new Map(), children: [], texts: [''] }
  const open = [top]
  const parser = new SaxesParser({ xmlns: true, position: false })
  const say = (text: string) => {
    const texts = open.at(-1)?.texts ?? []
    texts.push((texts.pop() ?? '') + text)
  }
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ local, uri, attributes }) => {
    const own = new Map(Object.values(attributes).map((attribute) => [attribute.local, attribute.value]))
    const tree = { local, uri, attributes: own, children: [], texts: [''] }
    open.at(-1)?.children.push(tree)
    open.push(tree)
  })
  parser.on('closetag', () => {
    open.pop()
    open.at(-1)?.texts.push('')
  })
  parser.on('text', say)
  parser.on('cdata', say)
  parser.write(text).close()
  return top
}

const texts = (tree: Tree): string => tree.texts.join('')
const child = (tree: Tree, local: string): Tree | undefined => tree.children.find((one) => one.local === local)
const text = (tree: Tree, local: string): string => texts(child(tree, local) ?? parse('<x/>'))
const all = (tree: Tree): Tree[] => tree.children.flatMap((one) => [one, ...all(one)])
const nearest = (...naming: readonly Named[]): Named => naming.find((one) => one !== false) ?? false

type Found = Map<string, { readonly person: string; readonly place: string }>

export function slowFacts(
  xml: string,
  rules: PersonRules,
): Pick<AnswerFacts, 'rows' | 'cells' | 'axes' | 'warnings'> & {
  readonly persons: readonly string[]
} {
  const roots = all(parse(xml)).filter(({ local, uri }) => local === 'root' && /xml-analysis:\w+$/.test(uri))
  const found: Found = new Map()
  const results = roots
    .filter(({ uri }) => !uri.endsWith(':empty'))
    .map((root) => (root.uri.endsWith(':mddataset') ? dataset(root, rules, found) : rowset(root, rules, found)))
  const sum = (numbers: readonly (number | null)[]) => {
    const known = numbers.filter((number) => number !== null)
    return known.length === 0 ? null : known.reduce((a, b) => a + b, 0)
  }
  return {
    rows: sum(results.map(({ rows }) => rows)),
    cells: sum(results.map(({ cells }) => cells)),
    axes: results.find(({ axes }) => axes.length > 0)?.axes ?? [],
    warnings: roots.flatMap(all).filter(({ local }) => local === 'Warning').length,
    persons: [...found.keys()].sort(),
  }
}

type Counts = Pick<AnswerFacts, 'rows' | 'cells' | 'axes'>

function dataset(root: Tree, rules: PersonRules, found: Found): Counts {
  const axes = (child(root, 'Axes')?.children ?? []).filter(({ local }) => local === 'Axis')
  const namedTuples = axes.map((axis) => named(axis, rules))
  for (const axis of axes)
    for (const member of all(axis).filter(({ local }) => local === 'Member')) look(member, rules, found)
  const sizes = axes.map((axis) => axis.children.map(sizeOf).reduce((a, b) => a + b, 0))
  const numbered = axes.flatMap((axis, n) => (axis.attributes.get('name') === 'SlicerAxis' ? [] : [sizes[n] ?? 0]))
  const cells = child(root, 'CellData')?.children ?? []
  for (const cell of cells) {
    let rest = Number(cell.attributes.get('CellOrdinal'))
    let isNamed = false
    for (const [n, axis] of axes.entries()) {
      if (axis.attributes.get('name') === 'SlicerAxis') {
        isNamed ||= (namedTuples[n]?.size ?? 0) > 0
        continue
      }
      const size = sizes[n] ?? 0
      if (size > 0 && namedTuples[n]?.has(rest % size) === true) isNamed = true
      rest = size > 0 ? Math.floor(rest / size) : rest
    }
    const type = child(cell, 'Value')?.attributes.get('type') ?? null
    for (const local of ['Value', 'FmtValue']) {
      value(text(cell, local), 'cell', isNamed, type === null || isNumericType(type), rules, found)
    }
  }
  const full = cells.filter((cell) => {
    const of = child(cell, 'Value')
    return (
      of?.children.length !== 1 &&
      ((of !== undefined && of.attributes.get('nil') !== 'true') || text(cell, 'FmtValue') !== '')
    )
  })
  return { rows: numbered[1] ?? 1, cells: full.length, axes: numbered }
}

function named(axis: Tree, rules: PersonRules): Set<number> {
  const tuples = all(axis).filter(({ local }) => local === 'Tuple')
  const isNamed = (member: Tree) =>
    member.attributes.get('Hierarchy') === '[Measures]' &&
    ['UName', 'Caption'].some((local) => namingOf(text(member, local), rules) === true)
  return new Set(tuples.flatMap((tuple, n) => (tuple.children.some(isNamed) ? [n] : [])))
}

function sizeOf(set: Tree): number {
  const sizes = set.children.map(sizeOf)
  if (set.local === 'CrossProduct') return sizes.length === 0 ? 0 : sizes.reduce((a, b) => a * b, 1)
  if (set.local === 'Union') return sizes.reduce((a, b) => a + b, 0)
  return set.children.filter(({ local }) => local === 'Tuple' || local === 'Member').length
}

function look(member: Tree, rules: PersonRules, found: Found): void {
  const naming = nearest(
    namingOf(text(member, 'LName'), rules),
    namingOf(text(member, 'UName'), rules),
    namingOf(member.attributes.get('Hierarchy') ?? '', rules),
  )
  for (const leaf of member.children) {
    if (leaf.local === 'LName') continue
    const property =
      leaf.local === 'UName' || leaf.local === 'Caption' ? false : namingOf(decodeColumnName(leaf.local), rules)
    value(
      texts(leaf),
      'axis',
      nearest(property, naming),
      isNumericType(leaf.attributes.get('type') ?? null),
      rules,
      found,
    )
  }
}

function rowset(root: Tree, rules: PersonRules, found: Found): Counts {
  const declared = new Map(
    all(root)
      .filter(({ local, uri }) => local === 'element' && uri.endsWith('XMLSchema'))
      .map(({ attributes }) => [attributes.get('name') ?? '', attributes]),
  )
  const rows = root.children.filter(({ local }) => local === 'row')
  for (const row of rows) {
    const members = child(row, 'MEMBER_UNIQUE_NAME') !== undefined
    const level = nearest(
      namingOf(text(row, 'LEVEL_UNIQUE_NAME'), rules),
      namingOf(text(row, 'HIERARCHY_UNIQUE_NAME'), rules),
    )
    for (const column of row.children) {
      const schema = declared.get(column.local)
      const name = schema?.get('field') ?? decodeColumnName(column.local)
      const type = column.attributes.get('type') ?? schema?.get('type') ?? null
      const of = texts(column)
      const amount =
        !of.startsWith('[') && (isNumericType(type) || (!column.attributes.has('type') && /^\[measures\]/i.test(name)))
      const naming = nearest(namingOf(name, rules), members && level, of.startsWith('[') && namingOf(of, rules))
      value(of, members ? 'member' : 'column', naming, amount, rules, found)
    }
  }
  return { rows: rows.length, cells: null, axes: [] }
}

function value(of: string, place: string, naming: Named, amount: boolean, rules: PersonRules, found: Found): void {
  if (amount && naming !== true && !/\d{6}[-\u2010-\u2015\u2212]\d/.test(of)) return
  for (const person of findPersonNumbers(of, naming, rules)) found.set(`${person} ${place}`, { person, place })
}
