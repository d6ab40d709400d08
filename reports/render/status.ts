/** How the record is, for those who run it. */
import { delay as delayOf, type RecorderStatus, type Status } from '../query/status.ts'
import { number } from './format.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import { layout } from './layout.ts'
import { alert, delayNotice, timeOf, type View } from './view.ts'

export function statusPage(view: View, status: Status): string {
  const { m } = view
  const delay = delayOf(status.recorder, view.now)
  return layout(
    view,
    'status',
    m.status,
    html`<p class="tilsyn-lead">${m.statusLead}</p>
      ${delayNotice(view, delay) ?? alert('info', m.upToDate, m.status)}
      <p>
        ${m.store}:
        <strong class="tilsyn-outcome tilsyn-${status.store === 'ok' ? 'answered' : 'fault'}">
          ${m.storeStates[status.store]}
        </strong>
      </p>
      <p>${m.keeping(status.keeping.period, status.keeping.automatic)}</p>
      ${status.overdueSince === null ? null : alert('warning', html`${m.overdueSince} ${timeOf(view, status.overdueSince)}.`, m.overdue)}
      ${status.recorder === null ? null : recorder(view, status.recorder)}
      ${status.store === 'ok' ? written(view, status) : null} ${unmapped(view, status)}`,
  )
}

/** Only the store knows: while it is away nothing is said, least of all that nothing was written. */
function written(view: View, status: Status): Html {
  const { m } = view
  return html`<h2>${m.origins}</h2>
    ${status.origins.length === 0 ? html`<p>${m.noOrigins}</p>` : origins(view, status)}`
}

function recorder(view: View, recorder: RecorderStatus): Html {
  const { m, lang } = view
  const { recorderFields: f } = m
  const oldest = recorder.oldestUnshippedAt
  const facts: readonly (readonly [string, Html | string])[] = [
    [m.originColumns.origin, recorder.origin],
    [f.appended, number(lang, recorder.appended)],
    [f.shipped, number(lang, recorder.shipped)],
    [f.pending, number(lang, recorder.pending)],
    [f.oldest, oldest === null ? m.nothingWaits : timeOf(view, oldest)],
    [f.journal, m.ofBytes(number(lang, recorder.journalBytes))],
    [f.heard, timeOf(view, recorder.at)],
  ]
  return html`<h2>${m.recorder}</h2>
    <dl class="tilsyn-fields">
      ${facts.map(
        ([label, value]) =>
          html`<div>
            <dt>${label}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>`
}

/** Attributes to be declared in the configuration; of persons nothing. */
function unmapped(view: View, { unmapped: rows }: Status): Html | null {
  const { m, lang } = view
  const { unmappedColumns: c } = m
  if (rows.length === 0) return null
  return html`<h2>${m.unmapped}</h2>
    <p>${m.unmappedLead}</p>
    <table class="table tilsyn-table tilsyn-grid">
      <caption class="sr-only">
        ${m.unmapped}
      </caption>
      <thead>
        <tr>
          ${[c.attribute, c.entries, c.latestAt].map((head) => html`<th scope="col">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ attribute, entries, more, latestAt }) =>
            html`<tr>
              <td>${attribute}</td>
              <td>${more ? m.atLeast(number(lang, entries)) : number(lang, entries)}</td>
              <td>${timeOf(view, latestAt)}</td>
            </tr>`,
        )}
      </tbody>
    </table>`
}

function origins(view: View, status: Status): Html {
  const { m, lang } = view
  const { originColumns: c } = m
  return html`<table class="table tilsyn-table tilsyn-grid">
    <caption class="sr-only">
      ${m.origins}
    </caption>
    <thead>
      <tr>
        ${[c.origin, c.position, c.writtenAt].map((head) => html`<th scope="col">${head}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${status.origins.map(
        (o) =>
          html`<tr>
            <td>${o.origin}</td>
            <td>${number(lang, o.position)}</td>
            <td>${timeOf(view, o.writtenAt)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`
}
