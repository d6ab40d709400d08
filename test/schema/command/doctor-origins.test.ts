import assert from 'node:assert/strict'
import { test } from 'node:test'
import { origins } from '../../../schema/command/doctor-origins.ts'
import type { Origin } from '../../../schema/record/ids.ts'
import type { OriginState } from '../../../schema/store/store.ts'

const NOW = Date.UTC(2026, 5, 10, 12)
const DAY = 24 * 60 * 60 * 1000
const state = (origin: string, position: number, days: number): OriginState => ({
  origin: origin as Origin, // as minted by a journal
  position,
  writtenAt: NOW - days * DAY,
})

const FIVE = [
  state('bi-nord-0a1b2c', 4_000, 0),
  state('bi-syd-1b2c3d', 90, 0.5),
  state('bi-vest-2c3d4e', 12, 2.9),
  state('bi-oest-3d4e5f', 3_999, 9.5),
  state('reports', 17, 20),
]

test('doctor tells of every proxy that writes the store, the newest first', () => {
  const told = origins(FIVE.toReversed(), NOW).filter(({ state }) => state === 'ok')
  assert.deepEqual(
    told.map(({ text }) => text.split(':')[0]),
    [
      'journal bi-nord-0a1b2c',
      'journal bi-syd-1b2c3d',
      'journal bi-vest-2c3d4e',
      'journal bi-oest-3d4e5f',
      'journal reports',
    ],
  )
  assert.equal(told[1]?.text, 'journal bi-syd-1b2c3d: written up to 90, last at 2026-06-10T00:00:00.000Z')
})

test('doctor warns of a proxy that has written nothing for days, and not of the reports or of a quiet weekend', () => {
  const warned = origins(FIVE, NOW).filter(({ state }) => state === 'warning')
  assert.deepEqual(
    warned.map(({ text }) => text),
    ['proxy bi-oest: nothing written for 9 days: is it stopped, or can it not reach the store?'],
  )
})

test('a journal that another of the same proxy has followed may be silent, and so may one long out of use', () => {
  const followed = [state('bi-nord-0a1b2c', 4_000, 10), state('bi-nord-ffffff', 9, 0), state('bi-old-0a1b2c', 5, 200)]
  assert.deepEqual(
    origins(followed, NOW).filter(({ state }) => state !== 'ok'),
    [],
  )
})
