/** What tests of every language ask of a reader: it reads, or it refuses with one of its own two errors. */
import assert from 'node:assert/strict'
import { StatementLimitError, StatementSyntaxError } from '../../proxy/language/syntax-error.ts'

type Reader = (text: string) => unknown

/** True if `read` reads `text`, false if it refuses as it should. Anything else is thrown on. */
export function isReadableBy(read: Reader, text: string): boolean {
  try {
    read(text)
    return true
  } catch (error) {
    if (error instanceof StatementSyntaxError || error instanceof StatementLimitError) return false
    throw new Error(`neither read nor refused: ${JSON.stringify(text.slice(0, 300))}`, { cause: error })
  }
}

/** `text` has the place of the mistake between two carets; a mistake at the end is shown as `^^`. */
export function assertRefusedAt(read: Reader, text: string, expected: string): void {
  const start = text.indexOf('^')
  const end = text.lastIndexOf('^') - 1
  const clean = text.slice(0, start) + text.slice(start + 1, end + 1) + text.slice(end + 2)
  assert.throws(
    () => read(clean),
    (error) => {
      assert.ok(error instanceof StatementSyntaxError, String(error))
      assert.equal(error.expected, expected)
      assert.deepEqual([error.region.start.offset, error.region.end.offset], [start, end])
      return true
    },
  )
}
