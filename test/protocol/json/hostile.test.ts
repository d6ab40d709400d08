/** What anybody may send to the interfaces that BI clients speak in JSON. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { allAskedJson, askedJson } from '../../support/json-asked.ts'
import { record } from '../../support/exchanges.ts'
import { processorMs } from '../../support/processor-time.ts'

const PERSON = '0101475001'

/** By address: the words of the interface, so that chance makes bodies that are nearly right. */
const WORDS: Readonly<Record<string, string>> = {
  '/api/dataset':
    'database query native stages source-table source-query aggregation breakout filter filters joins fields condition ' +
    'template-tags parameters target value type and not = between sum count field expression aggregation-options segment ' +
    'inside time-interval dimension template-tag cpr default',
  '/api/card/5/query': 'parameters target value type variable template-tag dimension field id',
  '/api/4.0/queries/run/json': 'model view fields pivots filters filter_expression dynamic_fields measure sager.cpr',
  '/api/v1/vizql-data-service/query-datasource':
    'datasource datasourceLuid query fields fieldCaption function SUM calculation filters filterType SET MATCH TOP DATE ' +
    'CONDITION QUANTITATIVE_NUMERICAL field values contains min max howMany condition comparison value parameters',
  '/druid/v2':
    'queryType groupBy dataSource type query dimensions dimension filter selector in bound and not fields field value ' +
    'values aggregations filtered aggregator having intervals granularity columnNames rows cpr inline expression like',
  '/druid/v2/sql': 'query parameters value type context',
  '/v1.0/myorg/datasets/d/executeQueries': 'queries query impersonatedUserName roles customData EVALUATE Borger cpr',
  '/explore/querydata':
    'queries Query Commands SemanticQueryDataShapeCommand Query From Name Entity Expression Subquery Select Column Measure ' +
    'Aggregation Function Property SourceRef Source Where Condition In Expressions Values Table Literal Value Not And Or ' +
    'Left Right Comparison ComparisonKind Between Top OrderBy Binding Primary Groupings Projections Expansion Levels ' +
    'Instances Children Highlights Extension Entities Measures ApplicationContext Sources',
  '/cubejs-api/v1/load':
    'query measures dimensions timeDimensions dimension granularity dateRange compareDateRange segments filters member ' +
    'operator equals set values and or Borger.cpr',
  '/api/v1/chart/data':
    'datasource id type queries metrics expressionType aggregate column column_name sqlExpression label columns filters ' +
    'col op val IN LIKE extras where having time_range granularity orderby form_data slice_id',
  '/saiku/rest/saiku/api/query/execute':
    'cube name catalog queryModel axes ROWS FILTER hierarchies levels selection type INCLUSION members uniqueName ' +
    'details measures calculatedMeasures calculatedMembers hierarchyName formula filters flavour Generic expressions ' +
    'parameters mdx MDX parameterName [Borger].[CPR]',
}

const bodyOf = (words: string) => {
  const word = fc.constantFrom(...words.split(' '))
  const { object } = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 6 },
      word,
      fc.constant(PERSON),
      fc.constantFrom(0, 5, true, null),
      tie('list'),
      tie('object'),
    ),
    list: fc.array(tie('node'), { maxLength: 4 }),
    object: fc.dictionary(word, tie('node'), { maxKeys: 6 }),
  }))
  return object
}

for (const [address, words] of Object.entries(WORDS)) {
  test(`no body makes the reading at ${address} fail, and a person planted anywhere in it is found`, () => {
    fc.assert(
      fc.property(bodyOf(words), (body) => {
        const entries = allAskedJson(address, body)
        assert.ok(entries.every(({ opaque }) => opaque !== 'unreadable' && opaque !== 'limits'))
        const planted = JSON.stringify(body).includes(`"${PERSON}"`)
        const found = entries
          .flatMap(({ criteria }) => criteria)
          .some(({ person, personTo }) => person === PERSON || personTo === PERSON)
        assert.equal(found, planted, JSON.stringify(body))
      }),
      { numRuns: 300 },
    )
  })
}

const many = (count: number, one: (i: number) => unknown) => Array.from({ length: count }, (_, i) => one(i))
const named = (count: number, one: (i: number) => unknown) =>
  Object.fromEntries(many(count, (i) => [`n${i}`, one(i)] as const) as [string, unknown][])
const N = 20_000

const column = (name: unknown) => ({ Column: { Expression: { SourceRef: { Source: 's' } }, Property: name } })
const semantic = (query: unknown) => ({
  queries: [{ Query: { Commands: [{ SemanticQueryDataShapeCommand: { Query: query } }] } }],
})

/** Bodies in which a lookup repeated for each member would take minutes. */
const WIDE: readonly (readonly [what: string, address: string, body: unknown])[] = [
  ['values', '/api/dataset', { database: 1, query: { filter: ['=', ['field', 1, null], ...many(10 * N, String)] } }],
  [
    'sources and columns of nested queries',
    '/explore/querydata',
    semantic({
      From: many(N, (i) => ({
        Name: i === 0 ? 's' : `s${i}`,
        Expression: {
          Subquery: { Query: { Select: i === 0 ? many(N, (n) => ({ ...column(n), Name: `c${n}` })) : [] } },
        },
      })),
      Select: many(N, (i) => column(`c${i}`)),
    }),
  ],
  [
    'tuples and columns of a condition',
    '/explore/querydata',
    semantic({
      Where: [
        {
          Condition: {
            In: {
              Expressions: many(N, (i) => column(`c${i}`)),
              Values: many(N, (i) => [{ Literal: { Value: `'${i}'` } }]),
            },
          },
        },
      ],
    }),
  ],
  [
    'measures and filters',
    '/cubejs-api/v1/load',
    {
      query: {
        measures: many(N, (i) => `a.m${i}`),
        filters: many(N, (i) => ({ member: `a.m${i}`, operator: 'gt', values: [String(i)] })),
      },
    },
  ],
  [
    'metrics and filters',
    '/api/v1/chart/data',
    {
      queries: [{ metrics: many(N, (i) => `m${i}`), filters: many(N, (i) => ({ col: `m${i}`, op: '>', val: i })) }],
    },
  ],
  [
    'aggregations and filters',
    '/api/dataset',
    {
      database: 1,
      query: {
        aggregation: many(N, (i) => ['sum', ['field', i, null]]),
        filter: ['and', ...many(N, (i) => ['>', ['aggregation', i], i])],
      },
    },
  ],
  [
    'tags and parameters',
    '/api/dataset',
    {
      database: 1,
      native: { query: 'SELECT 1', 'template-tags': named(N, () => ({ type: 'text' })) },
      parameters: many(N, (i) => ({ target: ['variable', ['template-tag', `m${i}`]], value: i })),
    },
  ],
  [
    'columns and rows',
    '/druid/v2',
    {
      queryType: 'scan',
      dataSource: { type: 'inline', columnNames: many(N, (i) => `cpr${i}`), rows: many(N, (i) => [i]) },
    },
  ],
  [
    'values of a filter',
    '/druid/v2',
    { queryType: 'scan', dataSource: 's', filter: { type: 'in', dimension: 'd', values: many(10 * N, String) } },
  ],
  [
    'parameters of SQL',
    '/druid/v2/sql',
    { query: `SELECT ${'? '.repeat(N)}`, parameters: many(N, (value) => ({ value })) },
  ],
  [
    'filters of a hierarchy',
    '/saiku/rest/saiku/api/query/execute',
    {
      queryModel: {
        axes: {
          ROWS: {
            hierarchies: [
              {
                name: `[${'x'.repeat(N)}]`,
                levels: {},
                filters: many(N / 10, () => ({ flavour: 'Name', expressions: ['[a]', 'b'] })),
              },
            ],
          },
        },
      },
    },
  ],
  [
    'calculated members',
    '/saiku/rest/saiku/api/query/execute',
    {
      queryModel: {
        axes: { ROWS: { hierarchies: many(N, (i) => ({ name: `[h${i}]`, levels: { a: {} } })) } },
        calculatedMembers: many(N, (i) => ({ name: 'x', hierarchyName: `[g${i}]`, formula: '1' })),
      },
    },
  ],
  [
    'parameters put in',
    '/saiku/rest/saiku/api/query/execute',
    { type: 'MDX', mdx: '${p}'.repeat(N), parameters: { p: 'x'.repeat(N) } },
  ],
  [
    'fields and filters',
    '/api/4.0/queries/run/json',
    {
      model: 'm',
      fields: many(N, (i) => `v.f${i}`),
      pivots: many(N, (i) => `v.f${i}`),
      filters: named(N, () => 'a,b'),
    },
  ],
]
for (const [what, address, body] of WIDE) {
  test(`very many ${what} at ${address} take time in proportion`, () => {
    const took = processorMs(() => assert.notEqual(askedJson(address, body).action, 'request'))
    assert.ok(took < 15_000, `${took} ms`)
  })
}

test('addresses with odd signs in them are answered for, not failed at', () => {
  const sign = fc.constantFrom(
    ...'/?&=%[]{}.+#'.split(''),
    '%5B',
    '%',
    'f[a]',
    'levels',
    'member',
    'search',
    'eyJ.a.b',
    'parameters=[',
    'card',
  )
  const bases = [
    '/api/embed/card/',
    '/api/public/dashboard/',
    '/api/4.0/queries/models/m/views/v/run/json?',
    '/saiku/rest/saiku/a/query/',
    '/saiku/rest/saiku/a/discover/',
    '/druid/v2/',
  ]
  fc.assert(
    fc.property(fc.constantFrom(...bases), fc.array(sign, { maxLength: 8 }), (base, signs) => {
      const entry = record({ method: 'GET', target: base + signs.join('') })
      assert.notEqual(entry.opaque, 'unreadable')
    }),
    { numRuns: 500 },
  )
})
