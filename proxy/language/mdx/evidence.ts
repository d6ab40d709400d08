import type { Definition, Expression, ExpressionOf, NameSegment, Path, PathName, StatementBody } from './ast.ts'
import { isAttributeNoun } from './attribute-noun.ts'
import type { CubeNames } from './cube-names.ts'
import { roleOf, shapeOf, wordOfStep } from './functions.ts'
import { isAllPart, isPlainAll, lastKey, namesPerson, pathOf, prefixKey, prefixKeys, prefixOf } from './path-name.ts'
import { forEachExpression, forEachPart } from './visitor.ts'

/**
 * What a statement gives away about the cube behind it. Without metadata `[A].[B].[C]` may be a member of hierarchy `[A]`
 * or `[A].[B]`, or a level; but where `[A].[B].Members` or `[A].CurrentMember` stands somewhere, the text itself tells.
 * All of it is looked at once, also what is dead, before anything is judged.
 */
export class Evidence {
  /** Dimensions, hierarchies and levels, for certain. */
  readonly #places = new Set<string>()
  /** What places begin with: dimensions or hierarchies themselves. */
  readonly #above = new Set<string>()
  /** Some path shows a level of a hierarchy of a dimension. */
  #attributes = false
  /** Measures by their last part. */
  readonly #measures = new Map<string, string>()
  /** Sets named inside an expression. */
  readonly aliases = new Map<string, Expression>()
  readonly #cube: CubeNames | null
  /** Names as the metadata say; without them a path has its name itself. */
  readonly #names = new Map<Path, PathName>()

  /** @param cube what the metadata tell; without them the text alone does. */
  constructor(body: StatementBody, definitions: readonly Definition[], cube: CubeNames | null) {
    this.#cube = cube
    for (const { kind, name } of definitions) {
      if (kind === 'member') this.#definedMember(this.nameOf(name))
      // Only tabular models take DAX here, and theirs are all attribute hierarchies.
      else if (kind === 'measure') this.#attributes = true
    }
    forEachExpression(body, this.read)
  }

  /** Also for code found later, in strings and parameters. */
  readonly read = (expression: Expression): void => {
    this.#look(expression)
    forEachPart(expression, this.read)
  }

  nameOf(path: Path): PathName {
    if (this.#cube === null) return path.name
    let name = this.#names.get(path)
    if (name === undefined) this.#names.set(path, (name = this.#sharpened(path.name, this.#cube)))
    return name
  }

  /** Read as the metadata say: which part is the place, which the All member, and how a measure is spelled. */
  #sharpened(name: PathName, cube: CubeNames): PathName {
    if (name.measure) return { ...name, written: cube.measureNamed(name) ?? name.written }
    const known = cube.placeOf(name)
    if (known === null) return name
    const all = known.all === null || (known.all < 0 && isPlainAll(name.parts[name.all])) ? name.all : known.all
    return { ...name, known, all }
  }

  isPlace(name: PathName): boolean {
    if (name.known !== null) return name.known.length === name.parts.length
    return this.#places.has(name.key) || this.#above.has(name.key)
  }

  /** The measure that a bare `[Unit Sales]` is, if the statement names it in full elsewhere. */
  measureNamed(name: PathName): string | undefined {
    return this.#measures.get(name.key) ?? this.#cube?.measureNamed(name) ?? undefined
  }

  /**
   * Whether a path that stands alone is a member: it has a key, or is at least not known for a level. `[A].[A]` and
   * `[A].[B].[B]` are a hierarchy and a level by the way attribute hierarchies are named.
   */
  isMember(name: PathName): boolean {
    const { parts, names } = name
    if (names < parts.length) return true
    if (name.known !== null) return name.known.length < parts.length && name.all !== parts.length - 1
    const last = parts.at(-1) ?? ''
    if (isAllPart(last)) return false
    if (namesPerson(last)) return true
    if (parts.length < 2 || this.isPlace(name)) return false
    const repeats = isNamedAlike(parts.at(-2) ?? '', last)
    return !repeats || parts.length > 3 || (parts.length === 3 && this.#places.has(prefixKey(name, 1)))
  }

  /**
   * Whether `[A].[B]` in `[A].[B].Children` is a member. In a cube of attribute hierarchies, which the text shows by
   * paths of three names, it is the hierarchy, unless `[A]` is one itself or `[B]` looks like a value. So it is in
   * `[Product].[Product Categories]` and where `[B]` is called as attributes are.
   */
  isParent(name: PathName): boolean {
    const { parts, names, known } = name
    if (known !== null) return this.isMember(name)
    const part = parts[1] ?? ''
    if (namesPerson(part)) return true
    const ofAttributes = this.#attributes || beginsWith(part, parts[0] ?? '') || isAttributeNoun(part)
    if (parts.length !== 2 || names < 2 || !ofAttributes) return this.isMember(name)
    return this.isMember(name) && (this.#places.has(prefixKey(name, 1)) || LIKE_VALUE.test(part))
  }

  /** Of a path that names no member: itself, or what it is the All member of. */
  placeOf(name: PathName): string {
    if (name.all > 0) return this.hierarchyOf(name)
    return this.isPlace(name) ? (name.known?.path ?? name.written) : name.written
  }

  /** The hierarchy or level that a member is of: before its key or All member, or as the text gives away. */
  hierarchyOf(name: PathName): string {
    const { parts, names, all, known } = name
    if (known !== null && (all < 0 || known.length <= all)) return known.path
    if (all > 0) return prefixOf(name, all)
    if (names < parts.length) return prefixOf(name, names)
    if (names <= 2) return parts[0] ?? ''
    const prefixes = prefixKeys(name)
    for (const [i, prefix] of prefixes.entries()) {
      const known = this.#places.has(prefix) || (this.#above.has(prefix) && i < prefixes.length - 1)
      if (known) return prefixOf(name, prefixes.length - i)
    }
    return prefixOf(name, isHierarchyPart(parts[0] ?? '', parts[1] ?? '', parts.length) ? 2 : 1)
  }

  #look(expression: Expression): void {
    if (expression.kind === 'path') this.#path(this.nameOf(expression))
    else if (expression.kind === 'access') this.#access(expression)
    else if (expression.kind === 'call') this.#call(expression)
    else if (expression.kind === 'set') this.#together(expression.elements)
    else if (expression.kind === 'operation') this.#operation(expression)
    else if (expression.kind === 'alias') this.aliases.set(aliasKey(expression.name), expression.expression)
  }

  #operation({ operators: [operator], operands }: ExpressionOf<'operation'>): void {
    const [left, right] = operands
    if (operator === ':') this.#together(operands)
    else if (operator === 'IS' && left?.kind === 'access' && right?.kind === 'path') {
      const last = left.steps.at(-1)
      const ofPlace = last?.kind === 'property' && /^(?:LEVEL|HIERARCHY|DIMENSION)$/.test(last.word)
      if (ofPlace) this.#placeNamed(this.nameOf(right))
    }
  }

  #path(name: PathName): void {
    if (name.measure) this.#measures.set(lastKey(name), name.written)
    else if (name.all > 0) this.#place(prefixKey(name, name.all))
    else if (name.names < name.parts.length) this.#place(prefixKey(name, name.names), name.names >= 2)
  }

  #access({ base, steps: [first] }: ExpressionOf<'access'>): void {
    if (base.kind !== 'path' || first === undefined || first.kind === 'item') return
    const name = this.nameOf(base)
    const word = wordOfStep(first)
    const single = word === 'CHILDREN' && name.parts.length === 1
    if (single || PLACE_WORDS.has(word)) this.#placeNamed(name)
  }

  #call({ word, args }: ExpressionOf<'call'>): void {
    const shape = shapeOf(word)
    if (shape.hasLevels) {
      args.forEach((arg, i) => {
        if (arg.kind === 'path' && isLevelRole(roleOf(shape, i))) this.#placeNamed(this.nameOf(arg))
      })
    }
    if (word === 'UNION') this.#together(args)
  }

  /** Members of one set are of one hierarchy: `{[A].[x], [A].[y].[z]}` are all of `[A]`. */
  #together(elements: readonly Expression[]): void {
    if (elements.length < 2) return
    const seen = new Map<string, PathName>()
    for (const element of elements) {
      if (element.kind !== 'path') continue
      const name = this.nameOf(element)
      if (name.names < name.parts.length || name.parts.length < 2 || name.all > 0 || name.measure) continue
      const first = prefixKey(name, 1)
      const known = seen.get(first)
      seen.set(first, name)
      if (known === undefined) continue
      const differs = prefixKey(known, 2) !== prefixKey(name, 2)
      if (differs || Math.min(known.parts.length, name.parts.length) === 2) this.#place(first)
    }
  }

  #definedMember(name: PathName): void {
    if (name.measure) this.#measures.set(lastKey(name), name.written)
    else if (name.parts.length === 2) this.#place(prefixKey(name, 1))
  }

  #placeNamed(name: PathName): void {
    if (name.names < name.parts.length || name.measure) return
    const length = name.all > 0 ? name.all : name.names
    this.#place(prefixKey(name, length), length >= 3)
  }

  #place(key: string, attributes = false): void {
    if (this.#places.has(key)) return
    this.#places.add(key)
    this.#attributes ||= attributes
    let end = key.indexOf('].')
    for (let i = 0; end >= 0 && i < 8; i++, end = key.indexOf('].', end + 1)) this.#above.add(key.slice(0, end + 1))
  }
}

/** Functions that only a dimension, a hierarchy or a level has. */
// prettier-ignore
const PLACE_WORDS: ReadonlySet<string> = new Set([
  'MEMBERS', 'ALLMEMBERS', 'CURRENTMEMBER', 'DEFAULTMEMBER', 'UNKNOWNMEMBER', 'LEVELS', 'HIERARCHIES',
])

/** `[Gender].[Gender]`, `[Store].[Stores]`: a hierarchy is often named for its dimension. */
function isNamedAlike(dimension: string, part: string): boolean {
  const first = dimension.slice(1, -1).toLowerCase()
  const second = part.slice(1, -1).toLowerCase()
  return second === first || second === `${first}s` || first === `${second}s`
}

const beginsWith = (part: string, dimension: string): boolean =>
  part.toLowerCase().startsWith(dimension.slice(0, -1).toLowerCase()) && !/\d/.test(part)

const aliasKey = (name: NameSegment): string => pathOf([name]).name.key

const isLevelRole = (role: string): boolean => role === 'l' || role === 'L'

const LIKE_VALUE = /^\[[\d#*~]/

/**
 * Whether the second of several names is a hierarchy, by its looks: values begin with a digit or a sign, and a path of
 * five names goes down through members, `[Customers].[USA].[CA].[Altadena].[…]`.
 */
const isHierarchyPart = (dimension: string, part: string, length: number): boolean =>
  isNamedAlike(dimension, part) || (length < 5 && !LIKE_VALUE.test(part))
