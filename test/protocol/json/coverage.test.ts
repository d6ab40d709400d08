/** Whom a query over JSON may have covered beside those it names: its text tells where its rows do not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PersonNumber } from '../../../schema/record/ids.ts'
import { coverage } from '../../../schema/record/coverage/coverage.ts'
import { askedJson } from '../../support/json-asked.ts'

const RULES = { latestBirth: '2057-12-31', attributes: [] }
const OTHER = '0202485002' as PersonNumber

const covers = (target: string, body: unknown): string => coverage(askedJson(target, body), OTHER, RULES).covered
const mbql = (query: object) =>
  covers('/api/dataset', {
    database: 1,
    type: 'query',
    query: { 'source-table': 1, aggregation: [['count']], ...query },
  })
const druid = (query: object) =>
  covers('/druid/v2', { queryType: 'groupBy', dataSource: 'b', dimensions: ['cpr'], ...query })
const sql = (query: string) => covers('/druid/v2/sql', { query })

const CPR = ['=', ['field', 'cpr', null], '0101475001']
const SELECTOR = { type: 'selector', dimension: 'cpr', value: '0101475001' }

test('a question about one person does not cover another', () => {
  assert.equal(mbql({ filter: CPR }), 'no')
  assert.equal(druid({ filter: SELECTOR }), 'no')
  assert.equal(sql("SELECT * FROM b WHERE cpr = '0101475001'"), 'no')
})

test('where that is one alternative of several, or holds for a part of the answer, it may', () => {
  assert.equal(mbql({ filter: ['or', CPR, ['starts-with', ['field', 'navn', null], 'B']] }), 'possible')
  assert.equal(mbql({ aggregation: [['sum-where', ['field', 1, null], CPR]] }), 'possible')
  assert.equal(mbql({ joins: [{ 'source-table': 2, alias: 'j', condition: CPR }] }), 'possible')
  assert.equal(
    druid({ filter: { type: 'or', fields: [SELECTOR, { type: 'like', dimension: 'n', pattern: 'B%' }] } }),
    'possible',
  )
  assert.equal(
    druid({ aggregations: [{ type: 'filtered', filter: SELECTOR, aggregator: { type: 'count', name: 'n' } }] }),
    'possible',
  )
  assert.equal(sql("SELECT * FROM b WHERE NOT EXISTS (SELECT 1 FROM c WHERE c.cpr = '0101475001')"), 'possible')
  assert.equal(sql("SELECT cpr, count(*) FILTER (WHERE cpr = '0101475001') FROM b GROUP BY cpr"), 'possible')
  assert.equal(sql("SELECT * FROM b LEFT JOIN c ON c.cpr = '0101475001'"), 'possible')
})
