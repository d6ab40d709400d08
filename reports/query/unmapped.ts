/**
 * Attributes in which persons were searched for, and of which neither the configuration nor the name says that they hold
 * persons: whoever runs Tilsyn should declare them (`persons.domains`), so that numbers there are recognised with
 * certainty. Shows no personal data: of a path only its first two names, and no digits.
 */
import { meaningOf } from '../../schema/record/attribute.ts'
import type { PersonRules } from '../../schema/record/attribute.ts'
import type { RecordReader } from '../../schema/store/store.ts'
import { MOST_COUNTED } from '../../schema/store/store.ts'
import { OWN_FIELD } from './use.ts'

export interface Unmapped {
  readonly attribute: string
  readonly entries: number
  /** There are more than `entries`. */
  readonly more: boolean
  /** UTC milliseconds. */
  readonly latestAt: number
}

export async function unmappedAttributes(
  reader: Pick<RecordReader, 'carriers'>,
  rules: PersonRules,
): Promise<Unmapped[]> {
  const carriers = (await reader.carriers()).filter(({ attribute }) => isUnmapped(attribute, rules))
  const byName = Map.groupBy(carriers, ({ attribute }) => shownName(attribute))
  return [...byName].map(([attribute, of]) => ({
    attribute,
    entries: of.reduce((sum, { entries }) => sum + entries, 0),
    more: of.some(({ entries }) => entries >= MOST_COUNTED),
    latestAt: Math.max(...of.map(({ latestAt }) => latestAt)),
  }))
}

/** An attribute that is declared to be no person's was looked at; the log of Tilsyn's own use has fields of its own. */
function isUnmapped(attribute: string, rules: PersonRules): boolean {
  const meaning = meaningOf(attribute, rules)
  return attribute !== OWN_FIELD && (meaning === null || meaning === 'p-number')
}

const FIRST_TWO = /^(?:'[^']*'|"[^"]*"|\[[^\]]*\]|[^.[\]]+)(?:\.?\[[^\]]*\]|\.[^.[\]]+)?/

const shownName = (attribute: string): string => (FIRST_TWO.exec(attribute)?.[0] ?? '').replace(/\d{4,}/g, '…')
