import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { everyString, patched } from '../odd-text.ts'
import { criteriaOf, isReadable } from './syntax.ts'

const SEEDS = [
  `DEFINE VAR f = TREATAS({"x", "y"}, 'A'[b]) MEASURE 'A'[m] = CALCULATE(SUM('A'[c]), f) EVALUATE SUMMARIZECOLUMNS('A'[d], f, "m", [m]) ORDER BY [m] DESC START AT 5`,
  `EVALUATE FILTER(ADDCOLUMNS(VALUES('A'[b]), "@c", COUNTROWS(A)), [@c] > 10 && NOT 'A'[b] IN {("x"), "y"} || CONTAINSSTRING('A'[b], @p))`,
  `EVALUATE VAR x = DATE(2029, 1, 1) RETURN CALCULATETABLE(GENERATE('A', TOPN(3, 'B', [n], DESC)), 'A'[d] >= x, dt"2029-01-01" < 'A'[e])`,
  `DEFINE FUNCTION f = (a : NUMERIC, b = 1) => a * b TABLE t = ROW("x", f(1)) COLUMN t[y] = t[x] + 1 EVALUATE t /* c */ -- d`,
  `EVALUATE SELECTCOLUMNS(SUMMARIZE(A; ROLLUP(A[b]); "x"; SUMX(A; A[c] * 1,5)); "y"; [x])`,
]

test('no text, however odd, makes the reader throw anything but its own two errors', () => {
  let readable = 0
  for (const text of everyString(`[](){}"' a=,@`.split(''), 4)) if (isReadable(`EVALUATE ${text}`)) readable++
  assert.ok(readable > 0)
})

test('no expression, however odd, is neither read nor refused', () => {
  const parts = ['A', "'A'[b]", '[c]', '(', ')', '{', ',', '}', ';', '-', '=', ' NOT ', ' IN ', '&&', '@p', '"x"', ' VAR v = ', ' RETURN ', 'FILTER(', ' ORDER BY ', '1.5', '#', ' EVALUATE '] // prettier-ignore
  let readable = 0
  for (const table of everyString(parts, 3)) if (isReadable(`EVALUATE ${table} ${table}`)) readable++
  assert.ok(readable > 100)
})

test('queries cut and patched at random are read or refused', () => {
  let readable = 0
  fc.assert(
    fc.property(patched(SEEDS, `[](){}'",;&@=-+<`), (text) => {
      if (isReadable(text)) readable++
    }),
    { numRuns: 5000 },
  )
  assert.ok(readable > 100)
})

const word = fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }).filter((text) => text.trim() === text)

test('a value of any column comes out as a criterion, letter by letter', () => {
  fc.assert(
    fc.property(word, word, fc.string({ minLength: 1, unit: 'grapheme' }), (table, column, value) => {
      const path = `${table}[${column.replaceAll(']', ']]')}]`
      const quoted = `'${table.replaceAll("'", "''")}'[${column.replaceAll(']', ']]')}]`
      const text = `EVALUATE CALCULATETABLE(T, ${quoted} = "${value.replaceAll('"', '""')}")`
      assert.deepEqual(criteriaOf(text).slice(0, 1), [`${path} = ${value}`])
    }),
  )
})
