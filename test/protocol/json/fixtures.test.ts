import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { APIS } from '../../../proxy/protocol/json/apis.ts'
import { closeReader } from '../../support/fixture.ts'
import { JSON_FIXTURES, jsonFixtureNames, jsonGoldenOf, jsonRecordsOf } from '../../support/json-fixture.ts'

after(closeReader)

const FILES = ['record.json', 'request.body', 'request.head', 'response.body', 'response.head']

test('every folder of an exchange over JSON holds a whole exchange and its records', () => {
  for (const name of jsonFixtureNames()) assert.deepEqual(readdirSync(join(JSON_FIXTURES, name)).sort(), FILES, name)
})

test('every interface has exchanges, and every exchange is of an interface', () => {
  const names = jsonFixtureNames()
  for (const api of APIS)
    assert.ok(
      names.some((name) => name.startsWith(`${api.name}-`)),
      api.name,
    )
  const orphans = names.filter((name) => !APIS.some((api) => name.startsWith(`${api.name}-`)))
  assert.deepEqual(orphans, [])
})

for (const name of jsonFixtureNames()) {
  test(`${name} is recorded as a person has read and approved`, async () => {
    assert.deepEqual(JSON.parse(JSON.stringify(await jsonRecordsOf(name))), jsonGoldenOf(name))
  })
}
