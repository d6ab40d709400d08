/** The first page: the latest entries, so that it answers something before anything is asked. */
import type { LogAnswer } from '../query/log.ts'
import type { Delay } from '../query/status.ts'
import { time } from './format.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import { layout } from './layout.ts'
import { entryTable } from './table.ts'
import { delayNotice, type View } from './view.ts'

export function latestPage(view: View, answer: LogAnswer, older: boolean, delay: Delay): string {
  const { m } = view
  const table =
    answer.entries.length === 0
      ? html`<p>${older ? m.noOlder : m.noEntries}</p>`
      : entryTable(
          view,
          m.latest,
          answer.entries.map((entry) => ({ entry, how: null })),
        )
  const next =
    answer.next === null
      ? null
      : html`<a class="button button-secondary" href="${`/?before=${answer.next}`}">${m.older}</a>`
  const newest = older ? html`<a class="button button-tertiary" href="/">${m.newest}</a>` : null
  return layout(
    view,
    'latest',
    m.latest,
    html`<p class="tilsyn-lead">${m.latestLead}</p>
      ${delayNotice(view, delay)} ${printedFor(view)} ${table}
      <p class="tilsyn-paging d-print-none">${newest} ${next}</p>`,
  )
}

/** Print-outs say when and for whom (requirement N32). */
export function printedFor(view: View): Html | null {
  const { m, user, lang } = view
  return user === null ? null : html`<p class="tilsyn-printed">${m.printed(time(lang, view.now), user.name)}</p>`
}
