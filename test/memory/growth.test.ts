import assert from 'node:assert/strict'
import { test } from 'node:test'
import { growth, type Sample } from './growth.ts'

/** Memory that rises by `slope` each second, and by 60 MB between two collections, which come 13 seconds apart. */
const saw = (slope: number, seconds = 150): Sample[] =>
  Array.from({ length: seconds }, (_, at) => ({ at, mb: 150 + slope * at + ((at * 7) % 13) * 4.6 }))

test('garbage that is collected in time is no growth', () => {
  assert.ok(Math.abs(growth(saw(0))) < 0.02, String(growth(saw(0))))
})

test('what is leaked beside garbage shows', () => {
  for (const slope of [0.1, 0.5, 2]) {
    const found = growth(saw(slope))
    assert.ok(Math.abs(found - slope) < 0.05, `${slope}: ${found}`)
  }
})

test('a step in a steady run, as when a late collection gives memory back, is no trend', () => {
  const steady = Array.from({ length: 150 }, (_, at) => ({ at, mb: at < 140 ? 200 : 180 }))
  assert.equal(growth(steady), 0)
})

test('too few samples tell nothing', () => {
  assert.equal(growth([]), 0)
  assert.equal(growth([{ at: 0, mb: 100 }]), 0)
})
