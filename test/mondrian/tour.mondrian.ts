/**
 * olap4j's driver, which nobody here wrote, goes its whole tour through the proxy: metadata, 25 statements that Mondrian
 * answers, six of them written by olap4j's own query model, and five that must fail.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { citizens, olap4j, OPEN, tail } from './lab.ts'
import type { Ran } from './lab.ts'
import * as ledger from './ledger.ts'
import { segments } from './mdx-text.ts'
import { onlooker } from './onlooker.ts'
import type { Onlooker } from './onlooker.ts'
import { Tilsyn } from './tilsyn.ts'
import type { Entry } from './tilsyn.ts'

let seen: Onlooker
let tilsyn: Tilsyn
let direct: Ran
let proxied: Ran
let mdxLog = ''
let people: ReadonlyMap<string, string>
let entries: readonly Entry[] = []

before(async () => {
  people = await citizens(OPEN)
  direct = await olap4j(OPEN.url, '--tour')
  seen = await onlooker(OPEN.url)
  tilsyn = await Tilsyn.before(seen.url)
  const newStatements = await tail(OPEN, 'mdx.log')
  proxied = await olap4j(tilsyn.url, '--tour')
  mdxLog = await newStatements()
  entries = await tilsyn.logOf(seen.arrived.length)
})
after(async () => {
  await tilsyn.remove()
  await seen.close()
})

test('the whole tour prints the same, byte for byte, as without the proxy', () => {
  assert.equal(direct.code, 0, direct.stderr)
  assert.equal(proxied.code, 0, proxied.stderr)
  assert.ok(proxied.stdout.includes('> (generated: økonomi)'))
  assert.deepEqual(proxied, direct)
})

test('exchanges are numbered without holes', () => {
  const numbers = [...new Set(entries.map(({ seq }) => seq))]
  assert.deepEqual(
    numbers,
    // The first number is the set-up's.
    seen.arrived.map((_, i) => i + 2),
  )
})

test('every statement that reached Mondrian is in the log exactly once', (t) => {
  ledger.assertEachStatementOnce(entries, seen.arrived)
  t.diagnostic(`${entries.filter(ledger.isStatement).length} statements among ${seen.arrived.length} requests`)
})

test('every statement in mdx.log is an entry, with the cube, measures and persons that Mondrian read in it', (t) => {
  const pairs = ledger.assertExecutedOnce(entries, mdxLog, people)
  for (const pair of pairs) ledger.assertSameFacts(pair)
  assert.ok(pairs.length >= 25, `${pairs.length} statements`)
  t.diagnostic(`${pairs.length} statements executed`)
})

/** Read by hand out of the statements; a statement is known by words that only it has. */
const BY_HAND: readonly Expected[] = [
  {
    words: 'WHERE ([Tid].[2022])',
    measures: ['Antal', 'Beløb'],
    dimensions: ['[Borger] 1'],
    criteria: ['[Tid] = 2022 slicer'],
  },
  {
    words: '{[Borger].[CPR].&[0101475001]} ON ROWS FROM [Borger]',
    measures: ['Beløb'],
    dimensions: ['[Borger] 1'],
    criteria: ['[Borger] = 0101475001 axis, a person'],
  },
  {
    words: '{[Borger].[Sønderå].[Bymidten].[0101475001]} ON ROWS FROM [Borger]',
    measures: ['Beløb'],
    dimensions: ['[Borger] 1'],
    criteria: ['[Borger] = 0101475001 axis, a person'],
  },
  {
    words: '[Borger.Navn].[Person].&[1504417322]',
    measures: ['Beløb'],
    dimensions: ['[Borger.Navn] 1'],
    criteria: ['[Borger.Navn] in 0203486110 axis, a person', '[Borger.Navn] in 1504417322 axis, a person'],
  },
  {
    words: '[Bo [alias]] Demosen]',
    measures: ['Beløb'],
    dimensions: ['[Borger.Navn] 1'],
    criteria: [
      '[Borger.Navn] in Bo [alias] Demosen axis',
      "[Borger.Navn] in Liv D'Øvelund axis",
      '[Borger.Navn] in Ida & Per Skitsø axis',
    ],
  },
  {
    words: '[Measures].[Beløb pr. helårsperson]} ON COLUMNS FROM [Borger]',
    measures: ['Antal', 'Beløb', 'Helårspersoner', 'Beløb pr. helårsperson'],
    dimensions: [],
    criteria: ['[Borger] = 2912528003 slicer, a person', '[Tid] = K1 slicer'],
  },
  {
    words: '"010147-5001"',
    measures: ['Beløb'],
    dimensions: ['[Borger] 1'],
    criteria: ['[Borger] contains 010147-5001 filter, a person'],
  },
  {
    words: '.CurrentMember.Caption = "Søren Testgaard"',
    measures: ['Beløb'],
    dimensions: ['[Borger] 1'],
    criteria: ['[Borger] = Søren Testgaard filter'],
  },
  {
    words: 'WHERE {[Borger].[CPR].&[0101475001], [Borger].[CPR].&[0203486110]}',
    measures: ['Beløb'],
    dimensions: [],
    criteria: ['[Borger] in 0101475001 slicer, a person', '[Borger] in 0203486110 slicer, a person'],
  },
  {
    words: '[Organisation].[Forvaltning].Members ON PAGES',
    measures: ['Forbrug', 'Restbudget'],
    dimensions: ['[Konto] 1', '[Organisation] 2'],
    criteria: [],
  },
  {
    words: 'kun ét tal',
    measures: ['Budget'],
    dimensions: [],
    criteria: [],
  },
]

interface Expected {
  readonly words: string
  readonly measures: readonly string[]
  readonly dimensions: readonly string[]
  readonly criteria: readonly string[]
}

test('what a person reads in a statement is what the tables say of it', () => {
  for (const { words, measures, dimensions, criteria } of BY_HAND) {
    const [entry, ...others] = entries.filter((one) => ledger.isStatement(one) && one.query.includes(words))
    assert.ok(entry !== undefined && others.length === 0, `${others.length + 1} entries with ${words}`)
    const found = entry.criteria.map(({ dimension, operator, value, person, origin_clause }) => {
      const name = segments(value).at(-1)?.replace(/^&/, '') ?? value
      return `${dimension} ${operator} ${name} ${origin_clause}${person === null ? '' : ', a person'}`
    })
    assert.deepEqual(new Set(found), new Set(criteria), words)
    assert.deepEqual(
      new Set(entry.dimensions.map(({ dimension, axis }) => `${dimension} ${axis}`)),
      new Set(dimensions),
    )
    assert.deepEqual(new Set(entry.measures.map(({ measure }) => segments(measure).at(-1))), new Set(measures), words)
  }
})

test('every person the driver looked up by Discover is in the log exactly once', (t) => {
  const asked = ledger.assertEachPersonDiscoveredOnce(entries, seen.arrived)
  assert.ok(asked > 5, `${asked} look-ups`)
  t.diagnostic(`${asked} persons asked for by Discover`)
})

test('a person asked for by name only is in the log because the answer showed the number', () => {
  const byCaption = entries.filter(({ query }) => query.includes('Caption = "Søren Testgaard"'))
  assert.equal(byCaption.length, 1)
  assert.deepEqual(new Set(byCaption[0]?.seen.map(({ person }) => person)), new Set(['0203486110', '1504417322']))
  assert.ok(byCaption[0]?.criteria.some(({ value }) => value === 'Søren Testgaard'))
})

test('who searched for a person, or saw one, is told by the person number', async () => {
  const concerned = entries.filter(
    ({ criteria, seen }) =>
      criteria.some(({ person }) => person === '2912528003') || seen.some(({ person }) => person === '2912528003'),
  )
  const found = await tilsyn.searched('291252-8003\n')
  assert.ok(concerned.length > 2)
  assert.equal(found.length, concerned.length)
})
