/**
 * `html` makes text for a page: whatever stands in a `${…}` is escaped, and only what `html` itself has made passes as
 * it is. Member names, query texts and user names come from strangers; no page can forget to escape them.
 *
 * Escaping alone is not enough everywhere, so a place where it would not help does not compile into a page: a value in
 * a tag outside quotes, in an event handler, in a style or a script is refused, whatever it holds
 * (OWASP, "Cross Site Scripting Prevention Cheat Sheet", "Dangerous Contexts"). An address must be one of this site.
 */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** Attributes without a fixed value: `true` is the bare name, `false`, `null` and `undefined` leave it out. */
class Attributes extends Html {}

export type Value = Html | string | number | null | undefined | readonly Value[]

/** A template puts a value where no escaping makes it safe. A fault of the program; ends the request. */
export class UnsafeTemplate extends Error {
  override readonly name = 'UnsafeTemplate'
  readonly code = 'UNSAFE_TEMPLATE'
}

type Place =
  { readonly kind: 'text' } | { readonly kind: 'tag' } | { readonly kind: 'attribute'; readonly name: string }

const places = new WeakMap<TemplateStringsArray, readonly Place[]>()

export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  const known = places.get(strings) ?? placesOf(strings)
  places.set(strings, known)
  const shown = values.map((value, i) => fill(value, known[i] ?? { kind: 'tag' }))
  return new Html(String.raw({ raw: strings }, ...shown))
}

/** `<option ${attributes({ selected: chosen })}>`. Names are the program's own. */
export function attributes(given: Readonly<Record<string, string | boolean | null | undefined>>): Html {
  const parts = Object.entries(given).flatMap(([name, value]) => {
    if (!/^[a-z][a-z-]*$/.test(name) || /^(?:on|style$)/.test(name)) throw new UnsafeTemplate(`attribute ${name}`)
    if (value === true) return [name]
    return typeof value === 'string' ? [`${name}="${escape(address(name, value))}"`] : []
  })
  return new Attributes(parts.join(' '))
}

function escape(text: string): string {
  return text.replace(/[&<>"'`]/g, (c) => `&#${c.charCodeAt(0)};`)
}

function fill(value: Value, place: Place): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string' || typeof value === 'number') return fillText(String(value), place)
  if (!(value instanceof Html)) return value.map((v) => fill(v, place)).join('')
  if (place.kind === 'attribute') throw new UnsafeTemplate('markup in an attribute')
  if (value instanceof Attributes !== (place.kind === 'tag')) throw new UnsafeTemplate(`a value in a ${place.kind}`)
  return value.text
}

function fillText(text: string, place: Place): string {
  if (place.kind === 'tag') throw new UnsafeTemplate('a value in a tag')
  return escape(place.kind === 'attribute' ? address(place.name, text) : text)
}

/** `javascript:` and foreign hosts are no addresses here. */
function address(attribute: string, value: string): string {
  if (!/^(?:href|src|action|formaction)$/.test(attribute)) return value
  if (!/^(?:\/(?![/\\])|#)/.test(value)) throw new UnsafeTemplate(`an address in ${attribute}`)
  return value
}

/** Where each value of a template stands, read from the fixed text before it. */
function placesOf(strings: TemplateStringsArray): readonly Place[] {
  let before = ''
  return strings.slice(0, -1).map((part) => {
    before += part
    const place = placeAfter(before)
    before += place.kind === 'text' ? '' : 'x'
    return place
  })
}

function placeAfter(text: string): Place {
  if (/<(?:script|style)\b(?![^]*<\/(?:script|style)>)/i.test(text)) throw new UnsafeTemplate('a value in a script')
  const rest = text.replace(/<!--[^]*?-->/g, '').replace(/<\/?[a-z!](?:[^"'>]|"[^"]*"|'[^']*')*>/gi, '')
  const tag = /<\/?[a-z](?:[^"'<>]|"[^"]*"|'[^']*')*(?:"[^"]*|'[^']*)?$/i.exec(rest)?.[0]
  if (tag === undefined) return { kind: 'text' }
  const open = /([a-z-]+)=(?:"[^"]*|'[^']*)$/i.exec(tag)
  if (open === null || !hasOpenQuote(tag)) {
    if (tag.endsWith('=')) throw new UnsafeTemplate('a value outside quotes')
    return { kind: 'tag' }
  }
  const name = (open[1] ?? '').toLowerCase()
  if (/^(?:on|style$|srcdoc$)/.test(name)) throw new UnsafeTemplate(`a value in ${name}`)
  return { kind: 'attribute', name }
}

function hasOpenQuote(tag: string): boolean {
  return /["']/.test(tag.replace(/"[^"]*"|'[^']*'/g, ''))
}
