import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lexer } from '../../../proxy/language/mdx/lexer.ts'
import { TokenPurse } from '../../../proxy/language/token-purse.ts'
import { TOKEN } from '../../../proxy/language/mdx/token-kind.ts'
import { STATEMENT_LIMITS } from '../../../proxy/language/syntax-error.ts'
import { assertSyntaxError } from './syntax.ts'

/** Each token as its kind and text, the end left out. */
function tokens(text: string): string[][] {
  const lexer = new Lexer(text, new TokenPurse(STATEMENT_LIMITS))
  const found: string[][] = []
  for (let token = lexer.next(); token.kind !== TOKEN.end; token = lexer.next()) {
    found.push([token.kind, text.slice(token.start, token.end)])
  }
  return found
}

const texts = (text: string): string[] => tokens(text).map(([, written = '']) => written)

test('names need no brackets whatever their letters, and brackets may hold anything', () => {
  assert.deepEqual(tokens('Måned [a.b -- c "d" /* ] 日付'), [
    [TOKEN.name, 'Måned'],
    [TOKEN.bracketed, '[a.b -- c "d" /* ]'],
    [TOKEN.name, '日付'],
  ])
})

test('a doubled closing bracket stands for one bracket', () => {
  assert.deepEqual(texts('[a]]b].[c]]]'), ['[a]]b]', '.', '[c]]]'])
})

test('a doubled quote stands for one quote, in both kinds of strings', () => {
  assert.deepEqual(texts(`'it''s' "a""b" ''`), [`'it''s'`, '"a""b"', `''`])
})

test('comments fall away, also between the segments of a path', () => {
  assert.deepEqual(texts('[a]/* . [x] */.-- [y]\n[b] // [z]\r[c]'), ['[a]', '.', '[b]', '[c]'])
})

test('a block comment ends at the first end, whatever it holds', () => {
  assert.deepEqual(texts('/* a /* b */ c'), ['c'])
})

test('numbers have fractions and exponents, but not as segments of a path', () => {
  assert.deepEqual(texts('1.5 .5 2E-3 1e9'), ['1.5', '.5', '2E-3', '1e9'])
  assert.deepEqual(texts('Tid.2031.5'), ['Tid', '.', '2031', '.', '5'])
  assert.deepEqual(texts('THEN .5'), ['THEN', '.5'])
})

test('operators of two signs are one token', () => {
  assert.deepEqual(texts('a<>b<=c>=d||e'), ['a', '<>', 'b', '<=', 'c', '>=', 'd', '||', 'e'])
})

test('a text that was escaped once too often is read all the same', () => {
  assert.deepEqual(tokens('[a].&amp;[1]').slice(2), [
    [TOKEN.ampersand, '&amp;'],
    [TOKEN.bracketed, '[1]'],
  ])
  assert.deepEqual(texts('1 &lt;= 2 &gt; 3 &lt;&gt;'), ['1', '&lt;=', '2', '&gt;', '3', '&lt;&gt;'])
})

test('blanks of all kinds part tokens: no-break space, zero-width space, byte order mark', () => {
  assert.deepEqual(texts('\ufeffa\u00a0b\u200bc\u3000d'), ['a', 'b', 'c', 'd'])
})

test('what never closes is an error where it opens', () => {
  assertSyntaxError('SELECT ^[^a ON 0', 'a closing bracket for this one')
  assertSyntaxError('SELECT ^"^a ON 0', 'a closing quote for this one')
  assertSyntaxError('SELECT a ^/*^ ON 0', 'the end of this comment')
})
