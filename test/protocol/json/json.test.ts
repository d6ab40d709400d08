import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { record, records } from '../../support/exchanges.ts'

const JSON_TYPE = [['Content-Type', 'application/json']] as const
const ADDRESS = '/v1.0/myorg/datasets/d-1/executeQueries'

const persons = (target: string, body: string): (string | null)[] =>
  records({ target, headers: JSON_TYPE, body }).flatMap(({ criteria }) => criteria.map(({ person }) => person))

test('a person in a part of a body that nobody understands is a criterion', () => {
  const body = '{"queries":[{"query":"EVALUATE Borger"}],"futureOption":{"deep":[["0101475001"]]}}'
  assert.ok(persons(ADDRESS, body).includes('0101475001'))
})

test('a person in a name, in an escape, in the address, and in a member named twice is a criterion', () => {
  assert.ok(persons(ADDRESS, '{"0101475001":1}').includes('0101475001'))
  assert.ok(persons(ADDRESS, String.raw`{"a":"\u0030\u0031\u0030147-5001"}`).includes('0101475001'))
  assert.ok(persons(`${ADDRESS}?note=010147%2D5001`, '{}').includes('0101475001'))
  assert.ok(persons(ADDRESS, '{"a":"0101475001","a":""}').includes('0101475001'))
})

test('a bare number is a person only beside a name for persons', () => {
  assert.deepEqual(
    persons(ADDRESS, '{"id":1010101010}').filter((person) => person !== null),
    [],
  )
  assert.deepEqual(persons(ADDRESS, '{"cpr":1010101010}'), ['1010101010'])
  assert.deepEqual(persons(ADDRESS, '{"col":"Borger CPR","value":101475001}'), ['0101475001'])
})

test('a body that breaks off at an address of ours is a query, opaque, with the place and whom it names', () => {
  const entry = record({ target: ADDRESS, headers: JSON_TYPE, body: '{"queries":[\n{"query":"EVALUATE 0101475001' })
  assert.deepEqual([entry.action, entry.opaque, entry.opaqueAt], ['query', 'syntax', '2:30'])
  assert.equal(entry.catalog, 'd-1')
  assert.equal(entry.criteria[0]?.person, '0101475001')
  const head = record({
    target: ADDRESS,
    headers: JSON_TYPE,
    body: '{"queries":[{"query":"a 0101475001',
    extent: 'head',
  })
  assert.deepEqual([head.opaque, head.criteria[0]?.person], ['too-large', '0101475001'])
})

test('a body too deep to read is opaque for its limits, and the persons behind the limit are found', () => {
  const entry = record({ target: ADDRESS, headers: JSON_TYPE, body: `${'{"a":'.repeat(9000)}"0101475001"` })
  assert.deepEqual([entry.opaque, entry.criteria[0]?.person], ['limits', '0101475001'])
})

test('no body makes an interface fail, and a person planted at any place of it is found', () => {
  const string = fc.constantFrom('queries', 'query', 'Borger', 'cpr', '0101475001')
  const value = fc.letrec((tie) => ({
    node: fc.oneof({ maxDepth: 5 }, string, fc.integer(), fc.constant(null), tie('list'), tie('object')),
    list: fc.array(tie('node'), { maxLength: 4 }),
    object: fc.dictionary(string, tie('node'), { maxKeys: 4 }),
  }))
  fc.assert(
    fc.property(value.object, (body) => {
      const text = JSON.stringify(body)
      const found = persons(ADDRESS, text)
      assert.equal(found.includes('0101475001'), text.includes('"0101475001"'), text)
    }),
  )
})
