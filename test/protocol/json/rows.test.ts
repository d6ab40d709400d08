import assert from 'node:assert/strict'
import { test } from 'node:test'
import { negated } from '../../../proxy/language/condition.ts'
import type { Name } from '../../../proxy/protocol/json/rows.ts'
import { caption, criteriaOf, dotted, ofMany, path } from '../../../proxy/protocol/json/rows.ts'

const RULES = { latestBirth: '2057-12-31', attributes: [] }
const columns = ({ columns: { dimension, hierarchy, level } }: Name) => [dimension, hierarchy, level]

test('a caption has no parts, a dotted name has up to three, and a path has those of its language', () => {
  assert.deepEqual(columns(caption('SUM(Beløb (i kr.))')), ['SUM(Beløb (i kr.))', null, null])
  assert.deepEqual(columns(dotted('Sager.oprettet.month')), ['Sager', 'Sager.oprettet', 'Sager.oprettet.month'])
  assert.deepEqual(columns(dotted('Sager. oprettet')), ['Sager', 'Sager. oprettet', null])
  assert.deepEqual(columns(dotted('antal')), ['antal', null, null])
  assert.deepEqual(columns(path('Borger[CPR]')), ['Borger', 'Borger[CPR]', null])
  assert.deepEqual(columns(path('[Tid].[Kalender].[År]')), ['[Tid]', '[Tid].[Kalender]', '[Tid].[Kalender].[År]'])
})

test('the opposite of an opposite is the operator itself', () => {
  for (const op of ['=', '>', '>=', '<', '<=', 'in', 'range', 'is null', 'contains', 'something new']) {
    assert.notEqual(negated(op), op)
    assert.equal(negated(negated(op)), op)
  }
  assert.deepEqual([ofMany('=', ['a']), ofMany('=', ['a', 'b']), ofMany('<>', ['a', 'b'])], ['=', 'in', 'not in'])
})

test('a condition without a value is one row, a range is one, and every other value has its own', () => {
  const rows = (op: string, values: readonly string[]) => criteriaOf({ name: dotted('Borger.cpr'), op, values }, RULES)
  assert.deepEqual(
    rows('not null', []).map(({ value }) => value),
    [''],
  )
  const [range] = rows('not range', ['0101475001', '0101475009'])
  assert.deepEqual([range?.person, range?.personTo], ['0101475001', '0101475009'])
  assert.equal(rows('in', ['a', 'b', 'c']).length, 3)
})

test('what an amount is compared with is a person only where the amount is named for persons', () => {
  const person = (name: string) =>
    criteriaOf({ name: caption(name), op: '>', values: ['0101475001'], amount: true }, RULES)[0]?.person
  assert.equal(person('SUM(Beløb)'), null)
  assert.equal(person('MAX(CPR)'), '0101475001')
})
