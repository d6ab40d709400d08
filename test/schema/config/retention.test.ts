import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { ConfigError } from '../../../schema/config/config-error.ts'
import type { RetentionConfig } from '../../../schema/config/retention.ts'
import { loadConfig } from '../../../schema/config/load.ts'

function retentionOf(t: TestContext, retention: unknown, store: unknown = { kind: 'embedded' }): RetentionConfig {
  const folder = mkdtempSync(join(tmpdir(), 'tilsyn-config-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'login.txt'), 'Server=a;User Id=eraser\n')
  writeFileSync(join(folder, 'tilsyn.config.json'), JSON.stringify({ retention, store }))
  return loadConfig(null, folder, { TILSYN_MSSQL: 'Server=a', TILSYN_MSSQL_RETENTION: 'Server=b' }).retention
}

const placeOf = (t: TestContext, retention: unknown): string | undefined => {
  try {
    retentionOf(t, retention)
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes[0]?.path
    throw error
  }
  return undefined
}

test('six months, deleted by somebody: unless another is written', (t) => {
  const { period, changes, automatic, atMinute, connection } = retentionOf(t, {})
  assert.deepEqual([period, changes, automatic, atMinute, connection], ['6M', '5Y', false, 150, null])
  const written = retentionOf(t, { period: '1Y', reason: 'Tilsyn efter loven', automatic: true, at: '23:05' })
  assert.deepEqual([written.period, written.automatic, written.atMinute], ['1Y', true, 1385])
})

test('another period than six months needs a reason, and one under six months or over five years is refused', (t) => {
  assert.equal(placeOf(t, { period: '1Y' }), 'retention.reason')
  assert.equal(placeOf(t, { period: '1Y', reason: 'because' }), 'retention.reason')
  for (const period of ['5M', '180D', '6Y', '6m', 'M', '-6M'])
    assert.equal(placeOf(t, { period, reason: 'Tilsyn efter loven' }), 'retention.period', period)
  assert.equal(placeOf(t, { changes: '1Y' }), 'retention.changes')
  assert.equal(placeOf(t, { at: '24:00' }), 'retention.at')
})

test('the login that may delete is named by a file or by the environment', (t) => {
  const store = { kind: 'mssql' }
  assert.equal(retentionOf(t, {}, store).connection, 'Server=b')
  assert.equal(retentionOf(t, { connectionFile: 'login.txt' }, store).connection, 'Server=a;User Id=eraser')
})
