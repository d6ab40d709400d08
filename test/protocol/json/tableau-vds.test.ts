import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askedJson, criteriaIn, dimensionsIn, measuresIn } from '../../support/json-asked.ts'

const ADDRESS = '/api/v1/vizql-data-service/query-datasource'
const asked = (query: unknown) => askedJson(ADDRESS, { datasource: { datasourceLuid: 'd-1' }, query })

test('aggregations and calculations are measures; plain fields, bins and parts of a date are dimensions', () => {
  const entry = asked({
    fields: [
      { fieldCaption: 'Distrikt', sortPriority: 1 },
      { fieldCaption: 'Dato', function: 'TRUNC_MONTH' },
      { fieldCaption: 'Alder', binSize: 10 },
      { fieldCaption: 'Beløb', function: 'COUNTD', fieldAlias: 'x' },
      { fieldCaption: 'Andel', calculation: 'SUM([Beløb])/2' },
      { fieldCaption: 'Løbende', function: 'SUM', tableCalculation: { tableCalcType: 'RUNNING_TOTAL' } },
    ],
  })
  assert.deepEqual(dimensionsIn(entry), ['Distrikt', 'TRUNC_MONTH(Dato)', 'Alder'])
  assert.deepEqual(measuresIn(entry), ['COUNTD(Beløb)', 'Andel', 'SUM(Løbende)'])
  assert.deepEqual([entry.catalog, entry.language], ['d-1', 'json'])
})

const FIELD = { field: { fieldCaption: 'F' } }
for (const [filter, ...expected] of [
  [{ filterType: 'SET', values: ['a', 'b'], exclude: true }, 'F not in a', 'F not in b'],
  [{ filterType: 'MATCH', startsWith: 'a', endsWith: 'b' }, 'F starts with a', 'F ends with b'],
  [{ filterType: 'MATCH', contains: 'a', exclude: true }, 'F not contains a'],
  [{ filterType: 'QUANTITATIVE_NUMERICAL', quantitativeFilterType: 'RANGE', min: 1, max: 2.5 }, 'F range 1 to 2.5'],
  [{ filterType: 'QUANTITATIVE_NUMERICAL', quantitativeFilterType: 'ONLY_NULL' }, 'F is null'],
  [{ filterType: 'QUANTITATIVE_DATE', quantitativeFilterType: 'ONLY_NON_NULL' }, 'F not null'],
  [{ filterType: 'QUANTITATIVE_DATE', quantitativeFilterType: 'MAX', maxDate: '2024-01-01' }, 'F <= 2024-01-01'],
  [
    { filterType: 'DATE', periodType: 'MONTHS', dateRangeType: 'LASTN', rangeN: 3, context: true },
    'F relative LASTN 3 MONTHS',
  ],
  [
    { filterType: 'DATE', periodType: 'DAYS', dateRangeType: 'TODATE', anchorDate: '2024-05-01' },
    'F relative TODATE DAYS from 2024-05-01',
  ],
  [{ filterType: 'TOP', direction: 'BOTTOM', howMany: 5 }, 'F topcount 5'],
  [
    { filterType: 'CONDITION', condition: { fieldCaption: 'B', function: 'SUM', comparison: '>', value: 5 } },
    'SUM(B) > 5',
  ],
  [{ filterType: 'CONDITION', calculation: 'SUM([B]) > 5' }, 'F condition SUM([B]) > 5'],
  [{ filterType: 'NEWER', values: [1] }, 'F newer 1'],
] as const) {
  test(`the filter ${JSON.stringify(filter)} is ${expected.length} criteria`, () => {
    assert.deepEqual(criteriaIn(asked({ fields: [], filters: [{ ...FIELD, ...filter }] })), expected)
  })
}

test('an amount of ten digits is no person, a key is, and so is what a formula names', () => {
  const over = {
    filterType: 'QUANTITATIVE_NUMERICAL',
    field: { fieldCaption: 'Beløb', function: 'SUM' },
    min: 1010101010,
  }
  const entry = asked({
    fields: [{ fieldCaption: 'x', calculation: "IF [CPR] = '0202485002' THEN 1 END" }],
    filters: [over, { filterType: 'SET', field: { fieldCaption: 'CPR' }, values: [101475001] }],
    parameters: [{ parameterCaption: 'Distrikt', value: 'Havnen' }],
  })
  assert.deepEqual(
    entry.criteria.map(({ person }) => person),
    [null, '0101475001', null, '0202485002'],
  )
})

test('what tells of a data source without its rows is metadata', () => {
  const entry = askedJson('/api/v1/vizql-data-service/read-metadata', { datasource: { datasourceLuid: 'd-1' } })
  assert.deepEqual([entry.action, entry.catalog], ['metadata', 'd-1'])
})

test('what opens the connections behind a data source is on record nowhere', () => {
  const connections = [{ connectionLuid: 'c', connectionUsername: 'tjenestebruger', connectionPassword: 'hemmeligt' }]
  const entry = askedJson(ADDRESS, { datasource: { datasourceLuid: 'd', connections }, query: { fields: [] } })
  assert.doesNotMatch(JSON.stringify(entry), /hemmeligt|tjenestebruger/)
})
