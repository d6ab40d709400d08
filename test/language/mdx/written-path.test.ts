import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { parseMdx } from '../../../proxy/language/mdx/read.ts'
import { StatementLimitError, StatementSyntaxError } from '../../../proxy/language/syntax-error.ts'

/** What stands on the axis, or what the parser complained of. */
function axisOf(path: string): unknown {
  try {
    const [statement] = parseMdx(`SELECT ${path} ON 0 FROM c`)
    return statement?.body.kind === 'select' ? statement.body.axes[0]?.set : null
  } catch (error) {
    return error instanceof StatementSyntaxError ? error.expected : assert.fail()
  }
}

const name = fc.constantFrom('[a]', '[b.c]', '[d]]e]', '[]', '[CurrentMember]', '[Currentmembers]', '[Måned]')
const step = fc.oneof(
  { arbitrary: name.map((text) => ['.', text]), weight: 4 },
  {
    arbitrary: fc
      .array(name, { minLength: 1, maxLength: 3 })
      .map((keys) => ['.', ...keys.flatMap((key) => ['&', key])]),
    weight: 2,
  },
  name.map((text) => ['&', text]),
  fc.constantFrom(
    ['.', 'Members'],
    ['.', 'x'],
    ['&', 'x'],
    ['(', '0', ')'],
    ['!', 'f', '(', ')'],
    ['.', '(', ')'],
    ['[z]'],
    ['.'],
    ['&'],
  ),
)

test('a path reads the same as programs write it and with blanks between all its signs', () => {
  fc.assert(
    fc.property(name, fc.array(step, { maxLength: 5 }), (first, steps) => {
      const signs = [first, ...steps.flat()]
      assert.deepEqual(axisOf(signs.join('')), axisOf(signs.join(' ')), signs.join(''))
    }),
    { numRuns: 3000 },
  )
})

test('a path costs as many tokens as it has, however it is written', () => {
  const needs = (path: string): number => {
    for (let maxTokens = 1; ; maxTokens += 1) {
      try {
        parseMdx(`SELECT ${path} ON 0 FROM c`, { maxTokens })
        return maxTokens
      } catch (error) {
        assert.ok(error instanceof StatementLimitError)
      }
    }
  }
  for (const path of ['[a]', '[a].[b]', '[a].[b].&[c]', '[a].&[b]&[c].[d]', '[a].[b].Members'])
    assert.equal(needs(path), needs(path.replaceAll(/(?=[.&[])/g, ' ')), path)
})
