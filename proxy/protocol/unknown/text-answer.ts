import type { AnswerFacts } from '../../exchange.ts'
import type { PersonRules } from '../../../schema/record/person-number.ts'
import { personsNearNames } from '../persons/persons.ts'
import { PersonsSeen } from '../persons/persons-seen.ts'
import { UNREAD_ANSWER } from './unread-answer.ts'

/** As much of the last piece is looked at again with the next one: longer than a number and the name before it. */
const OVERLAP = 96

/**
 * Looks for persons in an answer of no known build: a page, JSON, a list. In JSON a bare number is an amount as likely
 * as a person, so it counts only where its member is named for person numbers.
 */
export class TextAnswerReader {
  readonly #json: boolean
  readonly #seen: PersonsSeen
  #held = ''
  #any = false
  /** Is what stands before `held` gone? Then a number at its very start may be the rest of a longer one. */
  #cut = false

  constructor(json: boolean, rules: PersonRules, threshold: number) {
    this.#json = json
    this.#seen = new PersonsSeen(rules, threshold)
  }

  write(text: string): void {
    this.#any ||= text !== ''
    const all = this.#held + text
    if (all.length > OVERLAP) {
      // What stands at the end may go on in the next piece; it is in `held`, and looked at then.
      this.#look(all, all.length - 20)
      this.#cut = true
    }
    this.#held = all.slice(-OVERLAP)
  }

  end(): AnswerFacts {
    this.#look(this.#held, this.#held.length)
    const persons = this.#seen.facts()
    return { ...UNREAD_ANSWER, decoded: this.#any, ...persons }
  }

  #look(text: string, until: number): void {
    for (const { person, at, named } of personsNearNames(text, this.#seen.rules)) {
      if (this.#cut && at === 0) continue
      if (at < until && (named || !this.#json || !isJsonNumber(text, at))) this.#seen.add(person, 'text')
    }
  }
}

/** A number as a value: after `:`, `,` or `[`, and before what ends a value (RFC 8259 section 2 "JSON Grammar"). */
function isJsonNumber(text: string, at: number): boolean {
  return /[:,[]\s*$/.test(text.slice(Math.max(at - 16, 0), at)) && /^\d+\s*[,\]}]/.test(text.slice(at, at + 32))
}
