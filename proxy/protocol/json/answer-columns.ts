/**
 * What the columns of an answer are called where the rows do not say it themselves: rows that are lists, whose names stand
 * before or behind them, and the data shapes of Power BI, whose names stand in a descriptor, whose texts in dictionaries.
 */
import type { Kept } from './answer-fault.ts'

const MAX_COLUMNS = 2000
/** Numbers that wait for the name of their column. */
const MAX_WAITING = 50_000

const COLUMN_LISTS = new Set(['cols', 'columns', 'colnames', 'qDimensionInfo', 'qMeasureInfo'])

export interface Waiting {
  readonly column: number
  readonly text: string
}

export class AnswerColumns {
  readonly names: string[] = []
  readonly waiting: Waiting[] = []
  /** Names of measures, whose values are amounts also where they are written as texts. */
  readonly measures = new Set<string>()
  /** Places of columns that are. */
  readonly amounts = new Set<number>()
  /** Of a data shape: `G0` → `Borger.CPR`; `D0` → `G0`; per level the columns in order. */
  readonly #calculations = new Map<string, string>()
  readonly #dictionaries = new Map<string, string>()
  readonly #schemas = new Map<string, string[]>()

  /** A text in a list. */
  listed(list: string, text: string): void {
    if (COLUMN_LISTS.has(list)) this.#add(this.names, text)
    else if (list === 'measures' && this.measures.size < MAX_COLUMNS) this.measures.add(text)
  }

  /** An object in a list; `level` is the list of rows around it. */
  described(list: string, kept: Kept, level: string): void {
    if (list === 'qMeasureInfo') this.amounts.add(this.names.length)
    if (COLUMN_LISTS.has(list)) this.#add(this.names, titleOf(kept))
    else if (list === 'Select') this.#name(kept.get('Value'), kept.get('Name'))
    else if (list === 'GroupKeys') this.#name(kept.get('Calc'), kept.get('Property'))
    else if (list === 'S') this.#schema(level, kept.get('N') ?? '', kept.get('DN'))
  }

  wait(column: number, text: string): void {
    if (this.waiting.length < MAX_WAITING) this.waiting.push({ column, text })
  }

  calculation(name: string): string {
    return this.#calculations.get(name) ?? ''
  }

  dictionary(name: string): string {
    return this.calculation(this.#dictionaries.get(name) ?? '')
  }

  /**
   * The column of the value at `place` in a row of a data shape, which leaves out what is as in the row before and what is
   * null; the bits of `left` say which.
   */
  shapeColumn(level: string, place: number, left: readonly number[]): string {
    const schema = this.#schemas.get(level) ?? []
    let given = -1
    for (const [column, name] of schema.entries()) {
      if (left.some((mask) => Math.floor(mask / 2 ** column) % 2 === 1)) continue
      given += 1
      if (given === place) return name
    }
    return ''
  }

  #name(calculation: string | undefined, name: string | undefined): void {
    if (calculation === undefined || name === undefined || this.#calculations.size >= MAX_COLUMNS) return
    if (!this.#calculations.has(calculation)) this.#calculations.set(calculation, name)
  }

  /** A level's schema stands in its first row, and again where it changes: then it begins with the same name. */
  #schema(level: string, calculation: string, dictionary: string | undefined): void {
    const schema = this.#schemas.get(level) ?? []
    if (schema[0] === calculation) schema.length = 0
    this.#schemas.set(level, schema)
    this.#add(schema, calculation)
    if (dictionary !== undefined && this.#dictionaries.size < MAX_COLUMNS)
      this.#dictionaries.set(dictionary, calculation)
  }

  #add(names: string[], name: string): void {
    if (names.length < MAX_COLUMNS) names.push(name)
  }
}

/** Name and caption, as the segments of a path: either may tell. */
function titleOf(kept: Kept): string {
  const titles = ['name', 'column_name', 'display_name', 'qFallbackTitle'].flatMap((key) => kept.get(key) ?? [])
  return titles.map((title) => `[${title.replaceAll(']', ']]')}]`).join('.')
}
