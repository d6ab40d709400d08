/**
 * Escapes that may hide a person number in a literal: of JSON and programs (RFC 8259 section 7 "Strings"), of addresses
 * (RFC 3986 section 2.1 "Percent-Encoding"), of XML (XML 1.0, section 4.1 "Character and Entity References"); also one
 * in another, three deep. Only what a number is made of is undone: signs below U+FFFF, byte by byte.
 */
const ESCAPE =
  /%([0-9a-f]{2})|\\u\{([0-9a-f]{1,6})\}|\\u([0-9a-f]{4})|\\x([0-9a-f]{2})|&#x([0-9a-f]{1,6});|&#([0-9]{1,7});|(&amp;)|_x([0-9a-f]{4})_/gi
const MAY_BE = /%[0-9a-f]{2}|\\[ux]|&#|&amp;|_x[0-9a-f]/i
const ROUNDS = 3

/** `text` with its escapes undone; `null` when it has none. */
export function unescaped(text: string): string | null {
  if (!MAY_BE.test(text)) return null
  let plain = text
  for (let round = 0; round < ROUNDS; round += 1) {
    const next = plain.replace(ESCAPE, undone)
    if (next === plain) break
    plain = next
  }
  return plain === text ? null : plain
}

function undone(escape: string, ...groups: readonly unknown[]): string {
  const [percent, braced, u, x, entity, decimal, ampersand, name] = groups
  if (typeof ampersand === 'string') return '&'
  if (typeof decimal === 'string') return sign(Number(decimal), escape)
  const hex = [percent, braced, u, x, entity, name].find((digits) => typeof digits === 'string')
  return sign(typeof hex === 'string' ? Number.parseInt(hex, 16) : Number.NaN, escape)
}

const sign = (code: number, escape: string): string => (code <= 0xffff ? String.fromCharCode(code) : escape)
