import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readStatus } from '../../../reports/query/status.ts'
import type { OriginState } from '../../../schema/store/store.ts'
import { StoreError } from '../../../schema/store/store.ts'

const nobodyKnows = async () => null

test('a store that neither answers nor refuses is told as away, and does not keep whoever asks', async () => {
  const silent = { origins: () => new Promise<readonly OriginState[]>(() => undefined) }
  const status = await readStatus(silent, nobodyKnows, 20)
  assert.deepEqual(status, { store: 'unavailable', origins: [], recorder: null })
})

test('a store that refuses is told as away; any other fault is not hidden', async () => {
  const away = { origins: () => Promise.reject(new StoreError('STORE_UNAVAILABLE', 'away')) }
  assert.equal((await readStatus(away, nobodyKnows)).store, 'unavailable')
  const faulty = { origins: () => Promise.reject(new TypeError('ours')) }
  await assert.rejects(readStatus(faulty, nobodyKnows), TypeError)
})
