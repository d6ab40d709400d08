import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PersonRules } from '../../../../schema/record/attribute.ts'
import type { Coverage, CoverageEntry } from '../../../../schema/record/coverage/coverage.ts'
import { coverage } from '../../../../schema/record/coverage/coverage.ts'
import { LONGEST } from '../../../../schema/record/coverage/shape.ts'
import type { PersonNumber } from '../../../../schema/record/ids.ts'
import type { Criterion, DimensionUse } from '../../../../schema/record/record.ts'

const ANNA = '0707415285' as PersonNumber
const BENT = '1503316002' as PersonNumber
const RULES: PersonRules = { latestBirth: '2026-01-01', attributes: [] }
const MAPPED: PersonRules = { ...RULES, domains: [{ attribute: '[Sag].[Part]', meaning: 'person' }] }

function crit(operator: string, value: string, some: Partial<Criterion> = {}): Criterion {
  const at = { dimension: 'Borger', hierarchy: 'Borger[CPR]', level: null }
  const none = { valueTo: null, person: null, personTo: null }
  return { ...at, ...none, operator, value, originClause: 'filter', ...some }
}

const dim = (hierarchy: string | null, dimension = 'Borger'): DimensionUse => ({
  dimension,
  hierarchy,
  level: null,
  axis: '0',
})

function told(some: Partial<CoverageEntry>, rules = RULES): string {
  const entry = { action: 'query', language: 'dax', query: 'EVALUATE X', opaque: null, ...some } as const
  const { covered, reason }: Coverage = coverage(
    { criteria: [], dimensions: [], seen: [], personsSeen: 0, ...entry },
    ANNA,
    rules,
  )
  return `${covered} ${reason}`
}

test('a condition on the number itself tells who was covered', () => {
  for (const [criterion, expected] of [
    [crit('starts with', '070741'), 'certain prefix'],
    [crit('starts with', '070741-52'), 'possible prefix'],
    [crit('starts with', '150331'), 'no outside'],
    [crit('starts with', 'Anna'), 'possible prefix'],
    [crit('contains', '0741'), 'certain contains'],
    [crit('contains', '150331'), 'no outside'],
    [crit('contains', '4286'), 'possible contains'],
    [crit('contains', '07072041'), 'possible contains'],
    [crit('contains', 'Anna'), 'possible contains'],
    [crit('ends with', '5285'), 'possible suffix'],
    [crit('ends with', '0316002'), 'no outside'],
    [crit('like', '070741%'), 'certain wildcard'],
    [crit('like', '0707__%52%'), 'certain wildcard'],
    [crit('like', '1503%'), 'no outside'],
    [crit('like', '0[1-9]%'), 'possible wildcard'],
    [crit('contains', '0707*85'), 'possible contains'],
    [crit('matches', '^0707.*$'), 'possible pattern'],
    [crit('>=', '1503316002'), 'no outside'],
    [crit('<', '1503316002'), 'certain comparison'],
    [crit('between', '0700000000', { valueTo: '0799999999' }), 'certain comparison'],
    [crit('between', '1500000000', { valueTo: '1599999999' }), 'no outside'],
    [crit('range', 'a', { valueTo: 'b' }), 'possible range'],
    [crit('=', '150331-6002', { person: BENT }), 'no others'],
    [crit('<>', '150331-6002', { person: BENT }), 'certain exclusion'],
    [crit('not in', 'Bent'), 'possible exclusion'],
    [crit('=', '0707415285', { person: ANNA }), 'certain named'],
    [crit('<>', '0707415285', { person: ANNA }), 'certain named'],
    [crit('=', 'Anna Prøvesen'), 'possible value'],
    [crit('nonsense', '1'), 'possible operator'],
    [crit('start at', '150331-6002', { person: BENT }), 'possible operator'],
  ] as const) {
    assert.equal(told({ criteria: [criterion] }), expected, `${criterion.operator} ${criterion.value}`)
  }
})

test('conditions that all hold narrow each other, alternatives do not', () => {
  const criteria = [crit('>=', '1500000000'), crit('<', '1600000000')]
  assert.equal(told({ criteria, query: "EVALUATE FILTER('Borger', [CPR] >= a && [CPR] < b)" }), 'no outside')
  assert.equal(told({ criteria, query: "EVALUATE FILTER('Borger', [CPR] >= a || [CPR] < b)" }), 'possible comparison')
  const name = crit('=', 'Anna', { hierarchy: 'Borger[Navn]' })
  const bent = crit('=', '1503316002', { person: BENT })
  assert.equal(told({ criteria: [bent, name] }), 'no others')
  assert.equal(told({ criteria: [bent, name], query: 'EVALUATE FILTER(T, a = 1 OR b = 2)' }), 'possible alternatives')
  assert.equal(told({ criteria: [crit('starts with', '0707'), name] }), 'possible prefix')
})

test('a filter within a measure does not narrow what is listed beside it', () => {
  const some = { criteria: [crit('=', '1503316002', { person: BENT })], dimensions: [dim('Borger[CPR]')] }
  const query = `EVALUATE SUMMARIZECOLUMNS('Borger'[CPR], "A", CALCULATE([Antal], 'Borger'[CPR] = "…"))`
  assert.equal(told({ ...some, query }), 'possible alternatives')
  assert.equal(
    told({ ...some, query: `EVALUATE CALCULATETABLE(VALUES('Borger'[CPR]), 'Borger'[CPR] = "…")` }),
    'no others',
  )
})

test('persons on an axis without any criterion were possibly shown, and so is a table taken whole', () => {
  assert.equal(told({ dimensions: [dim('Borger[CPR]')] }), 'possible listed')
  assert.equal(told({ dimensions: [dim(null), dim('Borger[CPR]')] }), 'possible listed')
  assert.equal(told({ dimensions: [dim(null, 'Sag')] }, MAPPED), 'possible listed')
  assert.equal(told({ dimensions: [dim(null, 'Konto')] }, MAPPED), 'no unconcerned')
})

test('what an attribute means counts: a mapped one, one of names, one that only looks like persons', () => {
  const part = [crit('range', '[Sag].[Part].&[1]', { dimension: '[Sag]', hierarchy: '[Sag].[Part]', valueTo: '9' })]
  assert.equal(told({ criteria: part, language: 'mdx', query: '' }), 'no unconcerned')
  assert.equal(told({ criteria: part, language: 'mdx', query: '' }, MAPPED), 'possible range')
  const names = { ...RULES, domains: [{ attribute: 'Borger[Navn]', meaning: 'person-name' }] } as const
  assert.equal(told({ criteria: [crit('=', 'Bent', { hierarchy: 'Borger[Navn]' })] }, names), 'possible person-name')
  const none = { ...RULES, domains: [{ attribute: 'Borger[CPR]', meaning: 'none' }] } as const
  assert.equal(told({ criteria: [crit('starts with', '0707')] }, none), 'no unconcerned')
})

test('a number of its own in an attribute named for persons rules nobody out', () => {
  const id = { hierarchy: 'Borger[person_id]' }
  assert.equal(told({ criteria: [crit('>=', '1500000000', id)] }), 'possible value')
  assert.equal(told({ criteria: [crit('starts with', '150331', id)] }), 'possible value')
})

test('what cannot be understood covers everybody, and what asks nothing nobody', () => {
  assert.equal(told({ opaque: 'syntax' }), 'possible opaque')
  assert.equal(told({ action: 'metadata', dimensions: [dim('Borger[CPR]')] }), 'no no-question')
  assert.equal(told({ action: 'search', criteria: [crit('=', '1503316002', { person: BENT })] }), 'no no-question')
  assert.equal(told({}), 'no unconcerned')
  assert.equal(told({ criteria: [crit('=', '@Cpr', { dimension: null, hierarchy: null })] }), 'possible attribute')
  assert.equal(told({ criteria: [crit('topn', '10', { dimension: null, hierarchy: null })] }), 'no unconcerned')
  assert.equal(told({ query: 'EVALUATE ROW("x", COUNTROWS(\'Borger\'[CPR]))' }), 'possible mentioned')
  assert.equal(told({ seen: [{ person: ANNA, place: 'axis' }] }), 'certain seen')
})

test('a text too long to be read leaves nothing certain', () => {
  const criteria = [crit('=', '1503316002', { person: BENT })]
  assert.equal(told({ criteria, query: 'EVALUATE X'.padEnd(LONGEST) }), 'possible alternatives')
})

test('relatives of a member, a search in the model, and a drill-through', () => {
  const at = { dimension: '[Borger]', hierarchy: '[Borger].[CPR]', originClause: 'restriction' } as const
  const mdx = { language: 'mdx', query: '' } as const
  assert.equal(
    told({ ...mdx, action: 'discover', criteria: [crit('children', 'Distrikt 3', at)] }),
    'possible relatives',
  )
  const bent = { ...at, person: BENT }
  const key = '[Borger].[CPR].&[1503316002]'
  assert.equal(told({ ...mdx, action: 'discover', criteria: [crit('=', key, bent)] }), 'no others')
  assert.equal(told({ ...mdx, criteria: [crit('=', `{${key}:${key}}`, bent)] }), 'possible value')
  const returned = { ...dim('[$Borger].[CPR]', '[$Borger]'), axis: 'return' }
  const axis = { ...bent, originClause: 'axis' } as const
  const query = `DRILLTHROUGH SELECT {${key}} ON 0 FROM [B] RETURN [$Borger].[CPR]`
  const drilled = { action: 'drillthrough', language: 'mdx', criteria: [crit('=', key, axis)] } as const
  assert.equal(told({ ...drilled, dimensions: [returned], query }), 'no others')
  assert.equal(told({ ...drilled, criteria: [], dimensions: [returned], query }), 'possible listed')
})

test('an answer that showed more persons than are listed may have shown anybody, whatever was asked', () => {
  const seen = [{ person: BENT, place: 'cell' }]
  const others = [crit('=', '150331-6002', { person: BENT })]
  for (const [entry, expected] of [
    [{ personsSeen: 500 }, 'possible counted'],
    [{ personsSeen: 2, seen }, 'possible counted'],
    [{ personsSeen: 1, seen: [...seen, { person: BENT, place: 'axis' }] }, 'no unconcerned'],
    [{ personsSeen: null }, 'no unconcerned'],
    [{ personsSeen: 500, criteria: others }, 'possible counted'],
    [{ personsSeen: 500, action: 'request', language: null }, 'possible counted'],
    [{ personsSeen: 500, action: 'metadata' }, 'possible counted'],
    [{ personsSeen: 500, criteria: [crit('starts with', '070741')] }, 'certain prefix'],
  ] as const) {
    assert.equal(told(entry), expected, JSON.stringify(entry))
  }
})
