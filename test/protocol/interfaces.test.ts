import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { APIS } from '../../proxy/protocol/json/apis.ts'
import { ADAPTERS } from '../../proxy/protocol/registry.ts'

const ROOT = join(import.meta.dirname, '../..')
const page = readFileSync(join(ROOT, 'docs/interfaces.md'), 'utf8')

test('docs/interfaces.md tells of every interface how it is recognised, what becomes of it, and what is asked', () => {
  for (const { name } of [...APIS, ...ADAPTERS.filter(({ name }) => name !== 'json')]) {
    const rows = page.split('\n').filter((line) => line.startsWith('|') && line.includes(`\`${name}\``))
    assert.ok(rows.length >= 3, name)
  }
})

test('every whole exchange in JSON is one of an interface that docs/interfaces.md tells of', () => {
  const names = [...APIS.map(({ name }) => name), 'powerbi-execute-queries', 'powerbi-querydata', 'superset']
  for (const folder of readdirSync(join(ROOT, 'test/fixtures/json'))) {
    assert.ok(
      names.some((name) => folder.startsWith(name) || folder.startsWith(name.replace(/-engine$|-load$/, ''))),
      folder,
    )
  }
})
