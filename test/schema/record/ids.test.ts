import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LAST_PART, LogIdMint, firstLogIdAt, logId, logIdOfPart } from '../../../schema/record/ids.ts'

const NOW = Date.UTC(2026, 10, 21, 12)

test('ids only grow, in a burst within one millisecond as with the clock set back', () => {
  const mint = new LogIdMint(17)
  let last = 0n
  for (const now of [NOW, ...Array<number>(1000).fill(NOW), NOW - 3_600_000, NOW - 1, NOW + 5]) {
    const id = BigInt(mint.next(now))
    assert.ok(id > last)
    last = id
  }
})

test('a mint that goes on after a restart stays above the last id, whatever the clock says', () => {
  const before = new LogIdMint(17).next(NOW)
  assert.ok(BigInt(new LogIdMint(17, before).next(NOW - 60_000)) > BigInt(logIdOfPart(before, LAST_PART)))
})

test('two journals with different numbers never mint the same id', () => {
  const [a, b] = [new LogIdMint(1), new LogIdMint(2)]
  const ids = Array.from({ length: 500 }, () => [a.next(NOW), b.next(NOW)]).flat()
  assert.equal(new Set(ids).size, ids.length)
})

test('every id minted at a time or later is at least the first id of that time', () => {
  const id = new LogIdMint(255).next(NOW)
  assert.ok(BigInt(id) >= BigInt(firstLogIdAt(NOW)))
  assert.ok(BigInt(id) < BigInt(firstLogIdAt(NOW + 1)))
})

test('an id is a positive number of at most 63 bits', () => {
  assert.equal(logId('9223372036854775807'), '9223372036854775807')
  for (const text of ['9223372036854775808', '0', '-1', '1e3', ' 1', '01', '']) assert.equal(logId(text), null)
})
