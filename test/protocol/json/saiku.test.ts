import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JSON_TYPE, askedJson, criteriaIn, dimensionsIn, measuresIn } from '../../support/json-asked.ts'
import { record } from '../../support/exchanges.ts'

const EXECUTE = '/saiku/rest/saiku/api/query/execute'
const CUBE = { name: 'Borger', catalog: 'Kommunedata', connection: 'k', schema: 'Kommunedata' }

const query = (model: object, more: object = {}) => ({
  name: 'q-1',
  type: 'QUERYMODEL',
  cube: CUBE,
  queryModel: model,
  ...more,
})
const asked = (model: object, more: object = {}) => askedJson(EXECUTE, query(model, more))

const level = (name: string, type: string, members: readonly string[], more: object = {}) => ({
  [name]: { name, selection: { type, members: members.map((uniqueName) => ({ uniqueName })), ...more } },
})
const axis = (levels: object, more: object = {}) => ({ hierarchies: [{ name: '[Borger].[CPR]', levels }], ...more })

test('levels on axes are dimensions, and what is selected of them are criteria', () => {
  const entry = asked({
    axes: {
      ROWS: axis(level('CPR', 'INCLUSION', ['[Borger].[CPR].&[0101475001]', '[Borger].[CPR].&[0202485002]'])),
      COLUMNS: axis(level('Distrikt]', 'INCLUSION', [])),
      FILTER: axis({
        ...level('A', 'EXCLUSION', ['[Borger].[CPR].[x]']),
        ...level('B', 'RANGE', ['[T].[1]', '[T].[2]']),
      }),
    },
    details: { measures: [{ name: 'Antal', uniqueName: '[Measures].[Antal]', type: 'EXACT' }] },
  })
  assert.deepEqual(dimensionsIn(entry), ['[Borger].[CPR].[CPR]', '[Borger].[CPR].[Distrikt]]]'])
  assert.deepEqual(
    entry.dimensions.map((row) => row.axis),
    ['1', '0'],
  )
  assert.deepEqual(criteriaIn(entry), [
    '[Borger].[CPR].[CPR] in [Borger].[CPR].&[0101475001]',
    '[Borger].[CPR].[CPR] in [Borger].[CPR].&[0202485002]',
    '[Borger].[CPR].[A] not in [Borger].[CPR].[x]',
    '[Borger].[CPR].[B] range [T].[1] to [T].[2]',
  ])
  assert.deepEqual(
    entry.criteria.map(({ person, originClause }) => [person, originClause]),
    [
      ['0101475001', 'axis'],
      ['0202485002', 'axis'],
      [null, 'slicer'],
      [null, 'slicer'],
    ],
  )
  assert.deepEqual(
    [measuresIn(entry), entry.cube, entry.catalog, entry.report],
    [['[Measures].[Antal]'], 'Borger', 'Kommunedata', 'q-1'],
  )
})

test('a calculated measure that is shown leads to the measures and members of its formula; a hidden one to none', () => {
  const calculated = (name: string, formula: string) => ({
    name,
    uniqueName: `[Measures].[${name}]`,
    hierarchyName: '[Measures]',
    formula,
  })
  const entry = asked({
    axes: { ROWS: axis(level('CPR', 'INCLUSION', [])) },
    details: { measures: [{ name: 'Hans', uniqueName: '[Measures].[Hans]', type: 'CALCULATED' }] },
    calculatedMeasures: [
      calculated('Hans', '([Measures].[Beløb], [Borger].[CPR].&[0101475001]) / 2'),
      calculated('Skjult', '([Measures].[Andet], [Borger].[CPR].&[0202485002])'),
    ],
    calculatedMembers: [{ name: 'Par', hierarchyName: '[Borger].[CPR]', formula: '[Borger].[CPR].&[0303495003] + 1' }],
  })
  assert.deepEqual(entry.measures, [
    { measure: '[Measures].[Hans]', calculated: true, via: null },
    { measure: '[Measures].[Beløb]', calculated: false, via: '[Measures].[Hans]' },
  ])
  assert.deepEqual(entry.criteria.flatMap(({ person, originClause }) => [person, originClause]).slice(0, 4), [
    '0101475001',
    'formula',
    '0303495003',
    'formula',
  ])
})

for (const [filter, ...expected] of [
  [{ flavour: 'Generic', function: 'FILTER', expressions: ['[Measures].[Beløb] > 100'] }, '[Measures].[Beløb] > 100'],
  [
    { flavour: 'Measure', operator: 'SMALLER_EQUALS', expressions: ['[Measures].[Beløb]', '5'] },
    '[Measures].[Beløb] <= 5',
  ],
  [
    { flavour: 'N', function: 'BOTTOMCOUNT', expressions: ['10', '[Measures].[Beløb]'] },
    '[Borger].[CPR].[CPR] topcount 10',
  ],
  [{ flavour: 'Name', operator: 'EQUAL', expressions: ['[Borger].[CPR]', 'a "b"'] }, '[Borger].[CPR] = a "b"'],
  [{ flavour: 'NameLike', operator: 'LIKE', expressions: ['[Borger].[CPR]', '^0101'] }, '[Borger].[CPR] matches ^0101'],
] as const) {
  test(`a filter of flavour ${filter.flavour} is a criterion`, () => {
    const entry = asked({ axes: { ROWS: axis(level('CPR', 'INCLUSION', []), { filters: [filter] }) } })
    assert.deepEqual(criteriaIn(entry), expected)
  })
}

test('a filter that is no MDX still tells whom it names', () => {
  const filters = [{ flavour: 'Generic', expressions: ['([Borger].[CPR].&[0101475001] ((('] }]
  const entry = asked({ axes: { ROWS: axis(level('CPR', 'INCLUSION', []), { filters }) } })
  assert.ok(entry.criteria.some(({ person }) => person === '0101475001'))
})

test('a parameter stands for the members of its level, and others are criteria by their name', () => {
  const model = { axes: { FILTER: axis(level('CPR', 'INCLUSION', [], { parameterName: 'hvem' })) } }
  const entry = asked(model, { parameters: { hvem: '[Borger].[CPR].&[0101475001]', aar: '2024', tom: '' } })
  assert.deepEqual(criteriaIn(entry), ['[Borger].[CPR].[CPR] in [Borger].[CPR].&[0101475001]', 'aar = 2024'])
})

test('a query in MDX is read as MDX, with its parameters put in', () => {
  const mdx = 'SELECT {[Measures].[Antal]} ON 0 FROM [Borger] WHERE [Borger].[CPR].&[${hvem}]'
  const entry = askedJson(EXECUTE, { name: 'q-2', type: 'MDX', mdx, cube: CUBE, parameters: { hvem: '0101475001' } })
  assert.deepEqual([entry.language, entry.cube, entry.catalog, entry.report], ['mdx', 'Borger', 'Kommunedata', 'q-2'])
  assert.deepEqual(criteriaIn(entry), ['[Borger].[CPR] = [Borger].[CPR].&[0101475001]'])
  assert.equal(entry.criteria[0]?.person, '0101475001')
})

for (const [method, path, action] of [
  [
    'GET',
    'query/q-1/drillthrough?maxrows=10&returns=%5BBorger%5D.%5BCPR%5D,%5BMeasures%5D.%5BAntal%5D',
    'drillthrough',
  ],
  ['GET', 'query/q-1/export/csv/flat', 'query'],
  ['POST', 'query/q-1/zoomin', 'query'],
  ['GET', 'query/q-1/result/metadata/hierarchies/%5BB%5D.%5BC%5D/levels/D?search=0101', 'discover'],
  ['DELETE', 'query/q-1/cancel', 'command'],
] as const) {
  test(`${method} ${path.split('?')[0]} is a ${action} that goes on from its query`, () => {
    const entry = askedJson(`/saiku/rest/saiku/api/${path}`, null, method)
    assert.deepEqual([entry.action, entry.report, entry.opaque], [action, 'q-1', null])
  })
}

test('a drill-through names what it returns, a look-up what it looks for', () => {
  const through = askedJson(
    '/saiku/rest/saiku/api/query/q/drillthrough?returns=%5BB%5D.%5BC%5D,%5BMeasures%5D.%5BA%5D',
    null,
    'GET',
  )
  assert.deepEqual([dimensionsIn(through), measuresIn(through)], [['[B].[C]'], ['[Measures].[A]']])
  const up = askedJson(
    '/saiku/rest/saiku/admin/query/q/result/metadata/hierarchies/%5BB%5D.%5BC%5D/levels/D?search=0101475001',
    null,
    'GET',
  )
  assert.deepEqual([criteriaIn(up), up.criteria[0]?.person], [['[B].[C].[D] contains 0101475001'], '0101475001'])
})

test('members asked for by their cube are looked up, the build of the cube is metadata', () => {
  const base = '/saiku/rest/saiku/admin/discover/k/Kommunedata/S/Borger'
  const member = askedJson(`${base}/member/%5BBorger%5D.%5BCPR%5D.%26%5B0101475001%5D/children`, null, 'GET')
  assert.deepEqual(
    [member.action, member.cube, criteriaIn(member)],
    ['discover', 'Borger', ['[Borger].[CPR] children [Borger].[CPR].&[0101475001]']],
  )
  assert.equal(askedJson(`${base}/dimensions`, null, 'GET').action, 'metadata')
})

test('a query that is opened from a form is prepared', () => {
  const json = JSON.stringify(
    query({ axes: { ROWS: axis(level('CPR', 'INCLUSION', ['[Borger].[CPR].&[0101475001]'])) } }),
  )
  const entry = record({
    target: '/saiku/rest/saiku/api/query/ny',
    headers: [['Content-Type', 'application/x-www-form-urlencoded']],
    body: new URLSearchParams({ json }).toString(),
    answered: null,
  })
  assert.deepEqual(
    [entry.action, entry.report, entry.query, entry.criteria[0]?.person],
    ['prepare', 'ny', json, '0101475001'],
  )
  assert.equal(
    record({ target: '/saiku/rest/saiku/api/query/execute', headers: JSON_TYPE, body: '{}' }).opaque,
    'unknown-protocol',
  )
})
