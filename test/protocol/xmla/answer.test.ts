import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { AnswerFacts } from '../../../proxy/exchange.ts'
import { answerReader } from '../../../proxy/protocol/answer-reader.ts'
import { decodeColumnName } from '../../../proxy/protocol/xmla/column-name.ts'

/** Of the persons here some are born before that day and some later: these count only where an attribute is named. */
const RULES = { latestBirth: '2040-12-31', attributes: [] }
const NS = 'urn:schemas-microsoft-com:xml-analysis'

interface How {
  readonly threshold?: number
  readonly pieces?: readonly string[]
  readonly format?: 'xml' | 'json' | 'text'
}

function read(text: string, { threshold = 20, pieces = [text], format = 'xml' }: How = {}): AnswerFacts {
  const reader = answerReader(format, RULES, threshold)
  for (const piece of pieces) reader.write(piece)
  return reader.end()
}

const answer = (root: string) =>
  `<?xml version="1.0"?><S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body><m:ExecuteResponse xmlns:m="${NS}">` +
  `<m:return>${root}</m:return></m:ExecuteResponse></S:Body></S:Envelope>`
const rowset = (rows: string, schema = '') => answer(`<root xmlns="${NS}:rowset">${schema}${rows}</root>`)
const dataset = (axes: string, cells = '', tail = '') =>
  answer(`<root xmlns="${NS}:mddataset"><Axes>${axes}</Axes><CellData>${cells}</CellData>${tail}</root>`)
const member = (uname: string, more = '', hierarchy = '[Borger]') =>
  `<Member Hierarchy="${hierarchy}"><UName>${uname}</UName><Caption>x</Caption><LName>[L]</LName>${more}</Member>`
const tuples = (name: string, ...members: string[]) =>
  `<Axis name="${name}"><Tuples>${members.map((m) => `<Tuple>${m}</Tuple>`).join('')}</Tuples></Axis>`
const cell = (ordinal: number, value: string, type = 'xsd:double') =>
  `<Cell CellOrdinal="${ordinal}"><Value xsi:type="${type}">${value}</Value><FmtValue>${value}</FmtValue></Cell>`
const persons = (facts: AnswerFacts) => facts.persons.map(({ person, place }) => `${person} ${place}`)
const MEASURE = member('[Measures].[Beløb]', '', '[Measures]')

test('rows are the tuples of axis 1, and cells those that hold a value', () => {
  const axes =
    tuples('Axis0', MEASURE) + tuples('Axis1', member('a'), member('b'), member('c')) + tuples('SlicerAxis', '')
  const facts = read(dataset(axes, cell(0, '1') + cell(2, '2') + '<Cell CellOrdinal="1"/>'))
  assert.deepEqual([facts.kind, facts.rows, facts.cells], ['dataset', 3, 2])
})

test('in cluster format the tuples of an axis are the product of its sets', () => {
  const set = (n: number) => `<Members Hierarchy="[B].[CPR]">${'<Member><UName>u</UName></Member>'.repeat(n)}</Members>`
  const axis = (name: string, ...sets: number[]) =>
    `<Axis name="${name}"><CrossProduct>${sets.map(set).join('')}</CrossProduct></Axis>`
  assert.equal(read(dataset(axis('Axis0', 2) + axis('Axis1', 3, 4))).rows, 12)
})

test('a member whose own name alone tells that it is a person is found in every way to write one', () => {
  for (const key of ['&amp;[07.07.61-4285]', '&amp;[707614285]&amp;[7]', '[7.07614285E8]', '[07 07 61 4285]']) {
    assert.deepEqual(persons(read(dataset(tuples('Axis1', member(`[Borger].[CPR].${key}`))))), ['0707614285 axis'], key)
  }
})

test('a person on an axis is found by unique name, by caption, by key and by property', () => {
  const axes = tuples(
    'Axis1',
    member('[Borger].[CPR].&amp;[0101475001]'),
    member(
      '[Borger].[Navn].[x]',
      '<_x005B_Borger_x005D_._x005B_CPR_x005D_>0203486110</_x005B_Borger_x005D_._x005B_CPR_x005D_>',
    ),
    '<Member Hierarchy="[Borger]"><UName>[Borger].[Syd].[1504417322]</UName><Caption>y</Caption><LName>[Borger].[CPR]</LName></Member>',
    member('[Konto].[x]', '<Note>om 0707334285</Note>'),
  )
  assert.deepEqual(persons(read(dataset(axes))), [
    '0101475001 axis',
    '0203486110 axis',
    '1504417322 axis',
    '0707334285 axis',
  ])
})

test('an amount of ten digits is no person, nor one of a future birth where nothing is named for persons', () => {
  const axes = tuples('Axis0', MEASURE) + tuples('Axis1', member('[Konto].&amp;[0101475001]'))
  const facts = read(dataset(axes, cell(0, '1010101010') + cell(1, '0707334285', 'xsd:long')))
  assert.equal(facts.personsSeen, 0)
  const column = '<Bel_x00F8_b xsi:type="xsd:decimal">1010101010</Bel_x00F8_b><Konto>0101475001</Konto>'
  assert.equal(read(rowset(`<row>${column}</row>`)).personsSeen, 0)
  assert.equal(
    read(
      rowset('<row><_x005B_Measures_x005D_._x005B_X_x005D_>0707334285</_x005B_Measures_x005D_._x005B_X_x005D_></row>'),
    ).personsSeen,
    0,
  )
})

test('a cell names a person with a hyphen, as text, or where its own measure is named for person numbers', () => {
  const cpr = member('[Measures].[CPR-nummer]', '', '[Measures]')
  const axes = tuples('Axis0', MEASURE, cpr) + tuples('Axis1', member('a'), member('b'))
  const cells =
    cell(0, '0707334285') +
    cell(1, '1.01475001E8') +
    cell(2, '070733-4285') +
    cell(3, '0203486110') +
    cell(4, '2903375234', 'xsd:string')
  assert.deepEqual(persons(read(dataset(axes, cells))), [
    '0101475001 cell',
    '0707334285 cell',
    '0203486110 cell',
    '2903375234 cell',
  ])
})

test('columns have the names their schema gives, encoded or not', () => {
  const schema =
    '<xsd:schema xmlns:xsd="x" xmlns:sql="y"><xsd:element name="C0" sql:field="Borger[CPR]" type="xsd:long"/>' +
    '<xsd:element name="C1" sql:field="[Beløb]" type="xsd:long"/></xsd:schema>'
  const row = '<row><C0>101475001</C0><C1>0707334285</C1></row>'
  const encoded = '<row><Borger_x005B_CPR_x005D_>0203486110</Borger_x005B_CPR_x005D_></row>'
  const facts = read(rowset(row + encoded, schema))
  assert.deepEqual([facts.rows, persons(facts)], [2, ['0101475001 column', '0203486110 column']])
  assert.equal(decodeColumnName('_x005B_A_x005d_._x0020_b_xZZ'), '[A]. b_xZZ')
})

test('a member looked up is a person by the level it belongs to', () => {
  const row =
    '<row><LEVEL_UNIQUE_NAME>[Borger].[CPR]</LEVEL_UNIQUE_NAME><MEMBER_NAME>0101475001</MEMBER_NAME>' +
    '<MEMBER_UNIQUE_NAME>[Borger].[Syd].[0101475001]</MEMBER_UNIQUE_NAME></row>'
  assert.deepEqual(persons(read(rowset(row))), ['0101475001 member'])
})

test('above the threshold persons are counted, not listed', () => {
  const row = (n: number) => `<row><CPR>010147${5000 + n}</CPR></row>`
  const rows = Array.from({ length: 21 }, (_, n) => row(n))
  assert.deepEqual(
    [read(rowset(rows.slice(1).join(''))).persons.length, read(rowset(rows.slice(1).join(''))).personsSeen],
    [20, 20],
  )
  assert.deepEqual([read(rowset(rows.join(''))).persons.length, read(rowset(rows.join(''))).personsSeen], [0, 21])
  assert.deepEqual(read(rowset(row(1) + row(1)), { threshold: 0 }).personsSeen, 1)
})

test('a fault tells its code, and its text counts for nobody: it only repeats the question', () => {
  const fault = (inner: string) => `<E xmlns="x"><Body><Fault>${inner}</Fault></Body></E>`
  const soap11 = '<faultcode>Client.00HSBD01</faultcode><faultstring>[Borger].[CPR].&amp;[0101475001]</faultstring>'
  const facts = read(fault(`${soap11}<detail><Error ErrorCode="5" Description="CPR 0101475001"/></detail>`))
  assert.deepEqual([facts.kind, facts.faultCode, facts.personsSeen], ['fault', 'Client.00HSBD01', 0])
  assert.equal(read(fault('<Code><Value>s:Sender</Value></Code>')).faultCode, 's:Sender')
})

test('an error behind data that already left is found, and the data count', () => {
  const error =
    '<Exception xmlns="e"/><Messages xmlns="e"><Warning WarningCode="1"/><Error ErrorCode="3238658121"/></Messages>'
  const facts = read(dataset(tuples('Axis0', MEASURE), cell(0, '1'), error))
  assert.deepEqual([facts.kind, facts.faultCode, facts.cells], ['dataset', '3238658121', 1])
  assert.equal(read(answer(`<root xmlns="${NS}:empty">${error}</root>`)).kind, 'fault')
  assert.equal(read(answer(`<root xmlns="${NS}:empty"><Exception/></root>`)).faultCode, 'Exception')
  assert.equal(read(rowset('<Messages><Warning WarningCode="1"/></Messages>')).faultCode, null)
})

test('several results are one answer', () => {
  const one = `<root xmlns="${NS}:rowset"><row/><row/></root>`
  const facts = read(answer(`<results><root xmlns="${NS}:empty"/>${one}${one}</results>`))
  assert.deepEqual([facts.kind, facts.rows], ['rowset', 4])
})

test('an answer that breaks off, or is not well formed, counts for what came', () => {
  const row = '<row><CPR>0101475001</CPR></row>'
  for (const text of [rowset(row + row).slice(0, -58), rowset(`${row}<x>&oops; \u0001</x>${row}`)]) {
    const facts = read(text)
    assert.deepEqual(
      [facts.kind, facts.decoded, facts.rows, persons(facts)],
      ['rowset', true, 2, ['0101475001 column']],
    )
  }
})

test('nothing at all, and no XML at all, is not decoded', () => {
  for (const text of ['', '   ', 'hej', '<']) assert.equal(read(text).decoded, false, text)
})

test('depth, a name, a tag or a text without end stops the reading, and entities of its own; the facts say so', () => {
  const row = '<row><CPR>0101475001</CPR></row>'
  const long = 'x'.repeat(1_100_000)
  const cases = ['<a>'.repeat(500), `<${long}`, `</${long}`, `<a b="${long}"/>`, `<a ${'b="" '.repeat(300_000)}`]
  const more = [long.repeat(16), `<![CDATA[${long.repeat(16)}`, `<!-- -->${long}`.repeat(17)]
  for (const text of [...cases, ...more, '<!DOCTYPE a [<!ENTITY b "0707334285">]>']) {
    const facts = read(rowset(row + text))
    assert.deepEqual(
      [facts.decoded, facts.rows, facts.axes, facts.personsSeen],
      [false, null, [], 1],
      text.slice(0, 20),
    )
  }
})

test('elements that do not nest below a root leave its counts unknown, and hide no person', () => {
  const row = '<row><CPR>0101475001</CPR></row>'
  for (const torn of ['<row><CPR></row>', '</Navn>', '<row>a < b</row>', '<row></Row>']) {
    const facts = read(rowset(torn + row))
    assert.deepEqual([facts.decoded, facts.rows, facts.personsSeen], [false, null, 1], torn)
  }
  const page = '<html><body>Borger 0707334285<br>og <p>2903375234</body></html>'
  assert.deepEqual(persons(read(page)), ['0707334285 text', '2903375234 text'])
  assert.equal(read(page).decoded, true)
})

test('the tuples of each axis are told by its number, however an axis puts its sets together', () => {
  const members = (n: number) => `<Members Hierarchy="[B]">${'<Member/>'.repeat(n)}</Members>`
  const tuple = '<Tuple><Member/></Tuple>'
  const axes =
    tuples('SlicerAxis', member('s')) +
    `<Axis name="Axis2"><CrossProduct>${members(3)}<Tuples>${tuple}${tuple}</Tuples></CrossProduct></Axis>` +
    `<Axis name="Axis0"><Union>${members(2)}<CrossProduct>${members(2)}${members(4)}</CrossProduct></Union></Axis>` +
    '<Axis name="Axis1"><CrossProduct/></Axis>'
  const facts = read(dataset(axes))
  assert.deepEqual([facts.axes, facts.rows], [[10, 0, 6], 0])
  assert.deepEqual([read(dataset('')).axes, read(dataset('')).rows], [[], 1])
})

test('a cell that holds an error holds no value, and an error in a cell is no fault of the answer', () => {
  const error = '<Error><ErrorCode>1</ErrorCode><Description>[Borger].[CPR].&amp;[0101475001]</Description></Error>'
  const cells =
    cell(0, '1') +
    `<Cell CellOrdinal="1"><Value>${error}</Value><FmtValue>#Error</FmtValue></Cell>` +
    '<Cell CellOrdinal="2"><Value xsi:nil="true"/><FmtValue/></Cell><Cell CellOrdinal="3"><Value xsi:type="s"/></Cell>'
  const facts = read(dataset(tuples('Axis0', MEASURE), cells))
  assert.deepEqual([facts.kind, facts.faultCode, facts.cells, facts.personsSeen], ['dataset', null, 2, 0])
  const row = read(rowset(`<row><CPR>${error}</CPR><Navn>x</Navn></row>`))
  assert.deepEqual([row.kind, row.faultCode, row.rows, row.personsSeen], ['rowset', null, 1, 0])
})

test('warnings are counted, those of a fault are not', () => {
  const warnings = '<Messages><Warning WarningCode="1"/><Warning WarningCode="2"/></Messages>'
  assert.equal(read(rowset(`<row/>${warnings}`)).warnings, 2)
  assert.equal(read(answer(`<root xmlns="${NS}:empty">${warnings}</root>`)).warnings, 2)
  const failed = `<Exception/>${warnings}`
  assert.equal(read(answer(`<root xmlns="${NS}:empty">${failed}</root>`)).warnings, 0)
})

test('a session is opened by an answer that is no fault', () => {
  const head = (body: string) =>
    `<Envelope><Header><x:Session xmlns:x="${NS}" mustUnderstand="1" SessionId='A-1'/></Header><Body>${body}</Body></Envelope>`
  assert.equal(read(head(`<return><root xmlns="${NS}:empty"/></return>`)).opened, 'A-1')
  assert.equal(read(head('<Fault><faultcode>a</faultcode></Fault>')).opened, null)
  assert.equal(read(rowset('<row><Session SessionId="B"/></row>')).opened, null)
})

test('a root is known by its namespace, whichever element declared it', () => {
  const envelope = (ns: string, prefix: string) =>
    `<Envelope xmlns:q="${ns}" xmlns="a"><Body><return><${prefix}root><row/></${prefix}root></return></Body></Envelope>`
  assert.deepEqual(
    [read(envelope(`${NS}:rowset`, 'q:')).kind, read(envelope(`${NS}:rowset`, 'q:')).rows],
    ['rowset', 1],
  )
  assert.deepEqual([read(envelope(`${NS}:rowset`, '')).kind, read(envelope(`${NS}:rowset`, '')).rows], ['empty', null])
  const theirs = read('<root><row>0101475001</row><person cpr="0707334285" id="2"/></root>')
  assert.deepEqual([theirs.kind, persons(theirs)], ['other', ['0707334285 text']])
})

test('metadata rowsets tell what a cube is made of; the members of a cube are no part of it', () => {
  const where = '<CATALOG_NAME>K</CATALOG_NAME><CUBE_NAME>Borger</CUBE_NAME>'
  const rows =
    `<row>${where}<DIMENSION_UNIQUE_NAME>[Measures]</DIMENSION_UNIQUE_NAME><HIERARCHY_UNIQUE_NAME>[Measures]</HIERARCHY_UNIQUE_NAME><DEFAULT_MEMBER>[Measures].[Antal]</DEFAULT_MEMBER></row>` +
    `<row>${where}<DIMENSION_UNIQUE_NAME>[B]</DIMENSION_UNIQUE_NAME><HIERARCHY_UNIQUE_NAME>[B].[C]</HIERARCHY_UNIQUE_NAME><LEVEL_UNIQUE_NAME>[B].[C].[D &amp; E]</LEVEL_UNIQUE_NAME></row>` +
    `<row><CUBE_NAME>Borger</CUBE_NAME><MEASURE_UNIQUE_NAME>[Measures].[Antal]</MEASURE_UNIQUE_NAME></row>`
  const others =
    `<row>${where}<HIERARCHY_UNIQUE_NAME>[B].[C]</HIERARCHY_UNIQUE_NAME><LEVEL_UNIQUE_NAME>[L]</LEVEL_UNIQUE_NAME><MEMBER_UNIQUE_NAME>[m]</MEMBER_UNIQUE_NAME></row>` +
    `<row>${where}<HIERARCHY_UNIQUE_NAME>[B].[C]</HIERARCHY_UNIQUE_NAME><LEVEL_UNIQUE_NAME>[L]</LEVEL_UNIQUE_NAME><PROPERTY_NAME>p</PROPERTY_NAME></row>` +
    '<row><MEASURE_UNIQUE_NAME>[Measures].[X]</MEASURE_UNIQUE_NAME></row><row><CUBE_NAME>Borger</CUBE_NAME></row>'
  const cube = { catalog: 'K', cube: 'Borger' }
  assert.deepEqual(read(rowset(rows + others)).model, [
    {
      ...cube,
      kind: 'hierarchy',
      name: '[Measures]',
      dimension: '[Measures]',
      allMember: null,
      defaultMember: '[Measures].[Antal]',
    },
    { ...cube, kind: 'level', name: '[B].[C].[D & E]', hierarchy: '[B].[C]' },
    { catalog: null, cube: 'Borger', kind: 'measure', name: '[Measures].[Antal]' },
  ])
  const many = (n: number) =>
    `<row><CUBE_NAME>B</CUBE_NAME><MEASURE_UNIQUE_NAME>[Measures].[${n}]</MEASURE_UNIQUE_NAME></row>`
  const long = read(rowset(Array.from({ length: 6000 }, (_, n) => many(n)).join('')))
  assert.ok(long.model.length > 1000 && long.model.length <= 5000)
  assert.ok(JSON.stringify(long.model).length < 300_000)
})

test('a person stands in the name of a column too', () => {
  const name = '_x005B_Borger_x005D_._x005B_CPR_x005D_._x0026__x005B_0101475001_x005D_'
  assert.deepEqual(persons(read(rowset(`<row><${name}>7</${name}></row>`))), ['0101475001 column'])
  const schema = '<s:schema xmlns:s="x"><s:element name="C7" field="[Borger].[CPR].&amp;[0707334285]"/></s:schema>'
  assert.deepEqual(persons(read(rowset('<row/>', schema))), ['0707334285 column'])
})

test('a key of ten digits is a person however a column of numbers writes it, an order number is none', () => {
  const column = (name: string, value: string) => `<row><${name} xsi:type="xsd:double">${value}</${name}></row>`
  const rows = column('CPR', '7.07334285E8') + column('CPR', '2.903375234E9') + column('CPR', '101475001')
  assert.deepEqual(persons(read(rowset(rows))), ['0707334285 column', '2903375234 column', '0101475001 column'])
  assert.equal(read(rowset(column('Ordrenr', '2903375234') + column('EAN', '5712345678901'))).personsSeen, 0)
  const axes = tuples('Axis1', member('[Borger].[CPR].&amp;[7.07334285E8]', '', '[Borger].[CPR]'))
  assert.deepEqual(persons(read(dataset(axes))), ['0707334285 axis'])
})

test('what stands before the break of an answer that ends within a text has been seen', () => {
  const cut = (text: string) => persons(read(rowset(`<row><Note>${text}`).split('</root>')[0] ?? ''))
  assert.deepEqual(cut('om 0707334285 og 29033752'), ['0707334285 text'])
  assert.deepEqual(cut('0707334285'), [])
  const whole = rowset('<row><CPR>0707334285</CPR><Navn>')
  assert.deepEqual(persons(read(whole.slice(0, whole.indexOf('<Navn>')))), ['0707334285 column'])
})

test('it makes no difference where an answer is cut into pieces', () => {
  const axes =
    tuples('Axis0', MEASURE) + tuples('Axis1', member('[Borger].[CPR].&amp;[0101475001]', '<Note>om 0707334285</Note>'))
  const text = dataset(axes, cell(0, '070733-4285')).replace(
    '<Axes>',
    '<xsd:schema xmlns:xsd="x"><xsd:a/></xsd:schema><Axes>',
  )
  const whole = read(text)
  assert.deepEqual([whole.rows, whole.cells, whole.personsSeen], [1, 1, 2])
  for (let at = 0; at <= text.length; at += 1)
    assert.deepEqual(read('', { pieces: [text.slice(0, at), text.slice(at)] }), whole)
  assert.deepEqual(read('', { pieces: text.split('') }), whole)
})

test('a person in a page or in JSON is found wherever the pieces part, and a bare number in JSON is an amount', () => {
  const page = `<p>${'x'.repeat(200)} Borger 0707334285 og 2903375234</p> EAN 12345678901234567890 ${'y'.repeat(150)}`
  for (let at = 0; at <= page.length; at += 1) {
    const facts = read('', { pieces: [page.slice(0, at), page.slice(at)], format: 'text' })
    assert.deepEqual(persons(facts).sort(), ['0707334285 text', '2903375234 text'])
  }
  const json = '{"beløb": 1010101010, "cpr": 101475001, "note": "om 0707334285", "x": [2903375234]}'
  assert.deepEqual(persons(read(json, { format: 'json' })), ['0101475001 text', '0707334285 text'])
})

test('no answer, however odd, makes the reading throw', () => {
  const odd = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.string({ maxLength: 100 }).map((text) => rowset(text)),
    fc.string({ maxLength: 100 }).map((text) => dataset(text, text, text)),
    fc
      .array(
        fc.constantFrom(
          '<row>',
          '</row>',
          '<Axis name="Axis1">',
          '<Tuple>',
          '</Member>',
          '<Member>',
          '<root>',
          '</root>',
          'a',
        ),
      )
      .map((parts) => dataset(parts.join(''))),
  )
  fc.assert(
    fc.property(odd, fc.constantFrom('xml', 'json', 'text'), (text, format) => read(text, { format }).personsSeen >= 0),
    {
      numRuns: 1500,
    },
  )
})
