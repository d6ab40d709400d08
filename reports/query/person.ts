/** Who searched for this person, or saw them (requirements K04, D18)? The question Tilsyn is for. */
import type { LogId, PersonNumber } from '../../schema/record/ids.ts'
import { findPersonNumbers, personNumber } from '../../schema/record/person-number.ts'
import type { PersonHit } from '../../schema/store/store.ts'
import { pageOf, type PageQuestion, pageWords, type Paging } from './page.ts'
import { type Period, period } from './period.ts'
import type { Ask, Asker, Desk, Mistake } from './use.ts'
import { answering, OWN_FIELD, restriction } from './use.ts'

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
  const asked = personAsked(desk, question, 'person', 'Hvem har søgt på eller set personen?')
  if ('kind' in asked) return asked
  const { person, range, page, ask } = asked
  return answering(desk, asker, ask, async () => {
    const { rows: hits, next } = await page.read(
      (p) => desk.reader.person(person, range, p),
      (hit) => hit.entry.logId,
    )
    return { answer: { kind: 'answer', person, hits, next }, rowCount: hits.length }
  })
}

export interface PersonAsked {
  readonly person: PersonNumber
  readonly range: Period
  readonly page: Paging
  readonly ask: Ask
}

/** A question about a person, checked, and what the entry about it will say. */
export function personAsked(
  desk: Desk,
  question: PersonQuestion,
  report: string,
  words: string,
): PersonAsked | Mistake {
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
  const criteria = [restriction(OWN_FIELD, '=', person, person), ...periodRestrictions(range)]
  const ask = { action: 'search', report, words: `${words}${pageWords(question)}`, criteria, purpose } as const
  return { person, range, page, ask }
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

export function periodRestrictions({ from, to }: Period) {
  return [
    ...(from === undefined ? [] : [restriction('asked_at', '>=', new Date(from).toISOString())]),
    ...(to === undefined ? [] : [restriction('asked_at', '<', new Date(to).toISOString())]),
  ]
}
