/** Helpers for tests of DAX. */
import assert from 'node:assert/strict'
import { readDax, type DaxOptions } from '../../../proxy/language/dax/read.ts'
import type { StatementFacts } from '../../../proxy/language/statement.ts'
import { assertRefusedAt, isReadableBy } from '../refusal.ts'

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

export const isReadable = (text: string, options: DaxOptions = {}): boolean =>
  isReadableBy((one) => readDax(one, options), text)

/** `text` has the place of the mistake between two carets; a mistake at the end is shown as `^^`. */
export const assertSyntaxError = (text: string, expected: string): void => assertRefusedAt(readDax, text, expected)
