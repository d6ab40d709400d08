/**
 * Tells Danish identifiers apart: a person's number and its variants, a company's (CVR, SE), a place of work's (P-number).
 *
 * A CVR and an SE number are built alike, and a P-number is ten digits that may read as a date: only the attribute tells
 * them from each other. Without one, ten digits that are a date are a person, for a person must not be missed.
 */
import type { Meaning } from './attribute.ts'
import type { PersonKind } from './cpr.ts'
import { birthDate, cprModulus11, cvrModulus11, personKind } from './cpr.ts'
import { BLANKS, DASHES, plain } from './digits.ts'
import { personNumber } from './person-number.ts'

export interface Identified {
  readonly kind: PersonKind | 'cvr' | 'se-number' | 'p-number' | 'none'
  /** Without prefix and separators; `null` for `none`. */
  readonly digits: string | null
  /** Of birth. */
  readonly year: number | null
  /** Does the check digit fit? `null` where there is none. */
  readonly modulus11: boolean | null
}

const NONE: Identified = { kind: 'none', digits: null, year: null, modulus11: false }
const ALWAYS = { latestBirth: '9999-12-31', attributes: [] }
const COMPANY = new RegExp(
  String.raw`^(?:(?:DK|CVR|SE)[${DASHES}${BLANKS}.:]*){0,2}(?:nr\.?[${BLANKS}:]*)?(\d{2})[${BLANKS}.]?(\d{2})[${BLANKS}.]?(\d{2})[${BLANKS}.]?(\d{2})$`,
  'iu',
)

/** @param meaning what the attribute is that `text` is a value of; `null` where nobody knows. */
export function identify(text: string, meaning: Meaning | null = null): Identified {
  if (meaning === 'none') return NONE
  const written = plain(text).trim()
  const company = COMPANY.exec(written)
  if (company !== null && meaning !== 'person') return companyOf(company.slice(1).join(''), meaning)
  if (meaning === 'cvr' || meaning === 'se-number') return NONE
  if (meaning === 'p-number') return /^1\d{9}$/.test(written) ? placeOf(written) : NONE
  const digits = personNumber(written, meaning === 'person', ALWAYS)
  const kind = digits === null ? null : personKind(digits)
  if (digits === null || kind === null) return noPerson(written)
  const year = Number(birthDate(digits)?.slice(0, 4))
  return { kind, digits, year, modulus11: /^\d{10}$/.test(digits) ? cprModulus11(digits) : null }
}

function companyOf(digits: string, meaning: Meaning | null): Identified {
  const kind = meaning === 'se-number' ? 'se-number' : 'cvr'
  return { kind, digits, year: null, modulus11: cvrModulus11(digits) }
}

/** Its check digit was made with wrong weights for a whole series, so it says nothing (erhvervsstyrelsen.dk). */
const placeOf = (digits: string): Identified => ({ kind: 'p-number', digits, year: null, modulus11: null })

/** Ten digits that are no date still have a check digit, which may fit by chance: that alone makes no person. */
function noPerson(written: string): Identified {
  const digits = written.replace(new RegExp(`[${DASHES}${BLANKS}]`, 'gu'), '')
  return { ...NONE, modulus11: /^\d{10}$/.test(digits) && cprModulus11(digits) }
}
