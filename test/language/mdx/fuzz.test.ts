import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { printStatements } from '../../../proxy/language/mdx/printer.ts'
import { parseMdx, readMdx } from '../../../proxy/language/mdx/read.ts'
import { everyString, patched } from '../odd-text.ts'
import { isReadable, treesOf } from './syntax.ts'

const SEEDS = readFileSync(join(import.meta.dirname, '../../fixtures/mdx/identity.mdx'), 'utf8')
  .trimEnd()
  .split('\n')

test('no text, however odd, makes the parser throw anything but its own two errors', () => {
  let readable = 0
  for (const text of everyString(`[].&{}' a`.split(''), 5)) if (isReadable(text)) readable++
  assert.ok(readable > 0)
})

test('no expression, however odd, is neither read nor refused', () => {
  const parts = [
    '[a]',
    '.',
    '&[1]',
    '(',
    ')',
    '{',
    ',',
    '}',
    ':',
    '-',
    '*',
    ' NOT ',
    '.Members',
    '@p',
    "'x'",
    'StrToSet("{[a].[b]}")',
  ]
  let readable = 0
  for (const set of everyString(parts, 3)) if (isReadable(`SELECT ${set} ON 0 FROM c WHERE ${set}`)) readable++
  assert.ok(readable > 100)
})

test('statements cut and patched at random are read or refused, and what is read prints back to the same tree', () => {
  fc.assert(
    fc.property(patched(SEEDS, `[]{}()'".,&@:*-+`), (text) => {
      if (!isReadable(text)) return
      assert.deepEqual(treesOf(printStatements(parseMdx(text))), treesOf(text))
    }),
    { numRuns: 5000 },
  )
})

const name = fc
  .string({ minLength: 1, maxLength: 8, unit: 'grapheme' })
  .map((text) => `[${text.replaceAll(']', ']]')}]`)

test('a member of any name in the slicer comes out as a criterion, letter by letter', () => {
  fc.assert(
    fc.property(name, name, name, (dimension, hierarchy, key) => {
      fc.pre(dimension.toLowerCase() !== '[measures]' && !/^\[\s*\(?all/i.test(hierarchy))
      const member = `${dimension}.${hierarchy}.&${key}`
      const [facts] = readMdx(`SELECT FROM c WHERE (${member})`)
      assert.deepEqual(
        facts?.criteria.flatMap(({ values }) => values),
        [member],
      )
    }),
  )
})

test('a person’s number in any position where a member can stand is found', () => {
  const person = '[Borger].[CPR].&[1204415123]'
  const places = ['{@}', '(@, [A].[b].&[1])', 'Filter({@}, 1 = 1)', 'Generate({@}, {[A].[b].CurrentMember})', '@.Parent', '@:@', '{@} * {@}',
    'Head({@}, 1).Item(0)', 'Except([A].[b].Members, {@})', 'IIf(1 = 1, @, @)', 'Foo(1, @)', 'Order([A].[b].Members, (@, [Measures].[m]))',
    'Descendants(@)', 'TopCount([A].[b].Members, 5, (@, [Measures].[m]))', 'Sum({@})', 'CASE WHEN 1 = 1 THEN @ END', 'Ancestor(@, 1)',
    'Filter([A].[b].Members, [A].[b].CurrentMember IS @)', 'LinkMember(@, [A].[b])', 'Rank(@, [A].[b].Members)', '@.Name', '-{@}',
    'Exists([A].[b].Members, @)', 'StrToSet("{@}")', 'PeriodsToDate([A].[b].[c], @)', 'Head([A].[b].Members, Count({@}))', 'Ancestor([A].[b].&[1], @)'] // prettier-ignore
  const place = fc.constantFrom(...places)
  fc.assert(
    fc.property(fc.array(place, { minLength: 1, maxLength: 4 }), (nest) => {
      const set = nest.reduceRight(
        (inner, outer) => outer.replaceAll('@', inner.includes('"') ? person : inner),
        person,
      )
      fc.pre(isReadable(`SELECT ${set} ON 0 FROM c`))
      const [facts] = readMdx(`SELECT ${set} ON 0 FROM c`)
      assert.ok(
        facts?.criteria.some(({ values }) => values.includes(person)),
        set,
      )
    }),
    { numRuns: 2000 },
  )
})
