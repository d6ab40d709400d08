import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const FOLDER = join(import.meta.dirname, '../../../schema/config')

interface Schema {
  readonly description?: string
  readonly examples?: readonly unknown[]
  readonly const?: unknown
  readonly $ref?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly oneOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly definitions?: Readonly<Record<string, Schema>>
}

/** Read, not imported: as modules the two have types of their own. */
const schemaIn = (file: string) => JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Schema

/** Every key a person may write, with its path. */
function* keysOf(schema: Schema, path: string): Generator<readonly [path: string, key: Schema]> {
  for (const [name, key] of Object.entries(schema.properties ?? {})) {
    yield [`${path}${name}`, key]
    yield* keysOf(key, `${path}${name}.`)
  }
  for (const inner of [schema.items, ...(schema.oneOf ?? []), ...(schema.anyOf ?? [])]) {
    if (inner !== undefined) yield* keysOf(inner, path)
  }
  for (const [name, inner] of Object.entries(schema.definitions ?? {})) yield* keysOf(inner, `${path}#${name}.`)
}

for (const file of ['config.schema.json', 'mapping.schema.json']) {
  test(`every key of ${file} says what it means`, () => {
    const keys = [...keysOf(schemaIn(file), '')]
    assert.ok(keys.length > 20)
    for (const [path, { description, $ref }] of keys) assert.ok(description ?? $ref, path)
  })
}

test('every value of the configuration has an example', () => {
  for (const [path, key] of keysOf(schemaIn('config.schema.json'), '')) {
    const hasKeys = key.properties !== undefined
    assert.ok(hasKeys || key.const !== undefined || (key.examples ?? key.items?.examples ?? []).length > 0, path)
  }
})
