import type { Named } from '../../../schema/record/person-number.ts'
import type { PersonsSeen, Place } from '../persons/persons-seen.ts'
import { lookAtAmount } from '../persons/persons-seen.ts'
import { attribute } from './attributes.ts'
import type { Column } from './column-name.ts'
import { decodeColumnName, isNumericType } from './column-name.ts'
import type { MarkupName } from './markup-name.ts'
import type { MarkupReader } from './markup.ts'
import { ModelRow, ModelRows, isModelColumn } from './model-rows.ts'
import type { Found, RootReader } from './root-reader.ts'

interface Value {
  readonly column: Column
  readonly text: string
  readonly amount: boolean
}

interface Declared {
  readonly field: string | null
  readonly type: string | null
}

/** Columns whose value tells what level a member in the same row belongs to. */
const LEVELS = new Set(['LEVEL_UNIQUE_NAME', 'HIERARCHY_UNIQUE_NAME'])
const MAX_COLUMNS = 5_000
/** A row with more values that may be persons is looked at in portions. */
const MAX_VALUES = 1_000
const MAX_HELD = 4 * 1024 * 1024

/**
 * Counts the rows of a tabular answer and looks at their columns. A row of MDSCHEMA_MEMBERS tells in one column what
 * level the member in another belongs to, so a row is looked at when it is whole. An error in the place of a value tells
 * of no person (its text repeats the question).
 */
export class RowsetReader implements RootReader {
  readonly #markup: MarkupReader
  readonly #seen: PersonsSeen
  readonly #model = new ModelRows()
  readonly #owner = Symbol('rowset')
  /** Real names and types, as the inline schema gives them for `C0`, `C1`… */
  readonly #schema = new Map<string, Declared>()
  #rows = 0
  #inRow = false
  #values: Value[] = []
  #held = 0
  #members = false
  #namedRow: Named = false
  #row: ModelRow | null = null
  /** Depth of the error that is open, 0 when none is. */
  #error = 0

  constructor(markup: MarkupReader, seen: PersonsSeen) {
    this.#markup = markup
    this.#seen = seen
  }

  open(name: MarkupName, depth: number): void {
    if (depth === 1) this.#inRow = name.local === 'row'
    else if (!this.#inRow) {
      if (name.local === 'element') this.#declare()
    } else if (depth > 2) this.#openWithin(name, depth)
  }

  close(name: MarkupName, depth: number): void {
    if (!this.#inRow) return
    if (depth === 1) this.#closeRow()
    else if (this.#error === 0) this.#value(name)
    else if (depth === this.#error) this.#error = 0
  }

  end(): void {
    this.#look()
  }

  found(): Found {
    return { rows: this.#rows, cells: null, axes: [], model: this.#model.facts() }
  }

  /** An element in a value: the text before it is part of the value too. */
  #openWithin(name: MarkupName, depth: number): void {
    const around = this.#markup.ancestor(1)
    if (this.#error > 0) return
    if (around !== undefined && !this.#markup.textIsEmpty) this.#value(around)
    if (name.local === 'Error') this.#error = depth
  }

  #closeRow(): void {
    this.#rows += 1
    if (this.#values.length > 0) this.#look()
    if (this.#row !== null) this.#model.add(this.#row)
    this.#row = null
    this.#members = false
    this.#namedRow = false
  }

  /** A column may itself be a person, where members were laid out over columns. */
  #declare(): void {
    const attributes = this.#markup.attributes()
    const name = attribute(attributes, 'name')
    if (name === null || this.#schema.size >= MAX_COLUMNS) return
    const declared = { field: attribute(attributes, 'field'), type: attribute(attributes, 'type') }
    this.#schema.set(name, declared)
    this.#lookAtName(declared.field ?? decodeColumnName(name))
  }

  #lookAtName(name: string): void {
    this.#seen.look(name, 'column', () => this.#seen.naming(name))
  }

  #value(name: MarkupName): void {
    const column = name.column?.owner === this.#owner ? name.column : this.#column(name)
    if (column.telling) this.#tell(column)
    const named = column.naming === true || this.#namedRow === true
    if (!named && !this.#markup.mayHoldPerson()) return
    // A type at the value itself is that of a variant column, and goes before the column's.
    const type = attribute(this.#markup.attributes(), 'type')
    const typed = type === null ? column.amounts : isNumericType(type)
    const text = this.#markup.text()
    // A unique name is no amount, whatever the column says.
    const amount = typed && !text.startsWith('[')
    if (amount && !named && !this.#members && !this.#markup.mayHoldHyphenated()) return
    this.#values.push({ column, text, amount })
    this.#held += text.length
    if (this.#values.length > MAX_VALUES || this.#held > MAX_HELD) this.#look()
  }

  #tell({ name }: Column): void {
    const text = this.#markup.text()
    if (LEVELS.has(name)) {
      const naming = this.#seen.naming(text)
      if (this.#namedRow === false || (naming !== false && name === 'LEVEL_UNIQUE_NAME')) this.#namedRow = naming
    }
    if (name === 'MEMBER_UNIQUE_NAME') this.#members = true
    if (!isModelColumn(name)) return
    this.#row ??= new ModelRow()
    this.#row.set(name, text)
  }

  #column(name: MarkupName): Column {
    const declared = this.#schema.get(name.local)
    const real = declared?.field ?? decodeColumnName(name.local)
    const naming = this.#seen.naming(real)
    const amounts = isNumericType(declared?.type ?? null) || /^\[measures\]/i.test(real)
    const telling = LEVELS.has(real) || real === 'MEMBER_UNIQUE_NAME' || isModelColumn(real)
    const column = { owner: this.#owner, name: real, naming, amounts, telling }
    name.column = column
    if (declared === undefined) this.#lookAtName(real)
    return column
  }

  /** The column tells, else the level of the member in this row, else the path that the value is. */
  #namingOf({ naming }: Column, text: string): Named {
    if (naming !== false) return naming
    const row = this.#members && this.#namedRow
    return row === false && text.startsWith('[') ? this.#seen.naming(text) : row
  }

  #look(): void {
    const place: Place = this.#members ? 'member' : 'column'
    for (const { column, text, amount } of this.#values) {
      const named = this.#namingOf(column, text)
      if (amount) lookAtAmount(this.#seen, text, place, named)
      else this.#seen.look(text, place, () => named)
    }
    this.#values = []
    this.#held = 0
  }
}
