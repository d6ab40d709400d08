import type { AnswerFacts } from '../../exchange.ts'
import type { PersonNumber } from '../../../schema/record/ids.ts'
import type { Named, PersonRules } from '../../../schema/record/person-number.ts'
import { findPersonNumbers, namingOf } from '../../../schema/record/person-number.ts'
import { DASHES, plain } from '../../../schema/record/digits.ts'

export type Place = 'axis' | 'cell' | 'column' | 'member' | 'text'

/** Counting ends here: an answer that shows more persons than a municipality has is not told apart further. */
const MAX_COUNTED = 100_000
/** Names remembered as named for person numbers, or not. */
const MAX_NAMES = 1_000
const MAX_NAME = 200

/**
 * The persons in one answer, and where each stood. Up to `threshold` different ones are listed, beyond that only
 * counted (D29), and beyond {@link MAX_COUNTED} not even that: `personsSeen` then means "at least".
 */
export class PersonsSeen {
  readonly rules: PersonRules
  /** No attribute is named for persons by configuration: only those whose names everybody knows are. */
  readonly knowsUsualNamesOnly: boolean
  readonly #threshold: number
  readonly #persons = new Set<PersonNumber>()
  readonly #named = new Map<string, Named>()
  #listed: Map<string, { person: PersonNumber; place: Place }> | null = new Map()

  constructor(rules: PersonRules, threshold: number) {
    this.rules = rules
    this.knowsUsualNamesOnly = rules.attributes.length === 0 && (rules.domains ?? []).length === 0
    this.#threshold = threshold
  }

  /** @param named what the attribute of which `text` is a value is named for. */
  look(text: string, place: Place, named: () => Named): void {
    for (const person of findPersonNumbers(text, named(), this.rules)) this.add(person, place)
  }

  /** What `path` tells of the numbers in it. An answer asks the same of many members. */
  naming(path: string): Named {
    if (path === '') return false
    const known = this.#named.get(path)
    if (known !== undefined) return known
    const named = namingOf(path, this.rules)
    if (this.#named.size < MAX_NAMES && path.length < MAX_NAME) this.#named.set(path, named)
    return named
  }

  add(person: PersonNumber, place: Place): void {
    if (this.#persons.size < MAX_COUNTED) this.#persons.add(person)
    if (this.#persons.size > this.#threshold) this.#listed = null
    else this.#listed?.set(`${person} ${place}`, { person, place })
  }

  facts(): Pick<AnswerFacts, 'personsSeen' | 'persons'> {
    return { personsSeen: this.#persons.size, persons: [...(this.#listed?.values() ?? [])] }
  }
}

const HYPHENATED = new RegExp(String.raw`\d{6}[${DASHES}]\d`)

/** Is there a number that is written as no amount is? */
export const isHyphenated = (text: string): boolean => HYPHENATED.test(plain(text))

/**
 * Looks at a value that may be an amount: one that is not named for persons counts only with a hyphen, `DDMMYY-SSSS`.
 */
export function lookAtAmount(seen: PersonsSeen, text: string, place: Place, named: Named): void {
  if (named === true || isHyphenated(text)) seen.look(text, place, () => named)
}
