import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Mapping } from '../../../schema/config/mapping.ts'
import { JSON_MAPPING, XML_MAPPING, mistakesOf } from './support.ts'

const xml = (path: string): string | undefined => mistakesOf({ ...XML_MAPPING, cube: path })['cube']
const json = (path: string): string | undefined => mistakesOf({ ...JSON_MAPPING, cube: path })['cube']

test('XPaths that cost no more than the document is long can be used', () => {
  const paths = [
    '/call/@name',
    "//field[@id = '5']/@caption",
    "call/criteria[not(@off)]/criterion[contains(., 'x') and @op != '']",
    'value | from',
    '(//query)[1]',
    "concat(@a, '.', @b)",
    'field[@no = string(../@field)]',
    'item[position() < 3]',
    'item[count(value) > 0]',
    '../@number',
    'ancestor::query/@cube',
    '*[local-name() = "q"]/text()',
  ]
  for (const path of paths) assert.equal(xml(path), undefined, path)
})

test('XPaths that could cost more are refused, with what to write instead', () => {
  assert.match(xml('//a//b') ?? '', /\/\/ at most once/)
  assert.match(xml('//a[b//c]') ?? '', /\/\/ at most once/)
  assert.match(xml('//a[. = //b]') ?? '', /\/\/ at most once/)
  assert.match(xml('a[b = c]') ?? '', /string\(…\)/)
  assert.match(xml('a[@id = 5]') ?? '', /\[@id = '5'\]/)
  assert.match(xml('a[@n > 5]') ?? '', /only between numbers/)
  assert.match(xml('a/following::b') ?? '', /no axis but/)
  assert.match(xml("a[matches(., '(a+)+')]") ?? '', /one of the functions string/)
  assert.match(xml('translate(a, b, c)') ?? '', /one of the functions/)
  assert.match(xml('a[$x]') ?? '', /no variables/)
  assert.match(xml('1 + 2') ?? '', /no arithmetic/)
  assert.match(xml('q:a') ?? '', /prefix q to be declared/)
  assert.match(xml('a[') ?? '', /expected an XPath/)
})

test('JSONPaths are those of RFC 9535, less regular expressions, a second descent, and filters on the whole document', () => {
  for (const path of ['$', '@', '$.a[*].b', "$..q[?@.kind == 'a' && @.n > 1]", '$["a b"][-1]', "@['$..x']"]) {
    assert.equal(json(path), undefined, path)
  }
  assert.match(json('$..a..b') ?? '', /\.\. at most once/)
  assert.match(json('$.a[?@.b == $.c]') ?? '', /@ inside a filter/)
  assert.match(json("$.a[?match(@.b, '(a+)+')]") ?? '', /expected a JSONPath \(RFC 9535\)/)
  assert.match(json('$.a[') ?? '', /expected a JSONPath/)
  assert.match(json("$.a[?(@.constructor.constructor('return process')())]") ?? '', /expected a JSONPath/)
})

test('every mistake is told at once, by its place in the file', () => {
  const mapping: Mapping = {
    ...JSON_MAPPING,
    cube: { at: '$.a', constant: 'b' },
    report: {},
    catalog: '/xml/path',
    criteria: [{ dimension: { at: '$.a', lookup: 'none' }, value: '$.a[' }],
  }
  assert.deepEqual(Object.keys(mistakesOf(mapping)).sort(), [
    'catalog',
    'criteria[0].dimension.lookup',
    'criteria[0].value',
    'cube',
    'report',
  ])
  assert.match(mistakesOf(mapping)['catalog'] ?? '', /begins with \$ or @\./)
})
