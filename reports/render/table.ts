/** Tables of entries: the same columns wherever entries are listed. */
import type { Coverage } from '../../schema/record/coverage/coverage.ts'
import type { LogEntry } from '../../schema/store/store.ts'
import type { How } from '../query/person.ts'
import { LOGNING } from '../query/use.ts'
import { number } from './format.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import { timeOf, type View } from './view.ts'

export interface Listed {
  readonly entry: LogEntry
  /** How the entry concerns the person searched for; `null` in a list that is not about one person. */
  readonly how: How | null
  /** Whether it covers that person without naming them. */
  readonly coverage?: Coverage
}

export function entryTable(view: View, caption: string, listed: readonly Listed[]): Html {
  const { columns } = view.m
  const aboutPerson = listed.some(({ how, coverage }) => how !== null || coverage !== undefined)
  const heads = [columns.time, columns.user, columns.place, columns.what]
  const last = aboutPerson ? [columns.how, columns.outcome] : [columns.persons, columns.outcome]
  return html`<div class="table--responsive-scroll" role="region" aria-label="${caption}" tabindex="0">
    <table class="table tilsyn-table">
      <caption class="sr-only">
        ${caption}
      </caption>
      <thead>
        <tr>
          ${[...heads, ...last].map((head) => html`<th scope="col">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${listed.map((row) => entryLine(view, row))}
      </tbody>
    </table>
  </div>`
}

function entryLine(view: View, { entry, how, coverage }: Listed): Html {
  const { m } = view
  return html`<tr>
    <td class="tilsyn-time"><a href="${`/entry/${entry.logId}`}">${timeOf(view, entry.askedAt)}</a></td>
    <td>${userOf(view, entry)}</td>
    <td>${lines(entry.organisation, entry.ip)}</td>
    <td>${lines(whatOf(entry), m.actions[entry.action])}</td>
    <td class="${how === null && coverage === undefined ? 'tilsyn-number' : 'tilsyn-how'}">
      ${coverage === undefined ? (how === null ? personsSeen(view, entry) : m.how[how]) : coverageOf(view, coverage)}
    </td>
    <td><span class="tilsyn-outcome tilsyn-${entry.outcome}">${m.outcomes[entry.outcome]}</span></td>
  </tr>`
}

/** Whether, why, and by which attribute. */
function coverageOf({ m }: View, { covered, reason, attribute }: Coverage): Html {
  const why = m.coverageReasons[reason]
  return lines(m.covered[covered], attribute === null ? why : `${why} (${attribute})`)
}

/** A name that the BI server has not accepted is only a claim. */
function userOf(view: View, entry: LogEntry): Html {
  if (entry.userName === null) return html`<span class="tilsyn-faint">${view.m.unknownUser}</span>`
  return lines(entry.userName, entry.userConfirmed ? null : view.m.notConfirmed)
}

function whatOf(entry: LogEntry): string | null {
  if (entry.module === LOGNING) return LOGNING
  const parts = [entry.module, entry.cube ?? entry.catalog, entry.report].filter((part) => part !== null)
  return parts.length === 0 ? entry.server : parts.join(' · ')
}

function personsSeen(view: View, entry: LogEntry): Html {
  if (entry.personsSeen !== null) return html`${number(view.lang, entry.personsSeen)}`
  if (entry.module === LOGNING) return html`–`
  return html`<span title="${view.m.personsNotRead}">?<span class="sr-only"> ${view.m.personsNotRead}</span></span>`
}

function lines(first: string | null, second: string | null): Html {
  const faint = second === null ? null : html`<span class="tilsyn-faint">${second}</span>`
  return first === null ? html`${faint}` : html`${first}${faint === null ? null : html`<br />${faint}`}`
}
