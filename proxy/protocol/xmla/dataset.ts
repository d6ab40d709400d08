import { namesPersonNumbers } from '../../../schema/record/person-number.ts'
import type { PersonsSeen } from '../persons-seen.ts'
import { hasSixDigits, lookAtAmount } from '../persons-seen.ts'
import { attribute, decodeColumnName, isNumericType } from './column-name.ts'
import type { RootReader } from './root-reader.ts'

interface Axis {
  readonly slicer: boolean
  tuples: number
  /** Tuples with a measure that is named for person numbers; `all` where they cannot be told apart. */
  named: Set<number> | 'all'
}

interface Leaf {
  readonly name: string
  readonly text: string
}

/** Beyond this many, tuples are not told apart any more. */
const MAX_NAMED = 100_000
const MAX_LEAVES = 200

/**
 * Reads a multidimensional answer: tuples on its axes, in tuple and cluster format, and its cells. What stands in a
 * member (caption, unique name, properties) belongs to the level that the member names, so a member is looked at when
 * it is whole. Cells are numbers, and count for persons only as docs/decisions/0005-persons-in-answers.md says.
 */
export class DatasetReader implements RootReader {
  readonly #seen: PersonsSeen
  readonly #axes: Axis[] = []
  #section = ''
  #axis: Axis = { slicer: true, tuples: 0, named: new Set() }
  /** Depth of the member that is open, 0 when none is; everything below is a leaf of it. */
  #memberDepth = 0
  #hierarchy = ''
  #leaves: Leaf[] = []
  #members = 0
  #product = 1
  #cluster = false
  #cells = 0
  #ordinal = 0
  #type: string | null = null
  #value: string | null = null
  #formatted = ''

  constructor(seen: PersonsSeen) {
    this.#seen = seen
  }

  open(name: string, depth: number, attributes: Readonly<Record<string, string>>): void {
    if (depth === 1) this.#section = name
    else if (this.#section === 'Axes') this.#openInAxes(name, depth, attributes)
    else if (this.#section === 'CellData') this.#openInCells(name, depth, attributes)
  }

  close(name: string, depth: number, text: string): void {
    if (this.#section === 'Axes') this.#closeInAxes(name, depth, text)
    else if (this.#section === 'CellData') this.#closeInCells(name, depth, text)
  }

  /** Without rows a dataset shows one. */
  counts(): { readonly rows: number; readonly cells: number } {
    const rows = this.#axes.filter(({ slicer }) => !slicer)[1]
    return { rows: rows?.tuples ?? 1, cells: this.#cells }
  }

  #openInAxes(name: string, depth: number, attributes: Readonly<Record<string, string>>): void {
    if (this.#memberDepth > 0) return
    if (name === 'Axis') this.#openAxis(attributes)
    else if (name === 'Tuple') this.#axis.tuples += 1
    else if (name === 'CrossProduct') [this.#product, this.#cluster] = [1, true]
    else if (name === 'Members') [this.#members, this.#hierarchy] = [0, attribute(attributes, 'Hierarchy') ?? '']
    else if (name === 'Member') {
      this.#memberDepth = depth
      this.#members += 1
      this.#leaves = []
      this.#hierarchy = attribute(attributes, 'Hierarchy') ?? (this.#cluster ? this.#hierarchy : '')
    }
  }

  #openAxis(attributes: Readonly<Record<string, string>>): void {
    this.#axis = { slicer: attribute(attributes, 'name') === 'SlicerAxis', tuples: 0, named: new Set() }
    this.#axes.push(this.#axis)
    this.#cluster = false
  }

  #closeInAxes(name: string, depth: number, text: string): void {
    if (this.#memberDepth > 0 && depth > this.#memberDepth) {
      if (this.#leaves.length < MAX_LEAVES) this.#leaves.push({ name, text })
    } else if (this.#memberDepth > 0) this.#closeMember()
    else if (name === 'Members') this.#product *= this.#members
    else if (name === 'CrossProduct') this.#axis.tuples += this.#product
  }

  #closeMember(): void {
    this.#memberDepth = 0
    const { rules } = this.#seen
    const names = this.#leaves.filter(({ name }) => name === 'UName' || name === 'LName').map(({ text }) => text)
    const named = (): boolean => [this.#hierarchy, ...names].some((text) => namesPersonNumbers(text, rules))
    for (const { name, text } of this.#leaves) {
      if (name === 'LName') continue
      this.#seen.look(text, 'axis', () => named() || namesPersonNumbers(decodeColumnName(name), rules))
    }
    if (/^\[?measures\]?$/i.test(this.#hierarchy)) this.#closeMeasure()
  }

  /** A measure whose name or caption says that its values are person numbers. */
  #closeMeasure(): void {
    const telling = this.#leaves.filter(({ name }) => name === 'UName' || name === 'Caption')
    if (!telling.some(({ text }) => namesPersonNumbers(text, this.#seen.rules))) return
    const { named, slicer, tuples } = this.#axis
    if (slicer || this.#cluster || (named !== 'all' && named.size > MAX_NAMED)) this.#axis.named = 'all'
    else if (named !== 'all') named.add(tuples - 1)
  }

  #openInCells(name: string, depth: number, attributes: Readonly<Record<string, string>>): void {
    if (depth === 2) {
      this.#ordinal = Number(attribute(attributes, 'CellOrdinal') ?? Number.NaN)
      this.#value = null
      this.#type = null
      this.#formatted = ''
    } else if (depth === 3 && name === 'Value') this.#type = attribute(attributes, 'type')
  }

  #closeInCells(name: string, depth: number, text: string): void {
    if (depth === 3 && name === 'Value') this.#value = text
    else if (depth === 3 && name === 'FmtValue') this.#formatted = text
    else if (depth === 2) this.#closeCell()
  }

  #closeCell(): void {
    if (this.#value === null && this.#formatted === '') return
    this.#cells += 1
    const amount = this.#type === null || isNumericType(this.#type)
    for (const text of [this.#value ?? '', this.#formatted]) {
      if (!hasSixDigits(text)) continue
      if (amount) lookAtAmount(this.#seen, text, 'cell', this.#isNamedCell())
      else this.#seen.look(text, 'cell', () => this.#isNamedCell())
    }
  }

  /** Is the measure of this cell named for person numbers? Axis 0 runs fastest (MS-SSAS, "CellOrdinal"). */
  #isNamedCell(): boolean {
    let rest = this.#ordinal
    for (const { slicer, named, tuples } of this.#axes) {
      if (named === 'all') return true
      if (slicer || tuples === 0) continue
      if (named.has(rest % tuples)) return true
      rest = Math.floor(rest / tuples)
    }
    return false
  }
}
