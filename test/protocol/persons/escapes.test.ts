import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unescaped } from '../../../proxy/protocol/persons/escapes.ts'
import { mentionedIn, personsMentioned } from '../../../proxy/protocol/criteria/mentioned.ts'
import { personsIn } from '../../../proxy/protocol/persons/persons.ts'

const RULES = { latestBirth: '2026-01-01', attributes: [] }

const HIDDEN = [
  '\\u00301\\u003014\\x375001',
  '%30101475001',
  '\\u{30}101475001',
  '%2530101475001',
  '%252530101475001',
  '&#48;101475001',
  '&#x30;1&#x30;1475001',
  '&amp;#48;101475001',
  '_x0030_101475001',
  '010147%2D5001',
]

test('a number in escapes, or in escapes of escapes, is found in a value', () => {
  for (const value of HIDDEN) assert.deepEqual(personsIn(value, '[Borger].[CPR]', false, RULES), ['0101475001'], value)
})

test('a number in escapes is found in a request of any build, and in a statement that cannot be read', () => {
  for (const value of HIDDEN) {
    assert.deepEqual(
      personsMentioned(`{"cpr":"${value}"}`, RULES).map((row) => row.person),
      ['0101475001'],
      value,
    )
    const rows = mentionedIn(`SELEKT [Borger].[CPR] = "${value}"`, RULES)
    assert.ok(
      rows.some(({ person }) => person === '0101475001'),
      value,
    )
  }
})

test('a pattern of LIKE is read both as it stands and unescaped', () => {
  assert.deepEqual(personsIn('%0101475001%', '[Borger].[CPR]', false, RULES), ['0101475001'])
})

test('a text without escapes has nothing to be undone', () => {
  for (const text of ['0101475001', '100 % og mere', 'a & b', '\\n']) assert.equal(unescaped(text), null, text)
})

test('no text takes long, or makes more of itself than it was', () => {
  for (const piece of ['%25', '&amp;', '\\u005c', '&#38;', '_x005f_']) {
    const text = piece.repeat(100_000)
    assert.ok((unescaped(text) ?? '').length < text.length)
  }
})
