import type { PersonsSeen } from '../persons/persons-seen.ts'
import { lookAtAmount } from '../persons/persons-seen.ts'
import type { Attributes } from './attributes.ts'
import { attribute } from './attributes.ts'
import { AxesReader } from './axes.ts'
import { isNumericType } from './column-name.ts'
import type { MarkupName } from './markup-name.ts'
import type { MarkupReader } from './markup.ts'
import type { Found, RootReader } from './root-reader.ts'
import type { Vocabulary } from './vocabulary.ts'

/**
 * Reads a multidimensional answer: its axes, and its cells. A cell holds a value, or in its place an error, which is no
 * fault of the answer: it tells the user that this cell alone could not be had, and such a cell is not counted. Cells are
 * numbers, and count for persons only as docs/decisions/0005-persons-in-answers.md says.
 */
export class DatasetReader implements RootReader {
  readonly #markup: MarkupReader
  readonly #seen: PersonsSeen
  readonly #axes: AxesReader
  #section = ''
  #cells = 0
  #hasValue = false
  #isError = false
  /** Is the cell in hand of a measure that is named for person numbers? */
  #named = false
  /** `null` until the value has said what it is. */
  #amount: boolean | null = null
  #texts: string[] = []
  #typed: Attributes | null = null
  #typedAmount = true

  constructor(markup: MarkupReader, seen: PersonsSeen, vocabulary: Vocabulary) {
    this.#markup = markup
    this.#seen = seen
    this.#axes = new AxesReader(markup, seen, vocabulary)
  }

  open(name: MarkupName, depth: number): void {
    if (depth === 1) this.#section = name.local
    else if (this.#section === 'Axes') this.#axes.open(name, depth)
    else if (this.#section === 'CellData') this.#openInCells(name, depth)
  }

  close(name: MarkupName, depth: number): void {
    if (this.#section === 'Axes') this.#axes.close(name, depth)
    else if (this.#section === 'CellData') this.#closeInCells(name, depth)
  }

  end(): void {
    this.#axes.end()
    this.#lookAtCell()
  }

  /** Without rows a dataset shows one. */
  found(): Found {
    const axes = this.#axes.tuples()
    return { rows: axes[1] ?? 1, cells: this.#cells, axes, model: [] }
  }

  #openInCells(name: MarkupName, depth: number): void {
    if (depth === 2) {
      this.#hasValue = false
      this.#isError = false
      this.#amount = null
      this.#named = this.#axes.anyNamed && this.#axes.isNamedCell(this.#ordinal())
    } else if (depth === 4 && name.local === 'Error') this.#isError = true
  }

  #ordinal(): number {
    return Number(attribute(this.#markup.attributes(), 'CellOrdinal') ?? Number.NaN)
  }

  #closeInCells(name: MarkupName, depth: number): void {
    if (depth === 2) this.#closeCell()
    else if (depth !== 3) return
    else if (name.local === 'Value') this.#closeValue()
    else if (name.local === 'FmtValue') this.#closeFormatted()
  }

  #closeValue(): void {
    // An empty value is an empty text, unless it says that it is none.
    this.#hasValue ||= !this.#markup.textIsEmpty || !isNil(this.#markup)
    this.#amount = this.#isAmount()
    if (!this.#markup.mayHoldPerson() && !this.#named) return
    if (!this.#amount || this.#named || this.#markup.mayHoldHyphenated()) this.#texts.push(this.#markup.text())
  }

  /** Most values say of themselves what the last one said. */
  #isAmount(): boolean {
    const attributes = this.#markup.attributes()
    if (attributes === this.#typed) return this.#typedAmount
    const type = attribute(attributes, 'type')
    this.#typed = attributes
    this.#typedAmount = type === null || isNumericType(type)
    return this.#typedAmount
  }

  #closeFormatted(): void {
    this.#hasValue ||= !this.#markup.textIsEmpty
    if (this.#markup.mayHoldPerson() || this.#named) this.#texts.push(this.#markup.text())
  }

  #closeCell(): void {
    if (this.#hasValue && !this.#isError) this.#cells += 1
    if (this.#texts.length > 0) this.#lookAtCell()
  }

  #lookAtCell(): void {
    for (const text of this.#texts) {
      if (this.#amount ?? true) lookAtAmount(this.#seen, text, 'cell', this.#named)
      else this.#seen.look(text, 'cell', () => this.#named)
    }
    this.#texts = []
  }
}

function isNil(markup: MarkupReader): boolean {
  if (!markup.hasAttributes) return false
  const nil = attribute(markup.attributes(), 'nil')
  return nil === 'true' || nil === '1'
}
