/**
 * The layout of person numbers: `DDMMYYSSSS`, or an eCPR `DDMMYYCAAG`; dates, centuries, the check digit.
 *
 * The seventh digit and the year give the century (cpr.dk, "Opbygning af CPR-nummeret"). Replacement numbers add 60 to
 * the day (cpr.dk, "Erstatningspersonnummer i eksterne systemer"). An eCPR has two letters (nspop.dk, "eCPR").
 */

/** The parts of a number without separator, letters in upper case. */
interface Parts {
  readonly day: number
  readonly month: number
  readonly year: number | null
}

const LAYOUT = /^(\d\d)(\d\d)(\d\d)(\d)(?:\d{3}|([A-Z]{2})\d)$/

function partsOf(digits: string): Parts | null {
  const parts = LAYOUT.exec(digits)
  if (parts === null) return null
  const [day, month, yy, seventh] = parts.slice(1, 5).map(Number) as [number, number, number, number]
  const year = parts[5] === undefined ? registerYear(seventh, yy) : electronicYear(seventh, yy)
  return { day: day > 60 ? day - 60 : day, month, year }
}

/** The date of birth in a number without separator, `YYYY-MM-DD`, or `null` when the number cannot be a person's. */
export function birthDate(digits: string): string | null {
  const parts = partsOf(digits)
  if (parts === null || parts.year === null) return null
  const { day, month, year } = parts
  if (month < 1 || month > 12 || day < 1 || day > daysIn(month, year)) return null
  return `${year}-${twoDigits(month)}-${twoDigits(day)}`
}

const twoDigits = (number: number): string => (number < 10 ? `0${number}` : String(number))

function daysIn(month: number, year: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

function registerYear(seventh: number, yy: number): number {
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

export type PersonKind = 'cpr' | 'replacement' | 'ecpr-national' | 'ecpr-decentral'

/** What sort of person number `digits` is; `null` when it is none. */
export function personKind(digits: string): PersonKind | null {
  if (birthDate(digits) === null) return null
  if (/[A-Z]/.test(digits)) return /^\d{6}[17]/.test(digits) ? 'ecpr-national' : 'ecpr-decentral'
  return Number(digits.slice(0, 2)) > 60 ? 'replacement' : 'cpr'
}

const CPR_WEIGHTS = [4, 3, 2, 7, 6, 5, 4, 3, 2, 1]
const CVR_WEIGHTS = [2, 7, 6, 5, 4, 3, 2, 1]

/**
 * Does the check digit fit? Numbers of which it does not are valid all the same since 2007 (cpr.dk, "Personnumre uden
 * kontrolciffer"), so this tells, and never decides.
 */
export const cprModulus11 = (digits: string): boolean => modulus11(digits, CPR_WEIGHTS)
/** erhvervsstyrelsen.dk, "Modulus 11". */
export const cvrModulus11 = (digits: string): boolean => modulus11(digits, CVR_WEIGHTS)

function modulus11(digits: string, weights: readonly number[]): boolean {
  if (digits.length !== weights.length) return false
  return weights.reduce((sum, weight, i) => sum + weight * Number(digits[i]), 0) % 11 === 0
}
