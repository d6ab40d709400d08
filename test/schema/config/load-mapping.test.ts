import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ConfigError } from '../../../schema/config/config-error.ts'
import { loadConfig } from '../../../schema/config/load.ts'

const folder = mkdtempSync(join(tmpdir(), 'tilsyn-mapping-'))
after(() => rmSync(folder, { recursive: true }))

function load(mapping: string) {
  writeFileSync(join(folder, 'a.mapping.json'), mapping)
  writeFileSync(join(folder, 'tilsyn.config.json'), '{"mappings":["a.mapping.json"]}')
  return loadConfig(null, folder, {})
}

function mistakes(mapping: unknown): Record<string, string> {
  try {
    load(JSON.stringify(mapping))
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    assert.match(error.message, /^\S+a\.mapping\.json:\n/)
    return Object.fromEntries(error.mistakes.map(({ path, expected }) => [path, expected]))
  }
  return assert.fail('the mapping was accepted')
}

test('mappings are read relative to the configuration', () => {
  const [mapping] = load('{"name":"a","match":{"path":"/a"},"body":"json","cube":"$.cube"}').mappings
  assert.equal(mapping?.file, join(folder, 'a.mapping.json'))
  assert.equal(mapping.mapping.cube, '$.cube')
})

test('a mistake in a mapping ends the start with its file, every place, and what was expected', () => {
  const found = mistakes({
    name: 'a',
    match: {},
    body: 'json',
    criteria: [{ dimension: 7 }],
    user: { at: '$.u', trust: 'all' },
  })
  assert.match(found['match'] ?? '', /at least one of "method"/)
  assert.equal(found['criteria[0].value'], 'is missing')
  assert.match(found['criteria[0].dimension'] ?? '', /expected a path, or an object/)
  assert.match(found['user.trust'] ?? '', /expected one of \["body"\]/)
})

test('accounts that are believed belong to a user who is', () => {
  const found = mistakes({ name: 'a', match: { path: '/' }, body: 'json', user: { at: '$.u', accounts: ['svc'] } })
  assert.equal(Object.keys(found).length, 1)
})

test('a mapping that is not there, or broken off, is told by its file', () => {
  rmSync(join(folder, 'a.mapping.json'), { force: true })
  writeFileSync(join(folder, 'tilsyn.config.json'), '{"mappings":["a.mapping.json"]}')
  assert.throws(() => loadConfig(null, folder, {}), /a\.mapping\.json:\n.*a file that can be read \(ENOENT\)/)
  assert.throws(() => load('{"name":'), /a\.mapping\.json:\n.*JSON \(it is broken off/)
})
