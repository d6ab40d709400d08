/**
 * A mapping made ready: every path compiled, every name of a lookup resolved. Done once, not per request. What cannot be
 * compiled is told with its place in the file, all mistakes at once.
 */
import type {
  Lookup,
  MappedCriterion,
  MappedDimension,
  MappedMeasure,
  MappedValue,
  Mapping,
  Opening,
  Recognition,
  Value,
  Wrapping,
} from '../../../schema/config/mapping.ts'
import type { Path } from './path.ts'
import { compilePath } from './path.ts'
import { PathError } from './x-path.ts'

export type Source =
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'constant'; readonly text: string }
  | { readonly kind: 'header' | 'parameter'; readonly name: string }

export interface CompiledValue {
  /** `criteria[0].value`: what a person finds it by in the file. */
  readonly place: string
  readonly source: Source
  readonly undo: readonly Wrapping[]
  readonly split: string | null
  readonly lookup: string | null
  readonly hash: boolean
  readonly required: boolean
}

export interface CompiledOpening {
  readonly place: string
  readonly path: Path
  readonly undo: readonly Wrapping[]
  readonly as: Opening['as']
  readonly required: boolean
}

export type CompiledLookup =
  | { readonly kind: 'table'; readonly table: ReadonlyMap<string, string> }
  | {
      readonly kind: 'lines'
      readonly place: string
      readonly each: Path
      readonly key: CompiledValue
      readonly value: CompiledValue
      readonly table: ReadonlyMap<string, string>
    }

interface Named {
  readonly place: string
  readonly each: Path | null
  readonly hierarchy: CompiledValue | null
  readonly level: CompiledValue | null
}

export interface CompiledCriterion extends Named {
  readonly dimension: CompiledValue | null
  readonly operator: CompiledValue | null
  readonly value: CompiledValue
  readonly valueTo: CompiledValue | null
  readonly clause: NonNullable<MappedCriterion['clause']>
  readonly persons: boolean
}

export interface CompiledDimension extends Named {
  readonly dimension: CompiledValue
  readonly axis: CompiledValue | null
}

export interface CompiledMeasure {
  readonly place: string
  readonly each: Path | null
  readonly measure: CompiledValue
}

/** What is asked once per request. */
export type ClaimName = 'catalog' | 'cube' | 'module' | 'report' | 'application' | 'user' | 'session' | 'correlation'
const CLAIMS: readonly ClaimName[] = [
  'catalog',
  'cube',
  'module',
  'report',
  'application',
  'user',
  'session',
  'correlation',
]

export interface CompiledMapping {
  readonly mapping: Mapping
  readonly match: Omit<Recognition, 'node'> & { readonly node: Path | null }
  readonly open: readonly CompiledOpening[]
  readonly queries: Path | null
  readonly lookups: ReadonlyMap<string, CompiledLookup>
  readonly statement: CompiledValue | null
  readonly claims: Readonly<Partial<Record<ClaimName, CompiledValue>>>
  readonly criteria: readonly CompiledCriterion[]
  readonly dimensions: readonly CompiledDimension[]
  readonly measures: readonly CompiledMeasure[]
  /** Every place that a request can be found to have something at. */
  readonly places: readonly string[]
}

export interface MappingMistake {
  readonly path: string
  readonly expected: string
}

export type Compiled =
  | { readonly kind: 'compiled'; readonly mapping: CompiledMapping }
  | { readonly kind: 'mistaken'; readonly mistakes: readonly MappingMistake[] }

/** Compiles `mapping`, whose form has been checked against its schema. */
export function compileMapping(mapping: Mapping): Compiled {
  const compiler = new Compiler(mapping)
  const compiled = compiler.whole()
  return compiler.mistakes.length > 0
    ? { kind: 'mistaken', mistakes: compiler.mistakes }
    : { kind: 'compiled', mapping: compiled }
}

const NOWHERE: Path = { kind: 'json', text: '', absolute: true, find: () => [] }

class Compiler {
  readonly mistakes: MappingMistake[] = []
  readonly #mapping: Mapping
  readonly #places: string[] = []
  /** Which documents there are once everything is opened. */
  readonly #kinds: ReadonlySet<Path['kind']>

  constructor(mapping: Mapping) {
    this.#mapping = mapping
    const body = mapping.body === 'xml' ? 'xml' : 'json'
    this.#kinds = new Set([body, ...(mapping.open ?? []).map(({ as }) => as)])
  }

  whole(): CompiledMapping {
    const { match, open = [], queries, lookups = {}, statement, criteria = [] } = this.#mapping
    const { dimensions = [], measures = [] } = this.#mapping
    return {
      mapping: this.#mapping,
      match: { ...match, node: this.#optionalPath(match.node, 'match.node') },
      open: open.map((each, i) => this.#opening(each, `open[${i}]`)),
      queries: this.#optionalPath(queries, 'queries'),
      lookups: new Map(
        Object.entries(lookups).map(([name, lookup]) => [name, this.#lookup(lookup, `lookups.${name}`)]),
      ),
      statement: statement === undefined ? null : this.#value(statement.value, 'statement.value', true),
      claims: Object.fromEntries(CLAIMS.flatMap((name) => this.#claim(name))),
      criteria: criteria.map((each, i) => this.#criterion(each, `criteria[${i}]`)),
      dimensions: dimensions.map((each, i) => this.#dimension(each, `dimensions[${i}]`)),
      measures: measures.map((each, i) => this.#measure(each, `measures[${i}]`)),
      places: this.#places,
    }
  }

  #claim(name: ClaimName): [ClaimName, CompiledValue][] {
    const value = this.#mapping[name]
    return value === undefined ? [] : [[name, this.#value(value, name, false)]]
  }

  #opening({ at, undo = [], as, required = true }: Opening, place: string): CompiledOpening {
    return { place: this.#noted(place), path: this.#path(at, `${place}.at`), undo, as, required }
  }

  #lookup({ each, key, value, table = {} }: Lookup, place: string): CompiledLookup {
    const known = new Map(Object.entries(table))
    if (each === undefined || key === undefined || value === undefined) return { kind: 'table', table: known }
    return {
      kind: 'lines',
      place: this.#noted(place),
      each: this.#path(each, `${place}.each`),
      key: this.#value(key, `${place}.key`, true),
      value: this.#value(value, `${place}.value`, true),
      table: known,
    }
  }

  #criterion(written: MappedCriterion, place: string): CompiledCriterion {
    const { dimension, operator, value, valueTo, clause = 'filter', persons = false } = written
    return {
      ...this.#named(written, place),
      dimension: this.#optional(dimension, `${place}.dimension`, true),
      operator: this.#optional(operator, `${place}.operator`, false),
      value: this.#value(value, `${place}.value`, true),
      valueTo: this.#optional(valueTo, `${place}.valueTo`, false),
      clause,
      persons,
    }
  }

  #dimension(written: MappedDimension, place: string): CompiledDimension {
    return {
      ...this.#named(written, place),
      dimension: this.#value(written.dimension, `${place}.dimension`, true),
      axis: this.#optional(written.axis, `${place}.axis`, false),
    }
  }

  #measure({ each, measure }: MappedMeasure, place: string): CompiledMeasure {
    const compiled = { each: this.#each(each, place), measure: this.#value(measure, `${place}.measure`, true) }
    return { place, ...compiled }
  }

  #named({ each, hierarchy, level }: Pick<MappedDimension, 'each' | 'hierarchy' | 'level'>, place: string): Named {
    return {
      place,
      each: this.#each(each, place),
      hierarchy: this.#optional(hierarchy, `${place}.hierarchy`, false),
      level: this.#optional(level, `${place}.level`, false),
    }
  }

  #each(path: string | undefined, place: string): Path | null {
    if (path === undefined) return null
    this.#noted(place)
    return this.#path(path, `${place}.each`)
  }

  #optional(value: Value | undefined, place: string, required: boolean): CompiledValue | null {
    return value === undefined ? null : this.#value(value, place, required)
  }

  #value(written: Value, place: string, required: boolean): CompiledValue {
    const value: MappedValue = typeof written === 'string' ? { at: written } : written
    this.#noted(place)
    const { undo = [], split = null, lookup = null, hash = false } = value
    if (lookup !== null && !Object.hasOwn(this.#mapping.lookups ?? {}, lookup)) {
      this.mistakes.push({ path: `${place}.lookup`, expected: 'expected the name of a table under "lookups"' })
    }
    const source = this.#source(value, place)
    return { place, source, undo, split, lookup, hash, required: value.required ?? required }
  }

  #source({ at, constant, header, parameter }: MappedValue, place: string): Source {
    const given = [at, constant, header, parameter].filter((each) => each !== undefined)
    if (given.length !== 1) {
      this.mistakes.push({ path: place, expected: 'expected one of "at", "constant", "header", "parameter"' })
    }
    if (constant !== undefined) return { kind: 'constant', text: constant }
    if (header !== undefined) return { kind: 'header', name: header.toLowerCase() }
    if (parameter !== undefined) return { kind: 'parameter', name: parameter }
    return { kind: 'path', path: at === undefined ? NOWHERE : this.#path(at, place) }
  }

  #optionalPath(text: string | undefined, place: string): Path | null {
    return text === undefined ? null : this.#path(text, this.#noted(place))
  }

  #path(text: string, place: string): Path {
    try {
      const path = compilePath(text, this.#mapping.namespaces ?? {})
      if (this.#kinds.has(path.kind)) return path
      const other =
        path.kind === 'xml'
          ? 'a JSONPath, which begins with $ or @.: the body is no XML'
          : 'an XPath: the body is no JSON'
      this.mistakes.push({ path: place, expected: `expected ${other}, and nothing is opened as such` })
    } catch (error) {
      if (!(error instanceof PathError)) throw error
      this.mistakes.push({ path: place, expected: error.expected })
    }
    return NOWHERE
  }

  #noted(place: string): string {
    this.#places.push(place)
    return place
  }
}
