/**
 * What a semantic query of Power BI's asks: `Select` is what the answer shows, as far as the binding projects it;
 * `Where` and the nested queries in it are what it is restricted to; `OrderBy` reads measures too.
 */
import { negated } from '../../language/condition.ts'
import type { Condition } from './rows.ts'
import { path } from './rows.ts'
import type { Json, MaybeJson } from './json-value.ts'
import { idOf, integerOf, itemsOf, member, membersOf, stringOf } from './json-value.ts'
import type { Field, NestedQuery, Scope } from './semantic-expression.ts'
import { fieldOf, fieldsIn, nestedQuery, scopeOf, sourceOf, valueOf, valuesByPlace } from './semantic-expression.ts'

export interface SemanticFindings {
  readonly columns: string[]
  readonly measures: Field[]
  readonly conditions: Condition[]
}

const MAX_NESTED = 24

/** @param binding `null` of a nested query, whose whole selection counts. */
export function readSemanticQuery(query: Json, binding: MaybeJson): SemanticFindings {
  const reader = new QueryReader()
  reader.query(query, binding)
  return reader.found
}

class QueryReader {
  readonly found: SemanticFindings = { columns: [], measures: [], conditions: [] }

  query(query: Json, binding: MaybeJson): void {
    const scope = scopeOf(query, null)
    const live = projectionsOf(binding)
    const selected = itemsOf(member(query, 'Select')).filter((_, i) => live === null || live.has(i))
    const grouped = itemsOf(member(query, 'GroupBy'))
    const transformed = itemsOf(member(query, 'Transform')).flatMap((transform) =>
      itemsOf(member(transform, 'Input', 'Table', 'Columns')).map((column) => member(column, 'Expression')),
    )
    for (const expression of [...selected, ...grouped, ...transformed]) this.#shown(expression, scope)
    for (const clause of ['Where', 'Having']) this.#filters(member(query, clause), scope, 0)
    this.#sorted(query, scope)
    for (const highlight of itemsOf(member(binding, 'Highlights'))) {
      this.#filters(member(highlight, 'Where'), scopeOf(highlight, scope), 0)
    }
    for (const axis of ['Primary', 'Secondary']) this.#expanded(member(binding, axis, 'Expansion'), scope)
  }

  /** A nested query only restricts: what it selects is not shown. */
  #restricting({ query, scope }: NestedQuery, op: string, by: Field | null, nested: number): void {
    if (nested > MAX_NESTED) return
    for (const clause of ['Where', 'Having']) this.#filters(member(query, clause), scope, nested + 1)
    this.#sorted(query, scope)
    const [first] = itemsOf(member(query, 'Select'))
    const top = idOf(member(query, 'Top'))
    const of = by ?? fieldOf(first ?? null, scope)
    if (top !== null) this.found.conditions.push({ name: of === null ? null : path(of.name), op, values: [top] })
  }

  #shown(expression: MaybeJson, scope: Scope): void {
    for (const field of fieldsIn(expression, scope)) {
      if (field.kind === 'measure') this.found.measures.push(field)
      else this.found.columns.push(field.name)
    }
    this.#filters(member(expression, 'FilteredEval', 'Filters'), scope, 0)
  }

  /** What only sorts is read all the same, if it is a measure. */
  #sorted(query: Json, scope: Scope): void {
    const keys = itemsOf(member(query, 'OrderBy')).flatMap((one) => fieldsIn(member(one, 'Expression'), scope))
    this.found.measures.push(...keys.filter(({ kind }) => kind === 'measure'))
  }

  #filters(filters: MaybeJson, scope: Scope, nested: number): void {
    for (const filter of itemsOf(filters)) {
      const [target] = itemsOf(member(filter, 'Target'))
      this.#condition(member(filter, 'Condition'), scope, { not: false, target: target ?? null, nested })
    }
  }

  #condition(condition: MaybeJson, scope: Scope, at: Place): void {
    if (at.nested > MAX_NESTED) return
    for (const { name: kind, value } of membersOf(condition)) {
      const deeper = { ...at, nested: at.nested + 1 }
      if (kind === 'And' || kind === 'Or') {
        this.#condition(member(value, 'Left'), scope, deeper)
        this.#condition(member(value, 'Right'), scope, deeper)
      } else if (kind === 'Not') this.#condition(member(value, 'Expression'), scope, { ...deeper, not: !at.not })
      else this.#test(kind, value, scope, at)
    }
  }

  #test(kind: string, test: Json, scope: Scope, at: Place): void {
    const left = member(test, 'Left')
    switch (kind) {
      case 'In':
        return this.#isIn(test, scope, at)
      case 'Comparison':
        return this.#comparison(test, scope, at)
      case 'Between': {
        const ends = [valueOf(member(test, 'LowerBound')), valueOf(member(test, 'UpperBound'))]
        return this.#add(member(test, 'Expression'), 'range', ends, scope, at)
      }
      case 'Contains':
        return this.#add(left, 'contains', [valueOf(member(test, 'Right'))], scope, at)
      case 'StartsWith':
        return this.#add(left, 'starts with', [valueOf(member(test, 'Right'))], scope, at)
      case 'EndsWith':
        return this.#add(left, 'ends with', [valueOf(member(test, 'Right'))], scope, at)
      case 'Exists':
        return this.#exists(member(test, 'Expression'), scope, at)
      case 'VisualTopN':
        return this.#add(at.target, 'topcount', [idOf(member(test, 'ItemCount'))], scope, at)
      default:
        return undefined
    }
  }

  /** in : { Expressions, Values: [tuple] } | { Expressions, Table: { SourceRef } } */
  #isIn(test: Json, scope: Scope, at: Place): void {
    const expressions = itemsOf(member(test, 'Expressions'))
    const table = member(test, 'Table')
    const query = sourceOf(table, scope)?.nested ?? nestedQuery(member(table, 'Subquery', 'Query'), scope)
    if (query !== null) {
      const [first] = expressions
      const by = fieldOf(first ?? null, scope)
      return this.#restricting(query, at.not ? negated('topcount') : 'topcount', by, at.nested)
    }
    for (const [place, values] of valuesByPlace(member(test, 'Values')).entries()) {
      this.#add(expressions[place] ?? null, 'in', values, scope, at)
    }
  }

  #comparison(test: Json, scope: Scope, at: Place): void {
    const [left, right] = [member(test, 'Left'), member(test, 'Right')]
    const [op, mirrored] = COMPARISONS[integerOf(member(test, 'ComparisonKind')) ?? 0] ?? ['=', '=']
    if (fieldOf(left, scope) !== null) this.#add(left, op, [valueOf(right)], scope, at)
    else this.#add(right, mirrored, [valueOf(left)], scope, at)
  }

  /** Rows must exist in a table or for a measure: that restricts, though by no value. */
  #exists(expression: MaybeJson, scope: Scope, at: Place): void {
    const source = sourceOf(expression, scope)
    const name = fieldOf(expression, scope)?.name ?? source?.entity ?? null
    if (source?.nested != null) this.#restricting(source.nested, 'topcount', null, at.nested)
    else if (name !== null) {
      this.found.conditions.push({ name: path(name), op: at.not ? negated('exists') : 'exists', values: [] })
    }
  }

  /** A comparison with what the text does not tell, or with any value, restricts to nothing that can be said. */
  #add(of: MaybeJson, op: string, given: readonly (string | null)[], scope: Scope, { not }: Place): void {
    const values = given.filter((value) => value !== null)
    if (values.length < given.length || values.length === 0) return
    const field = fieldOf(of, scope)
    const amount = field?.kind === 'measure'
    if (amount) this.found.measures.push(field)
    const name = field === null ? null : path(field.name)
    this.found.conditions.push({ name, op: not ? negated(op) : op, values, amount })
  }

  /** The members a user has opened in a matrix: `Instances` is a tree, one level of `Levels` deep per step. */
  #expanded(expansion: MaybeJson, outer: Scope): void {
    const scope = scopeOf(expansion, outer)
    const levels = itemsOf(member(expansion, 'Levels'))
    const open = (instance: MaybeJson, depth: number): void => {
      const expressions = itemsOf(member(levels[depth] ?? null, 'Expressions'))
      for (const child of depth > MAX_NESTED ? [] : itemsOf(member(instance, 'Children'))) {
        for (const [place, expression] of expressions.entries()) {
          const value = valueOf(itemsOf(member(child, 'Values'))[place] ?? null)
          this.#add(expression, 'drill', [value], scope, { not: false, target: null, nested: 0 })
        }
        open(child, depth + 1)
      }
    }
    open(member(expansion, 'Instances'), 0)
  }
}

interface Place {
  readonly not: boolean
  /** What the filter as a whole is about. */
  readonly target: MaybeJson
  readonly nested: number
}

/** QueryComparisonKind, and the same with its sides changed. */
const COMPARISONS = [
  ['=', '='],
  ['>', '<'],
  ['>=', '<='],
  ['<', '>'],
  ['<=', '>='],
] as const

/**
 * Which of the selection a binding projects: `Projections`, and `Select` in aggregates, wherever they stand in it.
 * `null`: it says nothing of that, so all.
 */
function projectionsOf(binding: MaybeJson): ReadonlySet<number> | null {
  const live = new Set<number>()
  const walk = (node: Json, nested: number): void => {
    if (nested > MAX_NESTED) return
    for (const { name, value } of membersOf(node)) {
      if (name === 'Highlights' || name === 'Expansion') continue
      if (name === 'Projections') for (const item of itemsOf(value)) add(item)
      else if (name === 'Select') add(value)
      else walk(value, nested + 1)
    }
    for (const item of itemsOf(node)) walk(item, nested + 1)
  }
  const add = (node: Json): void => {
    const place = integerOf(node)
    if (place !== null) live.add(place)
  }
  if (binding !== null) walk(binding, 0)
  return live.size === 0 ? null : live
}

/** The names and DAX of measures that the report itself defines, by `Table[Measure]`. */
export function ownMeasures(extension: MaybeJson): ReadonlyMap<string, string> {
  const entities = itemsOf(member(extension, 'Entities'))
  const measures = entities.flatMap((entity) =>
    itemsOf(member(entity, 'Measures')).map((measure) => {
      const table = stringOf(member(entity, 'Extends')) ?? stringOf(member(entity, 'Name')) ?? ''
      const name = `${table}[${stringOf(member(measure, 'Name')) ?? ''}]`
      return [name, stringOf(member(measure, 'Expression')) ?? ''] as const
    }),
  )
  return new Map(measures.filter(([, expression]) => expression !== ''))
}
