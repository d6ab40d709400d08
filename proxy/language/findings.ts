import { StatementLimitError } from './syntax-error.ts'
import type { Clause, CriterionFact, DimensionFact, MeasureFact } from './statement.ts'

/** A hierarchy or level that a set yields. */
export interface Place {
  readonly path: string
  readonly key: string
  /** `P.Members`, said outright. */
  readonly explicit: boolean
  /** Read out of the name of a member, where only metadata could tell for certain. */
  readonly guessed: boolean
}

export const place = (path: string, how: 'explicit' | 'certain' | 'guessed' = 'certain'): Place => ({
  path,
  key: path.toLowerCase(),
  explicit: how === 'explicit',
  guessed: how === 'guessed',
})

const NOWHERE: readonly Place[] = []

/** More hierarchies than any axis has. Bounds the work on sets that name one another. */
const MAX_PLACES = 500

/** So many are compared with each other; more go through a map. */
const FEW = 8

/** The places of sets side by side, as in a crossjoin: each adds its own. */
export function cross(domains: readonly (readonly Place[])[]): readonly Place[] {
  const largest = domains.reduce((most, domain) => (domain.length > most.length ? domain : most), NOWHERE)
  if (domains.every((domain) => addsNothing(domain, largest))) return largest
  let places = new Map<string, Place>()
  for (const domain of domains) {
    for (const found of domain) if (!places.get(found.key)?.explicit) places.set(found.key, found)
    if (places.size <= MAX_PLACES) continue
    places = byKey(toDimensions([...places.values()]))
    if (places.size > MAX_PLACES) throw new StatementLimitError('dimensions', MAX_PLACES)
  }
  return [...places.values()]
}

function addsNothing(domain: readonly Place[], to: readonly Place[]): boolean {
  if (domain.length === 0 || domain === to) return true
  if (to.length > FEW) return false
  return domain.every((found) => to.some(({ key, explicit }) => key === found.key && explicit === found.explicit))
}

/**
 * The places of sets that are joined into one, and therefore of the same hierarchies. `[A].[x].[1]` and `[A].[y].[2]`
 * together tell that `[x]` is no hierarchy but a member of `[A]`.
 */
export function unite(domains: readonly (readonly Place[])[]): readonly Place[] {
  const places = cross(domains)
  if (places.length < 2 || !places.some(({ guessed }) => guessed)) return places
  if (places.length <= FEW && !places.some((found) => found.guessed && hasNeighbour(found, places))) return places
  return [...byKey(toDimensions(places)).values()]
}

/** Another place of the same dimension. */
function hasNeighbour(found: Place, places: readonly Place[]): boolean {
  const end = firstEnd(found.key)
  return places.some(
    (other) => other !== found && other.key.startsWith(found.key.slice(0, end)) && firstEnd(other.key) === end,
  )
}

/** Guesses that differ within one dimension become that dimension. */
function toDimensions(places: readonly Place[]): readonly Place[] {
  const counts = new Map<string, number>()
  for (const { key } of places) counts.set(firstPart(key), (counts.get(firstPart(key)) ?? 0) + 1)
  return places.map((found) =>
    found.guessed && (counts.get(firstPart(found.key)) ?? 0) > 1 ? place(firstPart(found.path), 'guessed') : found,
  )
}

const byKey = (places: readonly Place[]): Map<string, Place> => new Map(places.map((found) => [found.key, found]))

/** Where the first part of a path ends: at the first bracket that is not doubled. */
function firstEnd(path: string): number {
  if (!path.startsWith('[')) return path.length
  for (let at = path.indexOf(']'); at >= 0; at = path.indexOf(']', at + 2)) if (path[at + 1] !== ']') return at + 1
  return path.length
}

const firstPart = (path: string): string => path.slice(0, firstEnd(path))

/** A criterion on its way: those of one scope, dimension and operator become one. */
interface Found {
  dimension: string | null
  readonly op: string
  readonly values: readonly string[]
  readonly clause: Clause
  readonly scope: number
  readonly alone: boolean
}

/** Gathers what a statement names, each thing once. */
export class Findings {
  readonly #measures = new Map<string, MeasureFact>()
  readonly #calculated = new Map<string, string>()
  readonly #places: { readonly place: Place; readonly axis: number | 'return' }[] = []
  readonly #found: Found[] = []
  /** Those of `#found` whose dimension a neighbour may yet tell. */
  readonly #unknown: number[] = []
  #scope = 0

  measure(measure: string, via: string | null): void {
    const key = measure.toLowerCase()
    const known = this.#measures.get(key)
    if (known === undefined || (known.via !== null && via === null)) this.#measures.set(key, { measure, via })
  }

  calculated(name: string): void {
    this.#calculated.set(name.toLowerCase(), name)
  }

  axis(axis: number | 'return', places: readonly Place[]): void {
    for (const found of places) this.#places.push({ place: found, axis })
  }

  /** The next criteria stand together: one clause, one set, one formula. */
  newScope(): number {
    return ++this.#scope
  }

  /** A member; several of one dimension in one scope become one criterion. */
  member(dimension: string | null, op: string, value: string, clause: Clause, scope: number): void {
    if (dimension === null) this.#unknown.push(this.#found.length)
    this.#found.push({ dimension, op, values: [value], clause, scope, alone: false })
  }

  /** A criterion of its own: a comparison, a range, a TopCount. */
  criterion(dimension: string | null, op: string, values: readonly string[], clause: Clause): void {
    this.#found.push({ dimension, op, values, clause, scope: 0, alone: true })
  }

  /** How much has been found so far. */
  get mark(): number {
    return this.#found.length
  }

  /** What has been found since `mark` without a dimension is of this one: its neighbours in a set are. */
  attribute(mark: number, dimension: string): void {
    while ((this.#unknown.at(-1) ?? -1) >= mark) {
      const found = this.#found[this.#unknown.pop() ?? -1]
      if (found !== undefined) found.dimension = dimension
    }
  }

  get measures(): readonly MeasureFact[] {
    return [...this.#measures.values()]
  }

  get calculatedMeasures(): readonly string[] {
    return [...this.#calculated.values()]
  }

  /** A strict prefix of another entry says nothing new, unless both are `.Members`. */
  get dimensions(): readonly DimensionFact[] {
    const [only] = this.#places
    if (only === undefined) return []
    if (this.#places.length === 1) return [{ path: only.place.path, axis: only.axis }]
    const first = new Map<string, { readonly place: Place; readonly axis: number | 'return' }>()
    for (const entry of this.#places) {
      const known = first.get(entry.place.key)
      if (known === undefined) first.set(entry.place.key, entry)
      else if (entry.place.explicit) first.set(entry.place.key, { ...entry, axis: known.axis })
    }
    const entries = [...first.values()]
    const isSaid = prefixTest(entries.map(({ place }) => place))
    return entries.filter(({ place }) => !isSaid(place)).map(({ place: { path }, axis }) => ({ path, axis }))
  }

  get criteria(): readonly CriterionFact[] {
    if (this.#found.length === 0) return []
    const gathered = new Gathering()
    for (const found of this.#found) gathered.add(found)
    return gathered.criteria()
  }
}

/** What was found of one dimension under one operator. */
interface Group {
  readonly values: Set<string>
  /** By scope and clause, or by the values of those that stand alone. */
  readonly criteria: Map<string, { values: string[] }>
}

/** Makes criteria of what was found: one for each scope, dimension and operator, no value twice under one operator. */
class Gathering {
  readonly #criteria: { dimension: string | null; op: string; values: string[]; clause: Clause }[] = []
  readonly #groups = new Map<string, Group>()
  #last: Found | null = null
  #group: Group | null = null

  add(found: Found): void {
    const group = this.#groupOf(found)
    const fresh: string[] = []
    for (const value of found.values) {
      const lower = value.toLowerCase()
      if (found.alone || !group.values.has(lower)) fresh.push(value)
      group.values.add(lower)
    }
    if (fresh.length === 0) return
    const key = found.alone ? found.values.join('\n') : `${found.clause}\n${found.scope}`
    const known = group.criteria.get(key)
    if (known === undefined) {
      const { dimension, op, clause } = found
      const criterion = { dimension, op, values: fresh, clause }
      group.criteria.set(key, criterion)
      this.#criteria.push(criterion)
    } else if (!found.alone) known.values.push(...fresh)
  }

  /** What stands together is mostly of one dimension. */
  #groupOf(found: Found): Group {
    const same = this.#last?.dimension === found.dimension && this.#last.op === found.op
    if (same && this.#group !== null) return this.#group
    const key = `${found.dimension?.toLowerCase()}\n${found.op}`
    const group = this.#groups.get(key) ?? { values: new Set(), criteria: new Map() }
    this.#groups.set(key, group)
    this.#last = found
    this.#group = group
    return group
  }

  criteria(): readonly CriterionFact[] {
    return this.#criteria.map((c) => (c.op === '=' && c.values.length > 1 ? { ...c, op: 'in' } : c))
  }
}

/** Dimension, hierarchy, level and the parents a server may put between: a place has no more parts. */
const MAX_PARTS = 8

function prefixTest(places: readonly Place[]): (place: Place) => boolean {
  const longer = new Map<string, boolean>()
  for (const { key, explicit } of places) {
    let end = key.indexOf('].')
    for (let parts = 1; end >= 0 && parts < MAX_PARTS; parts++, end = key.indexOf('].', end + 1)) {
      const prefix = key.slice(0, end + 1)
      longer.set(prefix, (longer.get(prefix) ?? true) && explicit)
    }
  }
  return ({ key, explicit }) => {
    const allExplicit = longer.get(key)
    return allExplicit !== undefined && !(explicit && allExplicit)
  }
}
