import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { findPersonNumbers, personNumber } from '../../../schema/record/person-number.ts'
import { columnsOf, parentPath, segmentsOf } from '../../../proxy/protocol/path.ts'
import { personsIn, personsNearNames } from '../../../proxy/protocol/persons/persons.ts'
import { rowsOf } from '../../../proxy/protocol/criteria/rows.ts'
import { interpretStatement } from '../../../proxy/protocol/statement/interpret-statement.ts'
import type { StatementFacts } from '../../../proxy/language/statement.ts'

const PAST = { latestBirth: '2026-01-01', attributes: ['Sagspart'] }
const LATE = { latestBirth: '2057-12-31', attributes: [] }

const FACTS: StatementFacts = {
  kind: 'select',
  cube: 'Borger',
  start: 0,
  end: 1,
  measures: [],
  calculated: [],
  dimensions: [],
  criteria: [],
}

const dax = (text: string) =>
  interpretStatement('dax', text, new Map(), { latestBirth: '2026-01-01', attributes: [] }).persons

test('in DAX what a measure is compared with is an amount, though the statement speaks of persons', () => {
  for (const [text, persons] of [
    [`FILTER('Borger', 'Borger'[CPR] <> BLANK() && [Beløb] > 1503304012)`, []],
    [`FILTER('Borger', 'Borger'[CPR] <> BLANK() && [Beløb] <= 1503604012)`, []],
    [`FILTER('Borger', 'Borger'[CPR] <> BLANK() && [Valgt] = "150360-4012")`, ['1503604012']],
    [`FILTER('Borger', 'Borger'[CPR] <> BLANK() && [Valgt CPR] = 1503304012)`, ['1503304012']],
    [`FILTER(SUMMARIZECOLUMNS('Borger'[CPR], "x", [Beløb]), [x] > 1503304012)`, []],
    [`CALCULATETABLE(VALUES('Borger'[CPR]), 'Ydelse'[Beløb] > 1503304012)`, []],
    [`CALCULATETABLE(VALUES('Borger'[CPR]), 'Ydelse'[Nr] = 1503304012)`, ['1503304012']],
    [`SUMMARIZECOLUMNS(FILTER('Borger', 'Borger'[Nr] = 1503604012), "n", DISTINCTCOUNT('Borger'[Nr]))`, ['1503604012']],
    [`FILTER(VALUES('Borger'[CPR]), 'Borger'[CPR] >= 1503304012)`, ['1503304012']],
  ] as const) {
    assert.deepEqual(dax(`EVALUATE ${text}`), persons, text)
  }
  const define = (formula: string) => `DEFINE MEASURE 'Borger'[M] = ${formula} EVALUATE FILTER(VALUES('Borger'[CPR]), `
  assert.deepEqual(dax(`${define("SUM('Ydelse'[Beløb])")} [M] > 1503604012)`), [])
  assert.deepEqual(dax(`${define("SELECTEDVALUE('Borger'[CPR])")} [M] = 1503304012)`), ['1503304012'])
})

test('a number with a hyphen is a person also where a measure is compared with it', () => {
  assert.deepEqual(personsIn('150360-4012', '[Measures].[Valgt]', false, PAST), ['1503604012'])
  assert.deepEqual(personsIn('1503604012', '[Measures].[Valgt]', true, PAST), [])
})

test('a measure that the cube has by itself stands there as such', () => {
  const measures = [
    { measure: '[Measures].[A]', via: null, byDefault: true },
    { measure: '[Measures].[B]', via: '[Measures].[X]' },
  ] as const
  assert.deepEqual(
    rowsOf({ ...FACTS, measures }, '', PAST).measures.map(({ via }) => via),
    ['default', '[Measures].[X]'],
  )
})

test('a unique name is split at its dots and keys, never inside its brackets', () => {
  assert.deepEqual(
    segmentsOf('[A.B].[C]]D]. Tid.[X].&[1]&[2].Members').map(({ name, key }) => [name, key]),
    [
      ['A.B', false],
      ['C]D', false],
      ['Tid', false],
      ['X', false],
      ['1', true],
      ['2', true],
      ['Members', false],
    ],
  )
  assert.equal(parentPath(segmentsOf('[A].[B].&[1].&[2]')), '[A].[B]')
  assert.equal(parentPath(segmentsOf('[A].[B].[C]')), '[A].[B]')
  assert.equal(parentPath(segmentsOf('[A]')), null)
})

test('no name, however odd, is split without end', () => {
  for (const name of ['[', '&', '&&[', ']]]', '.'.repeat(9), '[a', 'a[b]c', '&[', ' [ ].[']) {
    assert.ok(segmentsOf(name).length < 10, name)
    columnsOf(name)
  }
})

test('a path is dimension, hierarchy and level; a DAX column is table and column', () => {
  assert.deepEqual(columnsOf('[Tid].[Kalender].[Måned]'), {
    dimension: '[Tid]',
    hierarchy: '[Tid].[Kalender]',
    level: '[Tid].[Kalender].[Måned]',
  })
  assert.deepEqual(columnsOf('Borger[CPR]'), { dimension: 'Borger', hierarchy: 'Borger[CPR]', level: null })
})

for (const [value, path, rules, persons] of [
  ['[Borger].[CPR].&[0101475001]', '[Borger].[CPR]', PAST, ['0101475001']],
  ['[Borger].[CPR].&[707475001]', '[Borger].[CPR]', PAST, ['0707475001']],
  ['[Borger].[CPR].[0101475001 Åse Prøvesen]', '[Borger].[CPR]', PAST, ['0101475001']],
  ['[Borger].[CPR].&[0101475001]&[2024]', '[Borger].[CPR]', PAST, ['0101475001']],
  ['[Borger].[Sønderå].[Bymidten].[0101475001]', '[Borger].[Sønderå].[Bymidten]', LATE, ['0101475001']],
  ['[Borger].[Sønderå].[Bymidten].[0101475001]', '[Borger].[Sønderå].[Bymidten]', PAST, []],
  ['[Sagspart].[Alle].[0101475001]', '[Sagspart].[Alle]', PAST, ['0101475001']],
  ['{[B].[CPR].&[0101475001],[B].[CPR].&[0203486110]}', null, PAST, ['0101475001', '0203486110']],
  ['[Konto].[Nr].&[0101475001]', '[Konto].[Nr]', PAST, []],
  ['010147-5001', '[Borger].[CPR]', PAST, ['0101475001']],
  ['1010101010', '[Measures].[Beløb]', PAST, []],
  ['0101475001', '[Measures].[CPR-nummer]', PAST, ['0101475001']],
  ['070733', '[Borger].[CPR]', PAST, []],
] as const) {
  test(`the value ${value.replaceAll(/\d{6,}/g, '…')} of ${path} names ${persons.length} person(s) before ${rules.latestBirth}`, () => {
    assert.deepEqual(personsIn(value, path, false, rules), persons)
  })
}

test('a text searched for counts as a person number where the statement speaks of them', () => {
  const criterion = { dimension: '[Borger]', op: 'contains', values: ['010147-5001'], clause: 'filter' as const }
  const facts = { ...FACTS, criteria: [criterion] }
  const person = (text: string) => rowsOf(facts, text, PAST).criteria.map((row) => row.person)
  assert.deepEqual(person('… InStr([Borger].CurrentMember.Properties("CPR-nummer"), …) …'), ['0101475001'])
  assert.deepEqual(person('SELECT FROM [Borger]'), [null])
})

test('an unknown text names a person where the name before a number says so', () => {
  const text = '{"konto": 0101475001, "borger_cpr": "010147-5001", "x": 1, "pnr": 203486110}'
  assert.deepEqual(
    personsNearNames(text, PAST).map(({ person }) => person),
    ['0101475001', '0203486110'],
  )
})

test('rows: one per value, one per person, a range with both its ends, calculated measures beside their bases', () => {
  const facts: StatementFacts = {
    ...FACTS,
    measures: [
      { measure: '[Measures].[Beløb]', via: '[Measures].[Snit]' },
      { measure: '[Measures].[Snit]', via: null },
    ],
    calculated: ['[Measures].[Snit]'],
    dimensions: [
      { path: '[Borger].[CPR]', axis: 0 },
      { path: '[$Borger].[Navn]', axis: 'return' },
    ],
    criteria: [
      { dimension: '[Tid].[Aar]', op: 'in', values: ['[Tid].[Aar].&[1]', '[Tid].[Aar].&[2]'], clause: 'slicer' },
      {
        dimension: '[B].[CPR]',
        op: 'range',
        values: ['[B].[CPR].&[0101475001]', '[B].[CPR].&[0203486110]'],
        clause: 'axis',
      },
    ],
  }
  const { criteria, dimensions, measures } = rowsOf(facts, '', PAST)
  assert.deepEqual(
    criteria.map(({ value, valueTo, person, personTo }) => [value, valueTo, person, personTo]),
    [
      ['[Tid].[Aar].&[1]', null, null, null],
      ['[Tid].[Aar].&[2]', null, null, null],
      ['[B].[CPR].&[0101475001]', '[B].[CPR].&[0203486110]', '0101475001', '0203486110'],
    ],
  )
  assert.deepEqual(
    dimensions.map(({ hierarchy, axis }) => [hierarchy, axis]),
    [
      ['[Borger].[CPR]', '0'],
      ['[$Borger].[Navn]', 'return'],
    ],
  )
  assert.deepEqual(measures, [
    { measure: '[Measures].[Snit]', calculated: true, via: null },
    { measure: '[Measures].[Beløb]', calculated: false, via: '[Measures].[Snit]' },
  ])
})

test('whoever can be found in a value is found, however short it is', () => {
  const sign = fc.constantFrom(...'000112234567890-. /.,E+LM\u00ad\u0661\uff11%3x&#;_\\u'.split(''))
  const value = fc.array(sign, { maxLength: 16 }).map((signs) => signs.join(''))
  const usual = fc.constantFrom(
    '1503304012',
    '150330-4012',
    '1.50330E9',
    '150330 4AB2',
    '%3150330-4012',
    '&#49;503304012',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        value,
        fc.tuple(value, usual, value).map((parts) => parts.join('')),
      ),
      (text) => {
        const whole = personNumber(text, true, LATE)
        const found = new Set(personsIn(text, '[Borger].[CPR]', false, LATE))
        for (const person of [...findPersonNumbers(text, true, LATE), ...(whole === null ? [] : [whole])])
          assert.ok(found.has(person), JSON.stringify(text))
      },
    ),
    { numRuns: 2000 },
  )
})
