/**
 * Recognises Danish person numbers in text (docs/decisions/0010-persons-domains-coverage.md).
 *
 * A CPR number is `DDMMYYSSSS`; `cpr.ts` knows its layout, and what else is built like it. Modulus 11 is not asked for:
 * numbers without it have been valid since 2007.
 *
 * Ten digits are often something else: an account, a P-number, an amount. So a number whose date of birth lies after
 * `latestBirth` is taken for a person only where an attribute is named for it, and so is one of nine digits, whose
 * leading zero a numeric key has lost, and one that is written in an unusual way. What an attribute is named for is told
 * by `attribute.ts`.
 */
import type { Named, PersonRules } from './attribute.ts'
import { birthDate } from './cpr.ts'
import { BLANKS, DASHES, plain, withAsciiDigits } from './digits.ts'
import type { PersonNumber } from './ids.ts'

export { namesPersonNumbers, namingOf, speaksOfPersons } from './attribute.ts'
export type { Domain, Named, PersonRules } from './attribute.ts'
export { birthDate } from './cpr.ts'

const REST = String.raw`\d{4}|\d[A-Za-z]{2}\d`
/** Between date and rest, as people write it; `WIDE` as programs and forms do. */
const JOINT = `(?:[${BLANKS}]?[${DASHES}][${BLANKS}]?|[${BLANKS}])`
const WIDE = String.raw`[${DASHES}${BLANKS}\t/._]`
/** A whole number ends here, though as an amount: `.0`, `,00`, or the suffix of a literal (`707475001L`). */
const WHOLE_END = String.raw`(?!\p{N}|(?![LMD](?![\p{L}\p{N}]))\p{L}|[.,](?!0+(?!\d))\d)`

// Whole tokens: no digit or letter on either side, so that part of an EAN or a date-time is no person.
const TOKEN = new RegExp(
  String.raw`(?<![\p{L}\p{N}])\d{6}(?:${JOINT}?\d{4}|[${DASHES}]?\d[A-Za-z]{2}\d)(?![\p{L}\p{N}])`,
  'gu',
)
// In an attribute named for persons letters may touch the number, and the leading zero may be lost.
const NAMED_TOKEN = new RegExp(
  [
    String.raw`(?<!\p{N})\d{2}${WIDE}?\d{2}${WIDE}?\d{2}${WIDE}{0,3}(?:${REST})(?!\p{N})`,
    String.raw`(?<![\p{L}\p{N}.,])\d{5}[${DASHES}]?\d{4}${WHOLE_END}`,
    String.raw`(?<![\p{L}\p{N}.,])\d[.,]\d{5,9}E\+?0*[89](?![\p{L}\p{N}])`,
  ].join('|'),
  'giu',
)

const USUAL = new RegExp(String.raw`^(\d{6})[${DASHES}\s]*(${REST})$`, 'u')
const UNUSUAL = new RegExp(
  String.raw`^(\d{2})${WIDE}?(\d{2})${WIDE}?(\d{2})${WIDE}{0,3}(${REST})(?:[.,]0+|[LMD])?$`,
  'iu',
)
const SHORT = new RegExp(String.raw`^(\d{5})[${DASHES}]?(\d{4})(?:[.,]0+|[LMD])?$`, 'iu')
const FLOAT = /^\d[.,]\d{5,9}E\+?0*[89]$/i

/**
 * The person number that `text` as a whole is: with or without hyphen, blank or dash between date and rest.
 *
 * @param named what the attribute of which `text` is a value is named for. For person numbers: births after
 * `latestBirth`, a lost leading zero and unusual separators are then accepted.
 */
export function personNumber(text: string, named: Named, rules: PersonRules): PersonNumber | null {
  if (named === 'silent') return null
  const written = plain(text).trim()
  const digits = digitsOf(written, named === true)
  if (digits === null || (named === 'p-number' && /^1\d{9}$/.test(written))) return null
  const birth = birthDate(digits)
  if (birth === null || (named !== true && birth > rules.latestBirth)) return null
  return digits as PersonNumber
}

function digitsOf(written: string, named: boolean): string | null {
  const usual = USUAL.exec(written)
  if (usual !== null) return usual.slice(1).join('').toUpperCase()
  if (!named) return null
  const unusual = UNUSUAL.exec(written)
  if (unusual !== null) return unusual.slice(1).join('').toUpperCase()
  const short = SHORT.exec(written)
  if (short !== null) return `0${short.slice(1).join('')}`
  if (!FLOAT.test(written)) return null
  const number = Number(written.replace(',', '.'))
  return Number.isSafeInteger(number) ? String(number).padStart(10, '0') : null
}

/** Every different person number that stands in `text`, in order. For `named` see {@link personNumber}. */
export function findPersonNumbers(text: string, named: Named, rules: PersonRules): PersonNumber[] {
  if (named === 'silent' || (named !== true && !mayHoldNumber(text))) return []
  const found = new Set<PersonNumber>()
  for (const [token] of plain(text).matchAll(named === true ? NAMED_TOKEN : TOKEN)) {
    const person = personNumber(token, named, rules)
    if (person !== null) found.add(person)
  }
  return [...found]
}

/** What may be a person number, and where it begins. */
export interface PersonToken {
  readonly text: string
  readonly at: number
}

/** Every token of `text` that may be a person number, where `named` says how its attribute is named. */
export function personTokens(text: string, named: boolean): PersonToken[] {
  if (!mayHoldNumber(text)) return []
  const tokens = withAsciiDigits(text).matchAll(named ? NAMED_TOKEN : TOKEN)
  return Array.from(tokens, (match) => ({ text: match[0], at: match.index }))
}

/** Most texts hold no four digits in a row, or anything that may stand for them; a number written as usual has six. */
function mayHoldNumber(text: string): boolean {
  let run = 0
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i)
    if (code >= 0x660) return HAS_FOUR.test(plain(text))
    run = code >= 0x30 && code <= 0x39 ? run + 1 : 0
    if (run === 4) return true
  }
  return false
}

const HAS_FOUR = /\d{4}/
