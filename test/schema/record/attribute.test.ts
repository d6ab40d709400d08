import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Domain, PersonRules } from '../../../schema/record/attribute.ts'
import {
  attributeSegments,
  meaningOf,
  namesPersonNumbers,
  namingOf,
  speaksOfPersons,
} from '../../../schema/record/attribute.ts'

const NAMES: PersonRules = { latestBirth: '2026-01-01', attributes: ['Borgernøgle'] }
const declared = (...domains: readonly Domain[]): PersonRules => ({ ...NAMES, domains })

test('attributes are known by the names everybody uses and by those declared', () => {
  const names = [
    '[Borger].[CPR]|CprNr|cprnr|CPRnr|CPR nr.|cpr-nummer|borger_cpr',
    'BorgerCPR|C.P.R. nr|FKCPR|BARNCPRNR|CPRBarn|cprid|eCPR',
    "ModerCpr|'Borger'[Personnummer]|PERSONNR|PersonId|person_id|personnummeret|PersonNrBarn",
    '[A].[PNR]|pnr|BorgerPnr|[Borger].[Borgernøgle]',
  ]
  for (const name of names.flatMap((line) => line.split('|'))) {
    assert.ok(namesPersonNumbers(name, NAMES), name)
  }
})

test('a word that merely holds the same letters names nobody', () => {
  const names = [
    '[Borger].[Navn]|[Konto].[Kontonr]|[Person]|[Borger].[Kommune]|CPRegion|kopipnr|SpecPris',
    'SPECPRIS|IncProfit|BasicProduct|cprofil|personnotat|PersonNote|Personale',
    'P-nr|Pnummer',
  ]
  for (const name of names.flatMap((line) => line.split('|'))) {
    assert.ok(!namesPersonNumbers(name, NAMES), name)
  }
})

test('paths are taken apart without brackets, quotes, case and keys, however they are written', () => {
  for (const [path, segments] of [
    ['[Borger].[CPR].&[1]&[2]', ['borger', 'cpr']],
    ["'Elev'[Personnr]", ['elev', 'personnr']],
    ['Borger.cpr', ['borger', 'cpr']],
    ['field:104', ['field:104']],
    ['[$Borger].[CPR  nr]', ['borger', 'cpr nr']],
    ['"dbo"."Sag"', ['dbo', 'sag']],
    ['[R&D].[A]]B.C]', ['r&d', 'a]b.c']],
    ["'It''s'[X", ["it's", 'x']],
  ] as const) {
    assert.deepEqual(attributeSegments(path), segments, path)
  }
})

test('a declared attribute is found however it is written, and by whole segments only', () => {
  const rules = declared({ attribute: "'Elev'[Nøgle]", meaning: 'person' })
  for (const path of ['[Elev].[Nøgle]', 'elev.NØGLE', 'Elev[Nøgle]', '[Elev].[Nøgle].[Nøgle]', '[Elev].[Nøgle].&[7]']) {
    assert.ok(namesPersonNumbers(path, rules), path)
  }
  for (const path of ['[Elev].[Nøgle2]', '[Elev2].[Nøgle]', '[Elev].[Navn].[Nøgle]', 'Nøgle']) {
    assert.ok(!namesPersonNumbers(path, rules), path)
  }
})

test('a star stands for anything within a segment, and the first pattern that fits decides', () => {
  const rules = declared(
    { attribute: '[Konto].[CPR konto]', meaning: 'person' },
    { attribute: '[Konto].[*]', meaning: 'none' },
    { attribute: '*.ejer*nr', meaning: 'person' },
    { attribute: 'field:104', meaning: 'cvr' },
  )
  assert.equal(meaningOf('[Konto].[CPR konto].&[1]', rules), 'person')
  assert.equal(meaningOf('[Konto].[CPR nr]', rules), 'none')
  assert.equal(meaningOf('Bil.EjerensNr', rules), 'person')
  assert.equal(meaningOf('field:104', rules), 'cvr')
  assert.equal(meaningOf('field:1044', rules), null)
})

test('none, cvr and se-number silence an attribute; a P-number is told by its name too', () => {
  const rules = declared({ attribute: '[Afdeling].[CPR-center]', meaning: 'none' })
  assert.equal(namingOf('[Afdeling].[CPR-center]', rules), 'silent')
  assert.equal(namingOf('[Virksomhed].[P-nr]', NAMES), 'p-number')
  assert.equal(namingOf('[Produktionsenhed].[Nummer]', NAMES), 'p-number')
  assert.equal(namingOf('[Virksomhed].[pnr]', NAMES), true)
  assert.equal(namingOf('[Virksomhed].[pnr]', declared({ attribute: 'pnr', meaning: 'p-number' })), 'p-number')
  assert.equal(namingOf('[Borger].[Navn]', NAMES), false)
})

test('a statement speaks of persons where it names an attribute that is declared for them', () => {
  const rules = declared({ attribute: '[Sag].[Part*]', meaning: 'person' }, { attribute: '[Konto]', meaning: 'none' })
  assert.ok(speaksOfPersons('SELECT [Sag].[Partnøgle].Members ON 0 FROM [Konto]', rules))
  assert.ok(!speaksOfPersons('SELECT [Konto].Members ON 0 FROM [K]', rules))
})

test('whatever the path and the pattern, an answer is given, and a path fits the pattern it is', () => {
  const text = fc.string({ unit: fc.constantFrom(...'[].&\'"*ab Å'.split('')), maxLength: 30 })
  fc.assert(
    fc.property(text, text, (path, attribute) => {
      meaningOf(path, declared({ attribute, meaning: 'none' }))
      const segments = attributeSegments(path)
      if (segments.length === 0) return
      assert.equal(meaningOf(path, declared({ attribute: path, meaning: 'none' })), 'none')
    }),
  )
})
