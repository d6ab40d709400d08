import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CubeModel } from '../../../proxy/language/cube-model.ts'
import { readMdx } from '../../../proxy/language/mdx/read.ts'
import type { StatementFacts } from '../../../proxy/language/statement.ts'

const hierarchy = (name: string, dimension: string, allMember: string | null = null) =>
  [name.toUpperCase(), { name, dimension, allMember, defaultMember: null }] as const
const level = (name: string, of: string) => [name.toUpperCase(), { name, hierarchy: of }] as const
const measure = (name: string) => [name.toUpperCase(), name] as const

const BORGER: CubeModel = {
  hierarchies: new Map([
    hierarchy('[Borger].[Bopæl]', '[Borger]', '[Borger].[Bopæl].[Hele landet]'),
    hierarchy('[Borger].[CPR]', '[Borger]', '[Borger].[CPR].[All]'),
    hierarchy('[Tid]', '[Tid]'),
  ]),
  levels: new Map([level('[Borger].[Bopæl].[Kommune]', '[Borger].[Bopæl]'), level('[Tid].[Måned]', '[Tid]')]),
  measures: new Map([measure('[Measures].[Antal]'), measure('[Measures].[Beløb]')]),
  defaultMeasure: '[Measures].[Antal]',
}

function factsOf(text: string, model: CubeModel | null = BORGER): StatementFacts {
  const [facts] = readMdx(text, { model: (cube) => (cube === 'Borger' ? model : null) })
  assert.ok(facts !== undefined)
  return facts
}
const onAxis = (set: string, before = ''): string => `${before} SELECT ${set} ON 0 FROM [Borger]`
const criteria = (text: string) => factsOf(text).criteria.map(({ dimension, values }) => [dimension, ...values])
const dimensions = (text: string) => factsOf(text).dimensions.map(({ path }) => path)
const measures = (text: string) => factsOf(text).measures

test('the metadata tell where hierarchy and level end and the member begins, in any case and without brackets', () => {
  assert.deepEqual(criteria(onAxis('{[borger].[BOPÆL].[Nordby].[Havnen]}')), [
    ['[Borger].[Bopæl]', '[borger].[BOPÆL].[Nordby].[Havnen]'],
  ])
  assert.deepEqual(criteria(onAxis('{Borger.Bopæl.Kommune.Nordby}')), [
    ['[Borger].[Bopæl].[Kommune]', '[Borger].[Bopæl].[Kommune].[Nordby]'],
  ])
  assert.deepEqual(criteria(onAxis('{[Tid].[2031].[Maj]}')), [['[Tid]', '[Tid].[2031].[Maj]']])
})

test('a level or hierarchy standing alone is no member', () => {
  const text = onAxis('{[Borger].[Bopæl].[Kommune]} * [Tid].[Måned]')
  assert.deepEqual(criteria(text), [])
  assert.deepEqual(dimensions(text), ['[Borger].[Bopæl].[Kommune]', '[Tid].[Måned]'])
  assert.notDeepEqual(factsOf(text, null).criteria, [])
})

test('the All member is known by whatever name it has', () => {
  assert.deepEqual(criteria(onAxis('{[Borger].[Bopæl].[Hele landet]}')), [])
  assert.deepEqual(dimensions(onAxis('{[Borger].[Bopæl].[Hele landet]}')), ['[Borger].[Bopæl]'])
  assert.deepEqual(criteria(onAxis('{[Borger].[CPR].[All]}')), [])
})

test('a member whose name only sounds like All is one', () => {
  assert.deepEqual(criteria(onAxis('{[Borger].[Bopæl].[Alle Tiders Kollegium]}')), [
    ['[Borger].[Bopæl]', '[Borger].[Bopæl].[Alle Tiders Kollegium]'],
  ])
})

test('measures are spelled as the server does, also where their last part stands alone', () => {
  const text = onAxis('{[MEASURES].[beløb], [Antal], [Measures].[MeasuresLevel].[Beløb]}')
  assert.deepEqual(measures(text), [
    { measure: '[Measures].[Beløb]', via: null },
    { measure: '[Measures].[Antal]', via: null },
  ])
})

const ownMeasure = [{ measure: '[Measures].[Antal]', via: null, byDefault: true }]

test('where nothing shows a measure, the default measure is given, and said to be that', () => {
  assert.deepEqual(measures(onAxis('[Tid].Members')), ownMeasure)
  assert.deepEqual(measures(onAxis('{[Measures].DefaultMember} * [Tid].Members')), ownMeasure)
  assert.deepEqual(measures('EXPLAIN PLAN FOR SELECT FROM [Borger]'), ownMeasure)
  assert.deepEqual(measures(onAxis('Filter([Tid].Members, [Measures].[Beløb] > 5)')), [
    { measure: '[Measures].[Beløb]', via: null },
    ...ownMeasure,
  ])
})

test('where a measure is shown, or may be, nothing is given by default', () => {
  for (const text of [
    onAxis('{[Measures].[Beløb]}'),
    onAxis('[Tid].Members', 'WITH MEMBER [Measures].[x] AS 1') + ' WHERE [Measures].[x]',
    onAxis('StrToSet(@alt)'),
    'SELECT FROM (SELECT [Measures].[Beløb] ON 0 FROM [Borger])',
    'DRILLTHROUGH SELECT FROM [Borger]',
    'CREATE SESSION SET [Borger].[s] AS [Tid].Members',
  ]) {
    assert.ok(!JSON.stringify(measures(text)).includes('Antal'), text)
  }
})

test('of a cube that is not known, the text alone is asked', () => {
  const text = 'SELECT {[Borger].[Bopæl].[Hele landet]} ON 0 FROM [Andet]'
  const [facts] = readMdx(text, { model: () => null })
  assert.deepEqual(facts, readMdx(text)[0])
})
