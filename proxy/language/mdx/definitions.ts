import type { Definition, Expression } from './ast.ts'
import type { Place } from '../findings.ts'
import { type PathName, pathNameOf } from './path-name.ts'

export interface NamedSet {
  readonly formula: Expression
  /** From an earlier statement of the session: nobody has looked at its formula yet. */
  readonly earlier?: true
  /** What it yields, once the extraction has walked it. */
  places: readonly Place[] | null
}

export interface CalculatedMember {
  readonly name: PathName
  readonly formula: Expression
  readonly earlier: boolean
  /** Set by the extraction when something live names it. */
  live: boolean
}

/** What a query defines, found by every name it may be used under. */
export class Definitions {
  readonly #sets = new Map<string, NamedSet>()
  readonly #members = new Map<string, CalculatedMember>()
  /** Those of one dimension and one last part, and those of one last part, a measure first. */
  readonly #namesakes = new Map<string, CalculatedMember[]>()
  /** By all that the place they are defined in begins with, and by the place alone; emptied as they are asked for. */
  readonly #under = new Map<string, CalculatedMember[]>()
  readonly #directlyIn = new Map<string, CalculatedMember[]>()

  /** @param session what earlier statements defined, the latest first; the query's own goes before it. */
  constructor(
    definitions: readonly Definition[],
    aliases: ReadonlyMap<string, Expression>,
    session: readonly Definition[],
  ) {
    for (const definition of definitions) {
      const name = pathNameOf(definition.name)
      if (definition.kind === 'set') this.#sets.set(name.key, { formula: definition.formula, places: null })
      if (definition.kind === 'member') this.#addMember(name, definition)
    }
    for (const [key, formula] of aliases) if (!this.#sets.has(key)) this.#sets.set(key, { formula, places: null })
    for (const definition of session) this.#addEarlier(pathNameOf(definition.name), definition)
  }

  #addEarlier(name: PathName, definition: Definition): void {
    if (definition.kind === 'set' && !this.#sets.has(name.key))
      this.#sets.set(name.key, { formula: definition.formula, places: null, earlier: true })
    if (definition.kind === 'member' && !this.#members.has(name.key)) this.#addMember(name, definition, true)
  }

  setNamed(name: PathName): NamedSet | null {
    return this.#sets.get(name.key) ?? null
  }

  /**
   * A calculated member may be named with its hierarchy, without it, from the All member down, or by its last part
   * alone. So of two names of one member, the one holds all parts of the other in their order.
   */
  memberNamed(name: PathName): CalculatedMember | null {
    if (this.#members.size === 0) return null
    const exact = this.#members.get(name.key)
    if (exact !== undefined) return exact
    const namesakes = this.#namesakes.get(name.parts.length === 1 ? lastKey(name) : namesakeKey(name)) ?? []
    if (name.parts.length === 1) return namesakes[0] ?? null
    return namesakes.slice(0, MAX_NAMESAKES).find((member) => isNamesake(member.name, name)) ?? null
  }

  /** The calculated members of a dimension, hierarchy or level, or of one that it is part of. Each is given once. */
  membersUnder(key: string): readonly CalculatedMember[] {
    const found = [...(this.#under.get(key) ?? [])]
    this.#under.delete(key)
    for (const prefix of prefixes(key)) {
      found.push(...(this.#directlyIn.get(prefix) ?? []))
      this.#directlyIn.delete(prefix)
    }
    return found
  }

  #addMember(name: PathName, { formula }: Definition, earlier = false): void {
    const member: CalculatedMember = { name, formula, earlier, live: false }
    const parent = parentKey(name)
    this.#members.set(name.key, member)
    append(this.#namesakes, namesakeKey(name), member)
    if (name.measure && !earlier) this.#namesakes.set(lastKey(name), [member])
    else append(this.#namesakes, lastKey(name), member)
    append(this.#directlyIn, parent, member)
    for (const key of [parent, ...prefixes(parent)]) append(this.#under, key, member)
  }
}

/** So many members of one dimension and last part are looked through for one that is not named in full. */
const MAX_NAMESAKES = 20

const append = (map: Map<string, CalculatedMember[]>, key: string, member: CalculatedMember): void => {
  const list = map.get(key)
  if (list === undefined) map.set(key, [member])
  else list.push(member)
}

const lastKey = (name: PathName): string => name.parts.at(-1)?.toLowerCase() ?? ''

/** The dimension, without the hierarchy that Mondrian writes behind a dot, and the last part. */
const namesakeKey = (name: PathName): string =>
  `${name.parts[0]?.toLowerCase().replace(/[.\]].*$/s, '')}\n${lastKey(name)}`

const parentKey = (name: PathName): string => name.parts.slice(0, -1).join('.').toLowerCase()

/** `[a].[b].[c]` begins with `[a]` and `[a].[b]`; a few parts are enough. */
function prefixes(key: string): readonly string[] {
  const found: string[] = []
  for (let end = key.indexOf('].'); end >= 0 && found.length < 4; end = key.indexOf('].', end + 1)) {
    found.push(key.slice(0, end + 1))
  }
  return found
}

function isNamesake(defined: PathName, used: PathName): boolean {
  const a = partsForMatching(defined)
  const b = partsForMatching(used)
  return a.length < b.length ? holds(b, a) : holds(a, b)
}

/** Mondrian writes hierarchy `Weekly` of `Time` as `[Time.Weekly]` or as `[Time].[Weekly]`. */
function partsForMatching(name: PathName): readonly string[] {
  const [first = '', ...rest] = name.parts.map((part) => part.toLowerCase())
  return [...first.split('.').map((part) => part.replace(/^\[|\]$/g, '')), ...rest.map((part) => part.slice(1, -1))]
}

function holds(longer: readonly string[], shorter: readonly string[]): boolean {
  let at = 0
  for (const part of longer) if (part === shorter[at]) at++
  return at === shorter.length
}
