import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnswerFacts } from '../../../proxy/exchange.ts'
import { interpret } from '../../../proxy/protocol/interpret.ts'
import type { MetadataSetting } from '../../../proxy/protocol/settings.ts'
import type { PersonNumber } from '../../../schema/record/ids.ts'
import type { Given } from '../../support/exchanges.ts'
import { FACTS, discover, exchange, record } from '../../support/exchanges.ts'
import { SETTINGS } from '../../support/fixture.ts'

const members = (restrictions: string) => record({ body: discover('MDSCHEMA_MEMBERS', restrictions) })
const BY_KEY = '<MEMBER_UNIQUE_NAME>[Borger].[CPR].&amp;[0101475001]</MEMBER_UNIQUE_NAME>'

test('looking a member up is a discover, and its person a criterion', () => {
  const found = members(`<CUBE_NAME>Borger</CUBE_NAME>${BY_KEY}`)
  assert.deepEqual([found.action, found.cube, found.language], ['discover', 'Borger', 'xmla'])
  assert.equal(found.query, 'MDSCHEMA_MEMBERS CUBE_NAME=Borger MEMBER_UNIQUE_NAME=[Borger].[CPR].&[0101475001]')
  assert.deepEqual(found.criteria, [
    {
      dimension: '[Borger]',
      hierarchy: '[Borger].[CPR]',
      level: null,
      operator: '=',
      value: '[Borger].[CPR].&[0101475001]',
      valueTo: null,
      person: '0101475001',
      personTo: null,
      originClause: 'restriction',
    },
  ])
})

for (const [bits, operator] of [
  ['8', '='],
  ['1', 'children'],
  ['2', 'siblings'],
  ['4', 'parent'],
  ['16', 'descendants'],
  ['32', 'ancestors'],
  ['24', 'self+descendants'],
  ['0', '='],
  ['mange', '='],
] as const) {
  test(`TREE_OP ${bits} asks with the operator ${operator}`, () => {
    assert.equal(members(`${BY_KEY}<TREE_OP>${bits}</TREE_OP>`).criteria[0]?.operator, operator)
  })
}

test('a caption belongs to the level that another restriction names, and so does the person in it', () => {
  const level = '<LEVEL_UNIQUE_NAME>[Borger].[CPR].[CPR]</LEVEL_UNIQUE_NAME>'
  const [row] = members(`<MEMBER_CAPTION>707475001</MEMBER_CAPTION>${level}`).criteria
  assert.deepEqual([row?.level, row?.person], ['[Borger].[CPR].[CPR]', '0707475001'])
})

test('listing a level is a criterion and a dimension, for the answer shows its members', () => {
  const found = members('<HIERARCHY_UNIQUE_NAME>[Borger].[Navn]</HIERARCHY_UNIQUE_NAME>')
  assert.deepEqual([found.criteria[0]?.value, found.criteria[0]?.person], ['[Borger].[Navn]', null])
  assert.deepEqual(found.dimensions, [{ dimension: '[Borger]', hierarchy: '[Borger].[Navn]', level: null, axis: null }])
})

test('listing all there is, without a word of which hierarchy, is a criterion on none that is known', () => {
  const places = (restrictions: string) =>
    members(restrictions).criteria.map(({ dimension, hierarchy, value }) => [dimension, hierarchy, value])
  assert.deepEqual(places('<CUBE_NAME>Borger</CUBE_NAME>'), [[null, null, 'Borger']])
  assert.deepEqual(places(''), [[null, null, 'MDSCHEMA_MEMBERS']])
})

test('a member tells of its hierarchy, where another restriction names the dimension alone', () => {
  const all = '<MEMBER_UNIQUE_NAME>[Borger].[CPR].[All]</MEMBER_UNIQUE_NAME><TREE_OP>1</TREE_OP>'
  for (const [dimension, hierarchy] of [
    ['[Borger]', '[Borger].[CPR]'],
    ['[borger]', '[Borger].[CPR]'],
    ['[Borg]', null],
  ] as const) {
    const [found] = members(`<DIMENSION_UNIQUE_NAME>${dimension}</DIMENSION_UNIQUE_NAME>${all}`).criteria
    assert.deepEqual([found?.hierarchy, found?.operator], [hierarchy, 'children'])
  }
})

test('several values of one restriction are criteria of their own', () => {
  const found = members(
    '<MEMBER_UNIQUE_NAME><Value>[Borger].[CPR].&amp;[0101475001]</Value><Value>[Borger].[CPR].&amp;[0203486110]</Value></MEMBER_UNIQUE_NAME>',
  )
  assert.deepEqual(
    found.criteria.map(({ person }) => person),
    ['0101475001', '0203486110'],
  )
})

test('the cell of an action is a tuple, and each member of it a criterion', () => {
  const coordinate = '([Borger].[CPR].&amp;[0101475001],[Tid].[Aar].&amp;[2022])'
  const found = record({ body: discover('MDSCHEMA_ACTIONS', `<COORDINATE>${coordinate}</COORDINATE>`) })
  assert.equal(found.action, 'discover')
  assert.deepEqual(
    found.criteria.map(({ hierarchy, person }) => [hierarchy, person]),
    [
      ['[Borger].[CPR]', '0101475001'],
      ['[Tid].[Aar]', null],
    ],
  )
})

test('asking for the model is metadata, without criteria', () => {
  const found = record({ body: discover('MDSCHEMA_LEVELS', '<DIMENSION_UNIQUE_NAME>[Borger]</DIMENSION_UNIQUE_NAME>') })
  assert.deepEqual([found.action, found.criteria, found.dimensions], ['metadata', [], []])
})

test('a person in a restriction nobody expected is a criterion all the same', () => {
  const found = record({ body: discover('DISCOVER_X', '<Hvad>[Borger].[CPR].[0101475001]</Hvad>') })
  assert.deepEqual(
    found.criteria.map(({ person, originClause }) => [person, originClause]),
    [['0101475001', 'restriction']],
  )
})

test('catalog and cube are those of the restrictions, else of the properties', () => {
  const named = record({
    body: discover('MDSCHEMA_CUBES', '<CATALOG_NAME>A B</CATALOG_NAME>', '<Catalog>C</Catalog><Cube>D</Cube>'),
  })
  assert.deepEqual([named.catalog, named.cube, named.query], ['A B', 'D', 'MDSCHEMA_CUBES CATALOG_NAME="A B"'])
  assert.equal(record({ body: discover('MDSCHEMA_CUBES', '', '<Catalog>C</Catalog>') }).catalog, 'C')
})

for (const type of ['DISCOVER_SESSIONS', 'discover_commands', 'DISCOVER_CONNECTIONS']) {
  test(`${type} shows what others do: it is no metadata, and whom it asks for is a criterion`, () => {
    const found = record({ body: discover(type, '<SESSION_USER_NAME>KOMMUNE\\anna</SESSION_USER_NAME>') })
    assert.equal(found.action, 'dmv')
    assert.deepEqual(
      found.criteria.map(({ value, originClause }) => [value, originClause]),
      [['KOMMUNE\\anna', 'restriction']],
    )
  })
}

for (const [type, restrictions, catalog, cube] of [
  ['DBSCHEMA_TABLES', '<TABLE_CATALOG>K</TABLE_CATALOG>', 'K', null],
  ['TMSCHEMA_TABLES', '<DatabaseName>K</DatabaseName>', 'K', null],
  ['DISCOVER_CSDL_METADATA', '<CATALOG_NAME>K</CATALOG_NAME><PERSPECTIVE_NAME>P</PERSPECTIVE_NAME>', 'K', 'P'],
  ['DISCOVER_XML_METADATA', '<DatabaseID>K</DatabaseID><CubeID>C</CubeID>', 'K', 'C'],
  ['MDSCHEMA_LEVELS', '<CUBE_NAME><Value>A</Value><Value>B</Value></CUBE_NAME>', null, 'A'],
] as const) {
  test(`${type} is metadata of the database and cube its restrictions name`, () => {
    const found = record({ body: discover(type, restrictions) })
    assert.deepEqual([found.action, found.catalog, found.cube], ['metadata', catalog, cube])
  })
}

const MODEL = discover('MDSCHEMA_CUBES', '<CUBE_NAME>Borger</CUBE_NAME>')
const rowset = (facts: Partial<AnswerFacts> = {}) => ({ facts: { ...FACTS, kind: 'rowset' as const, ...facts } })
const kept = (metadata: MetadataSetting, given: Given) => interpret(exchange(given), { ...SETTINGS, metadata })

test('metadata is kept as a line, as the whole request without its secrets, or left out', () => {
  const body = MODEL.replace(
    '</PropertyList>',
    '<DataSourceInfo>Provider=x;Password=hemmelig</DataSourceInfo></PropertyList>',
  )
  const queries = (metadata: MetadataSetting) =>
    kept(metadata, { body, answered: rowset() }).records.map(({ query }) => query)
  assert.deepEqual(queries('summary'), ['MDSCHEMA_CUBES CUBE_NAME=Borger'])
  assert.deepEqual(queries('full'), [body.replace('hemmelig', '…')])
  assert.deepEqual(queries('drop'), [])
  assert.equal(kept('drop', { body, answered: rowset() }).leftOut, true)
})

test('what names or shows somebody, fails, or cannot be read, is never left out', () => {
  const person = { person: '0101475001' as PersonNumber, place: 'column' }
  for (const given of [
    { body: discover('MDSCHEMA_MEMBERS', '<CUBE_NAME>Borger</CUBE_NAME>'), answered: rowset() },
    { body: discover('MDSCHEMA_LEVELS', '<X>010147-5001</X>'), answered: rowset() },
    { body: discover('DISCOVER_SESSIONS', ''), answered: rowset() },
    { body: MODEL, answered: rowset({ personsSeen: 1, persons: [person] }) },
    { body: MODEL, answered: rowset({ personsSeen: 30 }) },
    { body: MODEL, answered: { ...rowset({ decoded: false }), answerBytes: 10 } },
    { body: MODEL, answered: rowset({ kind: 'fault', faultCode: 'x' }) },
    { body: MODEL, answered: { status: 401 } },
    { body: MODEL, answered: { ending: 'client-gone' as const } },
    { body: MODEL, answered: null },
    { body: MODEL.replace('</s:Body>', '<other/></s:Body>'), answered: rowset() },
  ]) {
    const { records, leftOut } = kept('drop', given)
    assert.ok(records.length > 0 && !leftOut, JSON.stringify(given.answered))
  }
})
