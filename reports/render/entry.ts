/** One entry, whole: every column of the four tables, the persons seen, and what was changed (requirements K13–K22, N30). */
import type { Criterion, QueryRecord } from '../../schema/record/record.ts'
import { number, person, time } from './format.ts'
import type { Html, Value } from './html.ts'
import { html } from './html.ts'
import { layout } from './layout.ts'
import { printedFor } from './latest.ts'
import type { Messages } from './messages.ts'
import { alert, timeOf, type View } from './view.ts'

export function entryPage(view: View, entry: QueryRecord): string {
  const { m } = view
  const isChange = entry.action === 'configure'
  const opaque =
    entry.opaque === null ? null : alert('warning', m.opaque(m.opaqueReasons[entry.opaque], entry.opaqueAt), m.warning)
  return layout(
    view,
    'other',
    (isChange ? m.changeOf : m.entryOf)(time(view.lang, entry.askedAt)),
    html`<p class="d-print-none"><a href="/">${m.back}</a></p>
      ${printedFor(view)} ${opaque} ${section(m.facts, facts(view, entry))}
      ${section(isChange ? m.whatHappened : m.queryText, entry.query === '' ? html`<p>${m.noQuery}</p>` : html`<pre class="tilsyn-query" tabindex="0"><code>${entry.query}</code></pre>`)}
      ${isChange ? section(m.changes, changes(view, entry)) : asked(view, entry)}`,
  )
}

function asked(view: View, entry: QueryRecord): Html {
  const { m } = view
  return html`${section(m.criteria, criteria(view, entry.criteria))} ${section(m.dimensions, dimensions(view, entry))}
  ${section(m.measures, measures(view, entry))} ${section(m.seen, seen(view, entry))}`
}

function section(heading: string, body: Html): Html {
  return html`<section>
    <h2>${heading}</h2>
    ${body}
  </section>`
}

function facts(view: View, entry: QueryRecord): Html {
  const isChange = entry.action === 'configure'
  const shown = Object.entries(factsOf(view, entry)).filter(
    ([field, value]) => value !== null && value !== '' && !(isChange && OF_ANSWERS.has(field)),
  )
  const label = (field: string) =>
    isChange && field === 'userConfirmed' ? view.m.changedBy : view.m.fields[field as keyof Messages['fields']]
  return html`<dl class="tilsyn-fields">
    ${shown.map(
      ([field, value]) =>
        html`<div>
          <dt>${label(field)}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`
}

/** No BI server was asked for a change of the set-up: what these say of an answer would be said of nothing. */
const OF_ANSWERS: ReadonlySet<string> = new Set(['rowCount', 'decoded', 'requestBytes', 'userSource'])

function factsOf(view: View, entry: QueryRecord): Record<keyof Messages['fields'], Value> {
  const { m, lang } = view
  const count = (value: number | null) => (value === null ? null : number(lang, value))
  const bytes = (value: number | null) => (value === null ? null : m.ofBytes(number(lang, value)))
  return {
    askedAt: timeOf(view, entry.askedAt),
    durationMs: entry.durationMs === null ? null : m.ofDuration(number(lang, entry.durationMs)),
    userName: entry.userName ?? m.unknownUser,
    userConfirmed: yesNo(m, entry.userConfirmed),
    userSource: m.sources[entry.userSource],
    organisation: entry.organisation,
    role: entry.role,
    effectiveUser: entry.effectiveUser,
    effectiveRoles: entry.effectiveRoles,
    customData: entry.customData,
    ip: entry.ip,
    purpose: entry.purpose,
    action: m.actions[entry.action],
    module: entry.module,
    server: entry.server,
    catalog: entry.catalog,
    cube: entry.cube,
    report: entry.report,
    application: entry.application,
    language: entry.language,
    outcome: m.outcomes[entry.outcome],
    status: entry.status,
    faultCode: entry.faultCode,
    rowCount: count(entry.rowCount),
    cellCount: count(entry.cellCount),
    personsSeen: count(entry.personsSeen),
    decoded: yesNo(m, entry.decoded),
    answerBytes: bytes(entry.answerBytes),
    requestBytes: bytes(entry.requestBytes),
    requestHash: entry.requestHash,
    logId: entry.logId,
    running: `${entry.origin} ${entry.seq}.${entry.part}`,
    correlationId: entry.correlationId,
    sessionId: entry.sessionId,
  }
}

const yesNo = (m: Messages, value: boolean) => (value ? m.yes : m.no)

function criteria(view: View, rows: readonly Criterion[]): Html {
  const { m } = view
  if (rows.length === 0) return html`<p>${m.noCriteria}</p>`
  const persons = ({ person: first, personTo }: Criterion) =>
    [first, personTo].flatMap((p) => (p === null ? [] : [person(p)])).join(' – ')
  return grid(
    m.criteria,
    [m.crit.path, m.crit.operator, m.crit.value, m.crit.person, m.crit.clause],
    rows.map((row) => [
      row.level ?? row.hierarchy ?? row.dimension,
      row.operator,
      row.valueTo === null ? row.value : `${row.value} – ${row.valueTo}`,
      persons(row),
      m.clauses[row.originClause],
    ]),
  )
}

function dimensions(view: View, { dimensions }: QueryRecord): Html {
  const { m } = view
  if (dimensions.length === 0) return html`<p>${m.noDimensions}</p>`
  const rows = dimensions.map((row) => [row.hierarchy ?? row.dimension, row.level, row.axis])
  return grid(m.dimensions, [m.dim.path, m.dim.level, m.dim.axis], rows)
}

function measures(view: View, { measures }: QueryRecord): Html {
  const { m } = view
  if (measures.length === 0) return html`<p>${m.noMeasures}</p>`
  const rows = measures.map((row) => [row.measure, yesNo(m, row.calculated), row.via])
  return grid(m.measures, [m.meas.measure, m.meas.calculated, m.meas.via], rows)
}

/** Above the threshold persons are counted, not listed (requirement D29); an unread answer is no empty one. */
function seen(view: View, { seen, personsSeen }: QueryRecord): Html {
  const { m, lang } = view
  if (seen.length === 0 && personsSeen === null) return html`<p>${m.seenNotRead}</p>`
  if (seen.length === 0 && personsSeen === 0) return html`<p>${m.seenNobody}</p>`
  if (seen.length === 0) return html`<p>${m.seenCounted(number(lang, personsSeen ?? 0))}</p>`
  const rows = seen.map((row) => [person(row.person), row.place])
  return grid(m.seen, [m.seenColumns.person, m.seenColumns.place], rows)
}

/** Settings of Tilsyn itself (requirements N63 to N72). */
function changes(view: View, { changes }: QueryRecord): Html {
  const { m } = view
  if (changes.length === 0) return html`<p>${m.noChanges}</p>`
  const rows = changes.map((row) => [
    written(row.setting),
    m.changeKinds[row.kind],
    written(row.oldValue),
    written(row.newValue),
  ])
  const { setting, kind, old, now } = m.changeColumns
  return grid(m.changes, [setting, kind, old, now], rows)
}

/** Letters that are not seen, or turn the order of the others about, could show another value than the one in force. */
function written(value: string | null): string | null {
  const escape = (letter: string) => `\\u${letter.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
  return value === null
    ? null
    : value.replaceAll(/[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g, escape)
}

function grid(caption: string, heads: readonly string[], rows: readonly (readonly Value[])[]): Html {
  return html`<table class="table tilsyn-table tilsyn-grid">
    <caption class="sr-only">
      ${caption}
    </caption>
    <thead>
      <tr>
        ${heads.map((head) => html`<th scope="col">${head}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            ${row.map((cell) => html`<td>${cell}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`
}
