import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CriterionFact } from '../../../proxy/language/statement.ts'
import { onlyFacts } from './syntax.ts'

const criterion = (dimension: string | null, op: string, ...values: string[]): CriterionFact => ({
  dimension,
  op,
  values,
  clause: 'parameter',
})
const report = 'SELECT StrToSet(@Tid, CONSTRAINED) ON 0 FROM (SELECT StrToMember(@Borger) ON 0 FROM [Borger])'

test('a parameter without a value stands for itself, and its dimension is unknown', () => {
  const { criteria, dimensions } = onlyFacts(report)
  assert.deepEqual(criteria, [criterion(null, 'in', '@Tid'), criterion(null, '=', '@Borger')])
  assert.deepEqual(dimensions, [])
})

test('the value of a parameter is read as the code it is, whatever the case of its name', () => {
  const { criteria, dimensions } = onlyFacts(report, {
    tid: '{[Tid].[År].&[2031],[Tid].[År].&[2032]}',
    '@BORGER': '[Borger].[CPR].&[1204415123]',
  })
  assert.deepEqual(criteria, [
    criterion('[Tid].[År]', 'in', '[Tid].[År].&[2031]', '[Tid].[År].&[2032]'),
    criterion('[Borger].[CPR]', '=', '[Borger].[CPR].&[1204415123]'),
  ])
  assert.deepEqual(dimensions, [{ path: '[Tid].[År]', axis: 0 }])
})

test('a value that is no code is a criterion as it stands', () => {
  for (const value of ['1204415123', 'Bo Dahl', '120441-5123', 'Bo', '{[', '"x"']) {
    assert.deepEqual(onlyFacts('SELECT FROM c WHERE StrToMember(@p)', { p: value }).criteria, [
      criterion(null, '=', value),
    ])
  }
})

test('in a computed string the value of the parameter is the criterion', () => {
  const text = 'SELECT FROM c WHERE StrToMember("[Borger].[CPR].&[" + @nr + "]")'
  assert.deepEqual(onlyFacts(text, { nr: '1204415123' }).criteria, [criterion(null, '=', '1204415123')])
  assert.deepEqual(onlyFacts(text).criteria, [criterion(null, '=', '@nr')])
})

test('a parameter may be compared, counted with, or stand for a set itself', () => {
  const filter = 'SELECT Filter([B].[Navn].Members, InStr([B].[Navn].CurrentMember.Name, @del) > 0) ON 0 FROM c'
  assert.deepEqual(onlyFacts(filter, { del: 'Dahl' }).criteria, [criterion('[B].[Navn]', 'contains', 'Dahl')])
  assert.deepEqual(onlyFacts('SELECT TopCount([A].[x].Members, @n) ON 0 FROM c').criteria, [
    criterion('[A].[x]', 'topcount', '@n'),
  ])
  assert.deepEqual(onlyFacts('SELECT @s ON 0 FROM c', { s: '[A].[x].&[1]' }).criteria, [
    criterion('[A].[x]', '=', '[A].[x].&[1]'),
  ])
})

test('a factor of a calculation is no criterion, unless it is the number of a person', () => {
  const text = 'WITH MEMBER [Measures].[x] AS [Measures].[m] * @sats SELECT [Measures].[x] ON 0 FROM c'
  assert.deepEqual(onlyFacts(text, { sats: '25' }).criteria, [])
  assert.deepEqual(onlyFacts(text, { sats: '1204415123' }).criteria, [criterion(null, '=', '1204415123')])
})

test('an unknown element of a set is of the hierarchy of its neighbours', () => {
  const { criteria } = onlyFacts('SELECT {[Tid].[År].&[2031], StrToMember(@sidste)} ON 0 FROM c')
  assert.deepEqual(criteria.at(-1), criterion('[Tid].[År]', '=', '@sidste'))
})

test('the number of a person that is put together from its parts is found, whatever the parts are', () => {
  const joined = [
    ['StrToMember("[Borger].[CPR].&[120441" + "5123]")', {}],
    ['StrToMember("[Borger].[CPR].&[" || "120441" || "-" || "5123" || "]")', {}],
    ['StrToMember("[Borger].[CPR].&[" + @dag + CStr(@rest) + "]")', { dag: '120441', rest: '5123' }],
    ['Filter([B].[CPR].Members, [B].[CPR].CurrentMember.Name = "120441" + ("51" + "23"))', {}],
    ['Filter([B].[CPR].Members, InStr([B].[CPR].CurrentMember.Name, "120441" + "5123") > 0)', {}],
  ] as const
  for (const [set, parameters] of joined) {
    const { criteria } = onlyFacts(`SELECT ${set} ON 0 FROM c`, parameters)
    const digits = criteria.flatMap(({ values }) => values.map((value) => value.replace('-', '')))
    assert.equal(digits.filter((value) => value === '1204415123').length, 1, set)
  }
  const parted = 'SELECT StrToMember("[B].[CPR].&[120441" + [B].CurrentMember.Name + "5123]") ON 0 FROM c'
  assert.ok(!JSON.stringify(onlyFacts(parted).criteria).includes('1204415123'))
})
