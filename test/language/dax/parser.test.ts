import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertSyntaxError, criteriaOf, dimensionsOf, factsOf, isReadable, measuresOf } from './syntax.ts'

test('quotes, brackets and strings hold their own doubled signs', () => {
  assert.deepEqual(criteriaOf(`EVALUATE FILTER('It''s', 'It''s'[Col]]umn] = "a""b")`), ['It\'s[Col]]umn] = a"b'])
})

test('what stands in comments and strings is no code', () => {
  const text = `-- 'A'[b] = "x"
    EVALUATE /* FILTER('A', 'A'[b] = "y") */ CALCULATETABLE('A', // 'A'[b] = "z"
      'A'[b] = "-- no, 'A'[c] = 1")`
  assert.deepEqual(criteriaOf(text), ["A[b] = -- no, 'A'[c] = 1"])
})

test('signs that look like comments are part of a name in brackets', () => {
  assert.deepEqual(measuresOf(`EVALUATE ROW("x", [a -- b /* c // d])`), ['[a -- b /* c // d]'])
})

test('columns may begin with an at sign, and parameters do', () => {
  const text = `EVALUATE FILTER(ADDCOLUMNS(VALUES('A'[b]), "@c", [M]), [@c] > 10 && 'A'[b] = @d)`
  assert.deepEqual(criteriaOf(text), ['[@c] > 10', 'A[b] = @d'])
})

test('numbers and dates are kept as written', () => {
  const text = `EVALUATE CALCULATETABLE('A', 'A'[b] = 150.00, 'A'[c] > 1.5E-3, 'A'[d] < -7, 'A'[e] = dt"2029-01-31", 'A'[f] = .5)`
  assert.deepEqual(criteriaOf(text), ['A[b] = 150.00', 'A[c] > 1.5E-3', 'A[d] < -7', 'A[e] = 2029-01-31', 'A[f] = .5'])
})

test('where lists have semicolons, a comma between digits is decimal', () => {
  assert.deepEqual(criteriaOf(`EVALUATE FILTER('A'; 'A'[b] > 1,5)`), ['A[b] > 1,5'])
  assert.deepEqual(criteriaOf(`EVALUATE FILTER('A', 'A'[b] IN {1,5});`), ['A[b] in 1|5'])
})

test('two numbers as long as person numbers are a list, whatever separates the others', () => {
  const text = `EVALUATE FILTER('A'; 'A'[Nr] IN {707334285,808614285})`
  assert.deepEqual(criteriaOf(text), ['A[Nr] in 707334285|808614285'])
})

test('blanks may stand between a table and its column, and functions have dots', () => {
  assert.deepEqual(measuresOf(`EVALUATE ROW ("x", STDEV.P ( Salg [Beløb] ))`), ['Salg[Beløb]'])
})

test('a word of the language is no table before a name in brackets', () => {
  assert.deepEqual(measuresOf(`EVALUATE VAR x = 1 RETURN ROW("a", VAR y = 1 RETURN [M] + y)`), ['[M]'])
})

test('NOT denies the whole comparison that follows it', () => {
  assert.deepEqual(
    criteriaOf(`EVALUATE CALCULATETABLE('A', NOT 'A'[b] IN {"x"}, NOT NOT 'A'[c] = 1, NOT('A'[d] > 2))`),
    ['A[b] not in x', 'A[c] = 1', 'A[d] <= 2'],
  )
})

test('a column of a column is one path, and so is what reports write with a dot', () => {
  assert.deepEqual(dimensionsOf(`EVALUATE SUMMARIZECOLUMNS('Dato'[Dato].[År], [Ydelse].[Navn])`), [
    'Dato[Dato].[År]',
    'Ydelse[Navn]',
  ])
})

test('a measure in front of brackets is CALCULATE', () => {
  const facts = factsOf(`EVALUATE { [Antal]('Borger'[Kommune] = "Sønderå") }`)
  assert.deepEqual([facts.measures.length, facts.criteria[0]?.dimension], [1, 'Borger[Kommune]'])
})

test('keywords serve as names where nothing else can be meant', () => {
  assert.deepEqual(dimensionsOf('EVALUATE Table ORDER BY Table[x]'), ['Table'])
  assert.deepEqual(dimensionsOf('EVALUATE Column'), ['Column'])
})

test('a visual shape is passed over', () => {
  const text = `DEFINE TABLE d = SUMMARIZECOLUMNS('T'[År], "m", [M])
    WITH VISUAL SHAPE AXIS ROWS GROUP [År] TOTAL [IsTotal] ORDER BY [År] DENSIFY "x"
    EVALUATE d`
  assert.deepEqual(dimensionsOf(text), ['T[År]'])
})

test('a missing separator or a sign that means nothing does not hide what was asked', () => {
  const text = `EVALUATE SUMMARIZECOLUMNS('A'[b] KEEPFILTERS(TREATAS({"x"}, 'A'[c])) # "m", [M])`
  const { measures, dimensions, criteria } = factsOf(text)
  assert.deepEqual([measures.length, dimensions.length], [1, 1])
  assert.ok(criteria.some(({ values }) => values.includes('x')))
})

test('where a text is not quite DAX, every value in it is kept', () => {
  assert.ok(criteriaOf(`EVALUATE FILTER('Borger', 'Borger'[Navn] ~ "Åse")`).some((row) => row.endsWith('= Åse')))
})

test('a mistake is shown where it is', () => {
  assertSyntaxError(
    `EVALUATE FILTER(^'Borger)^`.replace(')^', '^)').replace("^'Borger^)", "^'^Borger)"),
    'a closing quote for this one',
  )
  assertSyntaxError('EVALUATE FILTER(T, ^[a = 1)'.replace('^[', '^[^'), 'a closing bracket for this one')
  assertSyntaxError('EVALUATE { 1 ^)^', 'an opening bracket for this one')
  assertSyntaxError('EVALUATE FILTER(T^^', 'a closing bracket )')
  assertSyntaxError('EVALUATE ^^', 'a table')
  assertSyntaxError('DEFINE VAR x = 1^^', 'EVALUATE')
  assertSyntaxError('^SELECT^ x', 'EVALUATE or a definition')
  assertSyntaxError('EVALUATE VAR x = 1 ^{^ x }', 'VAR or RETURN')
  assertSyntaxError('EVALUATE T ^/*^ x', 'the end of this comment')
})

test('an empty text is refused, and so is one of comments', () => {
  for (const text of ['', ' ', '-- x', '/* x */', ';']) assert.equal(isReadable(text), false)
})
