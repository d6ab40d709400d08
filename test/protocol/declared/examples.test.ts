import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { closeReader } from '../../support/fixture.ts'
import {
  EXAMPLES,
  exampleGoldenOf,
  exampleMapping,
  exampleNames,
  exampleRecordsOf,
} from '../../support/mapping-example.ts'

after(closeReader)

const FILES = ['mapping.json', 'records.json', 'request.body', 'request.head', 'response.body', 'response.head']

test('there are worked examples, each whole, and each said to be invented', () => {
  assert.ok(exampleNames().length >= 2)
  for (const name of exampleNames()) {
    assert.deepEqual(readdirSync(join(EXAMPLES, name)).sort(), FILES, name)
    assert.match(exampleMapping(name).mapping.description ?? '', /^Invented/)
  }
})

for (const name of exampleNames()) {
  test(`${name} is recorded as a person has read and approved`, async () => {
    assert.deepEqual(JSON.parse(JSON.stringify(await exampleRecordsOf(name))), exampleGoldenOf(name))
  })
}

test('the guide names every key of a mapping', () => {
  const guide = readFileSync(join(EXAMPLES, '../mappings.md'), 'utf8')
  const schema: unknown = JSON.parse(readFileSync(join(EXAMPLES, '../../schema/config/mapping.schema.json'), 'utf8'))
  assert.ok(typeof schema === 'object' && schema !== null && 'properties' in schema)
  const keys = Object.keys(schema.properties ?? {}).filter((key) => !['$schema', 'name', 'description'].includes(key))
  assert.ok(keys.length > 15)
  for (const key of keys) assert.ok(guide.includes(`\`${key}\``), key)
})
