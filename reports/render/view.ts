/** What every page knows beside its own matter. */
import { assertNever } from '../../schema/record/record.ts'
import type { Role } from '../../schema/store/store.ts'
import type { Delay } from '../query/status.ts'
import { number, time } from './format.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import type { Lang, Messages } from './messages.ts'

export interface View {
  readonly lang: Lang
  readonly m: Messages
  /** The same page in the other language. An address, so nothing personal stands in it. */
  readonly otherLanguageHref: string
  readonly user: { readonly name: string; readonly role: Role } | null
  /** Goes into every form. */
  readonly csrf: string
  /** UTC milliseconds. */
  readonly now: number
}

/** Where somebody may begin: an address that would be refused, and logged as refused, is no place to lead to. */
export function homeOf(role: Role | undefined): string {
  switch (role) {
    case 'auditor':
      return '/'
    case 'operator':
      return '/status'
    case undefined:
      return '/sign-in'
    default:
      return assertNever(role)
  }
}

export function timeOf(view: View, ms: number): Html {
  return html`<time datetime="${new Date(ms).toISOString()}">${time(view.lang, ms)}</time>`
}

export function csrfField(view: View): Html {
  return html`<input type="hidden" name="_csrf" value="${view.csrf}" />`
}

export function alert(kind: 'info' | 'warning' | 'error', body: Html | string, label: string): Html {
  return html`<div class="alert alert-${kind} alert--paragraph">
    <img class="icon-svg alert-icon" src="${`/assets/dkfds/img/svg-icons/${kind}.svg`}" alt="${label}" />
    <div class="alert-body"><p class="alert-text">${body}</p></div>
  </div>`
}

/** A list is complete only up to where the recorder is: say so when it is behind (requirement K11). */
export function delayNotice(view: View, delay: Delay): Html | null {
  const { lang, m } = view
  switch (delay.kind) {
    case 'none':
      return null
    case 'behind': {
      const oldest = delay.oldestAt === null ? null : time(lang, delay.oldestAt)
      return alert('warning', m.behind(number(lang, delay.pending), oldest), m.warning)
    }
    case 'silent':
      return alert('warning', m.silent(delay.heardAt === null ? null : time(lang, delay.heardAt)), m.warning)
    default:
      return assertNever(delay)
  }
}
