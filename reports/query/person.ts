/** Who searched for this person, or saw them (requirements K04, D18)? The question Tilsyn is for. */
import type { LogId, PersonNumber } from '../../schema/record/ids.ts'
import { findPersonNumbers, personNumber } from '../../schema/record/person-number.ts'
import type { PersonHit } from '../../schema/store/store.ts'
import { pageOf, type PageQuestion, pageWords } from './page.ts'
import { type Period, period } from './period.ts'
import type { Ask, Asker, Desk, Mistake } from './use.ts'
import { answering, restriction } from './use.ts'

export interface PersonQuestion extends PageQuestion {
  /** With or without hyphen. */
  readonly person: string
  readonly from?: string
  readonly to?: string
  /** Why it is asked: a reason or a case number. Kept with the entry about the use. */
  readonly purpose?: string
}

export interface PersonAnswer {
  readonly kind: 'answer'
  readonly person: PersonNumber
  readonly hits: readonly PersonHit[]
  /** Ask again with this as `before` for older entries. */
  readonly next: LogId | null
}

export type How = 'searched' | 'seen' | 'both'

/**
 * Entries that searched for the person or showed them, newest first. The use is logged before this resolves.
 *
 * @throws UseNotLogged, StoreError
 */
export async function searchPerson(
  desk: Desk,
  asker: Asker,
  question: PersonQuestion,
): Promise<PersonAnswer | Mistake> {
  const person = personNumber(question.person, true, desk.persons)
  if (person === null) return { kind: 'mistake', place: 'person', reason: 'person-number' }
  const purpose = question.purpose?.trim() || null
  if (purpose !== null && holdsPersonNumber(purpose)) {
    return { kind: 'mistake', place: 'purpose', reason: 'number-in-text' }
  }
  const range = period(question.from, question.to)
  if ('kind' in range) return range
  const page = pageOf(question)
  if ('kind' in page) return page
  return answering(desk, asker, asked(person, question, range, purpose), async () => {
    const { rows: hits, next } = await page.read(
      (p) => desk.reader.person(person, range, p),
      (hit) => hit.entry.logId,
    )
    return { answer: { kind: 'answer', person, hits, next }, rowCount: hits.length }
  })
}

export function how(hit: PersonHit): How {
  if (hit.criteria.length === 0) return 'seen'
  return hit.places.length === 0 ? 'searched' : 'both'
}

/**
 * Does free text hold a person number, whatever the date of birth? Such text is refused where it is meant for something
 * else (requirement N04), and in addresses of pages.
 */
export function holdsPersonNumber(text: string): boolean {
  return findPersonNumbers(text, false, { latestBirth: '9999-12-31', attributes: [] }).length > 0
}

function asked(person: PersonNumber, question: PersonQuestion, range: Period, purpose: string | null): Ask {
  return {
    action: 'search',
    report: 'person',
    words: `Hvem har søgt på eller set personen?${pageWords(question)}`,
    criteria: [restriction('person', '=', person, person), ...periodRestrictions(range)],
    purpose,
  }
}

export function periodRestrictions({ from, to }: Period) {
  return [
    ...(from === undefined ? [] : [restriction('asked_at', '>=', new Date(from).toISOString())]),
    ...(to === undefined ? [] : [restriction('asked_at', '<', new Date(to).toISOString())]),
  ]
}
