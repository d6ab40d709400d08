/** The search for a person: the form, and the answer. The form posts, so the number stands in no address. */
import type { PersonAnswer, PersonQuestion } from '../query/person.ts'
import { how } from '../query/person.ts'
import type { Delay } from '../query/status.ts'
import type { Mistake } from '../query/use.ts'
import { person } from './format.ts'
import type { Html } from './html.ts'
import { attributes, html } from './html.ts'
import { printedFor } from './latest.ts'
import { layout } from './layout.ts'
import { coveredForm, questionFacts } from './question.ts'
import { entryTable } from './table.ts'
import { alert, csrfField, delayNotice, type View } from './view.ts'

type Given = Partial<PersonQuestion>

export function searchPage(view: View, given: Given, mistake: Mistake | null): string {
  const { m } = view
  const error = mistake === null ? null : alert('error', mistakeLink(view, mistake), m.errorHeading)
  return layout(
    view,
    'search',
    m.search,
    html`<p class="tilsyn-lead">${m.searchLead}</p>
      ${error} ${form(view, given, mistake)}`,
  )
}

export function resultsPage(view: View, given: PersonQuestion, answer: PersonAnswer, delay: Delay): string {
  const { m } = view
  const shown = person(answer.person)
  const table =
    answer.hits.length === 0
      ? html`<p>${m.nobody}</p>`
      : entryTable(
          view,
          m.results(shown),
          answer.hits.map((hit) => ({ entry: hit.entry, how: how(hit) })),
        )
  return layout(
    view,
    'search',
    m.resultsTitle,
    html`${delayNotice(view, delay)}
      <p class="tilsyn-facts">
        <strong>${m.found(answer.hits.length, answer.next !== null)}</strong> · ${questionFacts(view, given)}
      </p>
      ${printedFor(view)} ${table}
      <p class="tilsyn-faint">${m.countedOnly}</p>
      ${olderForm(view, given, answer)}
      <p class="tilsyn-faint d-print-none">${m.coveredHint}</p>
      ${coveredForm(view, { ...given, person: answer.person }, null, m.coveredButton)}
      <details class="tilsyn-again d-print-none">
        <summary>${m.newSearch}</summary>
        ${form(view, { ...given, person: shown }, null)}
      </details>`,
    m.results(shown),
  )
}

/** Leads to the field (designsystem.dk, "Fejlopsummering"). */
function mistakeLink({ m }: View, mistake: Mistake): Html {
  return html`<strong>${m.errorHeading}</strong><br /><a href="${`#${mistake.place}`}"
      >${m.mistakes[mistake.reason]}</a
    >`
}

function form(view: View, given: Given, mistake: Mistake | null): Html {
  const { m } = view
  const wrong = (name: string) => (mistake?.place === name ? m.mistakes[mistake.reason] : null)
  return html`<form class="tilsyn-form" method="post" action="/search" autocomplete="off">
    ${csrfField(view)}
    ${field({ name: 'person', label: m.personNumber, hint: m.personHint, value: given.person, wrong: wrong('person'), required: true, size: 12 })}
    <div class="tilsyn-period">
      ${field({ name: 'from', label: m.from, hint: m.dateHint, value: given.from, wrong: wrong('from'), type: 'date' })}
      ${field({ name: 'to', label: m.to, hint: m.dateHint, value: given.to, wrong: wrong('to'), type: 'date' })}
    </div>
    ${field({ name: 'purpose', label: m.purpose, hint: m.purposeHint, value: given.purpose, wrong: wrong('purpose'), size: 60 })}
    <button class="button button-primary">${m.searchButton}</button>
  </form>`
}

interface Field {
  readonly name: 'person' | 'from' | 'to' | 'purpose'
  readonly label: string
  readonly hint: string
  readonly value: string | undefined
  readonly wrong: string | null
  readonly type?: 'text' | 'date'
  readonly required?: boolean
  readonly size?: number
}

/** After designsystem.dk, "Inputfelter": label, hint, message, field, tied together for screen readers. */
function field({ name, label, hint, value, wrong, type = 'text', required = false, size }: Field): Html {
  const described = wrong === null ? `${name}-hint` : `${name}-wrong ${name}-hint`
  const message = wrong === null ? null : html`<span class="form-error-message" id="${`${name}-wrong`}">${wrong}</span>`
  return html`<div class="form-group${wrong === null ? '' : ' form-error'}">
    <label class="form-label" for="${name}">${label}</label>
    <span class="form-hint" id="${`${name}-hint`}">${hint}</span>
    ${message}
    <input
      class="form-input"
      id="${name}"
      name="${name}"
      type="${type}"
      value="${value}"
      ${attributes({
        required,
        size: size?.toString(),
        maxlength: type === 'date' ? null : '200',
        autocomplete: 'off',
        'aria-describedby': described,
        'aria-invalid': wrong === null ? null : 'true',
      })}
    />
  </div>`
}

/** The next page of the answer is a form too: its question holds the number. */
function olderForm(view: View, given: PersonQuestion, answer: PersonAnswer): Html | null {
  if (answer.next === null) return null
  const kept = { ...given, person: answer.person, before: answer.next }
  const names = ['person', 'from', 'to', 'purpose', 'before'] as const
  return html`<form class="tilsyn-paging d-print-none" method="post" action="/search">
    ${csrfField(view)} ${names.map((name) => html`<input type="hidden" name="${name}" value="${kept[name]}" />`)}
    <button class="button button-secondary">${view.m.older}</button>
  </form>`
}
