import assert from 'node:assert/strict'
import { test } from 'node:test'
import { percentileMs, usage } from '../../../reports/query/usage.ts'
import { DURATION_LIMITS_MS } from '../../../schema/store/store.ts'
import { range, sample } from '../../schema/store/sample.ts'
import { memoryStore } from '../../support/memory-store.ts'

function storeWith(times: readonly number[]) {
  const store = memoryStore()
  times.forEach((askedAt, i) => store.put(sample(i + 1, { askedAt })))
  return store.reader
}

test('use is told by Copenhagen’s days, weekdays and hours, in winter and in summer (K05)', async () => {
  const sundayNight = Date.UTC(2026, 0, 4, 23, 30)
  const { days, week, entries } = await usage(storeWith([sundayNight, Date.UTC(2026, 6, 6, 6, 15)]), {})
  assert.equal(entries, 2)
  assert.deepEqual(days, [
    { day: '2026-01-05', entries: 1 },
    { day: '2026-07-06', entries: 1 },
  ])
  assert.deepEqual([week[0]?.[0], week[0]?.[8], week.flat().reduce((sum, n) => sum + n, 0)], [1, 1, 2])
})

test('the night that has an hour twice counts both, and the one that lacks an hour has none there', async () => {
  const quarters = (day: number) => range(96, (i) => day + i * 900_000)
  const autumn = await usage(storeWith(quarters(Date.UTC(2026, 9, 24, 22))), {})
  assert.deepEqual(autumn.week[6]?.slice(0, 5), [4, 4, 8, 4, 4])
  const spring = await usage(storeWith(quarters(Date.UTC(2026, 2, 28, 23))), {})
  assert.deepEqual(spring.week[6]?.slice(0, 5), [4, 4, 0, 4, 4])
})

test('a share of the response times is told from their classes, as if evenly spread within one (D22)', () => {
  const within = [...DURATION_LIMITS_MS.map(() => 0), 0]
  within[1] = 10
  assert.equal(percentileMs({ timed: 10, totalMs: 0, within }, 0.5), 15)
  assert.equal(percentileMs({ timed: 10, totalMs: 0, within }, 1), 20)
  assert.equal(percentileMs({ timed: 0, totalMs: 0, within: within.map(() => 0) }, 0.5), null)
  within[12] = 10
  assert.equal(percentileMs({ timed: 20, totalMs: 0, within }, 0.99), Infinity)
})
