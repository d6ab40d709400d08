import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { BodyReader } from '../../proxy/answer/body-reader.ts'
import type { AnswerFacts } from '../../proxy/exchange.ts'
import { answerReader } from '../../proxy/protocol/answer-reader.ts'
import { mayBeNamed, mayHoldPerson, mayHide } from '../../proxy/protocol/xmla/candidate.ts'
import { Vocabulary } from '../../proxy/protocol/xmla/vocabulary.ts'
import { findPersonNumbers, namingOf, type PersonRules } from '../../schema/record/person-number.ts'
import { slowFacts } from '../support/answer-tree.ts'

const RULES = { latestBirth: '2057-12-31', attributes: ['Sagsnr'] }
/** Nothing is named by configuration: then names are passed over that nobody uses for persons. */
const USUAL = { latestBirth: '2057-12-31', attributes: [] }
const NS = 'urn:schemas-microsoft-com:xml-analysis'

/** What earlier answers taught: in the product, too, one answer after another is read with it. */
const vocabularies = new Map<PersonRules, Vocabulary>()

function factsOf(pieces: readonly Uint8Array[], rules: PersonRules = RULES): AnswerFacts {
  const vocabulary = (vocabularies.get(rules) ?? new Vocabulary()).lasting()
  vocabularies.set(rules, vocabulary)
  const body = new BodyReader('identity', null, answerReader('xml', rules, 1000, vocabulary))
  for (const piece of pieces) body.write(piece, () => undefined)
  let facts: AnswerFacts | null = null
  body.end((found) => (facts = found))
  assert.ok(facts !== null)
  return facts
}

/** What columns and members hold: persons in many forms, what looks like them, and words. */
const words = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('0101475001', '070733-4285', '070733 4285', '290337-5234', '707334285') },
  fc.constantFrom('0203486110 Åse Prøvesen', '[Borger].[CPR].&[0101475001]', '7.07334285E8', '1.5044173E9', 'B-12'),
  fc.constantFrom('07.07.33-4285', '0707\u200b334285', '٠٧٠٧٣٣٤٢٨٥', '070733–4285', '150441T7JC9', '1504410JC9'),
  fc.constantFrom('1010101010', '12345678', '123456', '1234567.89', '5712345678901', '131076', '101010101010'),
  fc.constantFrom('', ' ', 'Ærøvej 12', 'a & b < c', '"Sønderå"', '–', '2024-01-01T00:00:00', ']]>', '10101010,10'),
  fc.string({ unit: fc.constantFrom(...Array.from('0123456789-. ,&;#xæ–')), maxLength: 16 }),
)

const plain = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
/** A text may be written in many ways. */
const written = fc
  .tuple(words, fc.constantFrom('plain', 'plain', 'decimal', 'hex', 'cdata', 'comment', 'mixed'))
  .map(([text, how]) => {
    const half = text.length >> 1
    const each = (of: string, one: (code: number) => string) =>
      Array.from(of)
        .map((sign) => one(sign.codePointAt(0) ?? 0))
        .join('')
    const decimal = (of: string) => each(of, (code) => `&#${code};`)
    const cdata = (of: string) => (of.includes(']]>') ? plain(of) : `<![CDATA[${of}]]>`)
    if (how === 'decimal') return decimal(text)
    if (how === 'hex') return each(text, (code) => `&#x${code.toString(16)};`)
    if (how === 'cdata') return cdata(text)
    if (how === 'comment')
      return `${plain(text.slice(0, half))}<!-- > 0101475001 <a> --><?pi <b> ?>${plain(text.slice(half))}`
    if (how === 'mixed') return `${decimal(text.slice(0, half))}${cdata(text.slice(half))}`
    return plain(text)
  })
const type = fc.constantFrom(
  '',
  ' xsi:type="xsd:double"',
  " xsi:type='xsd:string'",
  ' xsi:type="xsd:int" x="a>b"',
  '\n\txsi:type = "xsd:long" ',
)
const gap = fc.constantFrom('', '\n  ', '<!-- 0707334285 -->')
const joined = (parts: fc.Arbitrary<string>, max = 4) => fc.array(parts, { maxLength: max }).map((all) => all.join(''))

const leaf = (name: string) =>
  fc.tuple(type, written, gap).map(([of, text, after]) => `<${name}${of}>${text}</${name}>${after}`)
const columns = [
  'Navn',
  'CPR',
  'Borger_x005B_CPR_x005D_',
  'C0',
  'C1',
  '_x005B_Measures_x005D_._x005B_X_x005D_',
  'Sagsnr',
  'Ordrenr',
]
const column = fc.constantFrom(...columns).chain(leaf)
const metadata = fc
  .tuple(fc.constantFrom('[Borger].[CPR]', '[Sag].[Sag]'), leaf('MEMBER_NAME'), leaf('MEMBER_UNIQUE_NAME'))
  .map(([level, name, unique]) => `<LEVEL_UNIQUE_NAME>${level}</LEVEL_UNIQUE_NAME>${name}${unique}`)
const row = fc.tuple(fc.oneof(joined(column, 6), metadata), gap).map(([of, after]) => `<row>${after}${of}</row>`)
const schema =
  '<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:sql="s"><xsd:element name="C0" sql:field="Elev[Personnr]" type="xsd:long"/>' +
  `<xsd:element name='C1' sql:field='Konto' type="xsd:int"/></xsd:schema>`
const rowset = fc.tuple(fc.constantFrom('', schema), joined(row, 6)).map(([head, rows]) => root('rowset', head + rows))

const member = fc
  .tuple(
    fc.constantFrom('[Measures]', '[Borger].[CPR]', '[Konto]'),
    fc.oneof(written, fc.constantFrom('[Measures].[CPR]', '[Measures].[Beløb]')),
    written,
    fc.constantFrom('[Borger].[CPR]', '[Konto].[Konto]', '[Measures].[MeasuresLevel]'),
    joined(fc.constantFrom('Note', 'Personnr', 'DisplayInfo').chain(leaf), 2),
  )
  .map(
    ([hierarchy, uname, caption, level, more]) =>
      `<Member Hierarchy="${hierarchy}"><UName>${uname}</UName><Caption>${caption}</Caption><LName>${level}</LName>${more}</Member>`,
  )
const tuples = joined(
  joined(member, 2).map((of) => `<Tuple>${of}</Tuple>`),
  4,
).map((of) => `<Tuples>${of}</Tuples>`)
const cellOrdinal = fc.nat(9)
const cell = fc
  .tuple(
    cellOrdinal,
    fc.oneof(
      leaf('Value'),
      fc.constantFrom(
        '',
        '<Value xsi:nil="true"/>',
        '<Value><Error><Description>0101475001</Description></Error></Value>',
      ),
    ),
    fc.oneof(leaf('FmtValue'), fc.constant('')),
  )
  .map(([at, value, formatted]) => `<Cell CellOrdinal="${at}">${value}${formatted}</Cell>`)
const axis = (name: string) => tuples.map((of) => `<Axis name="${name}">${of}</Axis>`)
const dataset = fc
  .tuple(
    axis('Axis0'),
    fc.oneof(axis('Axis1'), fc.constant('')),
    fc.oneof(axis('SlicerAxis'), fc.constant('')),
    joined(cell, 6),
    gap,
  )
  .map(([a, b, slicer, cells, after]) =>
    root('mddataset', `<OlapInfo/>${after}<Axes>${a}${b}${slicer}</Axes><CellData>${cells}</CellData>`),
  )

const TAIL =
  '<Exception xmlns="e"/><Messages xmlns="e"><Warning WarningCode="1" Description="0101475001"/><Error ErrorCode="7"/></Messages>'
const root = (format: string, of: string) =>
  `<root xmlns="${NS}:${format}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">${of}</root>`
const results = fc
  .tuple(
    fc.array(fc.oneof(rowset, dataset), { minLength: 1, maxLength: 2 }),
    fc.boolean(),
    fc.constantFrom('s', 'SOAP-ENV'),
  )
  .map(([roots, tail, prefix]) => {
    const text = tail ? roots.map((of) => of.replace(/<\/root>$/, `${TAIL}</root>`)) : roots
    return `<?xml version="1.0"?><${prefix}:Envelope xmlns:${prefix}="http://schemas.xmlsoap.org/soap/envelope/"><${prefix}:Body><r xmlns="${NS}"><return>${text.join('')}</return></r></${prefix}:Body></${prefix}:Envelope>`
  })

const swapped = (bytes: Buffer): Buffer => Buffer.from(bytes).swap16()
const ENCODINGS: Readonly<Record<string, (text: string) => Buffer>> = {
  'UTF-8': (text) => Buffer.from(text),
  'UTF-8 with a mark': (text) => Buffer.from(`\ufeff${text}`),
  'UTF-16LE with a mark': (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  'UTF-16LE': (text) => Buffer.from(text, 'utf16le'),
  'UTF-16BE': (text) => swapped(Buffer.from(text, 'utf16le')),
  'windows-1252': (text) =>
    Buffer.from(
      text
        .replace('?>', ' encoding="windows-1252"?>')
        .replaceAll(/[\u0100-\uffff]/g, (sign) => `&#${sign.codePointAt(0)};`),
      'latin1',
    ),
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => Math.floor(place * bytes.length)).sort((a, b) => a - b), bytes.length]
  return at.slice(1).map((to, n) => bytes.subarray(at[n], to))
}

for (const [name, encode] of Object.entries(ENCODINGS)) {
  test(`an answer in ${name} is read as a slow reader reads it, wherever its chunks end`, () => {
    const places = fc.array(fc.float({ min: 0, max: Math.fround(0.999), noNaN: true }), { maxLength: 6 })
    fc.assert(
      fc.property(results, places, fc.constantFrom(RULES, USUAL), (text, at, rules) => {
        // A comment or a CDATA section is no place for a reference.
        if (name === 'windows-1252' && /<!(?:--|\[CDATA\[)[^>]*[\u0100-\uffff]/.test(text)) return
        const facts = factsOf(cut(encode(text), at), rules)
        const found = facts.persons.map(({ person, place }) => `${person} ${place}`).sort()
        const { rows, cells, axes, warnings } = facts
        assert.equal(facts.decoded, true)
        assert.deepEqual({ rows, cells, axes, warnings, persons: found }, slowFacts(text, rules))
      }),
      { numRuns: name === 'UTF-8' ? 800 : 150 },
    )
  })
}

test('the scan over bytes passes over nothing in which the rules find a person', () => {
  const text = fc.oneof(
    fc.string({ unit: fc.constantFrom(...Array.from('0123456789012345-–. \u00a0AbE&[]')), maxLength: 30 }),
    fc.tuple(fc.string({ maxLength: 5 }), words, fc.string({ maxLength: 5 })).map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(text, (of) => {
      const bytes = Buffer.from(of)
      const hidden = bytes.some((byte, n) => mayHide(byte, bytes[n - 1] ?? 0))
      if (hidden || findPersonNumbers(of, false, RULES).length === 0) return
      assert.ok(mayHoldPerson(bytes, 0, bytes.length))
    }),
    { numRuns: 20_000 },
  )
})

test('the scan over the bytes of a name passes over none that everybody uses for person numbers or places', () => {
  const pieces =
    'cpr|pnr|person|nr|num|c.p.r|civil|-registration|p|P-|nummer|enhed|produktions|production| unit|\u017f|\u212a|[|]|.|æ|ø'
  const piece = fc.constantFrom(...pieces.split('|')).chain((of) => fc.constantFrom(of, of.toUpperCase(), of.slice(1)))
  const name = fc.array(fc.oneof({ weight: 4, arbitrary: piece }, fc.string({ maxLength: 2 })), { maxLength: 5 })
  fc.assert(
    fc.property(name, (parts) => {
      const bytes = Buffer.from(parts.join(''))
      if (namingOf(bytes.toString(), USUAL) !== false) assert.ok(mayBeNamed(bytes, 0, bytes.length), bytes.toString())
    }),
    { numRuns: 20_000 },
  )
})

test('names beyond those that are kept are read all the same, and do not take the room of later ones', () => {
  const columns = (from: number) =>
    Array.from({ length: 6000 }, (_, n) => `<Kolonne${from + n}>1</Kolonne${from + n}>`).join('')
  const answer = (from: number) => Buffer.from(root('rowset', `<row>${columns(from)}<CPR>707334285</CPR></row>`))
  for (let from = 0; from < 30_000; from += 6000) {
    const { rows, personsSeen, decoded } = factsOf([answer(from)])
    assert.deepEqual({ rows, personsSeen, decoded }, { rows: 1, personsSeen: 1, decoded: true })
  }
})

const CAPTURES = join(import.meta.dirname, '../../../shared/captures')

test('the answers of a real server are read as a slow reader reads them', (t) => {
  if (!existsSync(CAPTURES)) return t.diagnostic('left out: there is no ../shared/captures here')
  const index = JSON.parse(readFileSync(join(CAPTURES, 'index.json'), 'utf8')) as readonly { readonly file: string }[]
  let read = 0
  for (const { file } of index) {
    const path = join(CAPTURES, `${file}.response.body`)
    const bytes = existsSync(path) ? unfolded(readFileSync(path)) : Buffer.alloc(0)
    if (!bytes.includes('urn:schemas-microsoft-com:xml-analysis:')) continue
    read += 1
    const facts = factsOf([bytes])
    const persons = facts.persons.map(({ person, place }) => `${person} ${place}`).sort()
    const { rows, cells, axes, warnings } = facts
    assert.equal(facts.decoded, true, file)
    assert.deepEqual({ rows, cells, axes, warnings, persons }, slowFacts(bytes.toString(), RULES), file)
    for (let size = 1; size < 40; size += 13) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
        bytes.subarray(n * size, (n + 1) * size),
      )
      assert.deepEqual(factsOf(pieces), facts, file)
    }
  }
  assert.ok(read > 40)
})

const unfolded = (bytes: Buffer): Buffer => (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes)

test('bytes of any kind give the same facts wherever they are cut, and never an error', () => {
  const signs = `<row>|</row>|<a b="|">|'|<!--|-->|<![CDATA[|]]>|<?|?>|<|>|</|/>|&#48;|<!DOCTYPE a>|\0| |æ|\ud83d`
  const tags =
    '<Axes>|<Axis name="Axis1">|<Tuple>|<Member>|</Member>|</Axis>|<Messages>|<Error ErrorCode="1"/>|</Messages>'
  const texts = `</root>|<root xmlns="${NS}:rowset">|0707334285|7.0E8`
  const parts = fc.constantFrom(...`${signs}|${tags}|${texts}`.split('|'))
  const soup = fc.tuple(
    fc.constantFrom('', root('rowset', ''), root('mddataset', '')),
    fc.array(parts, { maxLength: 30 }),
  )
  const bytes = fc.oneof(
    soup.map(([around, inner]) => Buffer.from(around.replace('</root>', `${inner.join('')}</root>`))),
    soup.map(([, inner]) => Buffer.from(inner.join(''))),
    fc.uint8Array({ maxLength: 300 }).map((of) => Buffer.from(of)),
  )
  fc.assert(
    fc.property(bytes, (of) => {
      const whole = factsOf([of])
      assert.deepEqual(factsOf(Array.from(of, (byte) => Uint8Array.of(byte))), whole)
      if (!whole.decoded) assert.deepEqual([whole.rows, whole.cells, whole.axes], [null, null, []])
    }),
    { numRuns: 3000 },
  )
})
