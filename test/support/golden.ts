/** Writes every `record.json` again from what the product makes of the exchange. A person reads the difference. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FIXTURES, closeReader, fixtureNames, recordsOf } from './fixture.ts'
import { JSON_FIXTURES, jsonFixtureNames, jsonRecordsOf } from './json-fixture.ts'
import { EXAMPLES, exampleNames, exampleRecordsOf } from './mapping-example.ts'

for (const name of fixtureNames()) {
  const records = await recordsOf(name)
  writeFileSync(join(FIXTURES, name, 'record.json'), `${JSON.stringify(records, null, 2)}\n`)
}
for (const name of jsonFixtureNames()) {
  const records = await jsonRecordsOf(name)
  writeFileSync(join(JSON_FIXTURES, name, 'record.json'), `${JSON.stringify(records, null, 2)}\n`)
}
for (const name of exampleNames()) {
  const records = await exampleRecordsOf(name)
  writeFileSync(join(EXAMPLES, name, 'records.json'), `${JSON.stringify(records, null, 2)}\n`)
}
await closeReader()
