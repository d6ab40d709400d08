import assert from 'node:assert/strict'
import { test } from 'node:test'
import { caption } from '../../../proxy/protocol/json/rows.ts'
import { sqlConditions, sqlPart } from '../../../proxy/protocol/json/sql.ts'
import type { Criterion } from '../../../schema/record/record.ts'

const RULES = { latestBirth: '2026-01-01', attributes: [] }

const line = ({ dimension, hierarchy, operator, value, person, originClause }: Criterion) =>
  [hierarchy ?? dimension, operator, value, person, originClause].join(' ')

test('what an SQL text asks: comparisons, parameters in them and beside them, and what else it mentions', () => {
  const parameters = [
    { name: 'cpr', values: ['010147-5001'] },
    { name: 'Ubrugt', values: ['x', 'y'] },
    { name: 'felt', values: ['1', '2'], about: caption('field:9'), op: 'range' },
  ]
  const sql = "SELECT 'tekst', 0202485002 FROM b WHERE b.cpr = @CPR AND {{felt}} AND 1 = 1"
  const part = sqlPart(sql, parameters, RULES)
  assert.deepEqual([part.action, part.language, part.query, part.cube, part.opaque], ['query', 'sql', sql, 'b', null])
  assert.deepEqual(part.criteria.map(line), [
    'b.cpr = 010147-5001 0101475001 filter',
    'Ubrugt in x  parameter',
    'Ubrugt in y  parameter',
    'field:9 range 1  parameter',
    ' = tekst  mentioned',
    ' = 0202485002 0202485002 mentioned',
  ])
})

test('what an aggregate is compared with is an amount, and no person', () => {
  const rows = sqlConditions("sum(beløb) > 1010101010 AND navn LIKE 'Å%'", RULES)
  assert.deepEqual(rows.map(line), ['sum(beløb) > 1010101010  filter', 'navn starts with Å  filter'])
})

test('an SQL text beyond the limits is opaque, and everything it names is kept', () => {
  const part = sqlPart(`${'('.repeat(2_000_001)} cpr = '0101475001'`, [{ name: 'a', values: ['0202485002'] }], RULES)
  const persons = part.criteria.map(({ person }) => person).filter((person) => person !== null)
  assert.deepEqual([part.opaque, persons], ['limits', ['0101475001']])
})
