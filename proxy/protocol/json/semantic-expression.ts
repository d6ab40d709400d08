/**
 * Expressions of Power BI's semantic query (JSON schema "semanticQuery" of the Fabric report definition): what they are
 * called, and which fields stand in them. Each is an object with one member that says its kind.
 */
import type { Json, MaybeJson } from './json-value.ts'
import { idOf, integerOf, itemsOf, member, membersOf, oneOrMore, scalarOf, stringOf } from './json-value.ts'

/** What an alias of `From` stands for. */
export interface Source {
  readonly entity: string
  /** Of measures that only this report has (`Extension`). */
  readonly schema: string | null
  readonly nested: NestedQuery | null
}

/** A query as a source: its own `Select` names its columns. */
export interface NestedQuery {
  readonly query: Json
  readonly scope: Scope
  readonly columns: ReadonlyMap<string, Json>
}

/** The sources in reach of an expression: its own query's, and those around it. */
export interface Scope {
  readonly sources: ReadonlyMap<string, Source>
  readonly outer: Scope | null
}

export interface Field {
  readonly kind: 'column' | 'measure'
  /** `Borger[CPR]`, `Fakta[Tid].[År]`, `Sum(Fakta[Beløb])`. */
  readonly name: string
  /** The name of a measure that is defined by the report, in its table. */
  readonly own: boolean
}

/** source : { Name, Entity, Schema?, Type: 0 } | { Name, Expression: { Subquery: { Query } }, Type: 2 } */
export function scopeOf(query: MaybeJson, outer: Scope | null): Scope {
  const sources = new Map<string, Source>()
  const scope = { sources, outer }
  for (const source of itemsOf(member(query, 'From'))) {
    const name = stringOf(member(source, 'Name'))
    if (name === null) continue
    const entity = stringOf(member(source, 'Entity')) ?? name
    const nested = nestedQuery(member(source, 'Expression', 'Subquery', 'Query'), outer)
    sources.set(name.toLowerCase(), { entity, schema: stringOf(member(source, 'Schema')), nested })
  }
  return scope
}

/** How deep the text nests is bounded by its reader. */
export function nestedQuery(query: MaybeJson, outer: Scope | null): NestedQuery | null {
  if (query === null) return null
  const selected = itemsOf(member(query, 'Select')).map((one) => [stringOf(member(one, 'Name')) ?? '', one] as const)
  return { query, scope: scopeOf(query, outer), columns: new Map(selected) }
}

export function sourceOf(reference: MaybeJson, scope: Scope): Source | null {
  const entity = stringOf(member(reference, 'SourceRef', 'Entity'))
  if (entity !== null) {
    return { entity, schema: stringOf(member(reference, 'SourceRef', 'Schema')), nested: null }
  }
  const alias = stringOf(member(reference, 'SourceRef', 'Source'))
  if (alias === null) return null
  for (let at: Scope | null = scope; at !== null; at = at.outer) {
    const source = at.sources.get(alias.toLowerCase())
    if (source !== undefined) return source
  }
  return { entity: alias, schema: null, nested: null }
}

/** QueryAggregateFunction; the second counts each value once. */
const AGGREGATES = ['Sum', 'Avg', 'DistinctCount', 'Min', 'Max', 'Count', 'Median', 'StandardDeviation', 'Variance']

/** Nesting beyond this is no query of a visual's. */
const MAX_NESTED = 24

/** The field that an expression as a whole is; `null` where it is none, or several. */
export function fieldOf(expression: MaybeJson, scope: Scope, nested = 0): Field | null {
  if (nested > MAX_NESTED) return null
  for (const { name: kind, value } of membersOf(expression)) {
    const read = FIELDS[kind]
    if (read !== undefined) return read(value, scope, nested + 1)
  }
  return null
}

type ReadField = (node: Json, scope: Scope, nested: number) => Field | null

const inner: ReadField = (node, scope, nested) => fieldOf(member(node, 'Expression'), scope, nested)

const FIELDS: Readonly<Record<string, ReadField>> = {
  Column: property('column'),
  Measure: property('measure'),
  GroupRef: property('column'),
  HierarchyLevel: (node, scope) => hierarchyLevel(node, scope),
  Aggregation: (node, scope, nested) => {
    const name = AGGREGATES[integerOf(member(node, 'Function')) ?? -1] ?? 'Aggregate'
    return aggregated(name, inner(node, scope, nested))
  },
  Min: (node, scope, nested) => aggregated('Min', inner(node, scope, nested)),
  Max: (node, scope, nested) => aggregated('Max', inner(node, scope, nested)),
  Percentile: (node, scope, nested) => {
    const k = idOf(member(node, 'K'))
    return aggregated('Percentile', inner(node, scope, nested), k === null ? '' : `, ${k}`)
  },
  ScopedEval: inner,
  FilteredEval: inner,
  Discretize: inner,
  Floor: inner,
  DateSpan: inner,
  SparklineData: (node, scope, nested) => fieldOf(member(node, 'Measure'), scope, nested),
}

function aggregated(name: string, field: Field | null, more = ''): Field | null {
  return field === null ? null : { kind: 'measure', name: `${name}(${field.name}${more})`, own: field.own }
}

/** A column of a nested query is what that query selects under this name. */
function property(kind: Field['kind']): ReadField {
  return (node, scope, nested) => {
    const name = stringOf(member(node, 'Property'))
    const source = sourceOf(member(node, 'Expression'), scope)
    if (name === null) return null
    if (source?.nested != null) {
      const field = fieldOf(source.nested.columns.get(name) ?? null, source.nested.scope, nested)
      if (field !== null) return field
    }
    const own = kind === 'measure' && source?.schema != null
    return { kind, name: source === null ? `[${name}]` : `${source.entity}[${name}]`, own }
  }
}

/** The calendar that Power BI makes of a date column is a variation of that column. */
function hierarchyLevel(node: Json, scope: Scope): Field | null {
  const hierarchy = member(node, 'Expression', 'Hierarchy')
  const [name, level] = [stringOf(member(hierarchy, 'Hierarchy')), stringOf(member(node, 'Level'))]
  const variation = member(hierarchy, 'Expression', 'PropertyVariationSource')
  const source = sourceOf(member(variation ?? hierarchy, 'Expression'), scope)
  if (name === null || level === null || source === null) return null
  const column = stringOf(member(variation, 'Property'))
  const path = column === null ? `[${name}].[${level}]` : `[${column}].[${name}].[${level}]`
  return { kind: 'column', name: `${source.entity}${path}`, own: false }
}

/** Every field in an expression: an arithmetic one, or a choice between several, reads them all. */
export function fieldsIn(expression: MaybeJson, scope: Scope, nested = 0): Field[] {
  const field = fieldOf(expression, scope)
  if (field !== null) return [field, ...groupingsOf(expression, scope)]
  if (expression === null || nested > MAX_NESTED) return []
  const within = expression.kind === 'object' ? expression.members.map(({ value }) => value) : itemsOf(expression)
  return within.filter((node) => node.kind !== 'string').flatMap((node) => fieldsIn(node, scope, nested + 1))
}

/** What a sparkline is drawn along. */
function groupingsOf(expression: MaybeJson, scope: Scope): Field[] {
  const groupings = itemsOf(member(expression, 'SparklineData', 'Groupings'))
  return groupings.flatMap((grouping) => fieldOf(grouping, scope) ?? [])
}

const LITERAL = /^(?:[a-z]+)?'(.*)'$/is
const NUMERIC = /^([+-]?[\d.]+(?:e[+-]?\d+)?)[ldmf]$/i
/** Of a version of the format before `Literal`. */
const CONSTANTS = ['String', 'Integer', 'Decimal', 'Number', 'Boolean', 'DateTime', 'DateTimeSecond', 'Date']
const UNITS = ['Day', 'Week', 'Month', 'Year', 'Decade', 'Second', 'Minute', 'Hour']

/** `'It''s'`, `1990L`, `1.5D`, `datetime'2024-01-01T00:00:00'`, `null`: the text without delimiters and type. */
export function literalText(written: string): string {
  const quoted = LITERAL.exec(written)?.[1]
  if (quoted !== undefined) return quoted.replaceAll("''", "'")
  return NUMERIC.exec(written)?.[1] ?? written
}

/** The value that something is compared with; `null` where it is none that the text tells, or any. */
export function valueOf(expression: MaybeJson, nested = 0): string | null {
  const literal = scalarOf(member(expression, 'Literal', 'Value'))
  if (literal !== null) return literalText(literal)
  for (const { name, value } of nested > MAX_NESTED ? [] : membersOf(expression)) {
    if (CONSTANTS.includes(name)) {
      const constant = scalarOf(member(value, 'Value'))
      return constant === null ? null : literalText(constant)
    }
    const [of, unit] = [
      valueOf(member(value, 'Expression'), nested + 1),
      UNITS[integerOf(member(value, 'TimeUnit')) ?? -1],
    ]
    if (name === 'Null') return 'null'
    if (name === 'Now') return 'Now()'
    if (name === 'DefaultValue') return 'DefaultValue()'
    if (name === 'DateSpan' && of !== null) return `DateSpan(${of}, ${unit ?? ''})`
    if (name === 'DateAdd' && of !== null)
      return `DateAdd(${of}, ${idOf(member(value, 'Amount')) ?? ''}, ${unit ?? ''})`
  }
  return null
}

/** The literals of a list of tuples by their place, each once. */
export function valuesByPlace(tuples: MaybeJson): readonly (readonly string[])[] {
  const places: Set<string>[] = []
  for (const tuple of itemsOf(tuples)) {
    for (const [place, item] of oneOrMore(tuple).entries()) {
      const value = valueOf(item)
      if (value !== null) (places[place] ??= new Set()).add(value)
    }
  }
  return Array.from(places, (values) => [...(values ?? [])])
}
