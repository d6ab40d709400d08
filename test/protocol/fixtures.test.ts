import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { FIXTURES, closeReader, fixtureNames, goldenOf, recordsOf } from '../support/fixture.ts'

after(closeReader)

test('there are fixtures, and every folder holds a whole exchange and its records', () => {
  assert.ok(fixtureNames().length >= 20)
  for (const name of fixtureNames()) {
    assert.deepEqual(readdirSync(join(FIXTURES, name)).sort(), ['record.json', 'request.http', 'response.http'], name)
  }
})

for (const name of fixtureNames()) {
  test(`${name} is recorded as a person has read and approved`, async () => {
    assert.deepEqual(JSON.parse(JSON.stringify(await recordsOf(name))), goldenOf(name))
  })
}
