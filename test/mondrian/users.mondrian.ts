/** A server that asks for passwords, and compresses: whose query it was, and what became of the refused ones. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { citizens, GUARDED, olap4j, tail, tally, USERS, xmla } from './lab.ts'
import * as ledger from './ledger.ts'
import { onlooker } from './onlooker.ts'
import type { Onlooker } from './onlooker.ts'
import { Tilsyn } from './tilsyn.ts'
import type { Entry } from './tilsyn.ts'

const PERSON = 'SELECT {[Measures].[Beløb]} ON COLUMNS, {[Borger].[CPR].&[0101475001]} ON ROWS FROM [Borger]'
const BUDGET = 'SELECT {[Measures].[Budget]} ON COLUMNS, [Konto].[Kontoart].Members ON ROWS FROM [Økonomi]'
const DISTRICTS = 'SELECT {[Measures].[Antal]} ON COLUMNS, [Borger].[Distrikt].Members ON ROWS FROM [Borger]'

let seen: Onlooker
let tilsyn: Tilsyn
let mdxLog = ''
let entries: readonly Entry[] = []

before(async () => {
  seen = await onlooker(GUARDED.url)
  tilsyn = await Tilsyn.before(seen.url)
  const newStatements = await tail(GUARDED, 'mdx.log')
  // At the same time, so that a proxy which mixes connections would mix names.
  await Promise.all(
    USERS.map(({ name, password }) =>
      olap4j(tilsyn.url, '--user', name, '--password', password, '--quiet', '--repeat', '5', PERSON, BUDGET, DISTRICTS),
    ),
  )
  for (const { name, password } of USERS) {
    await xmla(tilsyn.url, '--user', `${name}:${password}`, 'execute', PERSON)
    await xmla(tilsyn.url, '--user', `${name}:${password}`, ...discoverPerson)
  }
  await xmla(tilsyn.url, 'execute', PERSON)
  await xmla(tilsyn.url, '--user', 'revisor:forkert', 'execute', PERSON)
  await xmla(tilsyn.url, '--user', 'revisor:forkert', ...discoverPerson)
  mdxLog = await newStatements()
  entries = await tilsyn.logOf(seen.arrived.length)
})
after(async () => {
  await tilsyn.remove()
  await seen.close()
})

const LOOK_UP = '[Borger].[CPR].&[0203486110]'
const discoverPerson = ['discover', 'MDSCHEMA_MEMBERS', 'CUBE_NAME=Borger', `MEMBER_UNIQUE_NAME=${LOOK_UP}`]

test('every statement is in the log exactly once under the name of the user who sent it', (t) => {
  ledger.assertEachStatementOnce(entries, seen.arrived)
  for (const { name } of USERS) {
    const mine = entries.filter((entry) => ledger.isStatement(entry) && entry.user_name === name)
    assert.ok(mine.length >= 16, `${mine.length} statements`)
    assert.ok(mine.every(({ user_source }) => user_source === 'basic'))
    t.diagnostic(`${mine.length} statements of ${name}`)
  }
})

test('every statement that Mondrian executed is an entry with the facts Mondrian read in it', async () => {
  const pairs = ledger.assertExecutedOnce(entries, mdxLog, await citizens(GUARDED))
  for (const pair of pairs) ledger.assertSameFacts(pair)
  assert.ok(pairs.length > 20, `${pairs.length} statements`)
})

test('every person asked for by Discover is in the log once, under the right name, answered or not', () => {
  ledger.assertEachPersonDiscoveredOnce(entries, seen.arrived)
  const asked = entries.filter(({ criteria }) => criteria.some(({ person }) => person === '0203486110'))
  assert.deepEqual(new Set(asked.map(({ user_name }) => user_name)), new Set(USERS.map(({ name }) => name)))
})

test('a look-up that the user has no right to is an entry with its fault and the person asked for', () => {
  const refused = entries.filter(
    ({ user_name, query }) => user_name === 'sagsbehandler' && query.includes('0101475001'),
  )
  assert.ok(refused.length >= 6)
  for (const { outcome, status, fault_code, criteria, persons_seen } of refused) {
    assert.equal(outcome, 'fault')
    assert.equal(status, 200)
    assert.ok(fault_code?.includes('00HSBD01'))
    assert.deepEqual(new Set(criteria.map(({ person }) => person)), new Set(['0101475001']))
    assert.equal(persons_seen, 0)
  }
})

test('a query without a password, or with a wrong one, is an entry of a user whom the server did not confirm', () => {
  const refused = entries.filter(({ outcome }) => outcome === 'refused')
  const attempts = refused.map((one) => `${one.user_name ?? '-'} ${Boolean(one.user_confirmed)} ${one.status}`)
  const wanted = seen.arrived.filter(({ status }) => status === 401).map(({ user }) => `${user ?? '-'} false 401`)
  assert.deepEqual(tally(attempts.sort()), tally(wanted.sort()))
  assert.deepEqual(new Set(attempts), new Set(['- false 401', 'revisor false 401']))
})

test('users whom the server let in are confirmed', () => {
  const letIn = entries.filter(({ outcome }) => outcome === 'answered')
  assert.ok(letIn.length > 100)
  assert.ok(letIn.every(({ user_confirmed }) => Boolean(user_confirmed)))
})

test('compressed answers are read: the person who was shown is in the log', () => {
  const answered = entries.filter(({ query, outcome }) => query.includes('0101475001') && outcome === 'answered')
  assert.ok(answered.length >= 6)
  for (const { decoded, seen } of answered) {
    assert.ok(decoded)
    assert.deepEqual(
      seen.map(({ person }) => person),
      ['0101475001'],
    )
  }
})
