/**
 * Looks through a whole request for persons its reading has not accounted for: in parts no adapter understands, in
 * names of members, in the address. Whoever names a person has asked about one, whatever the place means to the server.
 */
import type { PersonNumber } from '../../../schema/record/ids.ts'
import type { PersonRules } from '../../../schema/record/person-number.ts'
import { findPersonNumbers, namesPersonNumbers } from '../../../schema/record/person-number.ts'
import type { Criterion } from '../../../schema/record/record.ts'
import { assertNever } from '../../../schema/record/record.ts'
import type { Part, Reading } from '../adapter.ts'
import { columnsOf } from '../path.ts'
import type { Json, JsonObject, MaybeJson } from './json-value.ts'

export interface Found {
  readonly person: PersonNumber
  /** The string or number it stands in. */
  readonly text: string
}

/** Every person in a tree. A bare number counts only where something beside it is named for persons. */
export function personsInJson(root: MaybeJson, rules: PersonRules): Found[] {
  const found: Found[] = []
  if (root !== null) look(root, false, rules, found)
  return found
}

/** @param named whether what stands around `node` is named for persons. */
function look(node: Json, named: boolean, rules: PersonRules, found: Found[]): void {
  switch (node.kind) {
    case 'object':
      return lookInObject(node, rules, found)
    case 'list': {
      const about = named || node.items.some((item) => speaks(item, rules))
      for (const item of node.items) look(item, about, rules, found)
      return
    }
    case 'string':
      return lookAt(node.text, named, rules, found)
    case 'number':
      if (named) lookAt(node.text, named, rules, found)
      return
    case 'word':
      return
    default:
      return assertNever(node)
  }
}

function lookInObject({ members }: JsonObject, rules: PersonRules, found: Found[]): void {
  const about = members.some(({ value }) => speaks(value, rules))
  for (const { name, value } of members) {
    lookAt(name, about, rules, found)
    look(value, about || namesPersonNumbers(name, rules), rules, found)
  }
}

function lookAt(text: string, named: boolean, rules: PersonRules, found: Found[]): void {
  for (const person of findPersonNumbers(text, named, rules)) found.push({ person, text })
}

const speaks = (node: Json, rules: PersonRules): boolean =>
  node.kind === 'string' && namesPersonNumbers(node.text, rules)

/** `reading` with every person of `found` it has left out, as criteria of its first part. */
export function withMentions(reading: Reading, found: readonly Found[]): Reading {
  const [first, ...rest] = reading.parts
  if (first === undefined) return reading
  const known = new Set(reading.parts.flatMap(({ criteria }) => criteria.flatMap((row) => [row.person, row.personTo])))
  const amounts = new Set(reading.parts.flatMap(amountsOf))
  const left = found.filter(({ person, text }) => !known.has(person) && !amounts.has(text) && !amounts.has(person))
  const criteria = [...new Map(left.map((one) => [one.person, mentioned(one)])).values()]
  return { ...reading, parts: [{ ...first, criteria: [...first.criteria, ...criteria] }, ...rest] }
}

/** What a measure of the part is compared with, and was found to be no person. */
function amountsOf({ criteria, measures }: Part): string[] {
  const names = new Set(measures.map(({ measure }) => measure))
  return criteria
    .filter(
      ({ person, dimension, hierarchy, level }) => person === null && names.has(level ?? hierarchy ?? dimension ?? ''),
    )
    .flatMap(({ value, valueTo }) => [value, valueTo ?? ''])
    .filter((value) => /^\d+$/.test(value))
}

export function mentioned({ person, text }: Found): Criterion {
  const common = { operator: '=', value: text, valueTo: null, person, personTo: null }
  return { ...columnsOf(null), ...common, originClause: 'mentioned' }
}
