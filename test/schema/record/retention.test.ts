import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { copenhagenOf } from '../../../schema/record/copenhagen.ts'
import { isAtLeast, isLonger, KEPT, keptFrom, retentionPeriod } from '../../../schema/record/retention.ts'
import type { RetentionPeriod } from '../../../schema/record/retention.ts'

const period = (text: string): RetentionPeriod => retentionPeriod(text, 'log') ?? assert.fail(`${text} is refused`)
const from = (text: string, now: string) => new Date(keptFrom(period(text), Date.parse(now))).toISOString()

test('six months before the end of August is the end of February, of a leap year too', () => {
  assert.equal(from('6M', '2027-08-31T12:00:00+02:00'), '2027-02-27T23:00:00.000Z')
  assert.equal(from('6M', '2027-08-29T12:00:00+02:00'), '2027-02-27T23:00:00.000Z')
  assert.equal(from('6M', '2027-09-01T12:00:00+02:00'), '2027-02-28T23:00:00.000Z')
  assert.equal(from('6M', '2028-08-31T12:00:00+02:00'), '2028-02-28T23:00:00.000Z')
  assert.equal(from('1Y', '2028-02-29T12:00:00+01:00'), '2027-02-27T23:00:00.000Z')
})

test('a day begins at midnight in Copenhagen, in summer and in winter', () => {
  assert.equal(from('6M', '2026-09-15T00:00:00+02:00'), '2026-03-14T23:00:00.000Z')
  assert.equal(from('6M', '2026-09-14T23:59:59+02:00'), '2026-03-13T23:00:00.000Z')
  assert.equal(from('6M', '2026-12-15T08:00:00+01:00'), '2026-06-14T22:00:00.000Z')
  // The days on which the clock changes, and half a year before them.
  assert.equal(from('6M', '2026-09-29T12:00:00+02:00'), '2026-03-28T23:00:00.000Z')
  assert.equal(from('6M', '2026-09-30T12:00:00+02:00'), '2026-03-29T22:00:00.000Z')
  assert.equal(from('6M', '2027-04-25T12:00:00+02:00'), '2026-10-24T22:00:00.000Z')
  assert.equal(from('6M', '2027-04-26T12:00:00+02:00'), '2026-10-25T23:00:00.000Z')
})

test('weeks, days, months and years, in English and in Danish letters', () => {
  const now = '2026-11-22T12:00:00+01:00'
  assert.equal(from('28U', now), from('28W', now))
  assert.equal(from('28W', now), from('196D', now))
  assert.equal(from('1Å', now), from('12M', now))
  assert.equal(from('5Y', now), '2021-11-21T23:00:00.000Z')
})

test('less than six months or more than five years, on whatever day, is refused', () => {
  for (const text of [
    '5M',
    '26W',
    '26U',
    '183D',
    '180D',
    '61M',
    '6Y',
    '261W',
    '1827D',
    '0Y',
    '06M',
    '6m',
    '6',
    '',
    '6M ',
    '6 M',
  ])
    assert.equal(retentionPeriod(text, 'log'), null, text)
  for (const text of ['6M', '27W', '184D', '60M', '5Y', '5Å', '260W', '1826D'])
    assert.equal(retentionPeriod(text, 'log'), text)
  assert.equal(retentionPeriod('4Y', 'changes'), null)
  assert.equal(retentionPeriod('10Y', 'changes'), '10Y')
})

test('every period that may be is at least six months and at most five years, whatever day it is', () => {
  const day = fc.date({ min: new Date('2021-01-01'), max: new Date('2090-01-01'), noInvalidDate: true })
  const units = fc.constantFrom('D', 'W', 'U', 'M', 'Y', 'Å')
  fc.assert(
    fc.property(day, fc.integer({ min: 1, max: 2000 }), units, (date, count, unit) => {
      const found = retentionPeriod(`${count}${unit}`, 'log')
      if (found === null) return
      assert.ok(isAtLeast(found, period('6M'), date.getTime()))
      assert.ok(isAtLeast(period('5Y'), found, date.getTime()))
    }),
    { numRuns: 2000 },
  )
})

test('nothing is kept for less than its period, and hardly anything for longer', () => {
  const day = fc.date({ min: new Date('2021-01-01'), max: new Date('2090-01-01'), noInvalidDate: true })
  fc.assert(
    fc.property(day, (date) => {
      const kept = keptFrom(period('6M'), date.getTime())
      const sixMonthsOn = new Date(copenhagenOf(kept))
      sixMonthsOn.setUTCMonth(sixMonthsOn.getUTCMonth() + 6)
      const late = copenhagenOf(date.getTime()) - sixMonthsOn.getTime()
      assert.ok(late >= 0 && late < 5 * 86_400_000, `${date.toISOString()}: ${late}`)
    }),
  )
})

test('only six months need no reason', () => {
  assert.equal(isLonger(period('6M')), false)
  assert.ok(['184D', '27W', '7M', '1Y'].every((text) => isLonger(period(text))))
  assert.deepEqual(KEPT, ['log', 'changes'])
})
