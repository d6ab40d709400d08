import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readDax } from '../../../proxy/language/dax/read.ts'
import { StatementLimitError } from '../../../proxy/language/syntax-error.ts'
import { factsOf, isReadable } from './syntax.ts'

const DEEP = 100_000
const many = (n: number, part: (i: number) => string, between = ','): string =>
  Array.from({ length: n }, (_, i) => part(i)).join(between)

function assertLimit(text: string, limit: string, options: Parameters<typeof readDax>[1] = {}): void {
  assert.throws(
    () => readDax(text, options),
    (error) => error instanceof StatementLimitError && error.code === 'STATEMENT_LIMIT' && error.limit === limit,
  )
}

const nestings: Record<string, string> = {
  brackets: `EVALUATE ${'('.repeat(DEEP)}`,
  braces: `EVALUATE ${'{'.repeat(DEEP)}`,
  calls: `EVALUATE ${'FILTER('.repeat(DEEP)}`,
  'variables in variables': `EVALUATE ${'VAR x = '.repeat(DEEP)}`,
  'blocks in results': `EVALUATE ${'VAR x = 1 RETURN '.repeat(DEEP)}`,
  'denials of comparisons': `EVALUATE FILTER(T, ${'NOT a = '.repeat(DEEP)} 1)`,
  'denials of values': `EVALUATE { ${'1 + NOT '.repeat(DEEP)} 1 }`,
  'tables that name one another': `DEFINE ${many(5000, (i) => `VAR v${i + 1} = FILTER(v${i}, [a] = 1)`, ' ')} EVALUATE v5000`,
  'values that name one another': `DEFINE ${many(5000, (i) => `VAR v${i + 1} = v${i} + 1`, ' ')} EVALUATE { v5000 }`,
}
for (const [what, text] of Object.entries(nestings)) {
  test(`${what} beyond the limit are refused, and the stack holds`, () => assertLimit(text, 'depth'))
}

for (const nest of ['(', '{', 'FILTER(', 'IF(1, ', 'CALCULATE(', 'SUMX(T, ', 'COUNTROWS(', 'VALUES(', 'UNKNOWN(']) {
  test(`${nest} is read to the depth allowed`, () => {
    const close = nest === '{' ? '}' : ')'
    assert.ok(isReadable(`EVALUATE {${nest.repeat(240)}T[a]${close.repeat(240)}}`))
  })
}

test('long chains need no depth', () => {
  for (const text of [
    `EVALUATE { ${many(DEEP, () => 'T[a]', '+')} }`,
    `EVALUATE { ${'- '.repeat(DEEP)} 1 }`,
    `EVALUATE FILTER(T, ${'NOT '.repeat(DEEP)} T[a] = 1)`,
    `EVALUATE FILTER(T, ${many(DEEP, (i) => `T[a] = ${i}`, ' || ')})`,
    `EVALUATE { ${many(DEEP, (i) => `"${i}"`, '&')} }`,
    `EVALUATE T ORDER BY ${many(DEEP, () => 'T[a]')}`,
  ]) {
    assert.equal(readDax(text).length, 1)
  }
})

test('measures that lead to one another are worked off in turn', () => {
  const facts = factsOf(`DEFINE ${many(10_000, (i) => `MEASURE T[m${i}] = [m${i + 1}] * 2`, ' ')} EVALUATE { [m0] }`)
  assert.equal(facts.calculated.length, 10_000)
  assert.deepEqual(facts.measures, [{ measure: '[m10000]', via: 'T[m9999]' }])
})

test('what is used twice at each of sixty steps is read once at each', () => {
  const steps: Record<string, string> = {
    'UNION(v, v)': '{ 1 }',
    'CROSSJOIN(v, v)': 'VALUES(T[a])',
    'v & v': '"x"',
    'v + v': 'SUM(T[a])',
    'IF(v = 1, v, v)': 'SUM(T[a])',
  }
  for (const [step, first] of Object.entries(steps)) {
    const chain = many(60, (i) => `VAR v${i + 1} = ${step.replaceAll('v', `v${i}`)}`, ' ')
    assert.equal(readDax(`DEFINE VAR v0 = ${first} ${chain} EVALUATE FILTER(T, T[a] IN { v60 })`).length, 1, step)
  }
})

test('a function of the query that is called again and again buys no more work than the query is long', () => {
  const doubling = many(40, (i) => `FUNCTION f${i + 1} = (x) => f${i}(x) + f${i}(x)`, ' ')
  assertLimit(`DEFINE FUNCTION f0 = (x) => x ${doubling} EVALUATE { f40(1) }`, 'tokens')
})

test('a list of thousands may be used with many columns, but not with thousands', () => {
  const list = `DEFINE VAR list = { ${many(3000, (i) => `"${i}"`)} } EVALUATE FILTER(T, `
  assert.equal(factsOf(`${list} ${many(5, (i) => `T[c${i}] IN list`, ' || ')})`).criteria.length, 5)
  assertLimit(`${list} ${many(3000, (i) => `T[c${i}] IN list`, ' || ')})`, 'tokens')
})

test('a wide table may be extended, but not hundreds of times', () => {
  const extended = (times: number): string =>
    `EVALUATE ${'ADDCOLUMNS('.repeat(times)} SUMMARIZECOLUMNS(${many(10_000, (i) => `T[c${i}]`)}) ${', "x", 1)'.repeat(times)}`
  assert.equal(factsOf(extended(5)).dimensions.length, 10_000)
  assertLimit(extended(240), 'tokens')
})

test('texts beyond the limits on length and tokens are refused', () => {
  assertLimit('EVALUATE T', 'length', { limits: { maxLength: 9 } })
  assertLimit(`EVALUATE { ${many(100, () => '1')} }`, 'tokens', { limits: { maxTokens: 100 } })
  assertLimit(`EVALUATE { ${many(100, () => '1', ';')} }`, 'tokens', { limits: { maxTokens: 100 } })
})
