/** Gathers what a page needs to know of the request: language, user, and a token for its forms. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Lang, LANGS, MESSAGES } from '../render/messages.ts'
import { homeOf, type View } from '../render/view.ts'

const LANGUAGE_COOKIE = 'tilsyn-lang'
const KEPT = { path: '/', sameSite: 'strict', httpOnly: true, maxAge: 365 * 24 * 3600 } as const

/** @param address of the page, for the link to the other language; nothing personal may stand in it. */
export function viewOf(request: FastifyRequest, reply: FastifyReply, now: number, address?: string): View {
  const lang = language(request, reply)
  const { asker } = request
  const here = address ?? homeOf(asker?.role ?? undefined)
  return {
    lang,
    m: MESSAGES[lang],
    otherLanguageHref: `${here}${here.includes('?') ? '&' : '?'}lang=${lang === 'da' ? 'en' : 'da'}`,
    user: asker?.name && asker.role ? { name: asker.name, role: asker.role } : null,
    csrf: reply.generateCsrf({ userInfo: csrfUser(request), secure: overTls(request) }),
    now,
  }
}

/** Cookies are for TLS only as soon as the connection is; a municipality may run this on a closed net without. */
export function overTls(request: FastifyRequest): boolean {
  return request.protocol === 'https'
}

/** A form belongs to one session: a token made before signing in, or by somebody else, is refused. */
export function csrfUser(request: FastifyRequest): string {
  return request.asker?.sessionId ?? 'nobody'
}

export function sendPage(reply: FastifyReply, page: string): FastifyReply {
  return reply.type('text/html; charset=utf-8').send(page)
}

/** Asked for in the address (and then kept), kept from before, or as the browser likes it; else Danish. */
function language(request: FastifyRequest, reply: FastifyReply): Lang {
  const { lang } = (request.query ?? {}) as { readonly lang?: unknown }
  const asked = LANGS.find((known) => known === lang)
  if (asked !== undefined) {
    void reply.setCookie(LANGUAGE_COOKIE, asked, { ...KEPT, secure: overTls(request) })
    return asked
  }
  const kept = LANGS.find((known) => known === request.cookies[LANGUAGE_COOKIE])
  return kept ?? preferred(request.headers['accept-language'] ?? '')
}

/** RFC 9110, section 12.5.4 "Accept-Language": the known language with the highest weight; the first of equals. */
function preferred(header: string): Lang {
  const wishes = header
    .slice(0, 200)
    .split(',')
    .map((wish) => /^\s*(da|en)\b[^;]*(?:;\s*q=([\d.]+))?/i.exec(wish))
    .flatMap((wish) => (wish === null ? [] : [{ lang: wish[1]?.toLowerCase(), weight: Number(wish[2] ?? 1) }]))
    .sort((a, b) => b.weight - a.weight)
  return LANGS.find((known) => known === wishes[0]?.lang) ?? 'da'
}
