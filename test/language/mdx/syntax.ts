/** Helpers for tests of the MDX grammar. */
import assert from 'node:assert/strict'
import type { Statement } from '../../../proxy/language/mdx/ast.ts'
import { parseMdx, readMdx } from '../../../proxy/language/mdx/read.ts'
import type { Parameters, StatementFacts } from '../../../proxy/language/statement.ts'
import { StatementLimitError, StatementSyntaxError } from '../../../proxy/language/syntax-error.ts'

/** `text` has the place of the mistake between two carets; a mistake at the end is shown as `^^`. */
export function assertSyntaxError(text: string, expected: string): void {
  const start = text.indexOf('^')
  const end = text.lastIndexOf('^') - 1
  const clean = text.slice(0, start) + text.slice(start + 1, end + 1) + text.slice(end + 2)
  assert.throws(
    () => parseMdx(clean),
    (error) => {
      assert.ok(error instanceof StatementSyntaxError, String(error))
      assert.equal(error.expected, expected)
      assert.deepEqual([error.region.start.offset, error.region.end.offset], [start, end])
      return true
    },
  )
}

/** The trees without their places in the text. */
export const treesOf = (text: string): Statement['body'][] => parseMdx(text).map(({ body }) => body)

export function onlyFacts(text: string, parameters: Readonly<Record<string, string>> = {}): StatementFacts {
  const given: Parameters = new Map(Object.entries(parameters))
  const [facts, ...others] = readMdx(text, { parameters: given })
  assert.ok(facts !== undefined && others.length === 0, 'one statement')
  return facts
}

/** Reads `text`; true if it could be read, false if it was refused as it should be. Anything else is thrown on. */
export function isReadable(text: string): boolean {
  try {
    readMdx(text)
    return true
  } catch (error) {
    if (error instanceof StatementSyntaxError || error instanceof StatementLimitError) return false
    throw new Error(`neither read nor refused: ${JSON.stringify(text.slice(0, 300))}`, { cause: error })
  }
}
