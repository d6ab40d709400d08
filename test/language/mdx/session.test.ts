import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readMdx } from '../../../proxy/language/mdx/read.ts'
import { MAX_SESSION_DEFINITIONS, MAX_SESSION_LENGTH, sessionDefinitions } from '../../../proxy/language/mdx/session.ts'
import type { StatementFacts } from '../../../proxy/language/statement.ts'

const PERSON = '[B].[CPR].&[1204415123]'
const OTHER = '[B].[CPR].&[0309526417]'
const after = (...texts: string[]): readonly string[] =>
  texts.reduce((list: readonly string[], text) => sessionDefinitions(text, list), [])

function factsOf(text: string, session: readonly string[]): StatementFacts {
  const [facts] = readMdx(text, { session })
  assert.ok(facts !== undefined)
  return facts
}
const valuesOf = (text: string, session: readonly string[]) => factsOf(text, session).criteria.flatMap((c) => c.values)
const uses = (name: string, before = ''): string => `${before} SELECT ${name} ON 0 FROM [Borger]`

test('a set that an earlier statement made is resolved where a query uses it', () => {
  const session = after(`CREATE SESSION SET [Borger].[Familien] AS {${PERSON}, ${OTHER}}`)
  assert.deepEqual(valuesOf(uses('[Familien]'), session), [PERSON, OTHER])
  assert.deepEqual(factsOf(uses('[Familien]'), session).dimensions, [{ path: '[B].[CPR]', axis: 0 }])
  assert.deepEqual(valuesOf(uses('[A].[x].Members'), session), [])
})

test('so is a member, with the measures of its formula', () => {
  const session = after(
    `CREATE SESSION MEMBER [Borger].[Measures].[Hans] AS '(${PERSON}, [Measures].[Beløb])'; CREATE SET CURRENTCUBE.[s] AS {[A].[x].&[1]}`,
  )
  const facts = factsOf(uses('{[Measures].[Hans]} * [s]'), session)
  assert.deepEqual(facts.calculated, ['[Measures].[Hans]'])
  assert.deepEqual(facts.measures, [{ measure: '[Measures].[Beløb]', via: '[Measures].[Hans]' }])
  assert.deepEqual(facts.criteria.flatMap(({ values }) => values).toSorted(), ['[A].[x].&[1]', PERSON])
})

test('the query’s own definition goes before the session’s, a later one before an earlier', () => {
  const session = after(`CREATE SET [Borger].[s] AS {${PERSON}}`, `CREATE SET [Borger].[s] AS {${OTHER}}`)
  assert.equal(session.length, 1)
  assert.deepEqual(valuesOf(uses('s'), session), [OTHER])
  assert.deepEqual(valuesOf(uses('s', 'WITH SET s AS {[A].[x].&[1]}'), session), ['[A].[x].&[1]'])
  assert.deepEqual(valuesOf(uses('s'), [`CREATE SET [c].[s] AS {${PERSON}}`, `CREATE SET [s] AS {${OTHER}}`]), [OTHER])
})

test('definitions of another cube are not this one’s', () => {
  assert.deepEqual(valuesOf(uses('[s]'), after(`CREATE SET [Løn].[s] AS {${PERSON}}`)), [])
})

test('what is dropped is forgotten, one name or several at once', () => {
  const made = [
    `CREATE SESSION MEMBER [Borger].[Measures].[m] AS 1`,
    `CREATE SET [Borger].[s] AS {${PERSON}}`,
    `CREATE SET [Borger].[t] AS {${PERSON}}`,
  ]
  assert.deepEqual(after(...made, 'DROP SET [borger].[S], [Borger].[t]'), made.slice(0, 1))
  assert.deepEqual(after(...made, 'DROP MEMBER [Borger].[Measures].[m]'), made.slice(1))
})

test('other texts leave the list as it is, also those that cannot be read', () => {
  const before = after(`CREATE SET [Borger].[s] AS {${PERSON}}`)
  for (const text of [uses('[s]'), 'CREATE SET [x', 'DROP', '', '<Create/>', 'CREATE GLOBAL CUBE [x] STORAGE "y"']) {
    assert.deepEqual(sessionDefinitions(text, before), before, text)
  }
})

test('the list is bounded in number and in length; the oldest go first', () => {
  const many = Array.from({ length: MAX_SESSION_DEFINITIONS + 20 }, (_, i) => `CREATE SET [s${i}] AS {[a].[b]}`)
  const list = sessionDefinitions(many.join(';'), [])
  assert.equal(list.length, MAX_SESSION_DEFINITIONS)
  assert.equal(list.at(-1), many.at(-1))
  const large = (name: string) => `CREATE SET [${name}] AS {[a].[${'b'.repeat(MAX_SESSION_LENGTH / 2)}]}`
  assert.deepEqual(after(large('a'), large('b')), [large('b')])
})

test('thousands of definitions in one text are taken in at a cost that grows as the text does', () => {
  const time = (count: number) => {
    const text = Array.from({ length: count }, (_, i) => `CREATE SET [s${i}] AS {[a].[${'b'.repeat(400)}]}`).join(';')
    const begun = process.cpuUsage()
    assert.equal(sessionDefinitions(text, []).length, MAX_SESSION_DEFINITIONS)
    const { user, system } = process.cpuUsage(begun)
    return (user + system) / count
  }
  time(1000)
  assert.ok(time(8000) < 6 * time(1000))
})

test('sets of a session that name one another in a circle are read', () => {
  const session = after(`CREATE SET [s] AS {[t], ${PERSON}}`, 'CREATE SET [t] AS {[s]}')
  assert.deepEqual(valuesOf(uses('[t]'), session), [PERSON])
})

test('what one statement of a text defines is in force for those after it, until it is dropped', () => {
  const text = `CREATE SESSION SET [Borger].[s] AS {${PERSON}}; ${uses('[s]')}; DROP SET [Borger].[s]; ${uses('[s]')}`
  const found = readMdx(text).map(({ criteria }) => criteria.flatMap(({ values }) => values))
  assert.deepEqual(found, [[PERSON], [PERSON], [], []])
})
