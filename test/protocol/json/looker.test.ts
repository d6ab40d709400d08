import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { filterTests } from '../../../proxy/protocol/json/looker-filter.ts'
import { JSON_TYPE, askedJson, criteriaIn, dimensionsIn, measuresIn } from '../../support/json-asked.ts'
import { record } from '../../support/exchanges.ts'
import { processorMs } from '../../support/processor-time.ts'

for (const [expression, ...expected] of [
  ['0101475001', '= 0101475001'],
  ['010147-5001', '= 010147-5001'],
  ['a,b', 'in a|b'],
  ['"a, b",c', 'in a, b|c'],
  ['-a', '<> a'],
  ['-a,-b', 'not in a|b'],
  ['-0101475001', '<> 0101475001'],
  ['-5', '= -5'],
  ['Jens%', 'starts with Jens'],
  ['%en%', 'contains en'],
  ['%s', 'ends with s'],
  ['-%en%', 'not contains en'],
  ['J%s', 'like J%s'],
  ['50^%', '= 50%'],
  [String.raw`a\,b`, '= a,b'],
  ['Jens%,-Jensen', '<> Jensen', 'starts with Jens'],
  ['NULL', 'is null'],
  ['-NULL', 'not null'],
  ['NOT NULL', 'not null'],
  ['EMPTY', 'is empty'],
  ['-EMPTY', 'not empty'],
  ['>5', '> 5'],
  ['>=5 AND <10', '>= 5', '< 10'],
  ['<>5', '<> 5'],
  ['!=5', '<> 5'],
  ['NOT 5', '<> 5'],
  ['NOT 5, 6', 'not in 5|6'],
  ['5,NOT 6', '= 5', '<> 6'],
  ['[1,10]', 'range 1|10'],
  ['(1,10]', '> 1', '<= 10'],
  ['[1,inf)', '>= 1'],
  ['(,10)', '< 10'],
  ['NOT [1,10]', 'not range 1|10'],
  ['1 to 10', 'range 1|10'],
  ['[0,9],[20,29]', 'range 0|9', 'range 20|29'],
  ['2024-01-01 to 2024-02-01', 'range 2024-01-01|2024-02-01'],
  ['before 2024-01-01', '< 2024-01-01'],
  ['after 2024/01/01', '>= 2024/01/01'],
  ['2024-01-01 for 3 days', 'relative 2024-01-01 for 3 days'],
  ['last 3 months', 'relative last 3 months'],
  ['7 days ago for 2 days', 'relative 7 days ago for 2 days'],
  ['today', 'relative today'],
  [''],
] as const) {
  test(`the filter expression ${expression.replaceAll(/\d{6,}/g, '…')} tests ${expected.length} thing(s)`, () => {
    assert.deepEqual(
      filterTests(expression).map(({ op, values }) => `${op} ${values.join('|')}`.trim()),
      expected,
    )
  })
}

test('no filter expression, however odd, fails or costs more than its length', () => {
  const sign = fc.constantFrom(...',"[]()-%_^\\<>=! 1a'.split(''), 'NOT ', ' to ', ' AND ', 'NULL', 'last ')
  fc.assert(
    fc.property(fc.array(sign, { maxLength: 30 }), (signs) => void filterTests(signs.join(''))),
    { numRuns: 2000 },
  )
  for (const piece of ['[ ', '> ', '"', ',', '^', 'not ', '%', '(,']) {
    const texts = [piece.repeat(300_000), `>${piece}${' '.repeat(300_000)}`]
    assert.ok(processorMs(() => texts.map(filterTests)) < 5000, piece)
  }
})

test('a query asked at once: fields are dimensions, but those that say they are measures', () => {
  const dynamic = [
    { measure: 'snit', based_on: 'sager.beloeb', type: 'average', filters: { 'sager.type': 'Bolig' } },
    { table_calculation: 'andel', expression: '${snit} / 2' },
    { dimension: 'gruppe', expression: '${borger.alder}' },
  ]
  const body = {
    model: 'kommune',
    view: 'sager',
    fields: ['borger.distrikt', 'sager.maaned', 'snit', 'gruppe'],
    pivots: ['sager.maaned'],
    filters: { 'borger.cpr': '0101475001', 'sager.dato': 'last 3 months', 'sager.tom': '' },
    filter_expression: '${borger.cpr} != "0202485002"',
    sorts: ['snit desc'],
    dynamic_fields: JSON.stringify(dynamic),
  }
  const entry = askedJson('/api/4.0/queries/run/json?limit=5', body)
  assert.deepEqual([entry.catalog, entry.cube, entry.action], ['kommune', 'sager', 'query'])
  assert.deepEqual(dimensionsIn(entry), ['borger.distrikt', 'sager.maaned', 'gruppe'])
  assert.deepEqual(
    entry.dimensions.map(({ axis }) => axis),
    [null, '0', null],
  )
  assert.deepEqual(measuresIn(entry), ['snit', 'andel'])
  assert.deepEqual(criteriaIn(entry).slice(0, 3), [
    'borger.cpr = 0101475001',
    'sager.dato relative last 3 months',
    'sager.type = Bolig',
  ])
  assert.deepEqual(
    entry.criteria.flatMap(({ person }) => person ?? []),
    ['0101475001', '0202485002'],
  )
})

test('a query may stand in the address', () => {
  const target =
    '/api/4.0/queries/models/kommune/views/sager/run/csv?fields=borger.distrikt,sager.antal&f[borger.cpr]=010147-5001&f%5Bsager.type%5D=a,b'
  const entry = askedJson(target, null, 'GET')
  assert.deepEqual(
    [entry.catalog, entry.cube, dimensionsIn(entry)],
    ['kommune', 'sager', ['borger.distrikt', 'sager.antal']],
  )
  assert.deepEqual(criteriaIn(entry), ['borger.cpr = 010147-5001', 'sager.type in a', 'sager.type in b'])
  assert.equal(entry.criteria[0]?.person, '0101475001')
})

for (const [method, path, body, report] of [
  ['GET', 'looks/42/run/json', null, 'look:42'],
  ['GET', 'queries/17/run/csv', null, 'query:17'],
  ['POST', 'query_tasks', { query_id: '17', result_format: 'json' }, 'query:17'],
  ['POST', 'query_tasks', { query_id: '17', look_id: 42 }, 'look:42'],
  ['GET', 'query_tasks/ab12/results', null, 'query_task:ab12'],
  ['POST', 'sql_queries/slug/run/json', {}, 'sql_query:slug'],
  ['POST', 'render_tasks/dashboards/9/pdf', { dashboard_filters: 'CPR=0101475001&By=S%25' }, 'dashboard:9'],
] as const) {
  test(`${method} ${path} is an entry of the report ${report}`, () => {
    const entry = askedJson(`/api/4.0/${path}`, body, method)
    assert.deepEqual([entry.action, entry.report, entry.opaque], ['query', report, null])
  })
}

test('filters a dashboard is drawn with are criteria', () => {
  const entry = askedJson('/api/4.0/render_tasks/dashboards/9/pdf', { dashboard_filters: 'CPR=0101475001&By=S%25' })
  assert.deepEqual(
    [criteriaIn(entry), entry.criteria[0]?.person],
    [['CPR = 0101475001', 'By starts with S'], '0101475001'],
  )
})

test('a query or SQL that is only made is prepared', () => {
  const made = (path: string, body: unknown) =>
    record({ target: `/api/4.0/${path}`, headers: JSON_TYPE, body: JSON.stringify(body), answered: null })
  const query = made('queries', { model: 'm', view: 'v', fields: ['v.a'], filters: { 'v.cpr': '0101475001' } })
  assert.deepEqual([query.action, criteriaIn(query)], ['prepare', ['v.cpr = 0101475001']])
  const sql = made('sql_queries', { model_name: 'm', sql: "SELECT * FROM b WHERE cpr = '0101475001'" })
  assert.deepEqual([sql.action, sql.language, sql.catalog, sql.cube], ['prepare', 'sql', 'm', 'b'])
  assert.deepEqual(criteriaIn(sql), ['cpr = 0101475001'])
})

test('part of a value typed into a filter is looked up', () => {
  const entry = askedJson('/api/4.0/models/m/views/v/fields/borger.cpr/suggestions?term=010147', null, 'GET')
  assert.deepEqual([entry.action, entry.cube, criteriaIn(entry)], ['discover', 'v', ['borger.cpr contains 010147']])
})

test('what of Looker’s API is no query is none', () => {
  for (const [method, path] of [
    ['GET', 'queries/17'],
    ['GET', 'user'],
    ['PATCH', 'looks/42'],
  ] as const) {
    assert.equal(record({ method, target: `/api/4.0/${path}` }).action, 'request', path)
  }
})
