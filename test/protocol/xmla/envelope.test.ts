import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Call, Envelope } from '../../../proxy/protocol/xmla/call.ts'
import { readEnvelope } from '../../../proxy/protocol/xmla/envelope.ts'
import { envelope, execute, records, statement } from '../../support/exchanges.ts'

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/'
const XMLA = 'urn:schemas-microsoft-com:xml-analysis'

function read(xml: string): Envelope {
  const reading = readEnvelope(xml, false)
  assert.equal(reading.kind, 'envelope')
  return reading.kind === 'envelope' ? reading.envelope : assert.fail()
}

function onlyCall<K extends Call['kind']>(xml: string, kind: K): Extract<Call, { kind: K }> {
  const [call, ...more] = read(xml).calls
  assert.equal(more.length, 0)
  assert.equal(call?.kind, kind)
  return call as Extract<Call, { kind: K }>
}

for (const prefix of ['', 'soap:', 'SOAP-ENV:', 's:', 'x.y-z:']) {
  test(`an envelope is known by its namespace, with the prefix '${prefix}' as with any`, () => {
    const ns = prefix === '' ? 'xmlns' : `xmlns:${prefix.slice(0, -1)}`
    const xml =
      `<${prefix}Envelope ${ns}="${SOAP}"><${prefix}Body><q:Execute xmlns:q="${XMLA}"><q:Command><q:Statement>` +
      `a &lt; b</q:Statement></q:Command></q:Execute></${prefix}Body></${prefix}Envelope>`
    assert.deepEqual(onlyCall(xml, 'execute').commands, [{ kind: 'statement', text: 'a < b' }])
  })
}

test('an Envelope of another namespace, another root, and text are foreign', () => {
  for (const text of ['<Envelope/>', `<Body xmlns="${SOAP}"/>`, '', '{}', 'Envelope', '<']) {
    assert.equal(readEnvelope(text, false).kind, 'foreign', text)
  }
})

test('a statement keeps its inner white space, line ends and entities, whether in CDATA or not', () => {
  const xml = execute('<Statement>\n  a &amp;[1]&#x20;&#xE5;\n <![CDATA[b <&[2]]]>\t</Statement>')
  assert.deepEqual(onlyCall(xml, 'execute').commands, [{ kind: 'statement', text: 'a &[1] å\n b <&[2]' }])
})

test('property names match in any case, and the first that says something wins', () => {
  const { properties } = onlyCall(
    statement('x', '<catalog> </catalog><Catalog>A</Catalog><CATALOG>B</CATALOG>'),
    'execute',
  )
  assert.deepEqual([...properties], [['catalog', 'A']])
})

test('parameters keep their values, also those spread over elements', () => {
  const parameters =
    '<Parameters><Parameter><Name>@Cpr</Name><Value>[Borger].[CPR].&amp;[1]</Value></Parameter>' +
    '<Parameter><Name>To</Name><Value><Value>a</Value><Value>b</Value></Value></Parameter></Parameters>'
  const call = onlyCall(execute('<Statement>x</Statement>', '', parameters), 'execute')
  assert.deepEqual(
    [...call.parameters],
    [
      ['Cpr', '[Borger].[CPR].&[1]'],
      ['To', 'a, b'],
    ],
  )
})

test('the session is told by its header, the old prefixed one too', () => {
  const header = `<XA:Session xmlns:XA="${XMLA}" mustUnderstand="1" SessionId="s1"/>`
  assert.deepEqual([read(envelope('', header)).session, read(envelope('', header)).sessionId], ['Session', 's1'])
  const ended = read(envelope('', `<EndSession xmlns="${XMLA}" SessionId="s2"/>`))
  assert.deepEqual([ended.session, ended.sessionId], ['EndSession', 's2'])
})

test('a WS-Security name is the effective user, and its password is nowhere on record', () => {
  const security =
    '<w:Security xmlns:w="http://schemas.xmlsoap.org/ws/2002/04/secext"><w:UsernameToken><w:Username> hanne </w:Username>' +
    '<w:Password>hemmelig&amp;kort</w:Password></w:UsernameToken></w:Security>'
  const body = statement('SELECT FROM [X]').replace('<s:Header>', `<s:Header>${security}`)
  for (const given of [{ body }, { body: body.slice(0, -9), extent: 'head' as const }, { body: `${body}<` }]) {
    const [record] = records(given)
    assert.equal(record?.effectiveUser, 'hanne')
    assert.ok(!JSON.stringify(record).includes('hemmelig'))
  }
})

test('statements in batches within batches, and text in elements of a statement, are read', () => {
  const inner = '<Batch><Statement>SELECT [A] ON 0 FROM [B]</Statement></Batch><Statement>SELECT FROM [C]</Statement>'
  assert.deepEqual(onlyCall(execute(`<Batch>${inner}</Batch>`), 'execute').commands, [
    { kind: 'statement', text: 'SELECT [A] ON 0 FROM [B]' },
    { kind: 'statement', text: 'SELECT FROM [C]' },
  ])
  const torn = execute('<Statement>SELECT FROM [C] WHERE <a>[B].<b>[1]</b></a>.[2]</Statement>')
  assert.deepEqual(onlyCall(torn, 'execute').commands, [
    { kind: 'statement', text: 'SELECT FROM [C] WHERE [B].[1].[2]' },
  ])
})

test('a parameter is known by its name wherever that stands, and values count however they are wrapped', () => {
  const parameters =
    '<Parameters><Parameter><Name>a</Name><Value>1</Value></Parameter>' +
    '<Parameter><Value>2</Value><Name>@b</Name></Parameter>' +
    '<Parameter><Name>c</Name><Value><x>3</x><y><z>4</z></y></Value></Parameter></Parameters>'
  const xml = execute('<Statement>SELECT FROM [C]</Statement>').replace('</Command>', `</Command>${parameters}`)
  assert.deepEqual(
    [...onlyCall(xml, 'execute').parameters],
    [
      ['a', '1'],
      ['b', '2'],
      ['c', '3, 4'],
    ],
  )
  const list = '<M>1<Value>2</Value><Value><v>3</v></Value></M><N>4</N>'
  const restrictions = `<Restrictions><RestrictionList>${list}</RestrictionList></Restrictions>`
  const discover = envelope(`<Discover xmlns="${XMLA}"><RequestType>R</RequestType>${restrictions}</Discover>`)
  assert.deepEqual(
    onlyCall(discover, 'discover').restrictions.map(({ name, values }) => [name, values.toSorted()]),
    [
      ['M', ['1', '2', '3']],
      ['N', ['4']],
    ],
  )
})

test('commands other than statements are kept as their XML, without passwords', () => {
  const backup = '<Backup xmlns="urn:x"><File>a.abf</File><Password>hemmelig</Password></Backup>'
  const alter = '<Alter><ConnectionString>Provider=MSOLAP;Password="hem;melig";Timeout=0</ConnectionString></Alter>'
  const found = records({ body: execute(`<Batch>${backup}${alter}</Batch>`) })
  assert.deepEqual(
    found.map(({ action, language, query }) => [action, language, query]),
    [
      ['command', 'xmla', backup.replace('hemmelig', '…')],
      ['command', 'xmla', alter.replace('"hem;melig"', '…')],
    ],
  )
})

test('depth, elements and attributes are bounded, and what is beyond is opaque for its size', () => {
  const deep = execute(`<Process>${'<a>'.repeat(300)}${'</a>'.repeat(300)}</Process>`)
  const wide = execute(`<Process ${Array.from({ length: 300 }, (_, i) => `a${i}=""`).join(' ')}/>`)
  const many = execute(`<Process>${'<a/>'.repeat(250_000)}</Process>`)
  for (const xml of [deep, wide, many]) {
    const reading = readEnvelope(xml, false)
    assert.equal(reading.kind === 'broken' && reading.reason, 'limits')
    assert.equal(records({ body: xml })[0]?.opaque, 'limits')
  }
})

test('several calls in one body are parts of their own', () => {
  const call = (type: string) => `<Discover xmlns="${XMLA}"><RequestType>${type}</RequestType></Discover>`
  const found = records({ body: envelope(call('DISCOVER_DATASOURCES') + call('MDSCHEMA_CUBES')) })
  assert.deepEqual(
    found.map(({ action, query }) => [action, query]),
    [
      ['metadata', 'DISCOVER_DATASOURCES'],
      ['metadata', 'MDSCHEMA_CUBES'],
    ],
  )
})

test('TMSL in a statement is a command', () => {
  const [record] = records({ body: statement('{ "refresh": { "type": "full" }, "password": "x\\"y" }') })
  assert.deepEqual([record?.action, record?.language], ['command', 'tmsl'])
  assert.ok(record?.query.endsWith('"password": "…" }'))
})

const CORPUS = join(import.meta.dirname, '../../../../shared/corpus/soap.jsonl')

test('SOAP requests found in public sources are read where they are well formed', (t) => {
  if (!existsSync(CORPUS)) return t.diagnostic('left out: there is no ../shared/corpus here')
  const lines = readFileSync(CORPUS, 'utf8').trim().split('\n')
  const entries = lines.map((line) => JSON.parse(line) as { id: string; text: string; wellformed: boolean })
  for (const { id, text, wellformed } of entries) {
    const found = records({ body: text })
    assert.ok(found.length >= 1, id)
    const calls = /<(?:[\w-]+:)?(?:Discover|Execute)[\s>]/.test(text) && text.includes(`"${XMLA}"`)
    const isEnvelope = new RegExp(`^\\s*(<\\?xml[^>]*>)?\\s*(<!--.*?-->\\s*)*<(?:[\\w-]+:)?Envelope`, 's').test(text)
    // Two of them ask for what no server knows, to see its fault.
    if (wellformed && calls && isEnvelope && text.includes(SOAP) && !text.includes('<FOO') && !text.includes('<Foo')) {
      assert.ok(!['unknown-protocol', 'unreadable'].includes(found[0]?.opaque ?? ''), `${id}: ${found[0]?.opaque}`)
    }
  }
  t.diagnostic(`${entries.length} requests`)
})
