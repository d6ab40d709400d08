import type { Definition, Expression, PathName } from './ast.ts'
import type { Place } from '../findings.ts'
import { lastKey } from './path-name.ts'

export interface NamedSet {
  readonly formula: Expression
  /** From an earlier statement of the session: nobody has looked at its formula yet. */
  readonly earlier: boolean
  /** What it yields, once the extraction has walked it. */
  places: readonly Place[] | null
}

export interface CalculatedMember {
  readonly name: PathName
  readonly formula: Expression
  /** The formula is DAX: its paths are columns and measures. */
  readonly dax: boolean
  readonly earlier: boolean
  /** Set by the extraction when something live names it. */
  live: boolean
}

/** What a query and its session define, found by every name it may be used under. */
export class Definitions {
  readonly #sets = new Map<string, NamedSet>()
  readonly #members = new Map<string, CalculatedMember>()
  /** Made when a name is looked for that is not written out in full. */
  #namesakes: Namesakes | null = null
  #tree: MemberTree | null = null

  /** @param session what earlier statements defined, the latest first; the query's own goes before it. */
  constructor(
    definitions: readonly Definition[],
    aliases: ReadonlyMap<string, Expression>,
    session: readonly Definition[],
  ) {
    for (const definition of definitions) this.#add(definition, false)
    for (const [key, formula] of aliases) {
      if (!this.#sets.has(key)) this.#sets.set(key, { formula, earlier: false, places: null })
    }
    for (const definition of session) this.#add(definition, true)
  }

  #add({ kind, name: { name }, formula }: Definition, earlier: boolean): void {
    if (kind === 'cell-calculation') return
    if (kind === 'set' || kind === 'function') {
      if (!earlier || !this.#sets.has(name.key)) this.#sets.set(name.key, { formula, earlier, places: null })
    } else if (!earlier || !this.#members.has(name.key))
      this.#members.set(name.key, { name, formula, dax: kind === 'measure', earlier, live: false })
  }

  setNamed(name: PathName): NamedSet | null {
    return this.#sets.size === 0 ? null : (this.#sets.get(name.key) ?? null)
  }

  /** icCube's functions are called by their name. */
  setCalled(word: string): NamedSet | null {
    return this.#sets.size === 0 ? null : (this.#sets.get(`[${word.toLowerCase()}]`) ?? null)
  }

  /**
   * A calculated member may be named with its hierarchy, without it, from the All member down, or by its last part
   * alone. So of two names of one member, the one holds all parts of the other in their order. Or its hierarchy may be
   * named without the dimension, which the other name begins with.
   */
  memberNamed(name: PathName): CalculatedMember | null {
    if (this.#members.size === 0) return null
    const exact = this.#members.get(name.key)
    if (exact !== undefined) return exact
    this.#namesakes ??= new Namesakes(this.#members.values())
    return this.#namesakes.find(name)
  }

  /** Those that bear `name` as their last part, under whatever parent: CalculatedChild names them so. */
  membersCalled(name: string): readonly CalculatedMember[] {
    if (this.#members.size === 0) return NONE
    this.#namesakes ??= new Namesakes(this.#members.values())
    return this.#namesakes.called(`[${name.replaceAll(']', ']]').toLowerCase()}]`)
  }

  /** The calculated members of a dimension, hierarchy or level, or of one that it is part of. Each is given once. */
  membersUnder(key: string): readonly CalculatedMember[] {
    if (this.#members.size === 0) return NONE
    this.#tree ??= new MemberTree(this.#members.values())
    return this.#tree.take(key)
  }
}

const NONE: readonly CalculatedMember[] = []

/** So many members of one dimension and last part are looked through for one that is not named in full. */
const MAX_NAMESAKES = 20

/** Members by their last part. */
class Namesakes {
  readonly #byLast = new Map<string, CalculatedMember[]>()
  readonly #byDimension = new Map<string, CalculatedMember[]>()

  constructor(members: Iterable<CalculatedMember>) {
    for (const member of members) {
      append(this.#byLast, lastKey(member.name), member)
      append(this.#byDimension, namesakeKey(member.name), member)
    }
  }

  called(last: string): readonly CalculatedMember[] {
    return this.#byLast.get(last) ?? NONE
  }

  /** Of those with one last part a measure goes first, the latest of several. */
  find(name: PathName): CalculatedMember | null {
    const called = this.called(lastKey(name))
    if (called.length === 0) return null
    if (name.parts.length === 1) return called.findLast((member) => member.name.measure) ?? called[0] ?? null
    const namesakes = this.#byDimension.get(namesakeKey(name)) ?? NONE
    const alike = namesakes.slice(0, MAX_NAMESAKES).find((member) => isNamesake(member.name, name))
    return alike ?? called.slice(0, MAX_NAMESAKES).find((member) => isEndOfOther(member.name, name)) ?? null
  }
}

/** Members by the place they are defined in; each is taken once. */
class MemberTree {
  /** By all that the place begins with, and by the place alone; emptied as they are asked for. */
  readonly #under = new Map<string, CalculatedMember[]>()
  readonly #directlyIn = new Map<string, CalculatedMember[]>()

  constructor(members: Iterable<CalculatedMember>) {
    for (const member of members) {
      const parent = parentKey(member.name)
      append(this.#directlyIn, parent, member)
      for (const key of [parent, ...prefixes(parent)]) append(this.#under, key, member)
    }
  }

  take(key: string): readonly CalculatedMember[] {
    const found = [...(this.#under.get(key) ?? [])]
    this.#under.delete(key)
    for (const prefix of prefixes(key)) {
      found.push(...(this.#directlyIn.get(prefix) ?? []))
      this.#directlyIn.delete(prefix)
    }
    return found
  }
}

const append = (map: Map<string, CalculatedMember[]>, key: string, member: CalculatedMember): void => {
  const list = map.get(key)
  if (list === undefined) map.set(key, [member])
  else list.push(member)
}

/** The dimension, without the hierarchy that Mondrian writes behind a dot, and the last part. */
const namesakeKey = (name: PathName): string =>
  `${singular(name.parts[0]?.toLowerCase().replace(/[.\]].*$/s, '') ?? '')}\n${lastKey(name)}`

/** `[Stores]` may be the hierarchy of `[Store]`. */
const singular = (name: string): string => name.replace(/s$/, '')

const parentKey = (name: PathName): string => name.parts.slice(0, -1).join('.').toLowerCase()

/** `[a].[b].[c]` begins with `[a]` and `[a].[b]`; a few parts are enough. */
function prefixes(key: string): readonly string[] {
  const found: string[] = []
  for (let end = key.indexOf('].'); end >= 0 && found.length < 4; end = key.indexOf('].', end + 1)) {
    found.push(key.slice(0, end + 1))
  }
  return found
}

/** `[Education].[Sum]` ends `[Pupil].[Education].[Sum]`: an attribute hierarchy is known by its name alone. */
function isEndOfOther(defined: PathName, used: PathName): boolean {
  const [shorter, longer] = defined.parts.length < used.parts.length ? [defined, used] : [used, defined]
  const { length } = shorter.parts
  return length > 1 && longer.parts.slice(-length).join('.').toLowerCase() === shorter.key
}

function isNamesake(defined: PathName, used: PathName): boolean {
  const a = partsForMatching(defined)
  const b = partsForMatching(used)
  return a.length < b.length ? holds(b, a) : holds(a, b)
}

/** Mondrian writes hierarchy `Weekly` of `Time` as `[Time.Weekly]` or as `[Time].[Weekly]`. */
function partsForMatching(name: PathName): readonly string[] {
  const [first = '', ...rest] = name.parts.map((part) => part.toLowerCase())
  const dimension = first.split('.').map((part) => singular(part.replace(/^\[|\]$/g, '')))
  return [...dimension, ...rest.map((part) => part.slice(1, -1))]
}

function holds(longer: readonly string[], shorter: readonly string[]): boolean {
  let at = 0
  for (const part of longer) if (part === shorter[at]) at++
  return at === shorter.length
}
