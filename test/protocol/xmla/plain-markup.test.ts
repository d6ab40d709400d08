import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { readEnvelope, readStrictly } from '../../../proxy/protocol/xmla/envelope.ts'
import type { MarkupSink } from '../../../proxy/protocol/xmla/plain-markup.ts'
import { readPlainMarkup } from '../../../proxy/protocol/xmla/plain-markup.ts'
import { discover, statement } from '../../support/exchanges.ts'
import { execute } from '../../support/xmla.ts'

const IGNORED: MarkupSink = { open: () => true, text: () => undefined, close: () => undefined }

const REQUESTS = [
  execute('SELECT { [A].[B].&[1], [A].[B].&[2 > 1] } ON 0 FROM [C]', { LocaleIdentifier: '1030' }),
  statement('SELECT FROM [C] WHERE [A].&[\'"]', '<Catalog>K</Catalog>', '<Parameters><Parameter/></Parameters>'),
  discover('MDSCHEMA_MEMBERS', '<CUBE_NAME>C</CUBE_NAME>\r\n<TREE_OP>8</TREE_OP>', '<Catalog>K</Catalog>'),
  execute('x').replace(
    '<Body>',
    '<Header><Session xmlns="urn:schemas-microsoft-com:xml-analysis" SessionId="s"/></Header><Body>',
  ),
  execute('x').replace('>x<', '><!-- a - comment --><![CDATA[SELECT [A]]]>&#xD;&#10;<'),
]

for (const [i, text] of REQUESTS.entries()) {
  test(`what programs write is read without the strict parser, and reads the same: request ${i + 1}`, () => {
    assert.equal(readPlainMarkup(text, IGNORED), 'read')
    assert.deepEqual(readEnvelope(text, false), readStrictly(text, false))
  })
}

const UNUSUAL: Readonly<Record<string, string>> = {
  'a document type': '<!DOCTYPE a><a/>',
  'an entity of its own': '<a>&b;</a>',
  'a reference to no sign': '<a>&#0;</a>',
  'a reference to half a sign': '<a>&#xD800;</a>',
  'the end of a section in a text': '<a>]]></a>',
  'a sign that XML has not': '<a>\u0001</a>',
  'an unbound prefix': '<a:b/>',
  'an unbound prefix of an attribute': '<a b:c=""/>',
  'an attribute twice': '<a b="" b=""/>',
  'an attribute without quotes': '<a b=c/>',
  'attributes side by side': '<a b=""c=""/>',
  'a tag in an attribute': '<a b="<"/>',
  'elements that cross': '<a><b></a></b>',
  'an element left open': '<a>',
  'two roots': '<a/><a/>',
  'text beside the root': '<a/>b',
  'two hyphens in a comment': '<a><!-- -- --></a>',
  'another version of XML': '<?xml version="1.1"?><a/>',
  'a processing instruction': '<a><?b?></a>',
  'a prefix taken back': '<a xmlns:b="c"><d xmlns:b=""/></a>',
  'a reserved prefix': '<a xmlns:xml="b"/>',
  'too great a depth': '<a>'.repeat(300) + '</a>'.repeat(300),
  'too many elements': `<a>${'<b/>'.repeat(20_000)}</a>`,
}

for (const [what, text] of Object.entries(UNUSUAL)) {
  test(`left to the strict parser: ${what}`, () => assert.equal(readPlainMarkup(text, IGNORED), 'unusual'))
}

const NAMES = ['a', 's:Header', 'Statement', 'Batch', 'Properties', 'PropertyList', 'Catalog', 'Command', 'q:a', 'Å']
const SIGNS = `< > & ; " ' / = : ]]> <![CDATA[ <!-- --> -- <?x?> &amp; &#65; &#x0; &a; \r\n \r \t \u0000 \ufffe \ud83d\ude00 \ud800
  å \u0085 \u2028 xmlns="" xmlns:q="b" xml:lang="da" b="c" b='c' <a> </a> <a/> <q:a xmlns:q="u"/> <?xml version="1.0"?>`
const sign = fc.oneof(fc.constantFrom(...SIGNS.split(/ +/), ' ', '\n'), fc.string({ unit: 'binary', maxLength: 3 }))

const { node } = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 6, depthSize: 'small' },
    fc.constantFrom('', ' ', 'SELECT', ' [A].&amp;[1] ', '&lt;', '&#13;\r\n', '<![CDATA[[A].&[1]]]>', '<!-- - -->'),
    fc
      .tuple(
        fc.constantFrom(...NAMES),
        fc.constantFrom('', ' b="1"', " xmlns='u'", ' xmlns:q="urn:x" q:c="2"', ' SessionId="s"'),
        fc.array(tie('node'), { maxLength: 4 }),
      )
      .map(([name, attributes, inner]) =>
        inner.length === 0 ? `<${name}${attributes}/>` : `<${name}${attributes}>${inner.join('')}</${name} >`,
      ),
  ),
}))

const request = fc
  .tuple(fc.constantFrom(...REQUESTS), node, fc.array(fc.tuple(fc.nat(2000), sign, fc.nat(6)), { maxLength: 3 }))
  .map(([text, inner, changes]) =>
    changes.reduce(
      (changed, [at, put, out]) => changed.slice(0, at) + put + changed.slice(at + out),
      text.replace(/<Command>|<Restrictions>|<s:Body>/, (tag) => tag + inner),
    ),
  )

test('whatever the text, an envelope reads as the strict parser alone reads it', () => {
  let plain = 0
  fc.assert(
    fc.property(request, (text) => {
      if (readPlainMarkup(text, IGNORED) === 'read') plain += 1
      assert.deepEqual(readEnvelope(text, false), readStrictly(text, false))
    }),
    { numRuns: 2000 },
  )
  assert.ok(plain > 200, `${plain} of them went the short way`)
})

const CORPUS = join(import.meta.dirname, '../../../../shared/corpus/soap.jsonl')

test('SOAP requests found in public sources read as the strict parser reads them', (t) => {
  if (!existsSync(CORPUS)) return t.diagnostic('left out: there is no ../shared/corpus here')
  const texts = readFileSync(CORPUS, 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { text: string }).text)
  for (const text of texts) assert.deepEqual(readEnvelope(text, false), readStrictly(text, false))
  t.diagnostic(
    `${texts.filter((text) => readPlainMarkup(text, IGNORED) === 'read').length} of ${texts.length} are plain`,
  )
})
