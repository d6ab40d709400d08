import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { readSql } from '../../../proxy/language/sql/read.ts'
import { StatementLimitError } from '../../../proxy/language/syntax-error.ts'
import { processorMs } from '../../support/processor-time.ts'

const VALUES = new Map([
  ['cpr', ['0101475001']],
  ['1', ['first']],
  ['2', ['second']],
  ['byer', ['Sønderå', 'Nørreby']],
])

const criteria = (text: string): string[] =>
  readSql(text, { parameters: VALUES }).criteria.map(({ dimension, op, values }) =>
    [dimension, op, values.join(' | ')].join(' ').trim(),
  )
const where = (condition: string): string[] => criteria(`SELECT a, 'x' FROM sager WHERE ${condition} ORDER BY 1`)
const mentioned = (text: string): string[] => readSql(text, {}).mentioned.map((mention) => mention.text)

for (const [condition, ...expected] of [
  [`cpr = '0101475001'`, 'cpr = 0101475001'],
  [`cpr='a' AND type <> N'b' OR x != 3`, 'cpr = a', 'type <> b', 'x <> 3'],
  [`'a' < cpr`, 'cpr > a'],
  [`navn = 'O''Brien'`, `navn = O'Brien`],
  [String.raw`navn = E'O\'Brien'`, `navn = O'Brien`],
  [`navn = $$a'b$$`, `navn = a'b`],
  [`x = -1.5e3`, 'x = -1.5e3'],
  [`x IN ('a', 'b') AND y NOT IN (1)`, 'x in a | b', 'y not in 1'],
  [`x BETWEEN 1 AND 2 AND y = 3`, 'x range 1 | 2', 'y = 3'],
  [`x NOT BETWEEN 1 AND 2`, 'x not range 1 | 2'],
  [`x IS NULL AND y IS NOT NULL`, 'x is null', 'y not null'],
  [`x IS NOT DISTINCT FROM 'a'`, 'x = a'],
  [`NOT x = 1 AND y = 2`, 'x <> 1', 'y = 2'],
  [`NOT (x = 1 OR NOT (y < 2))`, 'x <> 1', 'y < 2'],
  [
    `navn LIKE 'Jens%' AND b LIKE '%å%' AND c LIKE '%x' AND d LIKE 'y'`,
    'navn starts with Jens',
    'b contains å',
    'c ends with x',
    'd = y',
  ],
  [`navn NOT LIKE 'J_ns%'`, 'navn not like J_ns%'],
  [`navn LIKE '50!%%' ESCAPE '!'`, 'navn starts with 50%'],
  [`navn ~* '^j'`, 'navn matches ^j'],
  [`LOWER(TRIM(navn)) = 'jens'`, 'navn = jens'],
  [`CAST(cpr AS varchar(10)) = 'a' AND dato >= DATE '2024-01-01'`, 'cpr = a', 'dato >= 2024-01-01'],
  [`CONVERT(varchar(10), cpr) = 'a' AND CONVERT(navn, char) = 'b'`, 'cpr = a', 'navn = b'],
  [`cpr::text = 'a'::text`, 'cpr = a'],
  [`dato > TO_DATE('01-02-2024', 'DD-MM-YYYY')`, 'dato > 01-02-2024'],
  [`CONTAINS_STRING(navn, 'ens')`, 'navn contains ens'],
  [`cpr = {{ cpr }} [[AND byen IN ({{byer}})]] {% if x %}`, 'cpr = 0101475001', 'byen in Sønderå | Nørreby'],
  [`a = ? AND b = ? AND c = ?`, 'a = first', 'b = second', 'c = ?'],
  [`a = $2 AND b = @cpr AND c = :ukendt`, 'a = second', 'b = 0101475001', 'c = :ukendt'],
  [`"By navn" = 'x' AND [b] = 'y' AND \`c\` = 'z'`, 'By navn = x', 'b = y', 'c = z'],
  [`1 = 1 AND x + 1 = 2 AND x = 1 + 2`],
  [`x = CASE WHEN cpr = 'a' THEN 1 ELSE 2 END`],
  [`EXTRACT(YEAR FROM dato) = 2024`],
] as const) {
  test(`WHERE ${condition.replaceAll(/\d{6,}/g, '…')} has ${expected.length} criteria`, () => {
    assert.deepEqual(where(condition), expected)
  })
}

test('an alias is resolved to its table, and a schema is no table', () => {
  const sql = `SELECT [b].[navn] FROM [dbo].[Borger] AS [b] JOIN Sag s ON s.bid = b.id AND s.type = 'x'
    WHERE b.cpr = 'a' AND dbo.Borger.by = 'c' HAVING COUNT(DISTINCT s.id) > 2 AND sum(beløb) < 5`
  assert.deepEqual(criteria(sql), [
    'Sag.type = x',
    'Borger.cpr = a',
    'Borger.by = c',
    'COUNT(DISTINCT Sag.id) > 2',
    'sum(beløb) < 5',
  ])
})

for (const [sql, cube] of [
  ['SELECT * FROM dbo.Borger b', 'dbo.Borger'],
  ['WITH x AS (SELECT * FROM base.sager) SELECT * FROM x', 'base.sager'],
  ['SELECT EXTRACT(year FROM dato) FROM (SELECT * FROM "sager 2024") q', 'sager 2024'],
  ['SELECT * FROM {{#12-mine-sager}}', 'card:12'],
  ['UPDATE borger SET x = 1', 'borger'],
  ['SELECT 1', null],
] as const) {
  test(`the cube of ${sql} is ${cube}`, () => assert.equal(readSql(sql, {}).cube, cube))
}

test('what is no SELECT is told apart', () => {
  const kinds = ['(SELECT 1)', '-- x\nEXPLAIN SELECT 1', 'DELETE FROM t', 'with a as (select 1) select 2', '']
  assert.deepEqual(
    kinds.map((sql) => readSql(sql, {}).kind),
    ['select', 'explain', 'ddl', 'select', 'select'],
  )
})

test('a literal that is not surely compared with a column is mentioned, and one in a comment is not', () => {
  const sql = `SELECT CASE WHEN cpr = 'case' THEN 1 END FROM t -- 'no'
    WHERE SUBSTR(cpr, 1, 6) = 'part' /* 'no' */ AND a || 'joined' = 'b' AND cpr = 'sure' AND x IN ('one', f(y, 'two'))`
  assert.deepEqual(
    mentioned(sql).filter((text) => !/^\d+$/.test(text)),
    ['case', 'part', 'joined', 'b', 'two'],
  )
})

test('parameters that stand in a criterion are told from those that do not', () => {
  const { placed } = readSql('SELECT * FROM t WHERE a = {{cpr}} AND {{byer}} AND b = ?', { parameters: VALUES })
  assert.deepEqual([...placed], ['cpr', '1'])
})

test('every literal is a criterion or mentioned, whatever stands around it', () => {
  const piece = fc.constantFrom(
    ...`SELECT FROM WHERE AND OR NOT IN BETWEEN LIKE IS NULL CASE WHEN END ( ) , ; = <> < . a b.c t LOWER( CAST( AS :: || - [[ ]] {{x}} ? "q" [n] JOIN ON`.split(
      ' ',
    ),
    `'0101475001'`,
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = pieces.join(' ')
      const wanted = pieces.filter((p) => p.startsWith("'")).length
      const { criteria, mentioned } = readSql(text, {})
      const held = [...criteria.flatMap(({ values }) => values), ...mentioned.map((m) => m.text)]
      assert.ok(held.filter((value) => value.includes('0101475001')).length >= wanted, text)
    }),
    { numRuns: 2000 },
  )
})

test('no text, however odd, makes the reader throw anything but a StatementLimitError', () => {
  const signs = fc.constantFrom(...'\'"`[]{}()$%@:?.-/*\\= \nENa1;,'.split(''), 'WHERE ', 'IN(', 'CASE ', '$$')
  fc.assert(
    fc.property(fc.array(signs, { maxLength: 40 }), (parts) => {
      readSql(parts.join(''), {})
    }),
    { numRuns: 3000 },
  )
  assert.throws(
    () => readSql('a = 1 '.repeat(20), { limits: { maxLength: 1000, maxTokens: 50, maxDepth: 1 } }),
    StatementLimitError,
  )
  assert.throws(
    () => readSql('a = 1 '.repeat(20), { limits: { maxLength: 100, maxTokens: 50, maxDepth: 1 } }),
    StatementLimitError,
  )
})

test('hostile texts cost time in proportion to their length', () => {
  const hostile = ['x IN (', "x = '", 'a.', 'NOT (', 'LOWER(', '[', '/*', '{{', "E'\\\\", '$a$', '- ', '(', 'x LIKE']
  for (const piece of hostile) {
    const text = `SELECT * FROM t WHERE ${piece.repeat(200_000)}`
    assert.ok(processorMs(() => readSql(text, {})) < 5000, piece)
  }
})
