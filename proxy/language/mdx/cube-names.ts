import type { CubeModel } from '../cube-model.ts'
import type { KnownPlace, PathName } from './ast.ts'

/** Longer than this no unique name of a hierarchy or level is looked for. */
const MAX_PLACE_PARTS = 8

/** One cube's metadata, made ready for looking up the paths of a statement. Names match in any case. */
export class CubeNames {
  readonly defaultMeasure: string | null
  readonly #model: CubeModel
  readonly #dimensions = new Map<string, string>()
  readonly #measures = new Map<string, string>()

  constructor(model: CubeModel) {
    this.#model = model
    this.defaultMeasure = model.defaultMeasure
    for (const { dimension } of model.hierarchies.values()) this.#dimensions.set(dimension.toUpperCase(), dimension)
    for (const [name, written] of model.measures) this.#measures.set(lastPart(name), written)
  }

  /** `null`: the metadata say nothing about this path. */
  placeOf({ parts, names }: PathName): KnownPlace | null {
    const prefixes: string[] = []
    let prefix = ''
    for (const part of parts.slice(0, Math.min(names, MAX_PLACE_PARTS))) {
      prefix = prefix === '' ? part.toUpperCase() : `${prefix}.${part.toUpperCase()}`
      prefixes.push(prefix)
    }
    for (let length = prefixes.length; length > 0; length--) {
      const path = this.#place(prefixes[length - 1] ?? '')
      if (path !== null) return { length, path, all: this.#allIn(prefixes) }
    }
    return null
  }

  /** As the server spells it, also where only its last part is named, or its level too. */
  measureNamed({ written, parts, measure }: PathName): string | null {
    const exact = this.#model.measures.get(written.toUpperCase())
    if (exact !== undefined) return exact
    const ofLevel = measure && parts.length === 3 && parts[1]?.toUpperCase() === '[MEASURESLEVEL]'
    if (!ofLevel && parts.length !== 1) return null
    return this.#measures.get(parts.at(-1)?.toUpperCase() ?? '') ?? null
  }

  #place(key: string): string | null {
    const known = this.#model.levels.get(key) ?? this.#model.hierarchies.get(key)
    return known?.name ?? this.#dimensions.get(key) ?? null
  }

  #allIn(prefixes: readonly string[]): number | null {
    const hierarchies = prefixes.map((prefix) => this.#model.hierarchies.get(prefix))
    const allMembers = hierarchies.map((hierarchy) => hierarchy?.allMember?.toUpperCase()).filter(isText)
    if (allMembers.length === 0) return null
    return prefixes.findIndex((prefix) => allMembers.includes(prefix))
  }
}

const isText = (text: string | undefined): text is string => text !== undefined

const lastPart = (name: string): string => /\[(?:[^\]]|\]\])*\]$/.exec(name)?.[0] ?? name

const ready = new WeakMap<CubeModel, CubeNames>()

/** Kept as long as the model is, for the same one serves many statements. */
export function namesOfCube(model: CubeModel): CubeNames {
  let names = ready.get(model)
  if (names === undefined) ready.set(model, (names = new CubeNames(model)))
  return names
}
