/**
 * Criteria of a text that could not be read as a statement: everything it mentions that may be a member, and every
 * person. Too much rather than too little: a gap in our grammar must not be a gap in the audit.
 */
import type { Mention } from '../../language/statement.ts'
import { mentions } from '../../language/mention.ts'
import type { PersonRules } from '../../../schema/record/person-number.ts'
import { speaksOfPersons } from '../../../schema/record/person-number.ts'
import type { Criterion } from '../../../schema/record/record.ts'
import { unescaped } from '../persons/escapes.ts'
import { columnsOf, parentPath, segmentsOf } from '../path.ts'
import { personsNearNames } from '../persons/persons.ts'
import type { Sought } from './rows.ts'
import { valueRows } from './rows.ts'

/** Mentions without a person beyond this many are left to the text itself, which is kept whole. */
const MAX_PLAIN = 1000

/** Names, strings and person numbers of a statement that is opaque. */
export function mentionedIn(statement: string, rules: PersonRules): Criterion[] {
  const seen = new Set<string>()
  const spoken = speaksOfPersons(statement, rules)
  const rows = mentions(statement)
    .filter((mention) => isNew(seen, mention.text) && mention.text.trim() !== '')
    .flatMap((mention) => mentionRows(mention, spoken, rules))
  return limited(rows)
}

/** Person numbers in a text that is no statement. */
export function personsMentioned(text: string, rules: PersonRules): Criterion[] {
  const plain = unescaped(text)
  const near = [...personsNearNames(text, rules), ...(plain === null ? [] : personsNearNames(plain, rules))]
  return distinct(near).map(({ text: value, person }) => ({ ...mentioned(value), person }))
}

function mentionRows(mention: Mention, spoken: boolean, rules: PersonRules): Criterion[] {
  const { text, kind } = mention
  const path = kind === 'name' ? pathOf(text) : null
  const sought: Sought = { columns: columnsOf(path), path, operator: '=', originClause: 'mentioned' }
  const rows = valueRows(sought, text, spoken, rules)
  return rows.filter((row) => row.person !== null || (kind === 'name' ? path !== null : kind === 'string'))
}

/** A member's hierarchy; a name alone (`SELECT`, `[Borger]`) has none and is no criterion. */
function pathOf(name: string): string | null {
  const segments = segmentsOf(name)
  if (segments.length < 2 || /^\[?measures\]?$/i.test(segments[0]?.name ?? '')) return null
  return parentPath(segments)
}

function limited(rows: readonly Criterion[]): Criterion[] {
  let plain = 0
  return rows.filter((row) => row.person !== null || ++plain <= MAX_PLAIN)
}

function distinct<T extends { readonly person: string }>(rows: readonly T[]): T[] {
  const seen = new Set<string>()
  return rows.filter((row) => isNew(seen, row.person))
}

function isNew(seen: Set<string>, text: string): boolean {
  if (seen.has(text)) return false
  seen.add(text)
  return true
}

function mentioned(value: string): Omit<Criterion, 'person'> {
  const columns = columnsOf(null)
  return { ...columns, operator: '=', value, valueTo: null, personTo: null, originClause: 'mentioned' }
}
