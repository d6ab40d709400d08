import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { MAX_MENTIONS, mentions } from '../../proxy/language/mention.ts'

const found = (text: string): string[] => mentions(text).map(({ kind, text }) => `${kind} ${text}`)

test('paths, strings and numbers of a text are found, whatever its language', () => {
  assert.deepEqual(found(`EVALUATE FILTER('Borger', 'Borger'[CPR] = "1204415123" && Sag[Nr] > 031252 && x = 5)`), [
    'string Borger',
    "name 'Borger'[CPR]",
    'string 1204415123',
    'name [Nr]',
    'number 031252',
  ])
  assert.deepEqual(found('SELEKT {[Borger].[CPR].&[1204415123]&[2],[A]]b].[c]} PÅ 0'), [
    'name [Borger].[CPR].&[1204415123]&[2]',
    'name [A]]b].[c]',
  ])
})

test('a person’s number is one number, parted or not, with letters or not', () => {
  assert.deepEqual(found('1204415123 120441-5123 120441 5123 120441–5123 1204417WQ3'), [
    'number 1204415123',
    'number 120441-5123',
    'number 120441 5123',
    'number 120441–5123',
    'number 1204417WQ3',
  ])
})

test('short numbers and digits within words are none', () => {
  assert.deepEqual(found('12345 a1204415123 _1204415123'), [])
})

test('what never closes hides nothing behind it', () => {
  assert.deepEqual(found(`it's [a].[b 1204415123`), ['name [a]', 'number 1204415123'])
  assert.deepEqual(found('say "[x].[y] 120441-5123'), ['name [x].[y]', 'number 120441-5123'])
})

test('doubled quotes stand for one', () => {
  assert.deepEqual(found(`'it''s' "a""b"`), [`string it's`, 'string a"b'])
})

test('the names in a quoted formula are found beside it, also where one stands in another', () => {
  assert.deepEqual(found(`AS '([Measures].[Antal], [A].[B].&[1])' x "see [note]"`), [
    'string ([Measures].[Antal], [A].[B].&[1])',
    'name [Measures].[Antal]',
    'name [A].[B].&[1]',
    'string see [note]',
    'name [note]',
  ])
  const twice = `'StrToSet("[A].[B].&[1]") + ''[C].[D]'''`
  assert.deepEqual(
    found(twice).filter((one) => one.startsWith('name')),
    ['name [A].[B].&[1]', 'name [C].[D]'],
  )
})

test('no text makes it fail, and a number in brackets is found in any', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...`[]'".& a1-`.split('')) }), (noise) => {
      const text = `${noise} [x].&[1204415123] ${noise}`
      assert.ok(mentions(text).some((mention) => mention.text.includes('1204415123')))
    }),
    { numRuns: 2000 },
  )
})

test('beyond the limit nothing more is looked for', () => {
  assert.equal(mentions('[a] '.repeat(MAX_MENTIONS + 5)).length, MAX_MENTIONS)
})

test('hostile texts of megabytes are passed over once', () => {
  for (const part of [`'[`, '[a].', '123456-', `''`, '[', ']', '"', '[a', '1']) {
    assert.ok(mentions(part.repeat(1_000_000)).length <= MAX_MENTIONS)
  }
})
