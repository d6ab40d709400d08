/** Which persons a criterion's value names. */
import type { PersonNumber } from '../../../schema/record/ids.ts'
import type { Named, PersonRules } from '../../../schema/record/person-number.ts'
import {
  findPersonNumbers,
  namesPersonNumbers,
  namingOf,
  personNumber,
  personTokens,
} from '../../../schema/record/person-number.ts'
import { unescaped } from './escapes.ts'
import { isHyphenated } from './persons-seen.ts'
import { lately } from '../lately.ts'
import { segmentsOf } from '../path.ts'

const isPath = (value: string): boolean => value.startsWith('[') || value.startsWith('&[')

/**
 * Every person that `value` names, once each. A path tells by its own names whether person numbers stand in it. For a
 * literal its attribute tells; where that is lost (the property asked for is not part of a criterion), `spoken` does:
 * whether the statement around it speaks of person numbers at all. An attribute that is declared to hold none decides.
 *
 * @param amount `value` is compared with a number of its own, such as a measure.
 */
export function personsIn(
  value: string,
  path: string | null,
  spoken: boolean,
  rules: PersonRules,
  amount = isMeasure(path),
): readonly PersonNumber[] {
  if (!mayHoldPerson(value)) return NOBODY
  const naming = path === null ? false : namingUnder(rules)(path)
  if (naming === 'silent') return NOBODY
  const persons = personsOf(value, amount, naming, spoken, rules)
  const plain = unescaped(value)
  return plain === null ? persons : [...new Set([...persons, ...personsOf(plain, amount, naming, spoken, rules)])]
}

const NOBODY: readonly PersonNumber[] = []

const namings = new WeakMap<PersonRules, (path: string) => Named>()

/** What paths are named for, under the same rules as lately. */
function namingUnder(rules: PersonRules): (path: string) => Named {
  const known = namings.get(rules) ?? lately((path) => namingOf(path, rules))
  namings.set(rules, known)
  return known
}

/** Does it take the words around `value` to tell whether a person stands in it? */
export const dependsOnWording = (value: string): boolean => !isPath(value) && mayHoldPerson(value)

/** The fewest digits a person is written with: `1.30475E9`. */
const FEWEST_DIGITS = 7

/**
 * Most values hold too few digits for anybody. Digits of other scripts, and whatever may be an escape, are left to those
 * who know them: this never says no wrongly.
 */
function mayHoldPerson(value: string): boolean {
  let digits = 0
  for (let at = 0; at < value.length; at += 1) {
    const code = value.charCodeAt(at)
    if (code >= 0x30 && code <= 0x39) digits += 1
    else if (code >= 0x660 || code === 0x25 || code === 0x5c) return true
    else if (code === 0x26 && value.charCodeAt(at + 1) !== 0x5b) return true
    else if (code === 0x5f && (value.charCodeAt(at + 1) | 0x20) === 0x78) return true
  }
  return digits >= FEWEST_DIGITS
}

function personsOf(value: string, amount: boolean, naming: Named, spoken: boolean, rules: PersonRules): PersonNumber[] {
  if (!/\p{Nd}/u.test(value)) return []
  if (amount && !isPath(value)) {
    return naming === true || isHyphenated(value) ? findPersonNumbers(value, naming, rules) : []
  }
  const named = naming === false ? namedByValue(value, spoken, rules) : naming
  const last = isPath(value) ? (segmentsOf(value).at(-1)?.name ?? value) : value
  const whole = personNumber(last, named, rules)
  const found = findPersonNumbers(value, named, rules)
  return [...new Set(whole === null ? found : [whole, ...found])]
}

function namedByValue(value: string, spoken: boolean, rules: PersonRules): Named {
  if (spoken && !isPath(value)) return true
  return value.includes('[') ? namingOf(value, rules) : false
}

/** What a measure is compared with is an amount, however much it looks like a person; but for one with a hyphen. */
export function isMeasure(path: string | null): boolean {
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
  const found = new Map<number, NearbyPerson>()
  // What only an attribute named for persons may hold is looked for as well; a token of both kinds counts once.
  for (const wide of [false, true]) {
    for (const token of personTokens(text, wide)) {
      const named = found.has(token.at) ? null : namesPersonNumbers(nameBefore(text, token.at), rules)
      const person = named === null || (wide && !named) ? null : personNumber(token.text, named, rules)
      if (person !== null) found.set(token.at, { ...token, named: named === true, person })
    }
  }
  return [...found.values()].sort((a, b) => a.at - b.at)
}
