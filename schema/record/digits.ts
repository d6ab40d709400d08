/**
 * What counts as a digit, a dash and a blank in a number that somebody has written.
 *
 * Digits of other scripts, full-width ones among them, count as the digit they stand for: a database whose collation
 * ignores width finds the person by them. Invisible signs within a number are passed over for the same reason. Digits
 * beyond the Basic Multilingual Plane (mathematical ones) are not read: no collation takes them for digits.
 */

/** Insides of a character class. */
export const DASHES = String.raw`\-\u2010-\u2015\u2212\ufe58\ufe63\uff0d`
export const BLANKS = String.raw` \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000`

const OTHER_DIGIT = /(?![0-9])\p{Nd}/gu
const INVISIBLE = /[\u00ad\u200b-\u200d\u2060\ufeff]/g
const BEYOND_ASCII = /[\u0080-\uffff]/

/** `text` with digits of other scripts as ASCII ones; every character stays where it is. */
export function withAsciiDigits(text: string): string {
  if (!BEYOND_ASCII.test(text)) return text
  return text.replace(OTHER_DIGIT, (digit) => (digit.length === 1 ? String(valueOf(digit.charCodeAt(0))) : digit))
}

/** The same without invisible signs. */
export function plain(text: string): string {
  if (!BEYOND_ASCII.test(text)) return text
  return withAsciiDigits(text.replace(INVISIBLE, ''))
}

const DIGIT = /\p{Nd}/u

/** Digits of a script stand in rows of ten, from 0 (Unicode, section 4.6 "Numeric Value"). */
function valueOf(code: number): number {
  let before = 0
  while (DIGIT.test(String.fromCharCode(code - before - 1))) before += 1
  return before % 10
}
