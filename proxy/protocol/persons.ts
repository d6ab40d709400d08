/** Which persons a criterion's value names. */
import type { PersonNumber } from '../../schema/record/ids.ts'
import type { PersonRules } from '../../schema/record/person-number.ts'
import { findPersonNumbers, namesPersonNumbers, personNumber } from '../../schema/record/person-number.ts'
import { segmentsOf } from './path.ts'

const isPath = (value: string): boolean => value.startsWith('[') || value.startsWith('&[')

/**
 * Every person that `value` names, once each. A path tells by its own names whether person numbers stand in it. For a
 * literal its attribute tells; where that is lost (the property asked for is not part of a criterion), `spoken` does:
 * whether the statement around it speaks of person numbers at all.
 */
export function personsIn(value: string, path: string | null, spoken: boolean, rules: PersonRules): PersonNumber[] {
  if (!/\d/.test(value)) return []
  const attribute = path !== null && namesPersonNumbers(path, rules)
  if (isMeasure(path) && !isPath(value)) return attribute ? findPersonNumbers(value, true, rules) : []
  const named = attribute || (spoken && !isPath(value)) || (value.includes('[') && namesPersonNumbers(value, rules))
  const last = isPath(value) ? (segmentsOf(value).at(-1)?.name ?? value) : value
  const whole = personNumber(last, named, rules)
  const found = findPersonNumbers(value, named, rules)
  return [...new Set(whole === null ? found : [whole, ...found])]
}

/** What a measure is compared with is an amount, however much it looks like a person. */
function isMeasure(path: string | null): boolean {
  return path !== null && /^\[measures\]/i.test(path)
}

export interface NearbyPerson {
  readonly text: string
  /** Where it begins. */
  readonly at: number
  /** Do the characters before it name person numbers? */
  readonly named: boolean
  readonly person: PersonNumber
}

const TOKEN = /(?<![\p{L}\p{N}])(?:\d{6}(?:[-\u2010-\u2015 \u00a0]?\d{4}|-?\d[A-Za-z]{2}\d)|\d{9})(?![\p{L}\p{N}])/gu
const NEARBY = 48

/** The name of a JSON member, a parameter or an element. */
const NAME = /["']?\p{L}[\p{L}\p{N}_ .-]*["']?\s*[:=]|<[\p{L}\p{N}_:.-]+/gu

/** What is told about a number by the text before it: the last name there, else all of it. */
function nameBefore(text: string, at: number): string {
  const before = text.slice(Math.max(0, at - NEARBY), at)
  return [...before.matchAll(NAME)].at(-1)?.[0] ?? before
}

/**
 * Person numbers in a text of unknown build (JSON, a form, a request target). Whether one is named for a person is told
 * by the characters before it, where a member, a parameter or an element has its name.
 */
export function personsNearNames(text: string, rules: PersonRules): NearbyPerson[] {
  const found: NearbyPerson[] = []
  for (const match of text.matchAll(TOKEN)) {
    const named = namesPersonNumbers(nameBefore(text, match.index), rules)
    const person = personNumber(match[0], named, rules)
    if (person !== null) found.push({ text: match[0], at: match.index, named, person })
  }
  return found
}
