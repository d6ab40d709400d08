/**
 * Saiku's query model: axes of hierarchies with levels and what is selected of them, measures, calculated members, and
 * filters. What stands in it as MDX, formulas and filters, is put into the statement that Saiku would make of it, and
 * read by the reader of MDX.
 */
import type { PersonRules } from '../../../schema/record/person-number.ts'
import type { Criterion, DimensionUse, MeasureUse, OriginClause } from '../../../schema/record/record.ts'
import type { Part } from '../adapter.ts'
import { mentionedIn } from '../criteria/mentioned.ts'
import { rowsOf } from '../criteria/rows.ts'
import type { StatementContext } from '../statement/statement.ts'
import { understand } from '../statement/statement.ts'
import type { Json, MaybeJson } from './json-value.ts'
import { itemsOf, member, membersOf, scalarOf, stringOf } from './json-value.ts'
import { caption, criteriaOf, dimensionOf, distinct, measureOf, path } from './rows.ts'

type Rows = Pick<Part, 'measures' | 'dimensions' | 'criteria'>

/** The numbers of axes, as MDX counts them. */
const AXES: Readonly<Record<string, string>> = { COLUMNS: '0', ROWS: '1', PAGES: '2' }

/** @param query the whole of it: cube, model and parameters. */
export function modelRows(query: MaybeJson, context: StatementContext, rules: PersonRules): Rows {
  const model = member(query, 'queryModel')
  const axes = membersOf(member(model, 'axes')).map(({ name, value }) => axisOf(name.toUpperCase(), value))
  const given = new Map(membersOf(member(query, 'parameters')).map(({ name, value }) => [name, scalarOf(value) ?? '']))
  const levels = axes.flatMap((axis) => axis.levels)
  const mdx = mdxRows(query, axes, context, rules)
  const used = new Set(levels.flatMap(({ parameter }) => parameter ?? []))
  const others = [...given].filter(([name, value]) => !used.has(name) && value !== '')
  return {
    measures: distinct([...measuresOf(model), ...mdx.measures]),
    dimensions: distinct(
      levels.flatMap(({ name, axis }): DimensionUse[] => (axis === null ? [] : [dimensionOf(path(name), axis)])),
    ),
    criteria: distinct([
      ...levels.flatMap((level) => selectionRows(level, given, rules)),
      ...mdx.criteria,
      ...others.flatMap(([name, value]) =>
        criteriaOf({ name: caption(name), op: '=', values: [value], clause: 'parameter' }, rules),
      ),
    ]),
  }
}

interface Level {
  readonly hierarchy: string
  /** `[Borger].[Distrikt].[Kvarter]` */
  readonly name: string
  /** `null`: the level only restricts. */
  readonly axis: string | null
  readonly op: string
  readonly members: readonly string[]
  readonly parameter: string | null
  readonly node: Json
}

interface Axis {
  readonly node: Json
  readonly hierarchies: readonly Json[]
  readonly levels: readonly Level[]
}

function axisOf(location: string, node: Json): Axis {
  const hierarchies = itemsOf(member(node, 'hierarchies'))
  return { node, hierarchies, levels: hierarchies.flatMap((hierarchy) => levelsOf(hierarchy, AXES[location] ?? null)) }
}

/** `[Store].[Stores]` and `Store Country`: a level's name may have its brackets already. */
export function levelPath(hierarchy: string, level: string): string {
  if (level.startsWith('[')) return level.startsWith(hierarchy) ? level : `${hierarchy}.${level}`
  return `${hierarchy}.[${level.replaceAll(']', ']]')}]`
}

function levelsOf(hierarchy: Json, axis: string | null): readonly Level[] {
  const of = stringOf(member(hierarchy, 'name')) ?? ''
  return membersOf(member(hierarchy, 'levels')).map(({ name, value }) => {
    const selection = member(value, 'selection')
    const members = itemsOf(member(selection, 'members')).flatMap(memberName)
    const type = stringOf(member(selection, 'type'))?.toUpperCase()
    return {
      hierarchy: of,
      name: levelPath(of, stringOf(member(value, 'name')) ?? name),
      axis,
      node: value,
      op: type === 'EXCLUSION' ? 'not in' : type === 'RANGE' && members.length === 2 ? 'range' : 'in',
      members,
      parameter: stringOf(member(selection, 'parameterName')),
    }
  })
}

function memberName(node: Json): readonly string[] {
  const name = stringOf(node) ?? stringOf(member(node, 'uniqueName')) ?? stringOf(member(node, 'name'))
  return name === null ? [] : [name]
}

/** A parameter is given in the place of members, or beside them. */
function selectionRows(level: Level, given: ReadonlyMap<string, string>, rules: PersonRules): Criterion[] {
  const rows = (values: readonly string[], clause: OriginClause) =>
    values.length === 0 ? [] : criteriaOf({ name: path(level.name), op: level.op, values, clause }, rules)
  const value = level.parameter === null ? undefined : given.get(level.parameter)
  return [
    ...rows(level.members, level.axis === null ? 'slicer' : 'axis'),
    ...rows(value === undefined || value === '' ? [] : [value], 'parameter'),
  ]
}

function measuresOf(model: MaybeJson): MeasureUse[] {
  return itemsOf(member(model, 'details', 'measures')).flatMap((node) => {
    const name = stringOf(member(node, 'uniqueName')) ?? stringOf(member(node, 'name'))
    if (name === null) return []
    return [{ ...measureOf(name), calculated: stringOf(member(node, 'type'))?.toUpperCase() === 'CALCULATED' }]
  })
}

function mdxRows(
  query: MaybeJson,
  axes: readonly Axis[],
  context: StatementContext,
  rules: PersonRules,
): Omit<Rows, 'dimensions'> {
  const model = member(query, 'queryModel')
  const shown = new Set(measuresOf(model).map(({ measure }) => measure))
  const text = new MdxText()
  for (const { name, formula } of definitionsIn(model, shown, axes)) text.member(name, formula)
  for (const axis of axes) filtersOf(axis, text)
  if (text.isEmpty) return { measures: [], criteria: [] }
  const mdx = text.from(stringOf(member(query, 'cube', 'name')) ?? '')
  const understood = understand(mdx, 'mdx', new Map(), context)
  if (understood.kind === 'opaque') return { measures: [], criteria: mentionedIn(mdx, rules) }
  const rows = understood.facts.map((facts) => rowsOf(facts, mdx, rules))
  return {
    measures: rows.flatMap(({ measures }) => measures).filter(({ measure }) => !shown.has(measure)),
    criteria: rows.flatMap(({ criteria }) => criteria),
  }
}

/** A statement put together: each set stands in it once, however many filters are over it, so it stays as long as they. */
class MdxText {
  readonly #definitions: string[] = []
  readonly #members: string[] = []
  readonly #axes: string[] = []

  get isEmpty(): boolean {
    return this.#members.length + this.#axes.length === 0
  }

  member(name: string, formula: string): void {
    this.#definitions.push(`MEMBER ${name} AS ${formula}`)
    this.#members.push(name)
  }

  /** @returns the name by which the set is called. */
  set(text: string): string {
    const name = `[~${this.#definitions.length}]`
    this.#definitions.push(`SET ${name} AS ${text}`)
    return name
  }

  axis(set: string): void {
    this.#axes.push(set)
  }

  from(cube: string): string {
    const sets = [`{${this.#members.join(', ')}}`, ...this.#axes].map((set, i) => `${set} ON ${i}`)
    return `WITH ${this.#definitions.join('\n')}\nSELECT ${sets.join(',\n')}\nFROM [${cube.replaceAll(']', ']]')}]`
  }
}

interface Definition {
  readonly name: string
  readonly formula: string
}

/** Calculated measures that are shown, and calculated members of hierarchies that stand on an axis. */
function definitionsIn(model: MaybeJson, shown: ReadonlySet<string>, axes: readonly Axis[]): readonly Definition[] {
  const hierarchies = new Set(axes.flatMap(({ levels }) => levels.map(({ hierarchy }) => hierarchy)))
  const of = (list: string, isLive: (name: string, hierarchy: string) => boolean) =>
    itemsOf(member(model, list)).flatMap((node): Definition[] => {
      const formula = stringOf(member(node, 'formula'))
      const hierarchy = stringOf(member(node, 'hierarchyName')) ?? '[Measures]'
      const name = stringOf(member(node, 'uniqueName')) ?? levelPath(hierarchy, stringOf(member(node, 'name')) ?? '')
      return formula !== null && isLive(name, hierarchy) ? [{ name, formula }] : []
    })
  return [
    ...of('calculatedMeasures', (name) => shown.has(name)),
    ...of('calculatedMembers', (_, hierarchy) => hierarchies.has(hierarchy)),
  ]
}

/** Filters stand at an axis, a hierarchy or a level, and so may a set in MDX. */
function filtersOf({ node, hierarchies, levels }: Axis, text: MdxText): void {
  addFilters(node, levels.map(({ name }) => `${name}.Members`).join(', '), text)
  for (const hierarchy of hierarchies)
    addFilters(hierarchy, `${stringOf(member(hierarchy, 'name')) ?? ''}.Members`, text)
  for (const level of levels) addFilters(level.node, `${level.name}.Members`, text)
}

function addFilters(node: Json, members: string, text: MdxText): void {
  const own = stringOf(member(node, 'mdx'))
  if (own !== null) text.axis(own)
  const filters = itemsOf(member(node, 'filters'))
  if (filters.length === 0) return
  const set = text.set(`{${members}}`)
  for (const filter of filters) for (const expression of filterText(filter, set)) text.axis(expression)
}

/**
 * `{ flavour, operator, function, expressions }`: `Generic` holds a condition, `Measure` a measure and a number, `Name`
 * and `NameLike` a hierarchy and texts, `N` a number and what is ordered by.
 */
function filterText(filter: Json, set: string): readonly string[] {
  const texts = itemsOf(member(filter, 'expressions')).flatMap((text) => scalarOf(text) ?? [])
  const by = stringOf(member(filter, 'function'))?.toUpperCase() ?? 'FILTER'
  const operator = stringOf(member(filter, 'operator'))?.toUpperCase() ?? '='
  const flavour = stringOf(member(filter, 'flavour'))?.toUpperCase()
  const [first = '', ...rest] = texts
  if (texts.length === 0) return []
  if (flavour === 'N') return [`${by === 'FILTER' ? 'TopCount' : by}(${[set, ...texts].join(', ')})`]
  if (flavour === 'MEASURE') return [`Filter(${set}, ${first} ${SIGNS[operator] ?? operator} ${rest.join(' ')})`]
  if (flavour !== 'NAME' && flavour !== 'NAMELIKE') return texts.map((text) => `Filter(${set}, ${text})`)
  // No hierarchy has a name so long; and it is said again for each text.
  if (first.length > MAX_NAME) return rest.map((text) => `Filter(${set}, ${quoted(text)})`)
  return rest.map((text) => `Filter(${set}, ${first}.CurrentMember.Name ${nameTest(operator, text)})`)
}

const SIGNS: Readonly<Record<string, string>> = {
  EQUAL: '=',
  NOTEQUAL: '<>',
  GREATER: '>',
  GREATER_EQUALS: '>=',
  SMALLER: '<',
  SMALLER_EQUALS: '<=',
}

const MAX_NAME = 1000

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`

const nameTest = (operator: string, text: string): string =>
  /LIKE|MATCH/.test(operator) ? `MATCHES ${quoted(text)}` : `${SIGNS[operator] ?? '='} ${quoted(text)}`
