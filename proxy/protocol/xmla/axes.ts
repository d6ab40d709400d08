import type { Named } from '../../../schema/record/person-number.ts'
import type { PersonsSeen } from '../persons/persons-seen.ts'
import { lookAtAmount } from '../persons/persons-seen.ts'
import { attribute } from './attributes.ts'
import { decodeColumnName, isNumericType } from './column-name.ts'
import type { MarkupName } from './markup-name.ts'
import type { MarkupReader } from './markup.ts'
import type { Vocabulary } from './vocabulary.ts'

interface Axis {
  /** `null`: the slicer. */
  readonly number: number | null
  tuples: number
  /** Tuples with a measure that is named for person numbers; `all` where they cannot be told apart. */
  named: Set<number> | 'all'
}

/** A set on an axis (XML for Analysis 1.1, "SetType"), as far as it has been read. */
interface TupleSet {
  readonly kind: 'members' | 'tuples' | 'product' | 'union'
  /** `null`: nothing in it yet. */
  size: number | null
}

function setOf(local: string): TupleSet['kind'] | null {
  switch (local) {
    case 'Members':
      return 'members'
    case 'Tuples':
      return 'tuples'
    case 'CrossProduct':
      return 'product'
    case 'Union':
      return 'union'
    default:
      return null
  }
}

interface Property {
  readonly naming: Named
  readonly text: string
  readonly amount: boolean
}

/** Beyond this many, tuples are not told apart any more. */
const MAX_NAMED = 100_000
/** Analysis Services has 128 axes. */
const MAX_AXES = 128
/** A member with more properties that may be persons is looked at in portions. */
const MAX_PROPERTIES = 200
const MAX_HELD = 4 * 1024 * 1024

/**
 * Reads the axes of a dataset: how many tuples each has, in tuple format and in cluster format, and the members on it.
 * What stands in a member (caption, unique name, properties) belongs to the level that the member names, so a member is
 * looked at when it is whole.
 */
export class AxesReader {
  readonly #markup: MarkupReader
  readonly #seen: PersonsSeen
  readonly #levels: Vocabulary['levels']
  readonly #axes: Axis[] = []
  #axis: Axis = { number: null, tuples: 0, named: new Set() }
  #sets: TupleSet[] = []
  /** Depth of the member that is open, 0 when none is; everything below is a leaf of it. */
  #memberDepth = 0
  /** Hierarchy of the members of a set, and of the member in hand. */
  #setHierarchy = ''
  #hierarchy = ''
  /** Texts of the member in hand; empty where they neither hold a person nor are named for any. */
  #uniqueName = ''
  #caption = ''
  /** What its level is named for. */
  #levelNaming: Named = false
  #properties: Property[] = []
  #mayHoldPerson = false
  #held = 0
  /** Is any measure named for person numbers? Only then it matters which cell is whose. */
  anyNamed = false

  constructor(markup: MarkupReader, seen: PersonsSeen, { levels }: Vocabulary) {
    this.#markup = markup
    this.#seen = seen
    this.#levels = levels
  }

  open(name: MarkupName, depth: number): void {
    if (this.#memberDepth > 0) return
    if (name.local === 'Member') this.#openMember(depth)
    else if (name.local === 'Tuple') this.#count(1)
    else if (name.local === 'Axis') this.#openAxis()
    else this.#openSet(setOf(name.local))
  }

  close(name: MarkupName, depth: number): void {
    if (this.#memberDepth > 0) {
      if (depth > this.#memberDepth) this.#closeLeaf(name)
      else this.#closeMember()
    } else if (setOf(name.local) !== null) this.#closeSet()
  }

  end(): void {
    if (this.#memberDepth > 0) this.#closeMember()
    while (this.#sets.length > 0) this.#closeSet()
  }

  /** By the number of the axis; the slicer is none. */
  tuples(): number[] {
    const found: number[] = []
    for (const { number, tuples } of this.#axes) {
      if (number === null) continue
      while (found.length < number) found.push(0)
      found[number] = Math.min(tuples, Number.MAX_SAFE_INTEGER)
    }
    return found
  }

  /** Is the measure of this cell named for person numbers? Axis 0 runs fastest (MS-SSAS, "CellOrdinal"). */
  isNamedCell(ordinal: number): boolean {
    let rest = ordinal
    for (const { number, named, tuples } of this.#axes) {
      if (named === 'all') return true
      if (number === null || tuples === 0) continue
      if (named.has(rest % tuples)) return true
      rest = Math.floor(rest / tuples)
    }
    return false
  }

  #openAxis(): void {
    const name = attribute(this.#markup.attributes(), 'name') ?? ''
    const given = /^Axis(\d{1,3})$/.exec(name)?.[1]
    const number = name === 'SlicerAxis' ? null : Number(given ?? this.#axes.length)
    this.#axis = { number, tuples: 0, named: new Set() }
    this.#sets = []
    if (this.#axes.length <= MAX_AXES && (number ?? 0) < MAX_AXES) this.#axes.push(this.#axis)
  }

  #openSet(kind: TupleSet['kind'] | null): void {
    if (kind === null) return
    if (kind === 'members') this.#setHierarchy = attribute(this.#markup.attributes(), 'Hierarchy') ?? ''
    this.#sets.push({ kind, size: null })
  }

  /** One more tuple or member in the innermost set. */
  #count(one: number): void {
    const set = this.#sets.at(-1)
    if (set === undefined) this.#axis.tuples += one
    else set.size = (set.size ?? 0) + one
    // Most are read in tuple format, and which tuple a measure stands in is wanted while the axis is read.
    if (this.#sets.length === 1 && set?.kind === 'tuples') this.#axis.tuples += one
  }

  #closeSet(): void {
    const set = this.#sets.pop()
    const around = this.#sets.at(-1)
    const size = set?.size ?? 0
    if (around === undefined) {
      if (set?.kind !== 'tuples') this.#axis.tuples += size
    } else if (around.kind === 'product') around.size = (around.size ?? 1) * size
    else around.size = (around.size ?? 0) + size
  }

  #openMember(depth: number): void {
    this.#memberDepth = depth
    const cluster = this.#sets.at(-1)?.kind === 'members'
    if (cluster) this.#count(1)
    this.#hierarchy = attribute(this.#markup.attributes(), 'Hierarchy') ?? (cluster ? this.#setHierarchy : '')
    this.#uniqueName = ''
    this.#caption = ''
    this.#levelNaming = false
    this.#mayHoldPerson = false
  }

  #closeLeaf(name: MarkupName): void {
    if (name.local === 'LName') {
      this.#levelNaming = this.#markup.spelled(this.#levels, (level) => this.#seen.naming(level))
      return
    }
    if (name.local === 'UName') this.#uniqueName = this.#textThatMatters()
    else if (name.local === 'Caption') this.#caption = this.#textThatMatters()
    else this.#closeProperty(name)
    this.#mayHoldPerson ||= this.#markup.mayHoldPerson()
  }

  /** Most texts are of no interest, and not made strings. */
  #textThatMatters(): string {
    const markup = this.#markup
    const matters = !this.#seen.knowsUsualNamesOnly || markup.mayHoldNamedPerson() || markup.mayBeNamed()
    return matters ? markup.text() : ''
  }

  #closeProperty(name: MarkupName): void {
    const naming = (name.naming ??= this.#seen.naming(decodeColumnName(name.local)))
    if (!this.#markup.mayHoldNamedPerson()) return
    if (naming !== true && !this.#isNamed() && !this.#markup.mayHoldPerson()) return
    const text = this.#markup.text()
    const amount = isNumericType(attribute(this.#markup.attributes(), 'type'))
    this.#properties.push({ naming, text, amount })
    this.#held += text.length
    if (this.#properties.length > MAX_PROPERTIES || this.#held > MAX_HELD) this.#lookAtMember()
  }

  /** Then its texts are looked at whatever they look like. */
  #isNamed(): boolean {
    return this.#naming() === true
  }

  #closeMember(): void {
    this.#memberDepth = 0
    if (this.#mayHoldPerson || this.#properties.length > 0 || this.#isNamed()) this.#lookAtMember()
    if (isMeasures(this.#hierarchy)) this.#closeMeasure()
  }

  #lookAtMember(): void {
    const seen = this.#seen
    const member = this.#naming()
    for (const text of [this.#uniqueName, this.#caption]) seen.look(text, 'axis', () => member)
    for (const { naming, text, amount } of this.#properties) {
      const named = naming === false ? member : naming
      if (amount) lookAtAmount(seen, text, 'axis', named)
      else seen.look(text, 'axis', () => named)
    }
    this.#properties = []
    this.#held = 0
  }

  /** What is nearest to the member's texts decides. */
  #naming(): Named {
    if (this.#levelNaming !== false) return this.#levelNaming
    const member = this.#seen.naming(this.#uniqueName)
    return member === false ? this.#seen.naming(this.#hierarchy) : member
  }

  /** A measure whose name or caption says that its values are person numbers. */
  #closeMeasure(): void {
    if (this.#seen.naming(this.#uniqueName) !== true && this.#seen.naming(this.#caption) !== true) return
    this.anyNamed = true
    const { named, number, tuples } = this.#axis
    const inTuples = this.#sets.length === 1 && this.#sets[0]?.kind === 'tuples'
    if (number === null || !inTuples || (named !== 'all' && named.size > MAX_NAMED)) this.#axis.named = 'all'
    else if (named !== 'all') named.add(tuples - 1)
  }
}

function isMeasures(hierarchy: string): boolean {
  return hierarchy.length <= 10 && /^\[?measures\]?$/i.test(hierarchy)
}
