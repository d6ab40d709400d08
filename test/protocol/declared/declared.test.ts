import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { deflateSync, gzipSync } from 'node:zlib'
import type { Mapping } from '../../../schema/config/mapping.ts'
import { closeReader } from '../../support/fixture.ts'
import { JSON_MAPPING, XML_MAPPING, personsIn, recordOf, recordsOf } from './support.ts'

after(closeReader)

const FILTERS: Mapping = {
  ...JSON_MAPPING,
  operators: { eq: '=', between: 'range' },
  cube: '$.cube',
  criteria: [{ each: '$.filters[*]', dimension: '@.field', operator: '@.op', value: '@.values[*]' }],
}

test('what the mapping names becomes criteria, one row per value, and persons in them are known', () => {
  const body = { cube: 'Borger', filters: [{ field: 'CPR', op: 'eq', values: ['010147-5001', '0203486110'] }] }
  const record = recordOf(FILTERS, JSON.stringify(body))
  assert.deepEqual([record.opaque, record.cube, record.language, record.action], [null, 'Borger', 'json', 'query'])
  assert.deepEqual(
    record.criteria.map(({ dimension, operator, value }) => [dimension, operator, value]),
    [
      ['CPR', '=', '010147-5001'],
      ['CPR', '=', '0203486110'],
    ],
  )
  assert.deepEqual(personsIn(record), ['0101475001', '0203486110'])
})

test('both ends of a range are searched for', () => {
  const between = { field: 'Personnr', op: 'between', values: ['0101475001', '0101475999'] }
  const record = recordOf(FILTERS, JSON.stringify({ filters: [between] }))
  assert.deepEqual(
    record.criteria.map(({ operator, value, valueTo }) => [operator, value, valueTo]),
    [['range', '0101475001', '0101475999']],
  )
  assert.deepEqual(personsIn(record), ['0101475001', '0101475999'])
})

test('a numeric key that has lost its leading zero is a person where the mapping says so', () => {
  const mapping: Mapping = { ...JSON_MAPPING, criteria: [{ dimension: '$.f', value: '$.v', persons: true }] }
  assert.deepEqual(personsIn(recordOf(mapping, '{"f":"Nøgle","v":101475001}')), ['0101475001'])
  assert.deepEqual(personsIn(recordOf(mapping, '{"f":"Nøgle","v":0101475001}')), ['0101475001'])
})

test('a person outside what the mapping names is a criterion that is mentioned', () => {
  const record = recordOf(FILTERS, '{"filters":[],"note":{"cpr":"0101475001"}}', { target: '/bi/q?x=020348-6110' })
  assert.deepEqual(
    record.criteria.map(({ person, originClause }) => [person, originClause]),
    [
      ['0101475001', 'mentioned'],
      ['0203486110', 'mentioned'],
    ],
  )
})

test('a member named twice hides nobody', () => {
  const mapping: Mapping = { ...JSON_MAPPING, criteria: [{ dimension: { constant: 'CPR' }, value: '$.cpr' }] }
  const persons = new Set(personsIn(recordOf(mapping, '{"cpr":"0101475001","cpr":"0203486110"}')))
  assert.deepEqual(persons, new Set(['0101475001', '0203486110']))
})

test('what was promised and is missing marks the entry with its place, and the body is kept whole', () => {
  const body = '{"filters":[{"field":"CPR","op":"eq"},{"field":"CPR","op":"eq","values":["0101475001"]}]}'
  const record = recordOf(FILTERS, body)
  assert.deepEqual([record.opaque, record.opaqueAt, record.query], ['misfit', 'criteria[0].value', body])
  assert.deepEqual(personsIn(record), ['0101475001'])
})

test('an operator, or a code, that no table knows is recorded as it is, and marked', () => {
  const operator = recordOf(FILTERS, '{"filters":[{"field":"CPR","op":"~","values":["x"]}]}')
  assert.deepEqual([operator.opaqueAt, operator.criteria[0]?.operator], ['criteria[0].operator', '~'])
  const named: Mapping = {
    ...JSON_MAPPING,
    lookups: { names: { each: '$.names[*]', key: '@.id', value: '@.name', table: { '9': 'Distrikt' } } },
    criteria: [{ each: '$.filters[*]', dimension: { at: '@.f', lookup: 'names' }, value: '@.v' }],
  }
  const body = {
    names: [{ id: 7, name: 'CPR' }],
    filters: [
      { f: 7, v: 'a' },
      { f: 9, v: 'b' },
      { f: 8, v: 'c' },
    ],
  }
  const record = recordOf(named, JSON.stringify(body))
  assert.deepEqual([record.opaque, record.opaqueAt], ['misfit', 'criteria[0].dimension'])
  assert.deepEqual(
    record.criteria.map(({ dimension }) => dimension),
    ['CPR', 'Distrikt', '8'],
  )
})

test('several queries in one request are entries of their own, and a misfit marks its own only', () => {
  const mapping: Mapping = {
    ...XML_MAPPING,
    queries: '/batch/query',
    cube: '@cube',
    criteria: [{ each: 'where', dimension: '@field', value: '@is' }],
  }
  const body =
    '<batch><query cube="A"><where field="CPR" is="0101475001"/></query><query cube="B"><where is="x&lt;"/></query></batch>'
  const records = recordsOf(mapping, body)
  assert.deepEqual(
    records.map(({ cube, opaque, opaqueAt }) => [cube, opaque, opaqueAt]),
    [
      ['A', null, null],
      ['B', 'misfit', 'criteria[0].dimension'],
    ],
  )
  assert.deepEqual(
    records.map(({ query }) => query),
    [body, '<query cube="B"><where is="x&lt;"></where></query>'],
  )
})

test('a request in which no query stands where they should is kept whole', () => {
  const record = recordOf({ ...JSON_MAPPING, queries: '$.queries[*]' }, '{"cpr":"0101475001"}')
  assert.deepEqual([record.opaque, record.opaqueAt, personsIn(record)], ['misfit', 'queries', ['0101475001']])
})

test('a statement in the request is understood as one, beside what the mapping names', () => {
  const mapping: Mapping = {
    ...JSON_MAPPING,
    statement: { value: '$.mdx', language: 'mdx' },
    criteria: [{ dimension: { constant: '[Bruger].[Enhed]' }, value: '$.unit', clause: 'parameter' }],
  }
  const mdx = 'SELECT {[Measures].[Antal]} ON 0 FROM [Borger] WHERE [Borger].[CPR].&[0101475001]'
  const record = recordOf(mapping, JSON.stringify({ mdx, unit: 'Nord' }))
  assert.deepEqual([record.language, record.cube, record.query, record.opaque], ['mdx', 'Borger', mdx, null])
  assert.deepEqual(
    record.criteria.map(({ originClause }) => originClause),
    ['slicer', 'parameter'],
  )
  assert.equal(record.criteria[1]?.hierarchy, '[Bruger].[Enhed]')
  assert.equal(recordOf(mapping, '{"unit":"Nord"}').opaqueAt, 'statement.value')
})

test('wrapped documents are opened: base64 and gzip, JSON in a string, a field of a form, XML in JSON and JSON in XML', () => {
  const inner = { filters: [{ field: 'CPR', op: 'eq', values: ['0101475001'] }] }
  const open = (at: string, ...undo: ('base64' | 'gzip' | 'deflate')[]) => ({ at, undo, as: 'json' as const })
  const packed = gzipSync(JSON.stringify(inner)).toString('base64')
  const each = '$.p.filters[*]'
  const criteria = [{ each, dimension: '@.field', value: '@.values' }]
  const gzipped = recordOf({ ...JSON_MAPPING, open: [open('$.p', 'base64', 'gzip')], criteria }, `{"p":"${packed}"}`)
  assert.deepEqual(personsIn(gzipped), ['0101475001'])

  const bare = deflateSync(JSON.stringify(inner)).toString('base64')
  const form: Mapping = { ...JSON_MAPPING, body: 'form', open: [open('$.p', 'base64', 'deflate')], criteria }
  const sent = recordOf(form, new URLSearchParams({ p: bare }).toString(), {
    type: 'application/x-www-form-urlencoded',
  })
  assert.deepEqual([sent.opaque, personsIn(sent)], [null, ['0101475001']])

  const xml: Mapping = {
    ...JSON_MAPPING,
    open: [{ at: '$.queries[*]', as: 'xml' }],
    queries: '/query',
    criteria: [{ dimension: '@field', value: 'value', clause: 'filter' }],
    user: '$.user',
  }
  const two = [
    '<query field="CPR"><value>0101475001</value></query>',
    '<query field="CPR"><value>0203486110</value></query>',
  ]
  const records = recordsOf(xml, JSON.stringify({ user: 'mette', queries: two }))
  assert.deepEqual(records.map(personsIn), [['0101475001'], ['0203486110']])
  assert.equal(records[0]?.effectiveUser, 'mette')

  const json: Mapping = {
    ...XML_MAPPING,
    open: [{ at: '/call/payload', as: 'json' }],
    criteria: [{ each: '$.filters[*]', dimension: '@.field', value: '@.values[*]' }],
  }
  const soap = `<call><payload><![CDATA[${JSON.stringify(inner)}]]></payload></call>`
  assert.deepEqual(personsIn(recordOf(json, soap)), ['0101475001'])
})

test('a person in a wrapped document is found also where the mapping does not look', () => {
  const mapping: Mapping = { ...JSON_MAPPING, open: [{ at: '$.p', undo: ['base64'], as: 'json' }] }
  const record = recordOf(mapping, JSON.stringify({ p: btoa('{"cpr":"0101475001"}') }))
  assert.deepEqual([record.opaque, personsIn(record)], [null, ['0101475001']])
})

test('what is wrapped otherwise than the mapping says is kept whole, unread', () => {
  const mapping: Mapping = { ...JSON_MAPPING, open: [{ at: '$.p', undo: ['base64', 'gzip'], as: 'json' }] }
  const body = '{"p":"bm90IGd6aXA=","cpr":"0101475001"}'
  const record = recordOf(mapping, body)
  assert.deepEqual([record.opaque, record.query, personsIn(record)], ['unreadable', body, ['0101475001']])
})

test('the user in the body stands beside the authenticated one', () => {
  const record = recordOf({ ...JSON_MAPPING, user: '$.user' }, '{"user":"mette"}', { user: 'svc' })
  assert.deepEqual([record.userName, record.userSource, record.effectiveUser], ['svc', 'basic', 'mette'])
})

test('a body that is believed about the user changes place with the service account, and with nobody else', () => {
  const mapping: Mapping = { ...JSON_MAPPING, user: { at: '$.user', trust: 'body', accounts: ['SVC'] } }
  const asked = (user?: string) => {
    const record = recordOf(mapping, '{"user":"mette"}', user === undefined ? {} : { user })
    return [record.userName, record.userSource, record.userConfirmed, record.effectiveUser]
  }
  assert.deepEqual(asked('svc'), ['mette', 'body', false, 'svc'])
  assert.deepEqual(asked(), ['mette', 'body', false, null])
  assert.deepEqual(asked('kirsten'), ['kirsten', 'basic', true, 'mette'])
})

test('module, report, session and the rest stand where the mapping says, also in headers and the address', () => {
  const mapping: Mapping = {
    ...JSON_MAPPING,
    module: '$.module',
    catalog: { constant: 'Kommunedata' },
    report: { parameter: 'report' },
    application: { header: 'X-Client' },
    session: { at: '$.session', hash: true },
    correlation: '$.id',
  }
  const record = recordOf(mapping, '{"module":"Ydelse","session":"secret-\\u00e6-1","id":5}', {
    target: '/bi/q?report=17',
    headers: [['X-Client', 'Analyst']],
  })
  const { module, catalog, report, application, sessionId, correlationId } = record
  assert.deepEqual(
    [module, catalog, report, application, correlationId],
    ['Ydelse', 'Kommunedata', '17', 'Analyst', '5'],
  )
  assert.match(sessionId ?? '', /^[0-9a-f]{16}$/)
})

test('what is recorded as a hash does not stand in the text that is kept', () => {
  const mapping: Mapping = { ...JSON_MAPPING, session: { at: '$.session', hash: true } }
  const record = recordOf(mapping, '{"session":"abc\\"defg","again":"abc\\"defg"}')
  assert.equal(record.query, '{"session":"…","again":"…"}')
})

test('a request that does not fit goes to the next mapping, and to the interfaces known by themselves', () => {
  const other: Mapping = { ...JSON_MAPPING, name: 'other', match: { path: '/bi/*', node: '$.b' }, catalog: '$.b' }
  const first: Mapping = { ...JSON_MAPPING, match: { method: 'POST', node: '$.a', equals: 'yes' }, catalog: '$.c' }
  assert.equal(recordOf([first, other], '{"a":"yes","b":"B","c":"C"}').catalog, 'C')
  assert.equal(recordOf([first, other], '{"a":"no","b":"B","c":"C"}').catalog, 'B')
  assert.equal(recordOf([first, other], '{"a":"no"}').opaque, 'unknown-protocol')
  assert.equal(recordOf([first], 'no JSON').opaque, 'unknown-protocol')
  assert.equal(recordOf(JSON_MAPPING, '').opaque, null)
})

test('names in an XPath fit whatever prefix or default namespace a client has chosen; a declared prefix fits its own only', () => {
  const mapping = (path: string): Mapping => ({ ...XML_MAPPING, namespaces: { n: 'urn:n' }, cube: path })
  for (const body of ['<q cube="A"/>', '<q xmlns="urn:n" cube="A"/>', '<x:q xmlns:x="urn:n" cube="A"/>']) {
    assert.equal(recordOf(mapping('/q/@cube'), body).cube, 'A')
    assert.equal(recordOf(mapping('/n:q/@cube'), body).cube, body === '<q cube="A"/>' ? null : 'A')
  }
})

test('a DOCTYPE, two roots, a doubled attribute, an unbound prefix and NUL are not read, and kept whole', () => {
  const bodies = [
    '<!DOCTYPE q [<!ENTITY e "x">]><q>&e;</q>',
    '<q/><q/>',
    '<q a="1" a="2"/>',
    '<x:q/>',
    '<q>&#0;</q>',
    '<q>',
    '{}',
  ]
  for (const body of bodies) {
    const record = recordOf({ ...XML_MAPPING, cube: '/q' }, body)
    assert.deepEqual([record.opaque, record.query], ['unreadable', body])
  }
})

test('no element can pass for a key of the tree it is read into', () => {
  const mapping: Mapping = {
    ...XML_MAPPING,
    cube: '/r/_/@a',
    catalog: '/r/__proto__',
    report: '/r/__text__/constructor',
  }
  const body = '<r><_ a="A">t</_><__proto__>B</__proto__><__text__><constructor>C</constructor></__text__></r>'
  const record = recordOf(mapping, body)
  assert.deepEqual([record.cube, record.catalog, record.report], ['A', 'B', 'C'])
})

test('of an SQL statement in the request the conditions are understood', () => {
  const mapping: Mapping = { ...JSON_MAPPING, statement: { value: '$.sql', language: 'sql' } }
  const record = recordOf(mapping, JSON.stringify({ sql: "SELECT navn FROM borger WHERE cpr = '0101475001'" }))
  assert.deepEqual([record.language, record.opaque, personsIn(record)], ['sql', null, ['0101475001']])
  assert.equal(record.criteria[0]?.operator, '=')
})

test('a request that costs too much still says who asked, and from which report', () => {
  const mapping: Mapping = {
    ...JSON_MAPPING,
    user: '$.user',
    report: '$.report',
    criteria: [{ value: { at: '$.values', split: ';' } }],
  }
  const record = recordOf(mapping, JSON.stringify({ user: 'mette', report: '7', values: ';'.repeat(60_000) }))
  assert.deepEqual([record.opaque, record.effectiveUser, record.report], ['limits', 'mette', '7'])
})
