import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  countOf,
  joined,
  leftOutText,
  lostText,
  type NumberRange,
  numbersOf,
  rangesOf,
  rangesText,
  without,
} from '../../../schema/record/numbers.ts'

const numbers = fc.array(fc.integer({ min: 1, max: 60 }))
const asSet = (ranges: readonly NumberRange[]) =>
  new Set(ranges.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i)))

test('numbers and the ranges they make are the same', () => {
  fc.assert(
    fc.property(numbers, (some) => {
      const ranges = rangesOf(some)
      assert.deepEqual(asSet(ranges), new Set(some.toSorted((one, other) => one - other)))
      assert.equal(countOf(ranges), new Set(some).size)
      for (const [i, { from }] of ranges.entries()) assert.ok(i === 0 || from > (ranges[i - 1]?.to ?? 0) + 1)
    }),
  )
})

test('what is left of ranges without others is what is left of their numbers', () => {
  fc.assert(
    fc.property(numbers, numbers, (some, others) => {
      const left = asSet(without(rangesOf(some), rangesOf(others)))
      assert.deepEqual(left, new Set([...asSet(rangesOf(some))].filter((number) => !others.includes(number))))
    }),
  )
})

test('ranges that touch or overlap are joined', () => {
  const range = fc.tuple(fc.integer({ min: 1, max: 50 }), fc.nat(9)).map(([from, more]) => ({ from, to: from + more }))
  fc.assert(
    fc.property(fc.array(range), (some) => {
      assert.deepEqual(joined(some), rangesOf([...asSet(some)]))
    }),
  )
})

test('the numbers that an entry tells of are read back from its own words', () => {
  const entry = { seq: 7, action: 'metadata', query: leftOutText([9, 7, 8, 12]) }
  assert.equal(rangesText(numbersOf(entry)), '7-9, 12')
  assert.equal(rangesText(numbersOf({ seq: 7, action: 'gap', query: lostText(1) })), '7')
  assert.equal(rangesText(numbersOf({ seq: 7, action: 'gap', query: lostText(30) })), '7-36')
})

test('a query with the words of such an entry stands for itself alone', () => {
  assert.equal(rangesText(numbersOf({ seq: 7, action: 'query', query: lostText(30) })), '7')
  assert.equal(rangesText(numbersOf({ seq: 7, action: 'request', query: leftOutText([7, 8]) })), '7')
})
