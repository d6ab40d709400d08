import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { interpretStatement } from '../../../proxy/protocol/statement/interpret-statement.ts'

const RULES = { latestBirth: '2057-12-31', attributes: [] }
const NONE = new Map<string, string>()

test('a statement alone tells what it asks, in the shape of an annotated one', () => {
  const text =
    'WITH MEMBER [Measures].[Snit] AS [Measures].[Beløb] / [Measures].[Antal] SELECT [Measures].[Snit] ON 0, ' +
    'Except([Borger].[CPR].Members, {[Borger].[CPR].&[0101475001]}) ON 1 FROM [Borger] WHERE [Tid].[Aar].&[2022]'
  const found = interpretStatement('mdx', text, NONE, RULES)
  assert.deepEqual([found.kind, found.cube, found.calculated], ['select', 'Borger', ['[Measures].[Snit]']])
  assert.deepEqual(found.measures, ['[Measures].[Beløb]', '[Measures].[Antal]'])
  assert.deepEqual(found.persons, ['0101475001'])
  assert.ok(found.criteria.some(({ op, values }) => op === 'not in' && values[0] === '[Borger].[CPR].&[0101475001]'))
})

test('parameters stand for what they hold', () => {
  const text = 'SELECT FROM [Borger] WHERE StrToMember(@Cpr)'
  const found = interpretStatement('mdx', text, new Map([['Cpr', '[Borger].[CPR].&[0101475001]']]), RULES)
  assert.deepEqual(found.persons, ['0101475001'])
})

test('what cannot be read is opaque, with where, and still names its persons', () => {
  const found = interpretStatement('mdx', 'SELECT {[Borger].[CPR].&[0101475001] ON 0 FROM [B]', NONE, RULES)
  assert.deepEqual([found.kind, found.reason, found.persons], ['opaque', 'syntax', ['0101475001']])
  assert.match(found.at ?? '', /^1:\d+$/)
})

test('a DAX query names its persons', () => {
  const text = `EVALUATE FILTER('Borger', 'Borger'[CPR] IN {"0101475001", "020348-6110"} || 'Borger'[CPR] = @cpr)`
  const found = interpretStatement('dax', text, new Map([['cpr', '1504417322']]), RULES)
  assert.deepEqual(found.persons, ['0101475001', '0203486110', '1504417322'])
})

const GOLD = join(import.meta.dirname, '../../../../shared/corpus/gold.dev.jsonl')

interface Gold {
  readonly id: string
  readonly lang: 'mdx' | 'dax'
  readonly text: string
  readonly criteria: readonly { readonly dimension: string | null; readonly values: readonly string[] }[]
}

test('every person that an annotated statement searches for is found, and in MDX no other', (t) => {
  if (!existsSync(GOLD)) return t.diagnostic('left out: there is no ../shared/corpus here')
  const lines = readFileSync(GOLD, 'utf8').trim().split('\n')
  let persons = 0
  for (const { id, lang, text, criteria } of lines.map((line) => JSON.parse(line) as Gold)) {
    const found = interpretStatement(lang, text, NONE, RULES)
    const values = criteria.filter(({ dimension }) => /cpr/i.test(dimension ?? '')).flatMap((row) => row.values)
    const wanted = values.flatMap((value) => [...value.matchAll(/\b(\d{6})-?(\d{4})\b/g)].map((m) => `${m[1]}${m[2]}`))
    persons += wanted.length
    for (const person of wanted) assert.ok(found.persons.includes(person as never), `${id} lacks a person`)
    if (lang === 'mdx') assert.deepEqual([...found.persons].sort(), [...new Set(wanted)].sort(), id)
  }
  t.diagnostic(`${lines.length} statements, ${persons} persons`)
})
