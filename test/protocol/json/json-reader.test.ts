import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { assertNever } from '../../../schema/record/record.ts'
import { readJson } from '../../../proxy/protocol/json/json-reader.ts'
import type { Json, MaybeJson } from '../../../proxy/protocol/json/json-value.ts'
import { idOf, integerOf, itemsOf, member, membersOf, scalarOf } from '../../../proxy/protocol/json/json-value.ts'

/** What `JSON.parse` would have given; numbers lose their digits as there. */
function plain(node: Json): unknown {
  switch (node.kind) {
    case 'object':
      // A Map, because `__proto__` is a name like others here.
      return new Map(node.members.map(({ name, value }) => [name, plain(value)]))
    case 'list':
      return node.items.map(plain)
    case 'number':
      return Number(node.text)
    case 'word':
      return { true: true, false: false, null: null }[node.text]
    case 'string':
      return node.text
    default:
      return assertNever(node)
  }
}

const asMaps = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(asMaps)
    : typeof value === 'object' && value !== null
      ? new Map(Object.entries(value).map(([name, inner]) => [name, asMaps(inner)]))
      : value

function tree(text: string): MaybeJson {
  const reading = readJson(text)
  assert.equal(reading.kind, 'json', text)
  return reading.value
}

test('every JSON text is read as the platform reads it', () => {
  fc.assert(
    fc.property(fc.json(), fc.boolean(), (text, indented) => {
      const written = indented ? JSON.stringify(JSON.parse(text), null, 2) : text
      const reading = readJson(written)
      assert.ok(reading.kind === 'json')
      assert.deepEqual(plain(reading.value), asMaps(JSON.parse(written)))
    }),
  )
})

test('no text makes the reader throw, and what it says of a broken one is where', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"',
    '\\',
    'u00',
    'a',
    '1',
    '-',
    'e',
    '.',
    'true',
    'null',
    ' ',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece, { maxLength: 24 }).map((pieces) => pieces.join('')),
      ),
      (text) => {
        const reading = readJson(text)
        if (reading.kind === 'json') return
        assert.ok(reading.offset >= 0 && reading.offset <= text.length)
        assert.match(reading.at, /^\d+:\d+$/)
      },
    ),
    { numRuns: 1000 },
  )
})

test('a number keeps the digits it was written with, however many', () => {
  const list = tree('[0101475001, 707475001, 9007199254740993, -1.50, 1E3]')
  assert.deepEqual(itemsOf(list).map(scalarOf), ['0101475001', '707475001', '9007199254740993', '-1.50', '1E3'])
  assert.equal(integerOf(tree('9007199254740993')), null)
  assert.equal(idOf(tree('42')), '42')
})

test('of two members of one name the last counts, and both are kept', () => {
  const node = tree('{"a":1,"A":2,"a":3}')
  assert.equal(scalarOf(member(node, 'a')), '3')
  assert.equal(scalarOf(member(node, 'A')), '2')
  assert.equal(membersOf(node).length, 3)
  assert.equal(scalarOf(member(tree('{"Queries":7}'), 'queries')), '7')
})

test('a text that breaks off gives what stands before, and the place', () => {
  const reading = readJson('\ufeff{"a":\n {"cpr": "010147')
  assert.ok(reading.kind === 'broken')
  assert.deepEqual([reading.reason, reading.at], ['syntax', '2:17'])
  assert.equal(scalarOf(member(reading.value, 'a', 'cpr')), '010147')
})

test('depth and size have limits, and a text beyond them is told apart from a wrong one', () => {
  const deep = readJson('['.repeat(100_000))
  assert.ok(deep.kind === 'broken' && deep.reason === 'limits')
  const long = readJson(`[${'1,'.repeat(1_000_001)}1]`)
  assert.ok(long.kind === 'broken' && long.reason === 'limits')
})
