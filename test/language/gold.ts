/**
 * Scores predictions against queries annotated by hand. Two paths match leniently when they are of one dimension and one
 * is a prefix of the other: without metadata nobody can tell a hierarchy from a level.
 */
export interface Annotated {
  readonly measures: readonly string[]
  readonly calculated: readonly string[]
  readonly dimensions: readonly string[]
  readonly criteria: readonly { readonly dimension: string | null; readonly values: readonly string[] }[]
}

export interface Gold extends Annotated {
  readonly id: string
  readonly lang: string
  readonly kind: string
  readonly cube: string | null
  readonly text: string
  readonly ignore?: readonly string[]
}

/** Counts over all queries of what was found, what should have been, and what was given. */
export class Score {
  hits = 0
  wanted = 0
  given = 0

  add<T>(gold: readonly T[], found: readonly T[], match: (gold: T, found: T) => boolean): void {
    const left = [...found]
    for (const want of gold) {
      const at = left.findIndex((candidate) => match(want, candidate))
      if (at < 0) continue
      left.splice(at, 1)
      this.hits++
    }
    this.wanted += gold.length
    this.given += found.length
  }

  get f1(): number {
    return this.wanted + this.given === 0 ? 1 : (2 * this.hits) / (this.wanted + this.given)
  }
}

export const normal = (path: string): string => path.trim().replaceAll(/\s+/g, ' ').toLowerCase()

const segments = (path: string): readonly string[] => path.match(/&?\[(?:[^\]]|\]\])*\]|&?[^.[\]&]+/g) ?? []

export function lenient(gold: string | null, found: string | null): boolean {
  if (gold === null || found === null || gold === found) return true
  const [a, b] = [segments(gold), segments(found)]
  const length = Math.min(a.length, b.length)
  return length > 0 && a.slice(0, length).join('.') === b.slice(0, length).join('.')
}

export function measuresToScore(gold: Annotated, found: readonly string[]): readonly string[] {
  const calculated = new Set(gold.calculated.map(normal))
  const wanted = new Set(gold.measures.map(normal))
  return [...new Set(found.map(normal))].filter((measure) => !calculated.has(measure) || wanted.has(measure))
}

export interface Pair {
  readonly dimension: string | null
  readonly value: string
}

export function pairsOf({ criteria }: Pick<Annotated, 'criteria'>, ignore: readonly string[] = []): readonly Pair[] {
  const ignored = new Set(ignore.map(normal))
  const pairs = new Map<string, Pair>()
  for (const { dimension, values } of criteria) {
    for (const value of values.map(normal)) {
      const of = dimension === null ? null : normal(dimension)
      if (!ignored.has(value)) pairs.set(`${of}\n${value}`, { dimension: of, value })
    }
  }
  return [...pairs.values()]
}

export const samePair = (gold: Pair, found: Pair): boolean =>
  gold.value === found.value && lenient(gold.dimension, found.dimension)
