/**
 * Holds the log against the lists that others kept of the same requests: what arrived at Mondrian, with whose name and
 * how it was answered, and what Mondrian says it executed.
 */
import assert from 'node:assert/strict'
import { statements, tally } from './lab.ts'
import { canonical, plainFacts } from './mdx-text.ts'
import type { Arrived } from './onlooker.ts'
import type { Entry } from './tilsyn.ts'

type People = ReadonlyMap<string, string>

const STATEMENTS = new Set(['query', 'drillthrough', 'explain', 'dmv', 'ddl'])
export const isStatement = ({ action }: Entry): boolean => STATEMENTS.has(action)

/** How Tilsyn is to call an ending that the onlooker saw. A 401 was refused; Mondrian's faults have status 200. */
function outcomeOf({ status, faulty }: Arrived): string {
  if (status === 401) return 'refused'
  return faulty || status >= 400 ? 'fault' : 'answered'
}

const person = (text: string | null): string | null => /(?<!\d)\d{10}(?!\d)/.exec(text ?? '')?.[0] ?? null

/** Every statement that arrived is one entry with the same text, user and ending, and none is there that did not. */
export function assertEachStatementOnce(entries: readonly Entry[], arrived: readonly Arrived[]): void {
  const sent = arrived.filter(({ method, text }) => method === 'Execute' && text !== '')
  const expected = sent.map((one) => `${one.user ?? '-'} ${outcomeOf(one)} ${one.text}`)
  const logged = entries.filter(isStatement)
  const found = logged.map((entry) => `${entry.user_name ?? '-'} ${entry.outcome} ${entry.query.trim()}`)
  assert.deepEqual(tally(found.sort()), tally(expected.sort()))
}

/** Every person asked for by Discover is the criterion of one entry, with the same user and ending. */
export function assertEachPersonDiscoveredOnce(entries: readonly Entry[], arrived: readonly Arrived[]): number {
  const asked = arrived.filter(({ method, member }) => method === 'Discover' && person(member) !== null)
  const expected = asked.map((one) => `${one.user ?? '-'} ${outcomeOf(one)} ${person(one.member)}`)
  const found = entries
    .filter(({ action }) => action === 'discover')
    .flatMap(({ user_name, outcome, criteria }) => {
      const persons = new Set(criteria.map(({ person }) => person).filter((value) => value !== null))
      return [...persons].map((value) => `${user_name ?? '-'} ${outcome} ${value}`)
    })
  assert.deepEqual(tally(found.sort()), tally(expected.sort()))
  return asked.length
}

/** Every statement that Mondrian executed is one answered entry; returns them in pairs. */
export function assertExecutedOnce(entries: readonly Entry[], mdxLog: string, people: People): Pair[] {
  const executed = statements(mdxLog).map((text) => ({ text, key: canonical(text, people) }))
  const answered = entries
    .filter((entry) => isStatement(entry) && entry.outcome === 'answered')
    .map((entry) => ({ entry, key: canonical(entry.query, people) }))
  const keys = (list: readonly { readonly key: string }[]) => tally(list.map(({ key }) => key).sort())
  assert.deepEqual(keys(answered), keys(executed))
  // Each entry in one pair: of two equal statements both are looked at.
  const byKey = Map.groupBy(answered, ({ key }) => key)
  return executed.flatMap(({ text, key }) => {
    const entry = byKey.get(key)?.shift()?.entry
    return entry === undefined ? [] : [{ text, entry }]
  })
}

export interface Pair {
  /** As Mondrian prints it. */
  readonly text: string
  readonly entry: Entry
}

/** Cube, measures and persons of an entry are those in Mondrian's own text of the statement. */
export function assertSameFacts({ text, entry }: Pair): void {
  const facts = plainFacts(text)
  assert.equal(entry.cube, facts.cube, text)
  const base = entry.measures.filter(({ calculated }) => !calculated)
  const named = base.filter(({ via }) => via !== 'default').map(({ measure }) => measure)
  assert.deepEqual(new Set(named), facts.measures, text)
  // Where the text names none, the cube's own is known from the metadata that passed by before.
  const assumed = base.filter(({ via }) => via === 'default').map(({ measure }) => measure)
  const own = entry.cube === 'Økonomi' ? '[Measures].[Forbrug]' : '[Measures].[Antal]'
  if (assumed.length > 0) assert.deepEqual([assumed, facts.measures.size], [[own], 0], text)
  const persons = new Set(entry.criteria.map(({ person }) => person).filter((value) => value !== null))
  // A person that Mondrian shows by name was asked for by key: the number stands in the client's text only.
  const asked = plainFacts(entry.query).persons
  assert.deepEqual(persons, new Set([...facts.persons, ...asked]), text)
}
