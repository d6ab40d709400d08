import type { RawHeaders } from '../../exchange.ts'

/** The first value of header `name` (lower case) that is not empty. */
export function header(headers: RawHeaders, name: string): string | null {
  for (const [key, value] of headers) {
    if (value !== '' && key.toLowerCase() === name) return value
  }
  return null
}

/** All values of header `name`, joined as RFC 9110 section 5.3 "Field Order" allows. */
export function headerList(headers: RawHeaders, name: string): string {
  return headers
    .filter(([key]) => key.toLowerCase() === name)
    .map(([, value]) => value)
    .join(', ')
}

/** `text/xml` of `Text/XML; charset=utf-8`; empty when there is none. */
export function mediaType(contentType: string | null): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

/** The `charset` parameter of a Content-Type. */
export function charsetOf(contentType: string | null): string | null {
  return /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType ?? '')?.[1] ?? null
}
