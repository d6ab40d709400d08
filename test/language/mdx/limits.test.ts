import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TokenPurse } from '../../../proxy/language/token-purse.ts'
import { MdxParser } from '../../../proxy/language/mdx/parser.ts'
import { parseMdx, readMdx } from '../../../proxy/language/mdx/read.ts'
import { Reading } from '../../../proxy/language/mdx/reading.ts'
import { Walk } from '../../../proxy/language/mdx/walk.ts'
import { STATEMENT_LIMITS, StatementLimitError } from '../../../proxy/language/syntax-error.ts'

const select = (set: string, before = ''): string => `${before} SELECT ${set} ON 0 FROM [c]`
const many = (n: number, part: (i: number) => string, between = ','): string =>
  Array.from({ length: n }, (_, i) => part(i)).join(between)

function assertLimit(text: string, limit: string, options: Parameters<typeof readMdx>[1] = {}): void {
  assert.throws(
    () => readMdx(text, options),
    (error) => error instanceof StatementLimitError && error.code === 'STATEMENT_LIMIT' && error.limit === limit,
  )
}

const DEEP = 100_000
const nestings: Record<string, string> = {
  brackets: select('('.repeat(DEEP)),
  braces: select('{'.repeat(DEEP) + '}'.repeat(DEEP)),
  calls: select('Filter('.repeat(DEEP)),
  'sub-selects': 'SELECT a ON 0 FROM ' + '(SELECT a ON 0 FROM '.repeat(DEEP),
  'prefix operators': select('- '.repeat(DEEP) + 'a'),
  NOT: select(`Filter(a, ${'NOT '.repeat(DEEP)} b)`),
  CASE: select('CASE '.repeat(DEEP)),
  'IIf in conditions': select(`Filter(a, ${'IIf(b,'.repeat(DEEP)}`),
}

for (const [what, text] of Object.entries(nestings)) {
  test(`${what} in one another beyond the limit are refused, and the stack holds`, () => assertLimit(text, 'depth'))
}

for (const nest of ['(', 'Filter(', '{', 'Generate(a, ', 'IIf(1, ', 'Sum({', 'Descendants(']) {
  test(`${nest} is read to the depth allowed`, () => {
    const depth = STATEMENT_LIMITS.maxDepth - 10
    const closing = nest.replaceAll(/[^({]/g, '').replace('(', ')').replace('{', '}')
    const close = closing.length > 1 ? '})' : closing
    const times = Math.floor(depth / closing.length)
    assert.equal(readMdx(select(nest.repeat(times) + '[a].[b].Members' + close.repeat(times))).length, 1)
  })
}

test('long chains need no depth', () => {
  for (const text of [
    select(many(DEEP, () => '[a].[b]', '+')),
    select('[a].[b]' + '.Parent'.repeat(DEEP)),
    select('{a}' + '(0)'.repeat(DEEP)),
    select('[a]' + '.[b]'.repeat(DEEP)),
    select(`Filter(s, ${many(DEEP, () => '1=1', ' AND ')})`),
    select(`CASE ${'WHEN a THEN b '.repeat(DEEP)} END`),
  ]) {
    assert.equal(readMdx(text).length, 1)
  }
})

test('named sets in one another need no depth, nor do those that name two others each', () => {
  const chain = many(10_000, (i) => `SET s${i} AS {${i > 0 ? `s${i - 1}` : '[a].[b].&[1]'}}`, ' ')
  const pairs = many(2000, (i) => `SET t${i} AS Except({t${i + 1}}, {t${i + 1}, t${i + 2}})`, ' ')
  const facts = readMdx(select('{s9999} * t0', `WITH ${chain} ${pairs} SET t2000 AS {[c].[d].&[2]}`))[0]
  assert.deepEqual(facts?.criteria.flatMap(({ values }) => values).toSorted(), ['[a].[b].&[1]', '[c].[d].&[2]'])
  assert.deepEqual(facts?.dimensions[0], { path: '[a].[b]', axis: 0 })
})

test('calculated members in one another need none either: they are worked off in turn', () => {
  const chain = many(10_000, (i) => `MEMBER [Measures].[m${i}] AS [Measures].[m${i + 1}] * 2`, ' ')
  const [facts] = readMdx(select('[Measures].[m0]', `WITH ${chain}`))
  assert.equal(facts?.calculated.length, 10_000)
  assert.deepEqual(facts?.measures, [{ measure: '[Measures].[m10000]', via: '[Measures].[m9999]' }])
})

test('sets that name one another in a circle are read', () => {
  const [facts] = readMdx(select('s', 'WITH SET s AS {t, [a].[b].&[1]} SET t AS {s, t}'))
  assert.deepEqual(
    facts?.criteria.map(({ values }) => values),
    [['[a].[b].&[1]']],
  )
})

test('a set used twice at each of sixty steps is walked once at each', () => {
  const doubling = many(60, (i) => `SET s${i} AS {s${i + 1}, s${i + 1}}`, ' ')
  const [facts] = readMdx(select('s0', `WITH ${doubling} SET s60 AS [a].[b].Members`))
  assert.deepEqual(facts?.dimensions, [{ path: '[a].[b]', axis: 0 }])
})

test('a parameter whose value is its own name is read once', () => {
  const parameters = new Map([['p', '{StrToSet(@p), [a].[b].&[1]}']])
  assert.equal(readMdx(select('StrToSet(@p)'), { parameters })[0]?.criteria.length, 1)
})

test('texts and values beyond the limits on length and tokens are refused', () => {
  assertLimit(select('[a]'), 'length', { limits: { maxLength: 10 } })
  assertLimit(select('{' + many(100, () => '[a]') + '}'), 'tokens', { limits: { maxTokens: 100 } })
  const parameters = new Map([['p', `{${many(1000, () => '[a].[b]')}}`]])
  assertLimit(select('StrToSet(@p)'), 'tokens', { parameters, limits: { maxTokens: 1000 } })
})

test('strings that are code draw on the same purse as the text around them', () => {
  const inner = '{[a].[b], [a].[c]}'
  const tokensOf = (text: string): number => {
    const purse = new TokenPurse(STATEMENT_LIMITS)
    assert.equal(new MdxParser(text, purse).statements().length, 1)
    return purse.spent
  }
  const plain = tokensOf(select('s', `WITH SET s AS ${inner}`))
  const quoted = tokensOf(select('s', `WITH SET s AS '${inner}'`))
  assert.ok(quoted > plain && quoted <= plain + 3, `${quoted} against ${plain}`)
})

test('twice the text takes twice the tokens, whatever the text', () => {
  const tokensOf = (text: string): number => {
    const purse = new TokenPurse(STATEMENT_LIMITS)
    try {
      new MdxParser(text, purse).statements()
    } catch {
      // Refused texts count as well.
    }
    return purse.spent
  }
  for (const part of ['[a].[b],', 'f(', 'SELECT a ON 0 FROM $SYSTEM.x;', 'SELECT ', "AS '", '{[a]:', '&[1]', '.']) {
    const [once, twice] = [tokensOf(`SELECT ${part.repeat(500)}`), tokensOf(`SELECT ${part.repeat(1000)}`)]
    assert.ok(twice <= 2 * once + 10, `${part}: ${once}, ${twice}`)
  }
})

test('the deepest code in the deepest set, at once, still fits the stack', () => {
  const chain = many(600, (i) => `SET s${i} AS Filter({(s${i + 1})}, IIf(1 = 1, NOT (s${i + 1}).Count > 1, 2))`, ' ')
  const code = `${'('.repeat(240)}[a].[b].&[1]${')'.repeat(240)}`
  for (const length of [100, 150, 180, 200, 220, 240, 260, 300, 400, 500]) {
    const text = select(`s${600 - length}`, `WITH ${chain} SET s600 AS StrToSet("${code}")`)
    try {
      assert.deepEqual(
        readMdx(text)[0]?.criteria.flatMap(({ values }) => values),
        ['[a].[b].&[1]', '1'].slice(0, 1),
      )
    } catch (error) {
      assert.ok(error instanceof StatementLimitError, String(error))
    }
  }
})

test('twice the text takes twice the steps of the walk, whatever the text', () => {
  const stepsOf = (set: string, before: string): number => {
    const [statement] = parseMdx(select(set, before))
    assert.ok(statement !== undefined && statement.body.kind === 'select')
    const source = {
      limits: STATEMENT_LIMITS,
      parse: () => ({ kind: 'empty' }) as const,
      parameters: new Map(),
      model: null,
      session: [],
    }
    const reading = new Reading(statement.body, source)
    const walk = new Walk(reading)
    for (const { set } of statement.body.axes) walk.visit(set, walk.context('axis'))
    for (const waiting of reading.queue) waiting()
    assert.ok(reading.findings.criteria.length + reading.findings.dimensions.length > 0)
    return walk.steps
  }
  const grown: Record<string, (n: number) => [set: string, before?: string]> = {
    'members of one set': (n) => [`{${many(n, (i) => `[a].[b].&[${i}]`)}}`],
    'unions of unions': (n) => [`{${many(n / 10, () => 'Union('.repeat(9) + '{[a].[b]}' + ', {[a].[c]})'.repeat(9))}}`],
    'sets that name the next one twice': (n) => ['s0', `WITH ${many(n, (i) => `SET s${i} AS {s${i + 1}, s${i + 1}}`, ' ')} SET s${n} AS {[a].[b].&[1]}`],
    'members that name all others': (n) => [`{[M].[m0], [a].[x]}`, `WITH ${many(n / 10, (i) => `MEMBER [M].[m${i}] AS ${many(10, (k) => `[M].[m${(i * 10 + k) % (n / 10)}]`, '+')}`, ' ')}`],
    'conditions one after another': (n) => [`Filter([a].[b].Members, ${many(n, (i) => `[a].CurrentMember IS [a].[c${i}]`, ' OR ')})`],
  } // prettier-ignore
  for (const [what, make] of Object.entries(grown)) {
    const [once, twice] = [make(500), make(1000)].map(([set, before = '']) => stepsOf(set, before))
    assert.ok(once !== undefined && twice !== undefined && twice <= 2 * once + 20, `${what}: ${once}, ${twice}`)
  }
})
