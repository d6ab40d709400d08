import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Gold, lenient, measuresToScore, normal, pairsOf, samePair, Score } from '../gold.ts'
import { factsOf, isReadable } from './syntax.ts'

// Queries collected from public sources lie beside the project, not in it: they are not ours to copy.
const CORPUS = join(import.meta.dirname, '../../../../shared/corpus')
const skip = existsSync(CORPUS) ? false : `no corpus at ${CORPUS}`
if (skip !== false) console.log(`SKIPPED: ${skip}`)

interface Collected {
  readonly text: string
  readonly balanced?: boolean
}

function lines(file: string): readonly unknown[] {
  const text = readFileSync(join(CORPUS, file), 'utf8').trimEnd()
  return text.split('\n').map((line) => JSON.parse(line))
}

test('of the collected queries whose brackets close every one is read, and the others are refused', { skip }, (t) => {
  const queries = lines('dax.dev.jsonl') as readonly Collected[]
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
