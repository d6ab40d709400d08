import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askedJson, criteriaIn, dimensionsIn, measuresIn } from '../../support/json-asked.ts'
import { record } from '../../support/exchanges.ts'

const mbql = (query: unknown) => askedJson('/api/dataset', { database: 2, type: 'query', query })
const filtered = (filter: unknown) => criteriaIn(mbql({ 'source-table': 1, aggregation: [['count']], filter }))

for (const [filter, ...expected] of [
  [['=', ['field', 4, null], 'a'], 'field:4 = a'],
  [['=', ['field', 4, null], 'a', 'b'], 'field:4 in a', 'field:4 in b'],
  [['!=', ['field-id', 4], 'a'], 'field:4 <> a'],
  [['!=', ['field', 4, null], 'a', 'b'], 'field:4 not in a', 'field:4 not in b'],
  [['=', ['field', 4, null], null], 'field:4 is null'],
  [['<', 5, ['field', 4, null]], 'field:4 > 5'],
  [['=', 4, 'x'], 'field:4 = x'],
  [['=', ['field', 4, null], ['value', 'x', { base_type: 'type/Text' }]], 'field:4 = x'],
  [['=', ['field', 'NAVN', { 'base-type': 'type/Text' }], 'x'], 'field:NAVN = x'],
  [['=', ['field-literal', 'NAVN', 'type/Text'], 'x'], 'field:NAVN = x'],
  [['=', ['fk->', ['field-id', 1], ['field-id', 2]], 'x'], 'field:2 = x'],
  [['=', ['joined-field', 'B', ['field-id', 2]], 'x'], 'field:2 = x'],
  [['=', ['datetime-field', ['field-id', 2], 'month'], '2024-01'], 'field:2:month = 2024-01'],
  [['=', ['expression', 'andel'], 1], 'expression:andel = 1'],
  [['=', ['lower', ['field', 4, null]], 'x'], 'lower(field:4) = x'],
  [['STARTS_WITH', ['field-id', 4], 'x'], 'field:4 starts with x'],
  [['does-not-contain', ['field', 4, null], 'x', { 'case-sensitive': false }], 'field:4 not contains x'],
  [['not', ['contains', ['field', 4, null], 'x']], 'field:4 not contains x'],
  [
    ['not', ['or', ['is-empty', ['field', 4, null]], ['not-null', ['field', 5, null]]]],
    'field:4 not empty',
    'field:5 is null',
  ],
  [['between', ['field', 4, null], 1, 2], 'field:4 range 1 to 2'],
  [['not', ['between', ['field', 4, null], 1, 2]], 'field:4 not range 1 to 2'],
  [['inside', ['field', 1, null], ['field', 2, null], 10, 1, 9, 2], 'field:1 range 9 to 10', 'field:2 range 1 to 2'],
  [['time-interval', ['field', 4, null], -3, 'month'], 'field:4 relative -3 month'],
  [['>', ['field', 4, null], ['relative-datetime', -1, 'year']], 'field:4 > -1 year'],
  [['>', ['field', 4, null], ['absolute-datetime', '2024-01-01', 'default']], 'field:4 > 2024-01-01'],
  [['segment', 7], 'segment:7 segment'],
  [['>', ['aggregation', 0], 10], 'count > 10'],
  [['=', ['field', 4, null], ['field', 5, null]]],
  [['quite-new', ['field', 4, null], 'x'], 'field:4 quite-new x'],
] as const) {
  test(`the filter ${JSON.stringify(filter)} is ${expected.length} criteria`, () => {
    assert.deepEqual(filtered(filter), [...expected])
  })
}

test('the same filter in MBQL 5 says the same', () => {
  const filters = [
    ['=', { 'lib/uuid': 'u1' }, ['field', { 'temporal-unit': 'month' }, 4], 'a'],
    ['not', {}, ['in', {}, ['field', {}, 5], 1, 2]],
    ['>', {}, ['aggregation', {}, 'u2'], 10],
  ]
  const aggregation = [['sum', { 'lib/uuid': 'u2' }, ['field', {}, 9]]]
  const stages = [{ 'lib/type': 'mbql.stage/mbql', 'source-card': 12, aggregation, filters }]
  const entry = askedJson('/api/dataset', { 'lib/type': 'mbql/query', database: 2, stages })
  assert.deepEqual(criteriaIn(entry), [
    'field:4:month = a',
    'field:5 not in 1',
    'field:5 not in 2',
    'sum(field:9) > 10',
  ])
  assert.deepEqual([entry.cube, entry.catalog, entry.language], ['card:12', 'database:2', 'json'])
})

test('aggregations are measures: with their condition as criterion, arithmetic with what it is made of', () => {
  const aggregation = [
    ['sum-where', ['field', 1, null], ['=', ['field', 2, null], '0101475001']],
    ['aggregation-options', ['-', ['sum', ['field', 3, null]], ['metric', 8]], { 'display-name': 'Rest' }],
    ['distinct', ['field', 4, null]],
  ]
  const entry = mbql({ 'source-table': 1, aggregation })
  assert.deepEqual(measuresIn(entry), ['sum-where(field:1)', 'Rest', 'sum(field:3)', 'metric:8', 'distinct(field:4)'])
  assert.deepEqual(
    entry.measures.map(({ via }) => via),
    [null, null, 'Rest', 'Rest', null],
  )
  assert.equal(entry.criteria[0]?.person, '0101475001')
})

test('every stage of a nested query restricts, and the last breakdown is that of the answer', () => {
  const inner = {
    'source-table': 1,
    aggregation: [['count']],
    breakout: [['field', 5, null]],
    filter: ['=', ['field', 6, null], 'x'],
  }
  const joins = [
    {
      'source-query': { native: "SELECT * FROM b WHERE cpr = '0101475001'" },
      alias: 'j',
      condition: ['=', ['field', 1, null], ['field', 2, null]],
    },
  ]
  const entry = mbql({ 'source-query': inner, joins, filter: ['>', ['field', 'count', null], 3] })
  assert.deepEqual(criteriaIn(entry), ['field:6 = x', 'cpr = 0101475001', 'field:count > 3'])
  assert.deepEqual([dimensionsIn(entry), measuresIn(entry), entry.cube], [['field:5'], ['count'], 'table:1'])
})

test('a native question is SQL, with its parameters, and the defaults of those not given', () => {
  const tags = {
    cpr: { type: 'text' },
    navn: { type: 'text', default: 'Åse' },
    felt: { type: 'dimension', dimension: ['field', 9, null], 'widget-type': 'number/between' },
  }
  const query = 'SELECT * FROM sager WHERE cpr = {{cpr}} AND {{felt}} [[AND x = {{navn}}]]'
  const parameters = [
    { type: 'category', target: ['variable', ['template-tag', 'cpr']], value: ['0101475001', '0202485002'] },
    { type: 'number/between', target: ['dimension', ['template-tag', 'felt'], { 'stage-number': 0 }], value: [1, 2] },
  ]
  const entry = askedJson('/api/dataset', {
    database: 2,
    type: 'native',
    native: { query, 'template-tags': tags },
    parameters,
  })
  assert.deepEqual(criteriaIn(entry), ['cpr in 0101475001', 'cpr in 0202485002', 'x = Åse', 'field:9 range 1 to 2'])
  assert.deepEqual([entry.language, entry.query, entry.cube], ['sql', query, 'sager'])
})

test('a native question to a database without SQL is opaque, and its persons are found', () => {
  const native = { collection: 'sager', query: [{ $match: { cpr: '0101475001' } }] }
  const entry = askedJson('/api/dataset', { database: 2, type: 'native', native })
  assert.deepEqual([entry.opaque, entry.cube, entry.criteria[0]?.person], ['unknown-language', 'sager', '0101475001'])
})

test('dates given as parameters are ranges, open or closed, days, or words', () => {
  const asked = (value: string) =>
    criteriaIn(
      askedJson('/api/card/5/query', {
        parameters: [{ type: 'date/all-options', target: ['dimension', ['field', 1, null]], value }],
      }),
    )
  assert.deepEqual(['2024-01-01~2024-02-01', '~2024-02-01', '2024-01-01~', '2024-01-01', 'past30days'].flatMap(asked), [
    'field:1 range 2024-01-01 to 2024-02-01',
    'field:1 <= 2024-02-01',
    'field:1 >= 2024-01-01',
    'field:1 = 2024-01-01',
    'field:1 relative past30days',
  ])
})

for (const [address, report] of [
  ['/api/card/5/query', 'card:5'],
  ['/bi/api/card/5/query/xlsx', 'card:5'],
  ['/api/card/pivot/5/query', 'card:5'],
  ['/api/dashboard/3/dashcard/8/card/5/query', 'dashboard:3/card:5'],
  ['/api/dashboard/pivot/3/dashcard/8/card/5/query', 'dashboard:3/card:5'],
  ['/api/public/card/aa-bb/query', 'card:aa-bb'],
  ['/api/public/dashboard/aa-bb/dashcard/8/card/5', 'dashboard:aa-bb/card:5'],
  ['/api/embed/card/no-token/query', 'card:embedded'],
] as const) {
  test(`${address} is recorded as the report ${report}`, () => {
    assert.equal(askedJson(address, { parameters: [] }).report, report)
  })
}

test('what is no question is none: a card that is read or saved, a dashboard, a stranger', () => {
  for (const [target, body] of [
    ['/api/card/5', {}],
    ['/api/dashboard/3', {}],
    ['/api/dataset', { rows: 1 }],
    ['/api/cards/query', {}],
  ] as const) {
    assert.equal(askedJson(target, body).action, 'request', target)
  }
})

test('an embedded question’s token is on record nowhere, what it locks is', () => {
  const payload = Buffer.from('{"resource":{"dashboard":4},"params":{"cpr":"0101475001"}}').toString('base64url')
  const token = `eyJhbGciOiJIUzI1NiJ9.${payload}.c2lnbmVk`
  const entry = record({
    method: 'GET',
    target: `/api/embed/dashboard/${token}/dashcard/1/card/2?by=S`,
    headers: [['Referer', `https://bi/embed/${token}`]],
  })
  assert.deepEqual([entry.report, criteriaIn(entry)], ['dashboard:4/card:2', ['cpr = 0101475001', 'by = S']])
  assert.ok(!JSON.stringify(entry).includes(payload))
  const page = record({
    method: 'GET',
    target: '/app.js',
    headers: [['Referer', `https://bi/embed/question/${token}`]],
  })
  assert.ok(!JSON.stringify(page).includes(payload))
})

test('part of a value typed into a filter is looked up', () => {
  const entry = askedJson('/api/field/104/search/104?value=010147', null, 'GET')
  assert.deepEqual([entry.action, criteriaIn(entry)], ['discover', ['field:104 contains 010147']])
  const other = askedJson('/api/dashboard/3/params/cpr/search/0101475001', null, 'GET')
  assert.equal(other.criteria[0]?.person, '0101475001')
})
