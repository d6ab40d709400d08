import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askedJson, criteriaIn, dimensionsIn, measuresIn } from '../../support/json-asked.ts'

const asked = (query: object) => askedJson('/druid/v2', { queryType: 'groupBy', dataSource: 'sager', ...query })
const filtered = (filter: unknown) => criteriaIn(asked({ filter }))

for (const [filter, ...expected] of [
  [{ type: 'selector', dimension: 'd', value: 'a' }, 'd = a'],
  [{ type: 'selector', dimension: 'd' }, 'd is null'],
  [{ type: 'selector', dimension: 'd', value: 'a', extractionFn: { type: 'upper' } }, 'd = a'],
  [{ type: 'equals', column: 'd', matchValueType: 'LONG', matchValue: 1234567890 }, 'd = 1234567890'],
  [{ type: 'null', column: 'd' }, 'd is null'],
  [{ type: 'not', field: { type: 'null', column: 'd' } }, 'd not null'],
  [{ type: 'in', dimension: 'd', values: ['a', null] }, 'd in a', 'd in null'],
  [{ type: 'inType', column: 'd', matchValueType: 'STRING', sortedValues: ['a'] }, 'd in a'],
  [{ type: 'bound', dimension: 'd', lower: '1', upper: '2' }, 'd range 1 to 2'],
  [{ type: 'bound', dimension: 'd', lower: '1', lowerStrict: true, upper: '2' }, 'd > 1', 'd <= 2'],
  [{ type: 'range', column: 'd', matchValueType: 'LONG', upper: 2, upperOpen: true }, 'd < 2'],
  [{ type: 'like', dimension: 'd', pattern: '%a%' }, 'd contains a'],
  [{ type: 'like', dimension: 'd', pattern: 'a!%%', escape: '!' }, 'd starts with a%'],
  [{ type: 'regex', dimension: 'd', pattern: '^0101' }, 'd matches ^0101'],
  [{ type: 'search', dimension: 'd', query: { type: 'fragment', values: ['a', 'b'] } }, 'd contains a', 'd contains b'],
  [{ type: 'interval', dimension: '__time', intervals: ['a/b', 'c/d'] }, '__time range a to b', '__time range c to d'],
  [{ type: 'expression', expression: `"cpr" == 'a' && b > 5` }, 'cpr = a', 'b > 5'],
  [{ type: 'javascript', dimension: 'd', function: 'x => 1' }, 'd javascript x => 1'],
  [{ type: 'spatial', dimension: 'd', bound: { type: 'radius', coords: [1, 2], radius: 5 } }, 'd spatial 1,2 5'],
  [{ type: 'arrayContainsElement', column: 'd', elementMatchValue: 'a' }, 'd contains a'],
  [{ type: 'columnComparison', dimensions: ['a', 'b'] }],
  [{ type: 'true' }],
  [
    {
      type: 'not',
      field: {
        type: 'or',
        fields: [
          { type: 'in', dimension: 'd', values: ['a'] },
          { type: 'not', field: { type: 'bound', dimension: 'e', lower: '1', upper: '2' } },
        ],
      },
    },
    'd not in a',
    'e range 1 to 2',
  ],
] as const) {
  test(`the filter ${JSON.stringify(filter)} is ${expected.length} criteria`, () => {
    assert.deepEqual(filtered(filter), expected)
  })
}

test('aggregations are measures, and what one of them is filtered by is a criterion', () => {
  const entry = asked({
    aggregations: [
      { type: 'count', name: 'rows' },
      {
        type: 'filtered',
        filter: { type: 'selector', dimension: 'cpr', value: '0101475001' },
        aggregator: { type: 'doubleSum', name: 'b', fieldName: 'beløb' },
      },
      { type: 'cardinality', name: 'p', fields: ['cpr', { type: 'default', dimension: 'by' }] },
      { type: 'expression', name: 'e', fields: [], fold: 'x' },
    ],
    postAggregations: [{ type: 'arithmetic', name: 'snit', fn: '/', fields: [] }],
    having: { type: 'and', havingSpecs: [{ type: 'greaterThan', aggregation: 'b', value: 1010101010 }] },
  })
  assert.deepEqual(measuresIn(entry), ['count', 'doubleSum(beløb)', 'cardinality(cpr, by)', 'e', 'snit'])
  assert.deepEqual(criteriaIn(entry), ['cpr = 0101475001', 'b > 1010101010'])
  assert.deepEqual(
    entry.criteria.map(({ person }) => person),
    ['0101475001', null],
  )
})

test('the answer is broken down by dimensions and time, and a dimension may keep only some values', () => {
  const entry = asked({
    granularity: { type: 'period', period: 'P1M' },
    dimensions: [
      'by',
      { type: 'extraction', dimension: 'navn', outputName: 'x' },
      { type: 'listFiltered', delegate: 'cpr', values: ['a'], isWhitelist: false },
    ],
  })
  assert.deepEqual(dimensionsIn(entry), ['__time:P1M', 'by', 'navn', 'cpr'])
  assert.deepEqual(criteriaIn(entry), ['cpr not in a'])
})

test('queries in queries all count, and rows that a query brings along name persons', () => {
  const inline = {
    type: 'inline',
    columnNames: ['cpr', 'n'],
    rows: [
      [101475001, 1],
      ['0202485002', 2],
    ],
  }
  const inner = {
    queryType: 'groupBy',
    dataSource: { type: 'join', left: 'sager', right: inline, rightPrefix: 'r.', condition: 'x' },
    dimensions: ['by'],
    filter: { type: 'selector', dimension: 'type', value: 'b' },
    intervals: { type: 'intervals', intervals: ['2024-01-01/P1M'] },
  }
  const entry = askedJson('/proxy/druid/v2/?pretty', {
    queryType: 'topN',
    dataSource: { type: 'query', query: inner },
    dimension: 'by',
    metric: 'count',
    threshold: 10,
    context: { queryId: 'q-1' },
  })
  assert.deepEqual(criteriaIn(entry), [
    'cpr in 101475001',
    'cpr in 0202485002',
    'type = b',
    '__time range 2024-01-01 to P1M',
    'by topcount 10',
  ])
  assert.deepEqual(
    entry.criteria.slice(0, 2).map(({ person }) => person),
    ['0101475001', '0202485002'],
  )
  assert.deepEqual([entry.cube, entry.correlationId, dimensionsIn(entry)], ['sager', 'q-1', ['by']])
})

test('SQL is read with its parameters', () => {
  const body = {
    query: 'SELECT * FROM sager WHERE cpr = ? AND b = ?',
    parameters: [
      { type: 'VARCHAR', value: '0101475001' },
      { type: 'BIGINT', value: 5 },
    ],
    context: { sqlQueryId: 's-1' },
  }
  const entry = askedJson('/druid/v2/sql/', body)
  assert.deepEqual([entry.language, entry.query, entry.correlationId], ['sql', body.query, 's-1'])
  assert.deepEqual(criteriaIn(entry), ['cpr = 0101475001', 'b = 5'])
})

test('what asks of the store and not of its rows is metadata', () => {
  const entry = askedJson('/druid/v2', { queryType: 'segmentMetadata', dataSource: 'sager', intervals: ['a/b'] })
  assert.deepEqual([entry.action, entry.cube, criteriaIn(entry)], ['metadata', 'sager', ['__time range a to b']])
})
