/**
 * The hops that a request says it has come by: in `X-Forwarded-For` a list of addresses, in `Forwarded` a list of elements
 * with a `for` parameter (RFC 7239, sections 4 "Forwarded HTTP Header Field" and 5.2 "Forwarded For"). Each proxy
 * appends the one it was reached from, so the last is the word of the nearest.
 */
export type HopHeader = 'X-Forwarded-For' | 'Forwarded'

/** All hops, first to last, as written; `''` for one that is not named. Several lines of the header are one list. */
export function hopsOf(header: HopHeader, headers: readonly string[]): string[] {
  const lines: string[] = []
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] ?? ''
    if (name.length === header.length && name.toLowerCase() === header.toLowerCase()) lines.push(headers[at + 1] ?? '')
  }
  if (lines.length === 0) return []
  const list = lines.join(',')
  return header === 'Forwarded' ? elements(list) : list.split(',').map((hop) => hop.trim())
}

function elements(list: string): string[] {
  return split(list, ',').map((element) => {
    const pair = split(element, ';').find((each) => /^\s*for\s*=/i.test(each)) ?? ''
    return unquoted(pair.slice(pair.indexOf('=') + 1).trim())
  })
}

function unquoted(value: string): string {
  return value.startsWith('"') ? value.replace(/^"|"$/g, '').replace(/\\(.)/g, '$1') : value
}

/** Splits at `mark` where it stands in no quoted-string (RFC 9110, section 5.6.4 "Quoted Strings"). */
function split(text: string, mark: string): string[] {
  const parts: string[] = []
  let from = 0
  let quoted = false
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]
    if (quoted && character === '\\') at += 1
    else if (character === '"') quoted = !quoted
    else if (!quoted && character === mark) {
      parts.push(text.slice(from, at))
      from = at + 1
    }
  }
  parts.push(text.slice(from))
  return parts
}
