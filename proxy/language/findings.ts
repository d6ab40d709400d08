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

/** More hierarchies than any axis has. Bounds the work on sets that name one another. */
const MAX_PLACES = 500

/** The places of sets side by side, as in a crossjoin: each adds its own. */
export function cross(domains: readonly (readonly Place[])[]): readonly Place[] {
  const filled = domains.filter((domain) => domain.length > 0)
  if (filled.length <= 1) return filled[0] ?? []
  let places = new Map<string, Place>()
  for (const domain of filled) {
    for (const found of domain) if (!places.get(found.key)?.explicit) places.set(found.key, found)
    if (places.size <= MAX_PLACES) continue
    places = byKey(toDimensions([...places.values()]))
    if (places.size > MAX_PLACES) throw new StatementLimitError('dimensions', MAX_PLACES)
  }
  return [...places.values()]
}

/**
 * The places of sets that are joined into one, and therefore of the same hierarchies. `[A].[x].[1]` and `[A].[y].[2]`
 * together tell that `[x]` is no hierarchy but a member of `[A]`.
 */
export function unite(domains: readonly (readonly Place[])[]): readonly Place[] {
  const places = cross(domains)
  if (places.length < 2 || !places.some(({ guessed }) => guessed)) return places
  return [...byKey(toDimensions(places)).values()]
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

const firstPart = (path: string): string => /^\[(?:[^\]]|\]\])*\]/.exec(path)?.[0] ?? path

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
    const criteria = new Map<string, { dimension: string | null; op: string; values: string[]; clause: Clause }>()
    const seen = new Set<string>()
    for (const { dimension, op, values, clause, scope, alone } of this.#found) {
      const what = `${dimension?.toLowerCase()}\n${op}`
      const key = alone ? `${what}\n${values.join('\n')}` : `${what}\n${clause}\n${scope}`
      const fresh = alone ? values : values.filter((value) => !seen.has(`${what}\n${value.toLowerCase()}`))
      for (const value of fresh) seen.add(`${what}\n${value.toLowerCase()}`)
      const known = criteria.get(key)
      if (known === undefined) {
        if (fresh.length > 0) criteria.set(key, { dimension, op, values: [...fresh], clause })
      } else if (!alone) known.values.push(...fresh)
    }
    return [...criteria.values()].map((c) => (c.op === '=' && c.values.length > 1 ? { ...c, op: 'in' } : c))
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
