import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { printStatements } from '../../../proxy/language/mdx/printer.ts'
import { parseMdx } from '../../../proxy/language/mdx/read.ts'
import { assertSyntaxError, treesOf } from './syntax.ts'

const IDENTITY = join(import.meta.dirname, '../../fixtures/mdx/identity.mdx')
const printed = (text: string): string => printStatements(parseMdx(text))

for (const line of readFileSync(IDENTITY, 'utf8').trimEnd().split('\n')) {
  test(`prints back the same: ${line.slice(0, 70)}`, () => {
    assert.equal(printed(line), line)
    assert.deepEqual(treesOf(printed(line)), treesOf(line))
  })
}

test('a syntax error says where, and what was expected there', () => {
  assertSyntaxError('SELECT [m] ON AXIS(^1.7^) FROM [Sager]', 'a whole axis number')
  assertSyntaxError('SELECT [m] ON ^SIDEN^ FROM [Sager]', 'a whole axis number')
  assertSyntaxError('SELECT {[a], [b] ^ON^ 0 FROM [Sager]', '}')
  assertSyntaxError('SELECT [a].^^', 'a name or a key')
  assertSyntaxError('SELECT [a] ON 0 ^WHERE^ [b]', 'FROM')
  assertSyntaxError('WITH ^SELECT^ [a] ON 0 FROM [Sager]', 'MEMBER or SET')
  assertSyntaxError('SELECT Filter([a], ^>^ 5) ON 0 FROM [Sager]', 'an expression')
  assertSyntaxError('^EVALUATE^ Sager', 'a statement')
  assertSyntaxError('SELECT [a] ON 0 FROM [Sager] ^[b]^', 'a statement')
})

test('a mistake in a quoted formula is shown at the whole string', () => {
  assertSyntaxError(`WITH MEMBER [m] AS ^'1 + + ,'^ SELECT [m] ON 0 FROM [Sager]`, 'an expression')
})

test('the error carries no word of the statement', () => {
  assert.throws(
    () => parseMdx('SELECT {[Borger].[CPR].&[1204415123] FROM'),
    (error) => error instanceof Error && !error.message.includes('1204415123') && error.message.endsWith('at 1:38'),
  )
})

test('lines and columns count from one', () => {
  assert.throws(() => parseMdx('SELECT [a]\nON\n  0 FRM [Sager]'), /expected FROM at 3:5$/)
})

test('a quoted formula and the same without quotes are one tree', () => {
  const quoted = `WITH MEMBER [Measures].[x] AS 'Sum({[a].[it''s]}, "b")', FORMAT_STRING = '#'SELECT [Measures].[x] ON 0 FROM c`
  const plain = `WITH MEMBER [Measures].[x] AS Sum({[a].[it's]}, 'b'), FORMAT_STRING = "#" SELECT [Measures].[x] ON 0 FROM c`
  assert.deepEqual(treesOf(quoted), treesOf(plain))
})

test('double quotes after AS hold a text, not code', () => {
  const [tree] = treesOf('WITH MEMBER [Measures].[x] AS "1 + 2" SELECT [Measures].[x] ON 0 FROM c')
  assert.deepEqual(tree?.kind === 'select' ? tree.definitions[0]?.formula : null, { kind: 'string', value: '1 + 2' })
})

test('axes may be numbered or named, in any order, in any case', () => {
  const axes = (text: string) =>
    treesOf(text).map((tree) => (tree.kind === 'select' ? tree.axes.map((a) => a.number) : []))
  assert.deepEqual(axes('select a on rows, b on Columns, c on axis(2), d on 3, e on CHAPTERS from x'), [
    [1, 0, 2, 3, 4],
  ])
})

test('chains of one level of precedence are one flat node, whatever their length', () => {
  const [tree] = treesOf(`SELECT ${Array(1000).fill('[a].[b]').join(' + ')} ON 0 FROM c`)
  const set = tree?.kind === 'select' ? tree.axes[0]?.set : undefined
  assert.equal(set?.kind === 'operation' ? set.operands.length : 0, 1000)
})

test('operators bind in their order: range, times, plus, comparison, not, and, or', () => {
  const explicit = 'SELECT Filter(s, (1 + (2 * 3) = 4 AND (NOT (5 < 6))) OR (7 > 8)) ON 0 FROM c'
  const strip = (text: string): string =>
    JSON.stringify(treesOf(text)).replaceAll(/\{"kind":"tuple","elements":\[(.*?)\]\}/g, '$1')
  const plain = treesOf('SELECT Filter(s, 1 + 2 * 3 = 4 AND NOT 5 < 6 OR 7 > 8) ON 0 FROM c')
  assert.match(JSON.stringify(plain), /"operators":\["OR"\]/)
  assert.ok(strip(explicit).includes('"operators":["AND"]'))
  const [tree] = plain
  const call = tree?.kind === 'select' ? tree.axes[0]?.set : undefined
  const condition = call?.kind === 'call' ? call.args[1] : undefined
  assert.deepEqual(condition?.kind === 'operation' ? condition.operators : null, ['OR'])
  const range = treesOf('SELECT a:b*c ON 0 FROM x')[0]
  const product = range?.kind === 'select' ? range.axes[0]?.set : undefined
  assert.deepEqual(product?.kind === 'operation' ? product.operators : null, ['*'])
})

test('several statements stand in one text, parted by semicolons, GO or nothing', () => {
  const text = ';SELECT a ON 0 FROM x;; SELECT b ON 0 FROM y\nGO\nSELECT c ON 0 FROM z SELECT d ON 0 FROM w;'
  assert.equal(parseMdx(text).length, 4)
  const [, second] = parseMdx(text)
  assert.equal(text.slice(second?.start, second?.end), 'SELECT b ON 0 FROM y')
})

test('an empty text, or one of blanks and comments, has no statement', () => {
  for (const text of ['', ' \r\n\t', '-- SELECT', '/* x */ // y', ';;']) assert.deepEqual(parseMdx(text), [])
})

test('block comments may nest where nothing else can be read', () => {
  assert.equal(parseMdx('SELECT /* a /* b */ c */ [a] ON 0 FROM [x]').length, 1)
})

test('white space is needed nowhere between brackets and words', () => {
  const tight = `WITH SET[s]AS'{[a].[b]}'MEMBER[Measures].[m]AS(1)SELECT{[s]}ON 0,[Measures].[m]ON 1FROM[c]WHERE([d].[e])`
  const loose = `WITH SET [s] AS {[a].[b]} MEMBER [Measures].[m] AS (1) SELECT {[s]} ON 0, [Measures].[m] ON 1 FROM [c] WHERE ([d].[e])`
  assert.deepEqual(treesOf(tight), treesOf(loose))
})

test('a FROM $SYSTEM in a name or a string makes no query of the server itself', () => {
  const kinds = (text: string) => treesOf(text).map(({ kind }) => kind)
  assert.deepEqual(kinds('SELECT [FROM $SYSTEM.x] ON 0 FROM [c]'), ['select'])
  assert.deepEqual(kinds('SELECT a ON 0 FROM (SELECT b ON 0 FROM [$SYSTEM])'), ['select'])
  assert.deepEqual(kinds('/* x */ select * from $system.discover_sessions'), ['dmv'])
})

test('texts that were escaped once too often, or that a program forgot to fill in, still say whom they ask about', () => {
  const plain = treesOf('WITH MEMBER [m] AS "x" SELECT [a].[b] ON 0 FROM [c]')
  assert.deepEqual(treesOf('WITH MEMBER [m] AS \\"x\\"\\n\\tSELECT\\s[a].[b] ON 0 FROM [c]'), plain)
  const parameter = treesOf('SELECT @kommune ON 0 FROM [c]')
  for (const template of ['${kommune}', '$[kommune]']) {
    assert.deepEqual(treesOf(`SELECT ${template} ON 0 FROM [c]`), parameter)
  }
  assert.equal(
    treesOf('SELECT {[Measures].<mål, mdx_name,>} ON 0, <akse, mdx_set,> ON 1 FROM <kube, mdx_name,>').length,
    1,
  )
  assert.equal(treesOf('SELECT {Sted.Kommune navn.Nordby} ON 0 FROM {kube}').length, 1)
})

test('a sign of comparison where an expression should begin opens a template only if it closes soon', () => {
  assertSyntaxError('SELECT ^<^ [a] ON 0 FROM [c]', 'an expression')
  assert.throws(() => parseMdx('SELECT ' + '<'.repeat(100_000)), /expected an expression/)
})
