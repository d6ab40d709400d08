import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecorderWatch } from '../../proxy/admin/recorder-watch.ts'
import type { RecorderStatus } from '../../schema/record/recorder-status.ts'

const status = (change: Partial<RecorderStatus>): RecorderStatus => ({
  origin: 'proxy-1',
  appended: 10,
  shipped: 0,
  pending: 10,
  shippedSeq: 0,
  oldestUnshippedAt: null,
  journalBytes: 0,
  store: 'ok',
  lastError: null,
  at: 0,
  ...change,
})

/** A watch, and its clock. */
function watch() {
  const clock = { at: 0 }
  return { clock, recorder: new RecorderWatch(100, () => clock.at) }
}

test('a recorder that never told of itself is stuck after a while, not at once', () => {
  const { clock, recorder } = watch()
  assert.deepEqual(recorder.state(), { stuck: false, store: null })
  clock.at = 101
  assert.equal(recorder.state().stuck, true)
  assert.equal(recorder.silentMs, 101)
})

test('a recorder that tells of itself, has work and a store, and gets no further, is stuck until it does', () => {
  const { clock, recorder } = watch()
  for (clock.at = 0; clock.at <= 120; clock.at += 10) recorder.hear(status({ shipped: 4 }))
  assert.equal(recorder.state().stuck, true)
  recorder.hear(status({ shipped: 5 }))
  assert.equal(recorder.state().stuck, false)
})

test('one with nothing to do, and one that waits for its store, are not stuck', () => {
  for (const calm of [{ pending: 0, shipped: 10 }, { store: 'unavailable' as const }]) {
    const { clock, recorder } = watch()
    for (clock.at = 0; clock.at <= 300; clock.at += 10) recorder.hear(status(calm))
    assert.equal(recorder.state().stuck, false)
  }
})
