/**
 * Recognises Danish person numbers in text.
 *
 * A CPR number is `DDMMYYSSSS`: a date of birth, and four digits of which the first gives the century (cpr.dk,
 * "Opbygning af CPR-nummeret"). Modulus 11 is not asked for: numbers without it have been valid since 2007. Replacement
 * numbers add 60 to the day; an eCPR has two letters (`DDMMYYCAAG`, nspop.dk, "eCPR").
 *
 * Ten digits are often something else: an account, a P-number, an amount. So a number whose date of birth lies after
 * `latestBirth` is taken for a person only where an attribute is named for it, and so is one of nine digits, whose
 * leading zero a numeric key has lost.
 */
import type { PersonNumber } from './ids.ts'

export interface PersonRules {
  /** Latest date of birth, `YYYY-MM-DD`, of a person where no attribute is named for person numbers. */
  readonly latestBirth: string
  /** Further names of attributes that hold person numbers, beside those everybody uses. */
  readonly attributes: readonly string[]
}

const NAMED_FOR_PERSONS = /cpr|person[-_ .]?(?:nr|no|nummer|number|id\b)|(?:^|[^a-zæøå])pnr/iu

/** Is this path, column or caption of an attribute named, or declared in `rules`, for person numbers? */
export function namesPersonNumbers(path: string, rules: PersonRules): boolean {
  if (NAMED_FOR_PERSONS.test(path)) return true
  const lower = path.toLowerCase()
  return rules.attributes.some((name) => lower.includes(name.toLowerCase()))
}

/**
 * The person number that `text` as a whole is: with or without hyphen, blank or dash between date and rest.
 *
 * @param named the text is a value of an attribute named for person numbers: births after `latestBirth` and a lost
 * leading zero are then accepted.
 */
export function personNumber(text: string, named: boolean, rules: PersonRules): PersonNumber | null {
  const digits = text
    .trim()
    .toUpperCase()
    .replace(/^(\d{6})[-\s\u2010-\u2015]+(?=\d)/u, '$1')
  if (named && /^\d{9}$/.test(digits)) return accept(`0${digits}`, named, rules)
  return accept(digits, named, rules)
}

// Whole tokens: no digit or letter on either side, so that part of an EAN or a date-time is no person.
const TOKEN = /(?<![\p{L}\p{N}])\d{6}(?:[-\u2010-\u2015 \u00a0]?\d{4}|-?\d[A-Za-z]{2}\d)(?![\p{L}\p{N}])/gu
const NINE = /(?<![\p{L}\p{N}.,])\d{9}(?![\p{L}\p{N}]|[.,]\d)/gu

/** Every different person number that stands in `text`, in order. For `named` see {@link personNumber}. */
export function findPersonNumbers(text: string, named: boolean, rules: PersonRules): PersonNumber[] {
  if (!/\d{4}/.test(text)) return []
  const found = new Set<PersonNumber>()
  const tokens = named ? [...text.matchAll(TOKEN), ...text.matchAll(NINE)] : text.matchAll(TOKEN)
  for (const [token] of tokens) {
    const person = personNumber(token, named, rules)
    if (person !== null) found.add(person)
  }
  return [...found]
}

function accept(digits: string, named: boolean, rules: PersonRules): PersonNumber | null {
  const birth = birthDate(digits)
  if (birth === null || (!named && birth > rules.latestBirth)) return null
  return digits as PersonNumber
}

/** The date of birth in a number without separator, `YYYY-MM-DD`, or `null` when the number cannot be a person's. */
export function birthDate(digits: string): string | null {
  const parts = /^(\d\d)(\d\d)(\d\d)(\d)(?:\d{3}|[A-Z]{2}\d)$/.exec(digits)
  if (parts === null) return null
  const [day, month, yy, seventh] = parts.slice(1).map(Number) as [number, number, number, number]
  const year = /[A-Z]/.test(digits) ? electronicYear(seventh, yy) : year4(seventh, yy)
  if (year === null) return null
  const dayOfMonth = day > 60 ? day - 60 : day
  const date = new Date(Date.UTC(year, month - 1, dayOfMonth))
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== dayOfMonth) return null
  return date.toISOString().slice(0, 10)
}

function year4(seventh: number, yy: number): number {
  if (seventh <= 3) return 1900 + yy
  if (seventh === 4 || seventh === 9) return yy <= 36 ? 2000 + yy : 1900 + yy
  return yy <= 57 ? 2000 + yy : 1800 + yy
}

/** National eCPR: 1 or 7; given by a region or municipality: 0, 5 or 6. */
function electronicYear(seventh: number, yy: number): number | null {
  switch (seventh) {
    case 0:
    case 1:
      return 1900 + yy
    case 5:
      return 1800 + yy
    case 6:
    case 7:
      return 2000 + yy
    default:
      return null
  }
}
