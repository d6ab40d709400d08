/** Helpers for tests of the MDX grammar. */
import assert from 'node:assert/strict'
import type { Statement } from '../../../proxy/language/mdx/ast.ts'
import { parseMdx, readMdx } from '../../../proxy/language/mdx/read.ts'
import type { Parameters, StatementFacts } from '../../../proxy/language/statement.ts'
import { assertRefusedAt, isReadableBy } from '../refusal.ts'

/** `text` has the place of the mistake between two carets; a mistake at the end is shown as `^^`. */
export const assertSyntaxError = (text: string, expected: string): void => assertRefusedAt(parseMdx, text, expected)

/** The trees without their places in the text. */
export const treesOf = (text: string): Statement['body'][] => parseMdx(text).map(({ body }) => body)

export function onlyFacts(text: string, parameters: Readonly<Record<string, string>> = {}): StatementFacts {
  const given: Parameters = new Map(Object.entries(parameters))
  const [facts, ...others] = readMdx(text, { parameters: given })
  assert.ok(facts !== undefined && others.length === 0, 'one statement')
  return facts
}

export const isReadable = (text: string): boolean => isReadableBy(readMdx, text)
