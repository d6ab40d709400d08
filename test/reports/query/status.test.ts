import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readStatus } from '../../../reports/query/status.ts'
import type { OriginState } from '../../../schema/store/store.ts'
import { StoreError } from '../../../schema/store/store.ts'

const nobodyKnows = async () => null
const RULES = { latestBirth: '2026-01-01', attributes: [] }
const carriers = async () => []

test('a store that neither answers nor refuses is told as away, and does not keep whoever asks', async () => {
  const silent = { carriers, origins: () => new Promise<readonly OriginState[]>(() => undefined) }
  const status = await readStatus(silent, RULES, nobodyKnows, 20)
  assert.deepEqual(status, { store: 'unavailable', origins: [], unmapped: [], recorder: null })
})

test('a store that refuses is told as away; any other fault is not hidden', async () => {
  const away = { carriers, origins: () => Promise.reject(new StoreError('STORE_UNAVAILABLE', 'away')) }
  assert.equal((await readStatus(away, RULES, nobodyKnows)).store, 'unavailable')
  const faulty = { carriers, origins: () => Promise.reject(new TypeError('ours')) }
  await assert.rejects(readStatus(faulty, RULES, nobodyKnows), TypeError)
})
