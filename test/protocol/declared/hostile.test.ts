import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as fc from 'fast-check'
import type { Mapping } from '../../../schema/config/mapping.ts'
import { closeReader } from '../../support/fixture.ts'
import { JSON_MAPPING, XML_MAPPING, personsIn, recordOf, recordsOf } from './support.ts'
import { processorMs } from '../../support/processor-time.ts'

after(closeReader)

/** Uses everything there is. */
const XML: Mapping = {
  ...XML_MAPPING,
  queries: '//q',
  open: [{ at: '/a/b', as: 'xml', required: false }],
  lookups: { names: { each: '//c', key: '@d', value: '.' } },
  operators: { e: '=' },
  statement: { value: 'd', language: 'mdx' },
  user: '//@a',
  criteria: [
    { each: 'a | b', dimension: { at: '@a', lookup: 'names' }, operator: '@b', value: 'c', valueTo: '../@d' },
    { value: { at: './/a', undo: ['base64', 'gzip'], required: false, split: ';' } },
  ],
  dimensions: [{ each: 'ancestor::a', dimension: "concat(@a, '.', local-name())" }],
  measures: [{ each: '*[last()]', measure: 'text()' }],
}
const JSON_ALL: Mapping = {
  ...JSON_MAPPING,
  queries: '$..a',
  open: [{ at: '$.b[*]', as: 'json', required: false }],
  lookups: { names: { each: '$[*]', key: '@.a', value: '@.b' } },
  statement: { value: '@.c', language: 'dax' },
  criteria: [{ each: '@[?@.a != @.b]', dimension: { at: '@.a', lookup: 'names' }, value: '@..b' }],
  dimensions: [{ each: '@[0:5]', dimension: '@' }],
  measures: [{ measure: '$.d[?length(@.a) > 1]' }],
}

const name = fc.constantFrom('a', 'b', 'c', 'd', 'q', '_', '__proto__', 'constructor')
const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom('0101475001', '<q/>', '{"a":1}', '&lt;q/&gt;', 'H4s='),
)

interface Element {
  readonly name: string
  readonly attributes: readonly string[]
  readonly children: readonly (Element | string)[]
}
const { element } = fc.letrec<{ element: Element }>((tie) => ({
  element: fc.record({
    name,
    attributes: fc.uniqueArray(fc.constantFrom('a', 'b', 'd'), { maxLength: 3 }),
    children: fc.array(fc.oneof({ maxDepth: 4 }, text, tie('element')), { maxLength: 4 }),
  }),
}))
const escape = (plain: string) => plain.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
const written = (node: Element | string): string =>
  typeof node === 'string'
    ? escape(node)
    : `<${node.name}${node.attributes.map((a) => ` ${a}="e"`).join('')}>${node.children.map(written).join('')}</${node.name}>`

test('no text, however odd, makes a mapping throw, and each is recorded', () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string({ unit: fc.constantFrom('<', '>', 'a', '/', '"', '&', '[', ']', '{', '}', ':', ',', '1', '!', '-') }),
  )
  fc.assert(
    fc.property(anything, (body) => {
      for (const mapping of [XML, JSON_ALL, { ...JSON_ALL, body: 'form' } as Mapping]) {
        assert.ok(recordsOf(mapping, body).length >= 1)
      }
    }),
    { numRuns: 300 },
  )
})

test('no XML document, however built, makes a mapping throw', () => {
  fc.assert(
    fc.property(element, (root) => assert.ok(recordsOf(XML, written(root)).length >= 1)),
    { numRuns: 300 },
  )
})

test('no JSON document, however built, makes a mapping throw', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), (body) => assert.ok(recordsOf(JSON_ALL, body).length >= 1)),
    { numRuns: 300 },
  )
})

/** Well above what it takes, and far below what anything quadratic would. */
const SOON_MS = 20_000

function quickly(mapping: Mapping, body: string) {
  const made: ReturnType<typeof recordsOf>[] = []
  assert.ok(processorMs(() => made.push(recordsOf(mapping, body))) < SOON_MS)
  return made[0] ?? []
}

test('documents that are deep, wide, or full of what mappings look for end in time', () => {
  const deep = (n: number, open: string, close: string) => open.repeat(n) + close.repeat(n)
  quickly(XML, deep(100_000, '<a>', '</a>'))
  quickly(XML, `<a>${'<q a="x"><a/><b/></q>'.repeat(30_000)}</a>`)
  quickly(XML, deep(60, '<a a="x">', '</a>'))
  quickly(XML, `<q>${deep(55, '<a>', '</a>').repeat(1_000)}</q>`)
  quickly(XML, `<a b="${'1'.repeat(500_000)}x"><q>${' '.repeat(500_000)}</q></a>`)
  quickly(JSON_ALL, deep(100_000, '{"a":', '}'))
  quickly(JSON_ALL, `[${'{"a":{"a":1,"b":2}},'.repeat(20_000)}1]`)
  quickly(JSON_ALL, `{"b":[${Array.from({ length: 5_000 }, () => '"[[1]]"').join(',')}]}`)
})

test('a criterion in each of many items that looks at the whole document ends in time', () => {
  const mapping: Mapping = {
    ...XML_MAPPING,
    criteria: [{ each: '/r/c', dimension: '//d', value: '//v' }],
  }
  const [record] = quickly(mapping, `<r>${'<c/>'.repeat(20_000)}${'<v>x</v>'.repeat(20_000)}<d>D</d></r>`)
  assert.equal(record?.opaque, 'limits')
})

test('ten thousand values are ten thousand criteria', () => {
  const mapping: Mapping = { ...XML_MAPPING, criteria: [{ dimension: '/r/@f', value: '//v/text()' }] }
  const [record] = quickly(mapping, `<r f="CPR">${'<v>0101475001</v>'.repeat(10_000)}</r>`)
  assert.deepEqual([record?.opaque, record?.criteria.length], [null, 10_000])
})

test('a wrapped document that unfolds without end is kept whole, unread', async () => {
  const { gzipSync } = await import('node:zlib')
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024)).toString('base64')
  const mapping: Mapping = { ...JSON_MAPPING, open: [{ at: '$.p', undo: ['base64', 'gzip'], as: 'json' }] }
  const record = recordOf(mapping, `{"p":"${bomb}","cpr":"0101475001"}`)
  assert.deepEqual([record.opaque, personsIn(record)], ['limits', ['0101475001']])
})
