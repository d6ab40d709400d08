/** Helpers for tests of DAX. */
import assert from 'node:assert/strict'
import { readDax, type DaxOptions } from '../../../proxy/language/dax/read.ts'
import type { StatementFacts } from '../../../proxy/language/statement.ts'
import { StatementLimitError, StatementSyntaxError } from '../../../proxy/language/syntax-error.ts'

export function factsOf(text: string, parameters: Readonly<Record<string, string>> = {}): StatementFacts {
  const [facts, ...others] = readDax(text, { parameters: new Map(Object.entries(parameters)) })
  assert.ok(facts !== undefined && others.length === 0, 'one statement')
  return facts
}

/** `Borger[CPR] in 1|2` for each criterion. */
export function criteriaOf(text: string, parameters: Readonly<Record<string, string>> = {}): readonly string[] {
  return factsOf(text, parameters).criteria.map(({ dimension, op, values }) => `${dimension} ${op} ${values.join('|')}`)
}

export const dimensionsOf = (text: string): readonly string[] => factsOf(text).dimensions.map(({ path }) => path)

export const measuresOf = (text: string): readonly string[] => factsOf(text).measures.map(({ measure }) => measure)

/** Reads `text`; true if it could be read, false if it was refused as it should be. Anything else is thrown on. */
export function isReadable(text: string, options: DaxOptions = {}): boolean {
  try {
    readDax(text, options)
    return true
  } catch (error) {
    if (error instanceof StatementSyntaxError || error instanceof StatementLimitError) return false
    throw new Error(`neither read nor refused: ${JSON.stringify(text.slice(0, 300))}`, { cause: error })
  }
}

/** `text` has the place of the mistake between two carets; a mistake at the end is shown as `^^`. */
export function assertSyntaxError(text: string, expected: string): void {
  const start = text.indexOf('^')
  const end = text.lastIndexOf('^') - 1
  const clean = text.slice(0, start) + text.slice(start + 1, end + 1) + text.slice(end + 2)
  assert.throws(
    () => readDax(clean),
    (error) => {
      assert.ok(error instanceof StatementSyntaxError, String(error))
      assert.equal(error.expected, expected)
      assert.deepEqual([error.region.start.offset, error.region.end.offset], [start, end])
      return true
    },
  )
}
