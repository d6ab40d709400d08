import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readMdx } from '../../proxy/language/mdx/read.ts'
import type { StatementFacts } from '../../proxy/language/statement.ts'
import { collected, lines, skip } from './collected.ts'
import { type Gold, lenient, measuresToScore, normal, pairsOf, samePair, Score } from './gold.ts'
import { isReadable } from './mdx/syntax.ts'

test('of the collected queries at least 995 in 1000 are read, and the others refused', { skip }, (t) => {
  const queries = collected('mdx.dev.jsonl').filter(({ balanced }) => balanced === true)
  const readable = queries.filter(({ text }) => isReadable(text))
  t.diagnostic(`${readable.length} of ${queries.length} read`)
  assert.ok(readable.length >= 0.995 * queries.length)
})

test('of the collected queries about the server itself at least 99 in 100 are read', { skip }, () => {
  const queries = collected('dmv.jsonl')
  const readable = queries.filter(({ text }) => isReadable(text))
  assert.ok(readable.length >= 0.99 * queries.length)
  const [facts] = readMdx('SELECT * FROM $SYSTEM.DISCOVER_SESSIONS')
  assert.equal(facts?.kind, 'dmv')
})

test('DAX is no MDX: it is refused, not misread', { skip }, () => {
  for (const { id, text } of collected('dax.dev.jsonl')) assert.equal(isReadable(text), /^\s*$/.test(text), id)
})

test('of the queries annotated by hand, what they ask is found', { skip }, (t) => {
  const gold = (lines('gold.dev.jsonl') as readonly Gold[]).filter(({ lang }) => lang === 'mdx')
  const scores = { measures: new Score(), dimensions: new Score(), criteria: new Score() }
  for (const query of gold) {
    const [facts] = readMdx(query.text)
    assert.ok(facts !== undefined, query.id)
    assert.deepEqual([facts.kind, facts.cube?.toLowerCase()], [query.kind, query.cube?.toLowerCase()], query.id)
    score(scores, query, facts)
  }
  const f1 = Object.entries(scores).map(([what, { f1 }]) => `${what} ${f1.toFixed(3)}`)
  t.diagnostic(`${gold.length} queries: ${f1.join(', ')}`)
  assert.ok(scores.measures.f1 >= 0.98 && scores.dimensions.f1 >= 0.97 && scores.criteria.f1 >= 0.97, f1.join(', '))
})

function score(scores: Record<'measures' | 'dimensions' | 'criteria', Score>, gold: Gold, facts: StatementFacts): void {
  const measures = facts.measures.map(({ measure }) => measure)
  scores.measures.add(gold.measures.map(normal), measuresToScore(gold, measures), lenient)
  const dimensions = facts.dimensions.map(({ path }) => normal(path))
  scores.dimensions.add(gold.dimensions.map(normal), [...new Set(dimensions)], lenient)
  scores.criteria.add(pairsOf(gold), pairsOf(facts, gold.ignore), samePair)
}
