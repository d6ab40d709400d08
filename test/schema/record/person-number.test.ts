import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { birthDate, findPersonNumbers, personNumber, personTokens } from '../../../schema/record/person-number.ts'
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

test('every day of a century is a date of birth, and nothing else is', () => {
  const two = (number: number) => String(number).padStart(2, '0')
  for (let year = 0; year < 100; year += 1) {
    for (let month = 0; month < 14; month += 1) {
      for (let day = 0; day < 34; day += 1) {
        const date = new Date(Date.UTC(1900 + year, month - 1, day))
        const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day
        const birth = birthDate(`${two(day)}${two(month)}${two(year)}0000`)
        assert.equal(birth, exists ? date.toISOString().slice(0, 10) : null)
      }
    }
  }
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

test('separators within the date are met in a text too, where its attribute is named for person numbers', () => {
  for (const text of ['01.01.47-5001 Anna', 'se 01-01-47 5001', '[A].[CPR].&[01/01/47/5001].[x]', '01 01 47_7ab2']) {
    assert.deepEqual(findPersonNumbers(text, true, rules), [text.includes('ab') ? '0101477AB2' : '0101475001'], text)
    assert.deepEqual(findPersonNumbers(text, false, rules), [])
  }
  for (const text of ['01.01.2047', '2047-01-01T05:00:12', '01.01.47 12:00', '1.2.3.4 5001']) {
    assert.deepEqual(findPersonNumbers(text, true, rules), [], text)
  }
})

test('dashes, thin blanks, a minus and invisible signs do not hide a number', () => {
  for (const joint of ['-', '\u2011', '\u2013', '\u2212', '\uff0d', '\u2009', '\u202f', '\u200b', ' - ', '\u00ad']) {
    assert.deepEqual(findPersonNumbers(`x 010147${joint}5001 y`, false, rules), ['0101475001'], escape(joint))
    assert.equal(personNumber(`010147${joint}5001`, false, rules), '0101475001', escape(joint))
  }
})

test('slashes, dots, underscores and tabs are separators only where the attribute is named', () => {
  for (const written of [
    '010147/5001',
    '010147.5001',
    '010147_5001',
    '010147\t5001',
    '01.01.47-5001',
    '01/01/47 5001',
  ]) {
    assert.equal(personNumber(written, true, rules), '0101475001', written)
    assert.deepEqual(findPersonNumbers(written, false, rules), [], written)
  }
  assert.deepEqual(findPersonNumbers('nr 010147/5001, 010147_5001', true, rules), ['0101475001'])
  assert.deepEqual(findPersonNumbers('nr 010147/5001, 010147_5001', false, rules), [])
})

test('digits of other scripts count, and full-width letters of another number do not join it', () => {
  const wide = '0101475001'.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit)))
  const arabic = '0101475001'.replace(/\d/g, (digit) => String.fromCharCode(0x660 + Number(digit)))
  assert.deepEqual(findPersonNumbers(`[Borger].[CPR].&[${wide}]`, false, rules), ['0101475001'])
  assert.equal(personNumber(arabic, false, rules), '0101475001')
  assert.deepEqual(personTokens(`å ${wide}`, false), [{ text: '0101475001', at: 2 }])
})

test('a key that came as an amount is a person where the attribute is named', () => {
  for (const written of ['1.01475001E8', '1,01475001e+08', '101475001.0', '101475001,00', '101475001L', '10147-5001']) {
    assert.equal(personNumber(written, true, rules), '0101475001', written)
    assert.deepEqual(findPersonNumbers(`x = ${written}`, true, rules), ['0101475001'], written)
    assert.equal(personNumber(written, false, rules), null, written)
  }
  assert.equal(personNumber('1.01E+08', true, rules), null)
  assert.deepEqual(findPersonNumbers('101475001.25', true, rules), [])
})

test('letters may touch a number only where the attribute is named', () => {
  assert.deepEqual(findPersonNumbers('CPR0101475001 0101475001Åse', true, rules), ['0101475001'])
  assert.deepEqual(findPersonNumbers('CPR0101475001 0101475001Åse', false, rules), [])
  assert.deepEqual(findPersonNumbers('910101475001', true, rules), [])
})

test('in an attribute for P-numbers ten digits from 1 on are none of a person, a hyphenated number is', () => {
  assert.equal(personNumber('1101475001', 'p-number', rules), null)
  assert.equal(personNumber('110147-5001', 'p-number', rules), '1101475001')
  assert.equal(personNumber('0101475001', 'p-number', rules), '0101475001')
  assert.deepEqual(findPersonNumbers('0101475001', 'silent', rules), [])
})

test('person numbers are found as whole tokens of a text, each once', () => {
  const text = '[Borger].[CPR].&[0101475001], "010147-5001 Åse", 10101475001, x0101475001, 01014750019'
  assert.deepEqual(findPersonNumbers(text, false, rules), ['0101475001'])
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
