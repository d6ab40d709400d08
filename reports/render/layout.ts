/**
 * The frame of every page, after Det Fælles Designsystem (designsystem.dk, "Header"), without any script: its menu for
 * narrow screens needs one, so `tilsyn.css` lets the plain menu wrap instead.
 */
import type { Role } from '../../schema/store/store.ts'
import type { Html } from './html.ts'
import { attributes, html } from './html.ts'
import { csrfField, homeOf, type View } from './view.ts'

export type PageName = 'latest' | 'search' | 'status' | 'other'

const MENU: readonly { readonly page: 'latest' | 'search' | 'status'; readonly href: string; readonly for: Role[] }[] =
  [
    { page: 'latest', href: '/', for: ['auditor'] },
    { page: 'search', href: '/search', for: ['auditor'] },
    { page: 'status', href: '/status', for: ['auditor', 'operator'] },
  ]

/** @param title also stands in the browser's history, so nothing personal may; `heading` does not. */
export function layout(view: View, page: PageName, title: string, body: Html, heading = title): string {
  const { m, lang } = view
  return html`<!doctype html>
    <html lang="${lang}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} – ${m.title}</title>
        <link rel="icon" href="/assets/tilsyn/tilsyn.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/assets/dkfds/css/dkfds.min.css" />
        <link rel="stylesheet" href="/assets/tilsyn/tilsyn.css" />
      </head>
      <body>
        <a class="skipnav" href="#main-content">${m.skip}</a>
        ${header(view, page)}
        <main id="main-content" class="container tilsyn-page" tabindex="-1">
          <h1>${heading}</h1>
          ${body}
        </main>
      </body>
    </html>`.text
}

function header(view: View, page: PageName): Html {
  const { m, lang, user } = view
  return html`<header class="header">
    <div class="solution-info">
      <div class="solution-info-inner container tilsyn-page">
        <div class="solution-heading"><a href="${homeOf(user?.role)}">${m.title}</a></div>
        <div class="tilsyn-who d-print-none">
          ${user === null ? null : html`<span>${m.signedInAs(user.name, m.roles[user.role])}</span>`}
          <a href="${view.otherLanguageHref}" lang="${lang === 'da' ? 'en' : 'da'}">${m.otherLanguage}</a>
          ${user === null ? null : signOut(view)}
        </div>
      </div>
    </div>
    ${user === null ? null : menu(view, page, user.role)}
  </header>`
}

function signOut(view: View): Html {
  return html`<form method="post" action="/sign-out">
    ${csrfField(view)}<button class="button button-tertiary button-small">${view.m.signOut}</button>
  </form>`
}

function menu(view: View, page: PageName, role: Role): Html {
  const items = MENU.filter((item) => item.for.includes(role)).map(
    (item) =>
      html`<li>
        <a href="${item.href}" ${attributes({ 'aria-current': item.page === page ? 'page' : null })}>
          ${view.m[item.page]}
        </a>
      </li>`,
  )
  return html`<nav class="tilsyn-menu d-print-none" aria-label="${view.m.mainNavigation}">
    <ul class="container no-max-width tilsyn-page">
      ${items}
    </ul>
  </nav>`
}
