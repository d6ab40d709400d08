/**
 * The header fields that a message names in `Connection` belong to one hop and are not passed on (RFC 9110, section
 * 7.6.1 "Connection").
 */
const NONE: ReadonlySet<string> = new Set()

/**
 * Fields meant for every recipient; a sender must not name them, and who does wants two servers to see two requests. A
 * body without its framing is the next request; who came through which proxies is for those to say who wrote it.
 */
const END_TO_END = new Set([
  'accept-encoding',
  'authorization',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'origin',
  'range',
  'soapaction',
  'transfer-encoding',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
])

/** The names, in lower case; `null` when one of them is a field that must reach the BI server. */
export function connectionOptions(value: string | undefined): ReadonlySet<string> | null {
  if (value === undefined || /^(?:keep-alive|close)$/i.test(value)) return NONE
  const names = new Set(value.split(',').map((name) => name.trim().toLowerCase()))
  return [...names].some((name) => END_TO_END.has(name)) ? null : names
}
