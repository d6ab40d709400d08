/**
 * Queries made at random: grown by a grammar with somebody's number somewhere in them, and then cut and patched.
 *
 * What is grown must be read, and the number found. What is patched may be refused, but only by our own two errors, and
 * in a time that its length explains.
 */
import assert from 'node:assert/strict'
import { readDax } from '../../proxy/language/dax/read.ts'
import { StatementLimitError, StatementSyntaxError } from '../../proxy/language/syntax-error.ts'
import type { Random } from '../support/random.ts'
import { campaign } from './campaign.ts'

const PERSON = '0707334285'

/** For a text of at most 100 kB, on a busy machine. */
const MOST_MS = 5000

const COLUMNS = ["'Borger'[Navn]", "'Ydelse'[Kode]", 'Sag[Type]', "'It''s'[a]]b]", "'Dato'[Dato].[År]"] as const
const NUMBERS = [
  '1',
  '2.5',
  '1E3',
  '-7',
  'DATE(2029, 1, 31)',
  '@p',
  '"x"',
  'TRUE()',
  'BLANK()',
  'dt"2029-01-31"',
] as const

/** Grows expressions. One of its values is the person; `depth` is how much deeper it may go. */
class Grower {
  readonly #random: Random
  #isPlaced = false

  constructor(random: Random) {
    this.#random = random
  }

  query(): string {
    const { value, table } = this.#bound()
    const formula = this.#random.below(2) === 0 ? `DEFINE MEASURE Sag[Målt] = ${value(5)}` : ''
    const rows = formula === '' ? table(6) : `ADDCOLUMNS(${table(4)}, "x", [Målt])`
    const last = this.#isPlaced ? '' : `EVALUATE { ${this.#person()} }`
    return `${formula} EVALUATE ${rows} ORDER BY ${this.#random.of(COLUMNS)} DESC ${last}`
  }

  #bound(): { readonly value: (depth: number) => string; readonly table: (depth: number) => string } {
    return { value: (depth) => this.#value(depth), table: (depth) => this.#table(depth) }
  }

  #person(): string {
    this.#isPlaced = true
    return this.#random.of([`"${PERSON}"`, PERSON, '("070733" & "4285")', '"070733-4285"', 'VALUE("0707334285")'])
  }

  #value(depth: number): string {
    if (!this.#isPlaced && this.#random.below(6) === 0) return this.#person()
    const column = this.#random.of(COLUMNS)
    if (depth <= 0) return this.#random.of([column, this.#random.of(NUMBERS), '[Antal]'])
    const [value, table] = [() => this.#value(depth - 1), () => this.#table(depth - 1)]
    return this.#random.of([
      () => `SUM(${column})`,
      () => `(${value()} + ${value()})`,
      () => `(${value()} & ${value()})`,
      () => `IF(${this.#condition(depth - 1)}, ${value()}, ${value()})`,
      () => `CALCULATE(${value()}, ${this.#filter(depth - 1)})`,
      () => `SUMX(${table()}, ${value()})`,
      () => `COUNTROWS(${table()})`,
      () => `DIVIDE(${value()}, ${value()})`,
      () => `(VAR v = ${value()} VAR w = v RETURN w)`,
      () => `SWITCH(${value()}, ${value()}, ${value()}, ${value()})`,
      () => `LOOKUPVALUE(${column}, ${column}, ${value()})`,
      () => `SELECTEDVALUE(${column}, ${value()})`,
      () => `NEVER.HEARD.OF(${value()}, ${table()})`,
    ])()
  }

  #condition(depth: number): string {
    const column = this.#random.of(COLUMNS)
    const value = () => this.#value(depth - 1)
    if (depth <= 0) return `${column} = ${value()}`
    const condition = () => this.#condition(depth - 1)
    return this.#random.of([
      () => `${column} ${this.#random.of(['=', '==', '<>', '<', '>='])} ${value()}`,
      () => `${value()} = ${column}`,
      () => `${column} IN { ${value()}, ${value()} }`,
      () => `(${column}, ${column}) IN { (${value()}, ${value()}) }`,
      () => `NOT ${condition()}`,
      () => `(${condition()} && ${condition()})`,
      () => `OR(${condition()}, ${condition()})`,
      () => `CONTAINSSTRING(${column}, ${value()})`,
      () => `SEARCH(${value()}, ${column}, 1, 0) > 0`,
      () => `LEFT(${column}, 10) = ${value()}`,
      () => `CONTAINSROW({ ${value()} }, ${column})`,
      () => `PATHCONTAINS(${value()}, ${column})`,
      () => `SWITCH(TRUE(), ${condition()}, TRUE(), FALSE())`,
    ])()
  }

  #filter(depth: number): string {
    const column = this.#random.of(COLUMNS)
    return this.#random.of([
      () => this.#condition(depth),
      () => `KEEPFILTERS(${this.#condition(depth)})`,
      () => `TREATAS({ ${this.#value(depth)} }, ${column})`,
      () => `FILTER(ALL(${column}), ${this.#condition(depth)})`,
      () => `DATESBETWEEN(${column}, ${this.#value(depth)}, ${this.#value(depth)})`,
      () => this.#table(depth),
    ])()
  }

  #table(depth: number): string {
    const column = this.#random.of(COLUMNS)
    if (depth <= 0) return this.#random.of(["'Borger'", `VALUES(${column})`, `ALL(${column})`])
    const [table, value] = [() => this.#table(depth - 1), () => this.#value(depth - 1)]
    return this.#random.of([
      () => `FILTER(${table()}, ${this.#condition(depth - 1)})`,
      () => `CALCULATETABLE(${table()}, ${this.#filter(depth - 1)})`,
      () => `SUMMARIZECOLUMNS(${column}, ${this.#tableFilter(depth - 1)}, "x", ${value()})`,
      () => `SUMMARIZE(${table()}, ${column}, "x", ${value()})`,
      () => `ADDCOLUMNS(${table()}, "x", ${value()})`,
      () => `SELECTCOLUMNS(${table()}, "x", ${value()}, ${column})`,
      () => `TOPN(${this.#random.of(NUMBERS)}, ${table()}, ${value()}, DESC)`,
      () => `UNION(${table()}, ROW("x", ${value()}))`,
      () => `GENERATE(${table()}, ${table()})`,
      () => `{ (${value()}, ${value()}), (1, "x") }`,
      () => `(VAR t = ${table()} RETURN t)`,
      () => `GROUPBY(${table()}, ${column}, "x", MAXX(CURRENTGROUP(), ${value()}))`,
    ])()
  }

  #tableFilter(depth: number): string {
    return `TREATAS({ ${this.#value(depth)} }, ${this.#random.of(COLUMNS)})`
  }
}

const SIGNS = `[](){}'",;&@=-+<#`
const PIECES = [' VAR ', ' RETURN ', ' EVALUATE ', ' NOT ', ' IN ', '/*', '--', 'FILTER(', '1E', ''] as const
const NESTS = ['(', '{', 'FILTER(', 'IF(1, ', 'NOT ', '- ', 'VAR v = ', "'", '"', '["', 'CALCULATE([M], '] as const

function patched(text: string, random: Random): string {
  let found = text
  for (let edits = random.below(5); edits >= 0; edits--) {
    const at = random.below(found.length + 1)
    const piece =
      random.below(20) === 0
        ? random.of(NESTS).repeat(random.below(3000))
        : random.of([...PIECES, SIGNS.charAt(random.below(SIGNS.length))])
    found = found.slice(0, at) + piece + found.slice(at + random.below(12))
  }
  return found
}

function read(text: string): readonly string[] | null {
  const begun = performance.now()
  try {
    return readDax(text).flatMap(({ criteria }) => criteria.flatMap(({ values }) => values))
  } catch (error) {
    if (error instanceof StatementSyntaxError || error instanceof StatementLimitError) return null
    throw new Error(`neither read nor refused: ${text.slice(0, 2000)}`, { cause: error })
  } finally {
    const took = performance.now() - begun
    assert.ok(took < MOST_MS, `${text.length} characters took ${took} ms: ${text.slice(0, 2000)}`)
  }
}

campaign('dax', (random) => {
  const query = new Grower(random).query()
  const values = read(query)
  assert.ok(values !== null, `refused: ${query}`)
  assert.ok(
    values.some((value) => value.replace('-', '').includes(PERSON)),
    `somebody was missed: ${query}`,
  )
  read(patched(query, random))
})
