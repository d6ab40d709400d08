import type { AnswerFacts } from '../exchange.ts'
import type { PersonNumber } from '../../schema/record/ids.ts'
import type { PersonRules } from '../../schema/record/person-number.ts'
import { findPersonNumbers } from '../../schema/record/person-number.ts'

export type Place = 'axis' | 'cell' | 'column' | 'member' | 'text'

/** Counting ends here: an answer that shows more persons than a municipality has is not told apart further. */
const MAX_COUNTED = 100_000

/**
 * The persons in one answer, and where each stood. Up to `threshold` different ones are listed, beyond that only
 * counted (D29), and beyond {@link MAX_COUNTED} not even that: `personsSeen` then means "at least".
 */
export class PersonsSeen {
  readonly rules: PersonRules
  readonly #threshold: number
  readonly #persons = new Set<PersonNumber>()
  #listed: Map<string, { person: PersonNumber; place: Place }> | null = new Map()

  constructor(rules: PersonRules, threshold: number) {
    this.rules = rules
    this.#threshold = threshold
  }

  /** @param named whether the text is a value of something named for person numbers; asked only if it matters. */
  look(text: string, place: Place, named: () => boolean): void {
    if (!hasSixDigits(text)) return
    for (const person of findPersonNumbers(text, named(), this.rules)) this.add(person, place)
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

/**
 * Looks at a value that may be an amount: one that is not named for persons counts only with a hyphen, `DDMMYY-SSSS`.
 * Named ones are also read where a key of ten digits came as a floating-point number.
 */
export function lookAtAmount(seen: PersonsSeen, text: string, place: Place, named: boolean): void {
  if (named) seen.look(plainDigits(text), place, () => true)
  else if (/\d{6}[-\u2010-\u2015]\d/.test(text)) seen.look(text, place, () => false)
}

function plainDigits(text: string): string {
  const number = /^\d(?:\.\d+)?E\+?\d+$/i.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(number) ? String(number) : text
}

/** Most texts of an answer hold no number long enough; this is cheaper than any pattern for them. */
export function hasSixDigits(text: string): boolean {
  if (text.length < 9) return false
  let run = 0
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i)
    run = code >= 0x30 && code <= 0x39 ? run + 1 : 0
    if (run === 6) return true
  }
  return false
}
