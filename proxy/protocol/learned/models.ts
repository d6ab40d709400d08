import { assertNever } from '../../../schema/record/record.ts'
import type { ModelFact } from '../../exchange.ts'
import type { CubeModel, HierarchyModel, LevelModel } from '../../language/cube-model.ts'

/** The largest cubes have some thousand hierarchies, levels and measures. */
const MAX_FACTS = 20_000
/** Of all cubes together. */
const MAX_FACTS_HELD = 200_000
const MAX_MODELS = 1000
const MAX_NAME = 1000

export interface HeldModel {
  readonly server: string
  readonly catalog: string | null
  readonly cube: string
  readonly defaultMeasure: string | null
  readonly hierarchies: readonly HierarchyModel[]
  readonly levels: readonly LevelModel[]
  readonly measures: readonly string[]
}

/**
 * How cubes are built, from what metadata rowsets said: the union over time, for one rowset may tell of one dimension
 * alone; what is said again replaces what was said before. Beyond the bounds the cubes heard of least recently are
 * forgotten. Names match in any case, as Analysis Services has it.
 */
export class LearnedModels {
  readonly #models = new Map<string, Model>()
  #facts = 0

  /** @param catalog `null`: not known; then the server must have one cube of that name. */
  get(server: string, catalog: string | null, cube: string): CubeModel | null {
    if (catalog !== null) {
      return this.#models.get(keyOf(server, catalog, cube)) ?? this.#models.get(keyOf(server, null, cube)) ?? null
    }
    const [one, ...others] = this.#namesakes(server, cube)
    return others.length > 0 ? null : (one ?? null)
  }

  #namesakes(server: string, cube: string): Model[] {
    const end = `\n${cube.toUpperCase()}`
    return [...this.#models]
      .filter(([key, model]) => model.server === server && key.endsWith(end))
      .map(([, model]) => model)
  }

  /** Has anything changed? */
  learn(server: string, facts: readonly ModelFact[]): boolean {
    let changed = false
    for (const fact of facts) changed = this.#learn(server, fact) || changed
    return changed
  }

  #learn(server: string, fact: ModelFact): boolean {
    if ([fact.catalog ?? '', fact.cube, fact.name].some((name) => name.length > MAX_NAME)) return false
    const key = keyOf(server, fact.catalog, fact.cube)
    const model = this.#models.get(key) ?? new Model(server, fact.catalog, fact.cube)
    const before = model.size
    if (!model.learn(fact)) return false
    // At the end, as the one heard of last.
    this.#models.delete(key)
    this.#models.set(key, model)
    this.#facts += model.size - before
    this.#forget()
    return true
  }

  get all(): readonly HeldModel[] {
    return [...this.#models.values()].map((model) => model.held)
  }

  /** Takes back what {@link all} gave. */
  restore(held: HeldModel): void {
    const model = new Model(held.server, held.catalog, held.cube, held)
    this.#models.set(keyOf(held.server, held.catalog, held.cube), model)
    this.#facts += model.size
    this.#forget()
  }

  #forget(): void {
    for (const [key, model] of this.#models) {
      if (this.#models.size <= MAX_MODELS && this.#facts <= MAX_FACTS_HELD) return
      this.#models.delete(key)
      this.#facts -= model.size
    }
  }
}

const keyOf = (server: string, catalog: string | null, cube: string): string =>
  [server, (catalog ?? '').toUpperCase(), cube.toUpperCase()].join('\n')

class Model implements CubeModel {
  readonly server: string
  readonly catalog: string | null
  readonly cube: string
  readonly hierarchies = new Map<string, HierarchyModel>()
  readonly levels = new Map<string, LevelModel>()
  readonly measures = new Map<string, string>()
  defaultMeasure: string | null = null

  constructor(server: string, catalog: string | null, cube: string, held?: HeldModel) {
    this.server = server
    this.catalog = catalog
    this.cube = cube
    this.defaultMeasure = held?.defaultMeasure ?? null
    for (const one of held?.hierarchies ?? []) this.hierarchies.set(one.name.toUpperCase(), one)
    for (const one of held?.levels ?? []) this.levels.set(one.name.toUpperCase(), one)
    for (const one of held?.measures ?? []) this.measures.set(one.toUpperCase(), one)
  }

  get size(): number {
    return this.hierarchies.size + this.levels.size + this.measures.size
  }

  get held(): HeldModel {
    const { server, catalog, cube, defaultMeasure } = this
    const [hierarchies, levels] = [[...this.hierarchies.values()], [...this.levels.values()]]
    return { server, catalog, cube, defaultMeasure, hierarchies, levels, measures: [...this.measures.values()] }
  }

  learn(fact: ModelFact): boolean {
    const key = fact.name.toUpperCase()
    switch (fact.kind) {
      case 'hierarchy':
        return this.#learnHierarchy(key, fact)
      case 'level':
        return this.#put(this.levels, key, { name: fact.name, hierarchy: fact.hierarchy })
      case 'measure':
        return this.#put(this.measures, key, fact.name)
      default:
        return assertNever(fact)
    }
  }

  #learnHierarchy(key: string, fact: Extract<ModelFact, { kind: 'hierarchy' }>): boolean {
    const before = this.hierarchies.get(key)
    const { name, dimension } = fact
    const allMember = fact.allMember ?? before?.allMember ?? null
    const defaultMember = fact.defaultMember ?? before?.defaultMember ?? null
    if (key === '[MEASURES]') this.defaultMeasure = defaultMember
    return this.#put(this.hierarchies, key, { name, dimension, allMember, defaultMember })
  }

  #put<T extends string | object>(map: Map<string, T>, key: string, value: T): boolean {
    const before = map.get(key)
    if (before === undefined ? this.size >= MAX_FACTS : isSame(before, value)) return false
    map.set(key, value)
    return true
  }
}

/** Texts, or plain objects of texts with the same names. */
function isSame<T extends string | object>(one: T, other: T): boolean {
  if (typeof one === 'string' || typeof other === 'string') return one === other
  const values = Object.values(other)
  return Object.values(one).every((value, i) => value === values[i])
}
