import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readStatus } from '../../../reports/query/status.ts'
import type { OriginState } from '../../../schema/store/store.ts'
import { StoreError } from '../../../schema/store/store.ts'
import { KEEPING } from '../service.ts'

const nobodyKnows = async () => null
const RULES = { latestBirth: '2026-01-01', attributes: [] }
const carriers = async () => []
const oldest = async () => null

test('a store that neither answers nor refuses is told as away, and does not keep whoever asks', async () => {
  const silent = { carriers, oldest, origins: () => new Promise<readonly OriginState[]>(() => undefined) }
  const status = await readStatus(silent, RULES, KEEPING, nobodyKnows, 0, 20)
  const { store, origins, overdueSince } = status
  assert.deepEqual({ store, origins, overdueSince }, { store: 'unavailable', origins: [], overdueSince: null })
})

test('a store that refuses is told as away; any other fault is not hidden', async () => {
  const away = { carriers, oldest, origins: () => Promise.reject(new StoreError('STORE_UNAVAILABLE', 'away')) }
  assert.equal((await readStatus(away, RULES, KEEPING, nobodyKnows, 0)).store, 'unavailable')
  const faulty = { carriers, oldest, origins: () => Promise.reject(new TypeError('ours')) }
  await assert.rejects(readStatus(faulty, RULES, KEEPING, nobodyKnows, 0), TypeError)
})
