import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { choices, keeping } from '../../../schema/command/doctor.ts'
import { loadConfig } from '../../../schema/config/load.ts'

const NOW = new Date('2026-06-01T12:00:00Z')

function told(t: TestContext, written: object, files: Readonly<Record<string, object>> = {}): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'tilsyn-doctor-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries({ ...files, 'tilsyn.config.json': written })) {
    writeFileSync(join(folder, name), JSON.stringify(text))
  }
  return choices(loadConfig(null, folder, {}), NOW).map(({ state, text }) => `${state} ${text}`)
}

test('doctor has nothing to say about a configuration of defaults', (t) => {
  assert.deepEqual(told(t, { servers: [{ name: 'bi01', upstream: 'http://bi01.example' }] }), [])
})

test('doctor warns where queries may pass unrecorded, and where births in the future are taken for persons', (t) => {
  const servers = [{ name: 'bi01', upstream: 'http://bi01.example', onJournalFailure: 'forward' }]
  assert.deepEqual(told(t, { servers, persons: { latestBirth: '2057-12-31' } }), [
    'warning BI server bi01: queries pass unrecorded while the journal cannot be written (onJournalFailure)',
    'warning persons: also births up to 2057-12-31 are taken for persons (persons.latestBirth)',
  ])
  assert.deepEqual(told(t, { persons: { latestBirth: '2026-06-01' } }), [])
})

test('doctor tells which mappings are asked, what is decoded, and what is left out', (t) => {
  const mapping = { name: 'our-bi', match: { path: '/bi/*' }, body: 'json' }
  const written = {
    servers: [{ name: 'bi01', upstream: 'http://bi01.example', binaryXml: 'pass' }],
    record: { metadata: 'drop' },
    mappings: ['our-bi.mapping.json'],
  }
  assert.deepEqual(told(t, written, { 'our-bi.mapping.json': mapping }), [
    'ok BI server bi01: binary XML passes, and its copy is decoded (binaryXml)',
    'ok requests for the model: counted, and left out (record.metadata)',
    'ok mappings: our-bi',
  ])
})

test('a deletion that is overdue is warned of', async () => {
  const { retention } = loadConfig(null, import.meta.dirname, {})
  const none = await keeping({ retention }, { oldest: async () => null })
  assert.deepEqual([none.state, /deleted by hand/.test(none.text)], ['ok', true])
  const late = await keeping({ retention }, { oldest: async (kept) => (kept === 'log' ? 0 : null) })
  assert.deepEqual([late.state, late.text.includes('OVERDUE: the oldest is of 1970-01-01')], ['warning', true])
})
