import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { readMdx } from '../../../../proxy/language/mdx/read.ts'
import { rowsOf } from '../../../../proxy/protocol/criteria/rows.ts'
import type { PersonRules } from '../../../../schema/record/attribute.ts'
import type { CoverageEntry } from '../../../../schema/record/coverage/coverage.ts'
import { coverage } from '../../../../schema/record/coverage/coverage.ts'
import { cubes, PEOPLE, queries } from './model.ts'

const RULES: PersonRules = { latestBirth: '2026-01-01', attributes: [] }

function entryOf(query: string): CoverageEntry {
  const [facts] = readMdx(query, { parameters: new Map() })
  assert.ok(facts)
  return {
    action: 'query',
    language: 'mdx',
    query,
    opaque: null,
    seen: [],
    personsSeen: 0,
    ...rowsOf(facts, query, RULES),
  }
}

test('nobody whom a query took in is ever said not to be covered, and nobody surely who was not', (t) => {
  const told = { certain: 0, possible: 0, no: 0, named: 0, covered: 0 }
  fc.assert(
    fc.property(cubes, queries, (cube, query) => {
      const text = query.text(cube)
      const entry = entryOf(text)
      const members = query.of(cube)
      for (const person of PEOPLE) {
        const { covered, reason } = coverage(entry, person, RULES)
        const note = `${text}\n${person} ${covered} ${reason}`
        if (members.has(person)) assert.notEqual(covered, 'no', note)
        if (covered === 'certain' && reason !== 'named' && cube.people.includes(person)) {
          assert.ok(members.has(person), note)
        }
        told[reason === 'named' ? 'named' : covered] += 1
        if (members.has(person)) told.covered += 1
      }
    }),
    { numRuns: Number(process.env['TILSYN_RUNS'] ?? 2000) },
  )
  t.diagnostic(JSON.stringify(told))
  assert.ok(told.no > 500 && told.certain > 5 && told.possible > 500)
})
