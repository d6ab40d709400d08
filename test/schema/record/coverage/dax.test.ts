import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { readDax } from '../../../../proxy/language/dax/read.ts'
import { rowsOf } from '../../../../proxy/protocol/criteria/rows.ts'
import { coverage } from '../../../../schema/record/coverage/coverage.ts'
import type { PersonNumber } from '../../../../schema/record/ids.ts'
import type { Cube } from './model.ts'
import { cubes, nameOf, PEOPLE } from './model.ts'

const RULES = { latestBirth: '2026-01-01', attributes: [], carriers: new Set(['Borger[CPR]']) }
const COLUMN = "'Borger'[CPR]"

/** A condition on the column as DAX, and whom it lets through. */
interface Condition {
  readonly text: (cube: Cube) => string
  readonly of: (cube: Cube) => (person: PersonNumber) => boolean
}

const person = fc.constantFrom(...PEOPLE)
const cut = fc.tuple(person, fc.integer({ min: 1, max: 10 })).map(([one, length]) => one.slice(0, length))
const on = (text: string, holds: (name: string) => boolean): Condition => ({
  text: () => text,
  of: (cube) => (each) => holds(nameOf(each, cube)),
})

const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    {
      weight: 3,
      arbitrary: person.map((p): Condition => ({
        text: (c) => `${COLUMN} = "${nameOf(p, c)}"`,
        of: () => (x) => x === p,
      })),
    },
    fc.uniqueArray(person, { minLength: 1, maxLength: 3 }).map((some): Condition => ({
      text: (c) => `${COLUMN} IN {${some.map((p) => `"${nameOf(p, c)}"`).join(', ')}}`,
      of: () => (x) => some.includes(x),
    })),
    cut.map((v) => on(`${COLUMN} >= "${v}"`, (name) => name >= v)),
    cut.map((v) => on(`${COLUMN} < "${v}"`, (name) => name < v)),
    cut.map((v) => on(`CONTAINSSTRING(${COLUMN}, "${v}")`, (name) => name.includes(v))),
    cut.map((v) => on(`LEFT(${COLUMN}, ${v.length}) = "${v}"`, (name) => name.startsWith(v))),
    fc.constant<Condition>({ text: () => "'Borger'[Kommune] = 7", of: (c) => (x) => c.municipality.has(x) }),
    ...(['&&', '||'] as const).map((word) =>
      fc.tuple(tie('condition'), tie('condition')).map(([a, b]): Condition => ({
        text: (c) => `(${a.text(c)} ${word} ${b.text(c)})`,
        of: (c) => (x) => (word === '&&' ? a.of(c)(x) && b.of(c)(x) : a.of(c)(x) || b.of(c)(x)),
      })),
    ),
    tie('condition').map((a): Condition => ({ text: (c) => `NOT(${a.text(c)})`, of: (c) => (x) => !a.of(c)(x) })),
  ),
}))

const FORMS = [
  (a: string) => `EVALUATE FILTER('Borger', ${a})`,
  (a: string) => `EVALUATE CALCULATETABLE(VALUES(${COLUMN}), FILTER('Borger', ${a}))`,
  (a: string) => `EVALUATE SUMMARIZECOLUMNS(${COLUMN}, FILTER('Borger', ${a}), "Antal", [Antal])`,
  (a: string) => `DEFINE VAR _f = FILTER('Borger', ${a}) EVALUATE SUMMARIZECOLUMNS(${COLUMN}, _f, "Antal", [Antal])`,
]
const TWICE = [
  (a: string, b: string) => `EVALUATE FILTER(FILTER('Borger', ${a}), ${b})`,
  (a: string, b: string) => `EVALUATE CALCULATETABLE('Borger', FILTER('Borger', ${a}), FILTER('Borger', ${b}))`,
]

const queries = fc.oneof(
  fc.tuple(fc.constantFrom(...FORMS), condition).map(([form, a]) => ({ text: (c: Cube) => form(a.text(c)), of: a.of })),
  fc.tuple(fc.constantFrom(...TWICE), condition, condition).map(([form, a, b]) => ({
    text: (c: Cube) => form(a.text(c), b.text(c)),
    of: (c: Cube) => (x: PersonNumber) => a.of(c)(x) && b.of(c)(x),
  })),
  fc.tuple(condition, condition).map(([a, b]) => ({
    text: (c: Cube) => `EVALUATE UNION(FILTER('Borger', ${a.text(c)}), FILTER('Borger', ${b.text(c)}))`,
    of: (c: Cube) => (x: PersonNumber) => a.of(c)(x) || b.of(c)(x),
  })),
  condition.map((a) => ({
    text: (c: Cube) => `EVALUATE SUMMARIZECOLUMNS(${COLUMN}, "A", CALCULATE([Antal], ${a.text(c)}))`,
    of: () => () => true,
  })),
)

test('nobody whom a query in DAX took in is ever said not to be covered, and nobody surely who was not', (t) => {
  const told = { certain: 0, possible: 0, no: 0, named: 0, covered: 0 }
  fc.assert(
    fc.property(cubes, queries, (cube, query) => {
      const text = query.text(cube)
      const criteria = readDax(text).map((facts) => rowsOf(facts, text, RULES))
      const entry = {
        action: 'query',
        language: 'dax',
        query: text,
        opaque: null,
        seen: [],
        personsSeen: 0,
        criteria: criteria.flatMap((rows) => rows.criteria),
        dimensions: criteria.flatMap((rows) => rows.dimensions),
      } as const
      for (const each of cube.people) {
        const { covered, reason } = coverage(entry, each, RULES)
        const member = query.of(cube)(each)
        const note = `${text}\n${each} ${covered} ${reason}`
        if (member) assert.notEqual(covered, 'no', note)
        if (covered === 'certain' && reason !== 'named') assert.ok(member, note)
        told[reason === 'named' ? 'named' : covered] += 1
        if (member) told.covered += 1
      }
    }),
    { numRuns: Number(process.env['TILSYN_RUNS'] ?? 1500) },
  )
  t.diagnostic(JSON.stringify(told))
  assert.ok(told.no > 100 && told.certain > 5 && told.possible > 100)
})
