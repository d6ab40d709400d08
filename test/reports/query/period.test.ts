import assert from 'node:assert/strict'
import { test } from 'node:test'
import { period } from '../../../reports/query/period.ts'

const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString())

test('a day is a day in Copenhagen, whole, in winter, in summer and across the change between them', () => {
  const days: readonly (readonly [string, string, string])[] = [
    ['2026-01-15', '2026-01-14T23:00:00.000Z', '2026-01-15T23:00:00.000Z'],
    ['2026-07-15', '2026-07-14T22:00:00.000Z', '2026-07-15T22:00:00.000Z'],
    ['2026-03-29', '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
    ['2026-10-25', '2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z'],
    ['2028-02-29', '2028-02-28T23:00:00.000Z', '2028-02-29T23:00:00.000Z'],
  ]
  for (const [day, start, end] of days) {
    const found = period(day, day)
    assert.ok(!('kind' in found))
    assert.deepEqual([iso(found.from), iso(found.to)], [start, end])
  }
})

test('a time with an offset is that instant; without one it is on Copenhagen’s clock', () => {
  const times: readonly (readonly [string, string])[] = [
    ['2026-02-02T12:00:00Z', '2026-02-02T12:00:00.000Z'],
    ['2026-02-02T12:00:00.250+02:00', '2026-02-02T10:00:00.250Z'],
    ['2026-02-02T12:00', '2026-02-02T11:00:00.000Z'],
    ['2026-07-02T12:00:30', '2026-07-02T10:00:30.000Z'],
  ]
  for (const [text, instant] of times) {
    const found = period(text, undefined)
    assert.ok(!('kind' in found))
    assert.equal(iso(found.from), instant)
    assert.equal(found.to, undefined)
  }
})

test('what is no date is a mistake at its place; nothing given is no bound', () => {
  assert.deepEqual(period('', undefined), {})
  for (const text of ['2026-02-30', '2026-13-01', '02-02-2026', '2026-02-02T25:00', '2026-02-02T12:00+25:00', 'nu']) {
    assert.deepEqual(period(text, ''), { kind: 'mistake', place: 'from', reason: 'date' }, text)
    assert.deepEqual(period('', text), { kind: 'mistake', place: 'to', reason: 'date' }, text)
  }
  assert.deepEqual(period('2026-02-02', '2026-02-01'), { kind: 'mistake', place: 'to', reason: 'period' })
})

test('the first and the last day that can be written are bounds like others, within what both stores can keep', () => {
  const days: readonly (readonly [string, string])[] = [
    ['0000-01-01', '9999-12-31'],
    ['0001-01-01T00:00', '9999-12-31T23:59:59-14:00'],
  ]
  for (const [from, to] of days) {
    const found = period(from, to)
    assert.ok(!('kind' in found))
    assert.deepEqual([iso(found.from), iso(found.to)], ['1900-01-01T00:00:00.000Z', '9999-12-31T00:00:00.000Z'])
  }
  assert.deepEqual(period('9999-12-31', '0001-01-01'), { kind: 'mistake', place: 'to', reason: 'period' })
})
