import assert from 'node:assert/strict'
import { test } from 'node:test'
import { discover, record } from '../support/exchanges.ts'

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
