import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnswerFacts } from '../../../proxy/exchange.ts'
import { FACTS, envelope, execute, record, records, statement } from '../../support/exchanges.ts'

const QUERY = 'SELECT [Measures].[Antal] ON 0 FROM [Borger] WHERE [Borger].[CPR].&[0101475001]'
const empty = (facts: Partial<AnswerFacts> = {}) => ({
  facts: { ...FACTS, kind: 'empty' as const, rows: null, cells: null, ...facts },
})
const personsOf = (given: Parameters<typeof records>[0]) =>
  records(given).flatMap(({ criteria }) => criteria.flatMap(({ person }) => (person === null ? [] : [person])))

for (const properties of [
  '<Content>None</Content>',
  '<content>NONE</content>',
  '<ExecutionMode>Prepare</ExecutionMode>',
]) {
  test(`with ${properties} a query is prepared only, and whom it names is on record`, () => {
    const found = record({ body: statement(QUERY, properties), answered: empty() })
    assert.deepEqual([found.action, found.outcome, found.language], ['prepare', 'answered', 'mdx'])
    assert.deepEqual(
      found.criteria.map(({ person }) => person),
      ['0101475001'],
    )
  })
}

test('a query that was to be prepared and was answered is a query, and so is one whose answer nobody could read', () => {
  const body = statement(QUERY, '<Content>None</Content>')
  const unread = { ...empty({ decoded: false }), answerBytes: 100 }
  for (const answered of [empty({ rows: 1 }), empty({ cells: 2 }), empty({ personsSeen: 1 }), unread]) {
    assert.equal(record({ body, answered }).action, 'query')
  }
  for (const answered of [
    empty({ rows: 0, cells: 0 }),
    empty({ kind: 'fault', faultCode: 'x' }),
    { status: 401, facts: null },
  ]) {
    assert.equal(record({ body, answered }).action, 'prepare')
  }
  for (const properties of [
    '',
    '<Content>SchemaData</Content>',
    '<Content>Schema</Content>',
    '<ExecutionMode>Execute</ExecutionMode>',
  ]) {
    assert.equal(record({ body: statement(QUERY, properties), answered: empty() }).action, 'query')
  }
})

test('a statement that defines something stays what it is, also where it was to be prepared', () => {
  const create = "CREATE SESSION MEMBER CURRENTCUBE.[Measures].[X] AS '1'"
  assert.equal(record({ body: statement(create, '<Content>None</Content>'), answered: empty() }).action, 'ddl')
})

const ENGINE = 'http://schemas.microsoft.com/analysisservices/2003/engine'
const OBJECT = '<Object><DatabaseID>Kommunedata</DatabaseID><CubeID>Borger</CubeID></Object>'

for (const [name, inner, catalog, cube] of [
  ['Process', `<Type>ProcessFull</Type>${OBJECT}`, 'Kommunedata', 'Borger'],
  ['Alter', `${OBJECT}<ObjectDefinition><Cube><ID>x</ID></Cube></ObjectDefinition>`, 'Kommunedata', 'Borger'],
  ['Delete', OBJECT, 'Kommunedata', 'Borger'],
  ['ClearCache', OBJECT, 'Kommunedata', 'Borger'],
  ['Restore', '<File>a.abf</File><DatabaseName>Kommunedata</DatabaseName>', 'Kommunedata', null],
  ['ImageLoad', '<DatabaseID>Kommunedata</DatabaseID>', 'Kommunedata', null],
  ['Cancel', '<ConnectionID>7</ConnectionID><SPID>8</SPID>', null, null],
  ['BeginTransaction', '', null, null],
  ['Subscribe', OBJECT, 'Kommunedata', 'Borger'],
  ['UpdateCells', '<Cell CellOrdinal="1"><Value>1</Value></Cell>', null, null],
  ['Authenticate', '<SspiHandshake>TlRMTVNTUAAB</SspiHandshake>', null, null],
] as const) {
  test(`${name} is a command of the database and cube it names`, () => {
    const found = record({ body: execute(`<${name} xmlns="${ENGINE}">${inner}</${name}>`) })
    assert.deepEqual([found.action, found.language, found.catalog, found.cube], ['command', 'xmla', catalog, cube])
    assert.ok(found.query.startsWith(`<${name} `) && !found.query.includes('TlRMTVNTUAAB'))
  })
}

test('no command shows a password, wherever it stands in it', () => {
  const secrets = [
    '<Password>hemmelig</Password>',
    '<ConnectionString>Provider=X;User ID=sa;Password=hemmelig;Timeout=0</ConnectionString>',
    '<ConnectionString>Provider=X;Pwd = "hemmelig"</ConnectionString>',
    '<ImpersonationInfo><Account>KOMMUNE\\etl</Account><Password>hemmelig</Password></ImpersonationInfo>',
    '<DataSourceInfo>Provider=Mondrian;JdbcPassword=hemmelig;Jdbc=x</DataSourceInfo>',
    '<ConnectionString>BlobEndpoint=x;AccountKey=hemmelig</ConnectionString>',
    '<a:Password xmlns:a="x"><![CDATA[hemmelig]]></a:Password>',
  ]
  for (const secret of secrets) {
    const body = execute(`<Restore><File>a.abf</File>${secret}</Restore>`)
    for (const given of [{ body }, { body: body.slice(0, -20) }, { body, extent: 'head' as const }]) {
      const text = JSON.stringify(records(given))
      assert.ok(!text.includes('hemmelig') && text.includes('a.abf'), secret)
    }
  }
})

test('commands in a batch are entries of their own, also where they run in parallel, and share its properties', () => {
  const batch =
    `<Batch xmlns="${ENGINE}"><Parallel><Process>${OBJECT}</Process><Statement>${QUERY.replace('&', '&amp;')}</Statement></Parallel>` +
    '<Properties><PropertyList><Catalog>Fra pakken</Catalog></PropertyList></Properties><Statement> </Statement></Batch>'
  assert.deepEqual(
    records({ body: execute(batch) }).map(({ action, part, catalog }) => [action, part, catalog]),
    [
      ['command', 0, 'Kommunedata'],
      ['query', 1, 'Fra pakken'],
    ],
  )
})

test('TMSL is a command of the database it names, however deep', () => {
  for (const script of [
    { refresh: { type: 'full', objects: [{ database: 'Kommunedata', table: 'Borger' }] } },
    { createOrReplace: { object: { database: 'Kommunedata' }, database: { name: 'Nyt' } } },
    { sequence: { operations: [{ refresh: { objects: [{ database: 'Kommunedata' }] } }] } },
  ]) {
    const found = record({ body: statement(JSON.stringify(script), '<Catalog>Andet</Catalog>') })
    assert.deepEqual([found.action, found.language, found.catalog], ['command', 'tmsl', 'Kommunedata'])
  }
  assert.equal(record({ body: statement('{ "refresh": [', '<Catalog>Andet</Catalog>') }).catalog, 'Andet')
})

test('a statement of data mining is not understood, but whom it names is on record and no password is', () => {
  const rows = "OPENROWSET('SQLOLEDB', 'Server=a;Password=hemmelig', 'SELECT * FROM t WHERE cpr = ''010147-5001''')"
  for (const [text, action] of [
    [`SELECT Predict([Risiko]) FROM [Model] NATURAL PREDICTION JOIN ${rows} AS t`, 'query'],
    [`INSERT INTO MINING MODEL [Model] ([Cpr]) ${rows}`, 'ddl'],
  ] as const) {
    const found = record({ body: statement(text) })
    assert.deepEqual([found.action, found.language, found.opaque], [action, 'dmx', 'unknown-language'])
    assert.ok(found.criteria.some(({ person }) => person === '0101475001') && !found.query.includes('hemmelig'))
    assert.ok(!JSON.stringify(found).includes('hemmelig'))
  }
})

test('an element nobody knows beside a call is a part of its own, and whom it names is on record', () => {
  const call =
    '<Execute xmlns="urn:schemas-microsoft-com:xml-analysis"><Command><Statement>SELECT FROM [A]</Statement></Command></Execute>'
  const found = records({ body: envelope(`${call}<x:Extra xmlns:x="urn:x"><cpr>010147-5001</cpr></x:Extra>`) })
  assert.deepEqual(
    found.map(({ action, opaque, query }) => [action, opaque, query.slice(0, 10)]),
    [
      ['query', null, 'SELECT FRO'],
      ['request', 'unknown-protocol', '<x:Extra x'],
    ],
  )
  assert.deepEqual(personsOf({ body: envelope(`${call}<Extra><cpr>010147-5001</cpr></Extra>`) }), ['0101475001'])
  assert.equal(
    records({
      body: execute('<Statement>SELECT FROM [A]</Statement>').replace('<Properties>', '<Restrictions/><Properties>'),
    }).length,
    1,
  )
})

test("the report is that of Power BI's context, and the visual holds together what it asks; the data set is the catalog where none is named", () => {
  const context = (value: unknown) =>
    `<applicationContext>${JSON.stringify(value).replaceAll('&', '&amp;')}</applicationContext>`
  const of = (value: unknown, more = '') => record({ body: statement(QUERY, context(value) + more) })
  const one = { ReportId: 'r1', VisualId: 'v1' }
  const named = (value: unknown, more = '') => {
    const { report, correlationId } = of(value, more)
    return [report, correlationId]
  }
  assert.deepEqual(named({ Sources: [one] }), ['r1', 'v1'])
  assert.deepEqual(
    named({ sources: [one, one, { ReportId: 'r1', VisualId: 'v2' }, { VisualId: 'v3' }, { ReportId: 'r2' }, {}] }),
    ['r1, r2', 'v1, v2, v3'],
  )
  const activity = '<DbpropMsmdActivityID>a1</DbpropMsmdActivityID>'
  assert.deepEqual(named({ Sources: [one] }, activity), ['r1', 'v1'])
  assert.deepEqual(named({ Sources: [{ ReportId: 'r1' }] }, activity), ['r1', 'a1'])
  assert.equal(of({ Sources: [{ ReportId: 'r1' }] }).report, 'r1')
  assert.equal(of({ DatasetId: 'd1', Sources: [one] }).catalog, 'd1')
  assert.equal(of({ DatasetId: 'd1', Sources: [one] }, '<Catalog>K</Catalog>').catalog, 'K')
  for (const odd of [null, [], 'x', { Sources: 'x' }, { Sources: [null, 3] }, { Sources: [{ ReportId: 7 }] }]) {
    assert.equal(of(odd).report, null)
  }
  assert.equal(record({ body: statement(QUERY, '<ApplicationContext>{</ApplicationContext>') }).report, null)
})

test('a report may be named in a comment at the beginning of the statement', () => {
  for (const comment of ['/* report: Månedens tal */ ', '-- Rapport = Månedens tal\n', '// report:Månedens tal\n']) {
    assert.equal(record({ body: statement(comment + QUERY) }).report, 'Månedens tal')
  }
  assert.equal(record({ body: statement(QUERY) }).report, null)
})

for (const [name, target] of [
  ['plain', '/xmla?cpr=010147-5001'],
  ['encoded', '/xmla?q=%30%31%30%31%34%37-5001'],
  ['encoded twice', '/xmla?q=cpr%253D0101475001'],
] as const) {
  test(`a person in the address of a request, ${name}, is on record with it`, () => {
    assert.deepEqual(personsOf({ target, body: statement('SELECT FROM [A]') }), ['0101475001'])
    assert.deepEqual(personsOf({ target, body: '' }), ['0101475001'])
    assert.deepEqual(personsOf({ target, body: '<Envelope' }), ['0101475001'])
  })
}

test('a person in bytes that are no text is found, in one byte a letter and in two', () => {
  for (const body of [
    Buffer.from('\0\x01cpr=\x02010147-5001\0\xff', 'latin1'),
    Buffer.from('\u0001\u0007010147-5001\u0002', 'utf16le'),
    Buffer.concat([Buffer.from([0xdf, 0xff, 1, 0]), Buffer.from('x 0101475001 y', 'utf16le')]),
  ]) {
    for (const type of ['application/octet-stream', 'application/sx', 'text/xml']) {
      assert.deepEqual(personsOf({ body, headers: [['Content-Type', type]] }), ['0101475001'], type)
    }
  }
})
