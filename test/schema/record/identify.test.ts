import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { identify } from '../../../schema/record/identify.ts'

const VECTORS = '../shared/corpus/cpr_vectors.dev.json'

interface Vector {
  readonly input: string
  readonly [field: string]: unknown
}

test('every published and every invented number is told for what it is', (t) => {
  if (!existsSync(VECTORS)) {
    t.diagnostic(`left out: ${VECTORS} is not there`)
    return
  }
  const { cpr, cvr }: { cpr: readonly Vector[]; cvr: readonly Vector[] } = JSON.parse(readFileSync(VECTORS, 'utf8'))
  t.diagnostic(`${cpr.length} person numbers and ${cvr.length} company numbers`)
  for (const { input, ...expected } of [...cpr, ...cvr]) {
    const told: Readonly<Record<string, unknown>> = { ...identify(input) }
    for (const [field, value] of Object.entries(expected)) assert.equal(told[field], value, `${input} ${field}`)
  }
})

test('variants of person numbers are told apart', () => {
  for (const [input, kind, year] of [
    ['010147-5001', 'cpr', 2047],
    ['610147 5001', 'replacement', 2047],
    ['010147-7ab2', 'ecpr-national', 2047],
    ['0101470AB2', 'ecpr-decentral', 1947],
    ['0101475AB2', 'ecpr-decentral', 1847],
    ['0101476AB2', 'ecpr-decentral', 2047],
    ['0101472AB2', 'none', null],
    ['0000000000', 'none', null],
    ['', 'none', null],
  ] as const) {
    const told = identify(input)
    assert.deepEqual([told.kind, told.year], [kind, year], input)
  }
})

test('a company number is eight digits, with prefix, blanks and dots or without', () => {
  for (const input of [
    '10000009',
    'DK10000009',
    'dk-10 00 00 09',
    'CVR: 10.00.00.09',
    'CVR-nr. 10000009',
    '10\u00a000\u00a000\u00a009',
  ]) {
    const { kind, digits } = identify(input)
    assert.deepEqual([kind, digits], ['cvr', '10000009'], input)
  }
  for (const input of ['1000000', '100000091', 'DK', 'SK10000009']) assert.equal(identify(input).kind, 'none', input)
})

test('what only the attribute tells is told by its meaning', () => {
  assert.equal(identify('1101475001').kind, 'cpr')
  assert.equal(identify('1101475001', 'p-number').kind, 'p-number')
  assert.equal(identify('0101475001', 'p-number').kind, 'none')
  assert.equal(identify('10000009', 'se-number').kind, 'se-number')
  assert.equal(identify('0101475001', 'cvr').kind, 'none')
  assert.equal(identify('101475001', 'person').kind, 'cpr')
  assert.equal(identify('101475001').kind, 'none')
  assert.equal(identify('0101475001', 'none').kind, 'none')
})

test('whatever the text, one kind is told, and a year only with a person', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0123456789- DKab.\u0661'.split('')), maxLength: 14 }), (text) => {
      const { kind, year, digits } = identify(text)
      assert.equal(year !== null, /cpr|replacement/.test(kind))
      assert.equal(digits === null, kind === 'none')
    }),
  )
})
