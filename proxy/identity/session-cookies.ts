/**
 * Session cookies as the journal keeps them: keyed hashes, by which one request's cookie can be recognised in another's and
 * nothing else can be done. The key never leaves the folder of the journal, so a hash is worth nothing to whoever reads
 * the log; the values are looked at here and go no further.
 *
 * Only the cookies an operator has named count. Those of load balancers, languages and consents are shared by many, and
 * whoever is taken for somebody by such a one is the wrong somebody. BI servers differ in which of two they go by, and in
 * whether capitals count; so all are looked at, in any spelling, and `proxy/protocol` has them agree.
 */
import { createHmac } from 'node:crypto'
import type { RawHeaders } from '../exchange.ts'

export interface CookiePlace {
  readonly name: string
  /** Names of the cookies in which this BI server knows its users again; `*` at the end stands for anything. */
  readonly sessionCookies?: readonly string[]
  /** Those that hold the session themselves, and are new with any answer. */
  readonly rollingCookies?: readonly string[]
}

export interface CookiesMoved {
  readonly set: readonly string[]
  /** Of those set, what goes on from one that the request carried. */
  readonly rolled: readonly string[]
  /** Of those that the request carried. */
  readonly cleared: readonly string[]
}

interface Cookie {
  /** In lower case. */
  readonly name: string
  readonly value: string
}

/** Of RFC 6265's cookies, those that could be guessed are nobody's: a session's has as many characters, or more. */
const MIN_VALUE = 16
const MAX_COOKIES = 16
const MARK_BYTES = 16
/** Where users log in and out, also by a third party's word; what a session stands for may change there. */
const LOGIN_ANYHOW =
  /(?:^|[/._-])(?:log-?(?:out|off)|sign-?(?:out|off)|j_(?:spring_)?security_\w+|oauth2?|oidc|openid|saml2?|sso|acs|callback)(?:$|[/._?-])/i
const LOGIN_SENT = /(?:^|[/._-])(?:log-?(?:in|on)|sign-?(?:in|on)|session|auth|authenticate|token)(?:$|[/._?-])/i

/** What somebody's word for a user comes in, at whatever address. */
const LOGIN_ASKED = /[?&](?:qlikticket|jwt|id_token|samlart|samlresponse)=/i

/** May this request begin or end a login? Asked of its address, and of its method where a page is at the same address. */
export function isLogin(method: string, target: string): boolean {
  const path = target.split('?', 1)[0] ?? ''
  return (
    LOGIN_ANYHOW.test(path) ||
    LOGIN_ASKED.test(target) ||
    (!/^(?:GET|HEAD|OPTIONS)$/i.test(method) && LOGIN_SENT.test(path))
  )
}

export class SessionCookies {
  readonly #key: Uint8Array
  readonly #now: () => number

  constructor(key: Uint8Array, now: () => number = Date.now) {
    this.#key = key
    this.#now = now
  }

  /** @param raw the request's */
  carried(place: CookiePlace, raw: readonly string[]): readonly string[] {
    const all = carriedIn(place, raw)
    const marks = this.#marks(place, all.slice(0, MAX_COOKIES))
    // The BI server may go by one that nobody looks at: a mark that is never anybody's stands for it.
    return all.length > MAX_COOKIES ? [...marks, this.#mark(`${place.name}\n`)] : marks
  }

  /**
   * What an answer does to them.
   *
   * @param asked the request's headers
   * @param answer the answer's
   */
  moved(place: CookiePlace, asked: readonly string[], answer: readonly string[]): CookiesMoved {
    const told = valuesOf(answer, 'set-cookie').slice(0, MAX_COOKIES).flatMap(cookieIn)
    const ours = told.filter(({ cookie }) => isNamed(place, cookie.name))
    if (ours.length === 0) return NOT_MOVED
    const over = ours.filter((one) => one.cookie.value === '' || isOver(one.attributes, this.#now()))
    const set = ours.filter((one) => !over.includes(one)).map(({ cookie }) => cookie)
    const names = new Set(over.map(({ cookie }) => cookie.name))
    const carried = carriedIn(place, asked).slice(0, MAX_COOKIES)
    const cleared = carried.filter(({ name }) => names.has(name))
    const rolled = set.filter(
      (one) => isAmong(place.rollingCookies, one.name) && carried.some(({ name }) => name === one.name),
    )
    return { set: this.#marks(place, set), rolled: this.#marks(place, rolled), cleared: this.#marks(place, cleared) }
  }

  #marks({ name: server }: CookiePlace, cookies: readonly Cookie[]): readonly string[] {
    const long = cookies.filter(({ value }) => value.length >= MIN_VALUE)
    return [...new Set(long.map(({ name, value }) => this.#mark(`${server}\n${name}\n${value}`)))]
  }

  #mark(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest().subarray(0, MARK_BYTES).toString('base64url')
  }
}

const NOT_MOVED: CookiesMoved = { set: [], rolled: [], cleared: [] }

/** RFC 6265, section 4.2.1 "Syntax" of `Cookie`. */
function carriedIn(place: CookiePlace, raw: readonly string[]): readonly Cookie[] {
  if ([...(place.sessionCookies ?? []), ...(place.rollingCookies ?? [])].length === 0) return []
  return valuesOf(raw, 'cookie')
    .flatMap((value) => value.split(';').flatMap(pairIn))
    .filter(({ name }) => isNamed(place, name))
}

/** RFC 6265, section 5.2 "The Set-Cookie Header". */
function cookieIn(value: string): readonly { readonly cookie: Cookie; readonly attributes: readonly string[] }[] {
  const [first = '', ...attributes] = value.split(';')
  return pairIn(first).map((cookie) => ({ cookie, attributes }))
}

function pairIn(text: string): readonly Cookie[] {
  const at = text.indexOf('=')
  return at < 1 ? [] : [{ name: text.slice(0, at).trim().toLowerCase(), value: text.slice(at + 1).trim() }]
}

/** Max-Age goes before Expires (section 5.3, step 3). */
function isOver(attributes: readonly string[], now: number): boolean {
  const found = new Map(attributes.flatMap(pairIn).map(({ name, value }) => [name, value]))
  const age = found.get('max-age')
  if (age !== undefined && /^-?\d+$/.test(age)) return Number(age) <= 0
  const expires = Date.parse(found.get('expires') ?? '')
  return !Number.isNaN(expires) && expires <= now
}

/** Browsers take `__Host-` and `__Secure-` for promises about a cookie, not for a part of what it is. */
function isNamed({ sessionCookies = [], rollingCookies = [] }: CookiePlace, written: string): boolean {
  return isAmong(sessionCookies, written) || isAmong(rollingCookies, written)
}

function isAmong(names: readonly string[] = [], written: string): boolean {
  const name = written.replace(/^__(?:host|secure)-/, '')
  return names.some((one) => {
    const wanted = one.toLowerCase()
    return wanted.endsWith('*') ? name.startsWith(wanted.slice(0, -1)) : name === wanted
  })
}

function valuesOf(raw: readonly string[], wanted: string): readonly string[] {
  const found: string[] = []
  for (let at = 0; at + 1 < raw.length; at += 2) if (raw[at]?.toLowerCase() === wanted) found.push(raw[at + 1] ?? '')
  return found
}

/** Where an answer sends the client, without what may stand behind the path. */
export function redirectIn(headers: RawHeaders): string | null {
  const location = headers.find(([name]) => name.toLowerCase() === 'location')?.[1]
  return location?.replace(/^[a-z][\w+.-]*:\/\/[^/?#]*/i, '').split(/[?#]/, 1)[0] ?? null
}
