import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collected, lines, skip } from '../collected.ts'
import { type Gold, lenient, measuresToScore, normal, pairsOf, samePair, Score } from '../gold.ts'
import { factsOf, isReadable } from './syntax.ts'

test('of the collected queries whose brackets close every one is read, and the others are refused', { skip }, (t) => {
  const queries = collected('dax.dev.jsonl')
  for (const { text, balanced } of queries) assert.equal(isReadable(text), balanced === true, text)
  t.diagnostic(`${queries.length} queries`)
})

test('of the queries annotated by hand, what they ask is found', { skip }, (t) => {
  const gold = (lines('gold.dev.jsonl') as readonly Gold[]).filter(({ lang }) => lang === 'dax')
  const [measures, dimensions, criteria] = [new Score(), new Score(), new Score()]
  for (const query of gold) {
    const facts = factsOf(query.text)
    assert.deepEqual([facts.kind, facts.cube], [query.kind, null])
    const found = facts.measures.map(({ measure }) => measure)
    measures.add(query.measures.map(normal), measuresToScore(query, found), lenient)
    dimensions.add(
      query.dimensions.map(normal),
      facts.dimensions.map(({ path }) => normal(path)),
      lenient,
    )
    criteria.add(pairsOf(query), pairsOf(facts), samePair)
  }
  const f1 = [measures, dimensions, criteria].map((score) => score.f1.toFixed(3)).join(', ')
  t.diagnostic(`${gold.length} queries: measures, dimensions, criteria ${f1}`)
  assert.ok(measures.f1 >= 0.98 && dimensions.f1 >= 0.95 && criteria.f1 >= 0.96, f1)
})
