/** Pages for those who are not in yet, or may not be here. */
import type { Html } from './html.ts'
import { html } from './html.ts'
import { layout } from './layout.ts'
import type { Messages } from './messages.ts'
import { alert, csrfField, type View } from './view.ts'

/** The link only shows this button: a preview of the link by a mail program must not use it up. */
export function signInPage(view: View, code: string | null): string {
  const { m } = view
  const body = code === null ? html`<p class="tilsyn-lead">${m.signInNeeded}</p>` : form(view, code)
  return layout(view, 'other', m.signIn, body)
}

export function signInRefusedPage(view: View): string {
  return layout(view, 'other', view.m.signIn, alert('error', view.m.signInRefused, view.m.signIn))
}

function form(view: View, code: string): Html {
  return html`<p class="tilsyn-lead">${view.m.signInLead}</p>
    <form method="post" action="/sign-in">
      ${csrfField(view)}<input type="hidden" name="code" value="${code}" />
      <button class="button button-primary">${view.m.signInButton}</button>
    </form>`
}

export type ProblemPage = keyof Messages['problems']

export function problemPage(view: View, problem: ProblemPage): string {
  const [title = '', advice = ''] = view.m.problems[problem]
  return layout(view, 'other', title, html`<p class="tilsyn-lead">${advice}</p>`)
}
