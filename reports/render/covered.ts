/** Entries that do not name the person searched for, and may have taken them in: how, and why. */
import type { CoveredAnswer } from '../query/coverage.ts'
import type { PersonQuestion } from '../query/person.ts'
import type { Delay } from '../query/status.ts'
import { person } from './format.ts'
import { html } from './html.ts'
import { printedFor } from './latest.ts'
import { layout } from './layout.ts'
import { coveredForm, questionFacts } from './question.ts'
import { entryTable } from './table.ts'
import { delayNotice, type View } from './view.ts'

export function coveredPage(view: View, given: PersonQuestion, answer: CoveredAnswer, delay: Delay): string {
  const { m } = view
  const shown = person(answer.person)
  const title = m.coveredOf(shown)
  const rows = answer.hits.map(({ entry, coverage }) => ({ entry, how: null, coverage }))
  const more = answer.next !== null
  return layout(
    view,
    'search',
    m.coveredTitle,
    html`${delayNotice(view, delay)}
      <p class="tilsyn-lead">${m.coveredLead}</p>
      <p class="tilsyn-facts"><strong>${m.found(answer.hits.length, more)}</strong> · ${questionFacts(view, given)}</p>
      ${printedFor(view)}
      ${rows.length === 0 ? html`<p>${more ? m.coveredNoneYet : m.coveredNobody}</p>` : entryTable(view, title, rows)}
      ${more ? coveredForm(view, { ...given, person: answer.person }, answer.next, m.older) : null}
      <p class="d-print-none"><a href="/search">${m.newSearch}</a></p>`,
    title,
  )
}
