/** What pages about one person show of the question, and how they ask the next one: by a form, for it holds the number. */
import type { PersonQuestion } from '../query/person.ts'
import { day } from './format.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import { csrfField, type View } from './view.ts'

/** Period and reason of a question, as they were given. */
export function questionFacts(view: View, given: PersonQuestion): Html {
  const purpose = given.purpose?.trim()
  const period = view.m.filter(dayGiven(view, given.from), dayGiven(view, given.to))
  return html`${period}${purpose ? html` · ${view.m.purposeGiven(purpose)}` : null}`
}

/** A day as given, in words; a date-time as it came. */
function dayGiven({ lang }: View, text: string | undefined): string | null {
  if (!text) return null
  return /^\d{4}-\d\d-\d\d$/.test(text) ? day(lang, Date.parse(`${text}T12:00Z`)) : text
}

/** Asks who may have covered the person. */
export function coveredForm(view: View, given: PersonQuestion, before: string | null, label: string): Html {
  const kept = { ...given, before: before ?? '' }
  const names = ['person', 'from', 'to', 'purpose', 'before'] as const
  return html`<form class="tilsyn-paging d-print-none" method="post" action="/search/covered">
    ${csrfField(view)} ${names.map((name) => html`<input type="hidden" name="${name}" value="${kept[name]}" />`)}
    <button class="button button-secondary">${label}</button>
  </form>`
}
