import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { criteriaOf, factsOf, isReadable } from './syntax.ts'

const PERSON = '0707334285'

/** Ways to name somebody in a value. `@` is where the next way goes. */
const values = ['@', 'IF(1 = 1, @, "x")', 'VAR v = @ RETURN v', 'FORMAT(@, "0")', 'COALESCE(@, "")', 'SWITCH(1, @, 2, 3)', 'UPPER(@)', '@ & ""',
  'MAX(@, "")', 'SELECTEDVALUE(\'B\'[a], @)', 'LOOKUPVALUE(\'B\'[a], \'B\'[b], @)', 'CALCULATE([M], \'B\'[a] = @)', 'SOMETHING_NEW(\'B\'[a], @)',
  'CALCULATE([M], \'B\'[a] IN { "x", @ })', 'CALCULATE([M], TREATAS({ @ }, \'B\'[a]))', 'MAXX(FILTER(\'B\', \'B\'[a] = @), \'B\'[b])', 'CONCATENATE(@, "x")',
  'COUNTROWS(FILTER(\'B\', CONTAINSSTRING(\'B\'[a], @)))', 'COUNTROWS(FILTER(\'B\', NOT (\'B\'[a] <> @)))', 'SUMX({ 1 }, IF([Value] = @, 1))',
  'COUNTROWS(NATURALINNERJOIN(\'B\', DATATABLE("a", STRING, { { "x" }, { "0707334285" } })))', 'COUNTROWS(UNION(ROW("a", @), \'B\'))', 'TRIM(@)',
  'CALCULATE([M], FILTER(ALL(\'B\'[a]), SEARCH(@, \'B\'[a], 1, 0) > 0))', 'RANKX(\'B\', [M], @)', 'CONCATENATEX(\'B\', \'B\'[a], @)', '{ @ }',
  'CALCULATE([M], PATHCONTAINS(@, \'B\'[a]))', 'CALCULATE([M], SWITCH(\'B\'[a], @, TRUE()))', 'AVERAGEX(TOPN(5, \'B\', \'B\'[a] = @), 1)',
  'COUNTROWS(SUMMARIZECOLUMNS(\'B\'[a], "x", @))', 'COUNTROWS(SELECTCOLUMNS(\'B\', "x", @))', 'CALCULATE([M], \'B\'[a] = "x" && LEFT(\'B\'[a], 10) = @)',
  'IF(\'B\'[a] IN { @ }, 1)', 'CALCULATE([M], \'B\'[a] >= @, \'B\'[a] <= "z")', 'COUNTROWS(GENERATE(\'B\', ROW("x", @)))', 'MINX(CALCULATETABLE(\'B\', \'B\'[a] = @), 1)'] // prettier-ignore

/** Ways a query can lead to a value. */
const queries = ['EVALUATE { @ }', 'EVALUATE ROW("x", @)', 'EVALUATE ADDCOLUMNS(\'B\', "x", @)', 'EVALUATE FILTER(\'B\', \'B\'[a] = @)', 'DEFINE MEASURE T[m] = @ EVALUATE { [m] }',
  'DEFINE VAR v = @ EVALUATE { v }', 'EVALUATE SUMMARIZECOLUMNS(\'B\'[a], "x", @)', 'EVALUATE \'B\' ORDER BY @', 'EVALUATE \'B\' ORDER BY \'B\'[a] START AT @',
  'DEFINE FUNCTION f = (x) => x EVALUATE { f(@) }', 'DEFINE FUNCTION f = () => @ EVALUATE { f() }', 'DEFINE COLUMN T[c] = @ EVALUATE VALUES(T[c])', 'DEFINE TABLE t = ROW("x", @) EVALUATE t',
  'DEFINE MPARAMETER p = @ EVALUATE \'B\'', 'EVALUATE TOPN(3, \'B\', @)', 'EVALUATE CALCULATETABLE(\'B\', FILTER(\'B\', @ = \'B\'[a]))', 'EVALUATE GENERATE(\'B\', { @ })'] // prettier-ignore

test('a person’s number anywhere in what is live is found', () => {
  fc.assert(
    fc.property(fc.constantFrom(...queries), fc.array(fc.constantFrom(...values), { maxLength: 4 }), (query, nest) => {
      const value = nest.reduceRight((inner, outer) => outer.replace('@', () => inner), `"${PERSON}"`)
      const text = query.replace('@', () => `(${value})`)
      assert.ok(isReadable(text), text)
      const found = factsOf(text).criteria.flatMap(({ values }) => values)
      assert.ok(
        found.some((each) => each.includes(PERSON)),
        text,
      )
    }),
    { numRuns: 3000 },
  )
})

const hidden: readonly (readonly [string, string])[] = [
  [`EVALUATE FILTER('B', 'B'[a] = "070733" & "4285")`, 'B[a] = 0707334285'],
  [`EVALUATE FILTER('B', 'B'[a] & "" = "0707334285")`, 'B[a] = 0707334285'],
  [`EVALUATE FILTER('B', 'B'[a] = CONCATENATE("070733", "-4285"))`, 'B[a] = 070733-4285'],
  [`DEFINE VAR x = "070733" VAR y = "4285" EVALUATE FILTER('B', 'B'[a] = x & y)`, 'B[a] = 0707334285'],
  [`EVALUATE { IF(SELECTEDVALUE('B'[a]) = "070733" & "4285", 1) }`, 'B[a] = 0707334285'],
  [`EVALUATE { 707334000 + 285 }`, 'null in 707334285|707334000'],
  [`DEFINE FUNCTION f = (x) => 1 EVALUATE { f("0707334285") }`, 'null = 0707334285'],
  [`EVALUATE FILTER('B', 'B'[a] = 707334285)`, 'B[a] = 707334285'],
  [`EVALUATE { IF('B'[a] = 707334285, 1) }`, 'B[a] = 707334285'],
  [`EVALUATE FILTER('B', 'B'[a] = VALUE("0707334285"))`, 'B[a] = 0707334285'],
]
for (const [text, criterion] of hidden) {
  test(`a number is found however it is put together: ${text.replaceAll(/\d/g, '#')}`, () =>
    assert.ok(criteriaOf(text).includes(criterion), criteriaOf(text).join('; ')))
}

test('a number with an exponent or a fraction is given whole as well', () => {
  assert.deepEqual(criteriaOf(`EVALUATE FILTER('B', 'B'[a] = 7.07334285E8)`), ['B[a] in 7.07334285E8|707334285'])
  assert.deepEqual(criteriaOf(`EVALUATE { IF('B'[a] = 707334285.0, 1) }`), ['B[a] = 707334285'])
})

test('a parameter’s value is found though nothing is compared with it', () => {
  assert.deepEqual(criteriaOf('EVALUATE SOMETHING_NEW(@cpr)', { cpr: PERSON }), [`null = ${PERSON}`])
})

test('a person in what is dead was not searched for', () => {
  assert.deepEqual(criteriaOf(`DEFINE VAR x = "${PERSON}" EVALUATE 'B' -- ${PERSON}`), [])
})
