import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { birthDate, findPersonNumbers, namesPersonNumbers, personNumber } from '../../../schema/record/person-number.ts'
import type { PersonRules } from '../../../schema/record/person-number.ts'

const rules: PersonRules = { latestBirth: '2057-12-31', attributes: ['Borgernøgle'] }
const today: PersonRules = { latestBirth: '2026-11-21', attributes: [] }

test('the seventh digit and the year give the century', () => {
  assert.equal(birthDate('0101360000'), '1936-01-01')
  assert.equal(birthDate('0101364000'), '2036-01-01')
  assert.equal(birthDate('0101374000'), '1937-01-01')
  assert.equal(birthDate('0101575000'), '2057-01-01')
  assert.equal(birthDate('0101585000'), '1858-01-01')
  assert.equal(birthDate('0101369000'), '2036-01-01')
})

test('a date that no calendar has is no person', () => {
  for (const digits of ['3102400000', '0013400000', '2902410000', '0000000000', '3204400000']) {
    assert.equal(birthDate(digits), null)
  }
  assert.equal(birthDate('2902404000'), '1940-02-29')
})

test('a replacement number has sixty added to the day', () => {
  assert.equal(birthDate('6101404000'), '1940-01-01')
  assert.equal(birthDate('9104404000'), null)
})

test('an electronic person number has two letters, in either case', () => {
  assert.equal(personNumber('010147-7ab2', true, rules), '0101477AB2')
  assert.equal(personNumber('0101472AB2', true, rules), null)
})

test('hyphen, dash, blank and no-break space stand between date and rest', () => {
  for (const text of ['0101475001', '010147-5001', '010147–5001', '010147 5001', '010147\u00a05001', ' 0101475001 ']) {
    assert.equal(personNumber(text, false, rules), '0101475001')
  }
})

test('a birth in the future is a person only in an attribute named for person numbers', () => {
  assert.equal(personNumber('0101475001', false, today), null)
  assert.equal(personNumber('0101475001', true, today), '0101475001')
})

test('a lost leading zero is put back only in an attribute named for person numbers', () => {
  assert.equal(personNumber('101475001', true, rules), '0101475001')
  assert.equal(personNumber('101475001', false, rules), null)
})

test('person numbers are found as whole tokens of a text, each once', () => {
  const text = '[Borger].[CPR].&[0101475001], "010147-5001 Åse", 10101475001, x0101475001, 01014750019'
  assert.deepEqual(findPersonNumbers(text, false, rules), ['0101475001'])
})

test('attributes are known by the names everybody uses and by those declared', () => {
  for (const name of ['[Borger].[CPR]', 'CprNr', "'Borger'[Personnummer]", '[Borger].[Borgernøgle]', '[A].[PNR]']) {
    assert.ok(namesPersonNumbers(name, rules), name)
  }
  for (const name of ['[Borger].[Navn]', '[Konto].[Kontonr]', '[Person]', '[Borger].[Kommune]']) {
    assert.ok(!namesPersonNumbers(name, rules), name)
  }
})

test('whatever the text, what is found is a well-formed number and is found again in itself', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'0123456789-– aB[].,'.split('')) }),
      fc.boolean(),
      (text, named) => {
        for (const person of findPersonNumbers(text, named, rules)) {
          assert.match(person, /^\d{6}(\d{4}|\d[A-Z]{2}\d)$/)
          assert.deepEqual(findPersonNumbers(person, named, rules), [person])
        }
      },
    ),
  )
})
