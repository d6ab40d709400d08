import { namesPersonNumbers } from '../../../schema/record/person-number.ts'
import type { PersonsSeen, Place } from '../persons-seen.ts'
import { hasSixDigits, lookAtAmount } from '../persons-seen.ts'
import { attribute, decodeColumnName, isNumericType, localName } from './column-name.ts'
import type { RootReader } from './root-reader.ts'

interface Column {
  readonly name: string
  readonly named: boolean
  /** Numbers by its type, or a measure. */
  readonly amounts: boolean
}

interface Value {
  readonly column: Column
  readonly text: string
  readonly amount: boolean
}

/** Columns whose value tells what the other columns of the same row are about. */
const PLACES = new Set(['LEVEL_UNIQUE_NAME', 'HIERARCHY_UNIQUE_NAME'])
const MAX_COLUMNS = 5_000
/** A row of more than this many values that may be persons is looked at in portions. */
const MAX_VALUES = 1_000

/**
 * Counts the rows of a tabular answer and looks at their columns. A row of MDSCHEMA_MEMBERS tells in one column what
 * level the member in another belongs to, so a row is looked at when it is whole.
 */
export class RowsetReader implements RootReader {
  readonly #seen: PersonsSeen
  readonly #columns = new Map<string, Column>()
  /** Real names and types, as the inline schema gives them for `C0`, `C1`… */
  readonly #schema = new Map<string, { readonly field: string | null; readonly type: string | null }>()
  #rows = 0
  #inRow = false
  #values: Value[] = []
  #members = false
  #namedRow = false
  #type: string | null = null

  constructor(seen: PersonsSeen) {
    this.#seen = seen
  }

  open(name: string, depth: number, attributes: Readonly<Record<string, string>>): void {
    if (depth === 1) this.#inRow = name === 'row'
    else if (this.#inRow) this.#type = attribute(attributes, 'type')
    else if (name === 'element') this.#declare(attributes)
  }

  close(name: string, depth: number, text: string): void {
    if (!this.#inRow) return
    if (depth > 1) this.#value(name, text)
    else {
      this.#rows += 1
      this.#look()
      this.#members = false
      this.#namedRow = false
    }
  }

  counts(): { readonly rows: number; readonly cells: null } {
    return { rows: this.#rows, cells: null }
  }

  #declare(attributes: Readonly<Record<string, string>>): void {
    const name = attribute(attributes, 'name')
    if (name === null || this.#schema.size >= MAX_COLUMNS) return
    this.#schema.set(name, { field: attribute(attributes, 'field'), type: attribute(attributes, 'type') })
  }

  #value(name: string, text: string): void {
    if (PLACES.has(name)) this.#namedRow ||= namesPersonNumbers(text, this.#seen.rules)
    if (name === 'MEMBER_UNIQUE_NAME') this.#members = true
    if (!hasSixDigits(text)) return
    const column = this.#column(name)
    // A type at the value itself is that of a variant column, and goes before the column's.
    const amount = this.#type === null ? column.amounts : isNumericType(this.#type)
    this.#values.push({ column, text, amount })
    if (this.#values.length > MAX_VALUES) this.#look()
  }

  #column(name: string): Column {
    const known = this.#columns.get(name)
    if (known !== undefined) return known
    const declared = this.#schema.get(name)
    const real = declared?.field ?? decodeColumnName(localName(name))
    const named = namesPersonNumbers(real, this.#seen.rules)
    const column = { name: real, named, amounts: isNumericType(declared?.type ?? null) || /^\[measures\]/i.test(real) }
    if (this.#columns.size < MAX_COLUMNS) this.#columns.set(name, column)
    return column
  }

  #look(): void {
    const place: Place = this.#members ? 'member' : 'column'
    const { rules } = this.#seen
    for (const { column, text, amount } of this.#values) {
      const named = column.named || (this.#members && this.#namedRow)
      if (amount) lookAtAmount(this.#seen, text, place, named)
      else this.#seen.look(text, place, () => named || (text.startsWith('[') && namesPersonNumbers(text, rules)))
    }
    this.#values = []
  }
}
