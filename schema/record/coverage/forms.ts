/** How a person's number may stand in an attribute, and whether a text that was searched for fits it. */
import type { PersonNumber } from '../ids.ts'
import { birthDate } from '../cpr.ts'
import { BLANKS, DASHES, plain } from '../digits.ts'
import { globFits } from '../glob.ts'

/** `in`: the person meets it. `out`: cannot. `unknown`: hangs on what nobody here knows. */
export type Verdict = 'in' | 'out' | 'unknown'

export interface Forms {
  /** As it is mostly written: whoever meets something in both is taken in by it. */
  readonly usual: readonly string[]
  /** With those that are met more seldom: whoever meets something in none is not. */
  readonly every: readonly string[]
  /** Digits that a caption may hold beside the number: the date of birth in full. */
  readonly beside: readonly string[]
}

export function formsOf(person: PersonNumber): Forms {
  const [date, rest] = [person.slice(0, 6), person.slice(6)]
  const usual = [person, `${date}-${rest}`]
  const short = person.startsWith('0') ? [person.slice(1), `${person.slice(1, 6)}-${rest}`] : []
  const [year = '', month = '', day = ''] = (birthDate(person) ?? '').split('-')
  const beside = [`${day}${month}${year}`, `${year}${month}${day}`]
  return { usual, every: [...usual, `${date} ${rest}`, ...short], beside }
}

const JOINTS = new RegExp(`[${DASHES}${BLANKS}./_]`, 'gu')
const bare = (text: string): string => text.replace(JOINTS, '')

/** A text that may be part of a number: digits, the letters of an eCPR left out of account, and what joins them. */
const isDigits = (text: string): boolean => /^\d+$/.test(bare(text))

/** So many digits in a row stand in a caption only as the number or a date. */
const TELLING = 6

export function startsWith(forms: Forms, value: string): Verdict {
  const text = plain(value).trim()
  if (!isDigits(text)) return 'unknown'
  if (forms.usual.every((form) => form.startsWith(text))) return 'in'
  // A longer text may go on into the name behind the number.
  const may = forms.every.some((form) => form.startsWith(text) || bare(form).startsWith(bare(text)))
  return may || bare(text).length > 10 ? 'unknown' : 'out'
}

export function contains(forms: Forms, value: string): Verdict {
  const text = plain(value).trim()
  if (!isDigits(text)) return 'unknown'
  if (forms.usual.every((form) => form.includes(text))) return 'in'
  return bare(text).length < TELLING || hasPiece(forms, text) ? 'unknown' : 'out'
}

/** A name may stand behind the number, so nobody is surely met by its end. */
export function endsWith(forms: Forms, value: string): Verdict {
  return contains(forms, value) === 'out' ? 'out' : 'unknown'
}

function hasPiece(forms: Forms, piece: string): boolean {
  const digits = bare(piece)
  return [...forms.every.map(bare), ...forms.beside].some((form) => form.includes(digits) || digits.includes(form))
}

const WILD = /[*%?_]/
/** Sets of letters, escapes: patterns of a kind that is not read. */
const BEYOND = /[[\]#\\~^{}|]/

export const hasWildcards = (value: string): boolean => WILD.test(value) || BEYOND.test(value)

/** `LIKE`, or `*` and `?`: the whole value against the whole pattern. */
export function fits(forms: Forms, pattern: string): Verdict {
  const text = plain(pattern).trim()
  if (BEYOND.test(text)) return 'unknown'
  const signs = /[%_]/.test(text) ? { many: '%', one: '_' } : { many: '*', one: '?' }
  const other = signs.many === '%' ? /[*?]/ : /[%_]/
  if (!other.test(text) && forms.usual.every((form) => globFits(text, form, signs))) return 'in'
  const [first = '', ...rest] = text.split(WILD)
  const begins = first === '' || !isDigits(first) || startsWith(forms, first) !== 'out'
  const pieces = [first, ...rest].filter((piece) => isDigits(piece) && bare(piece).length >= TELLING)
  return begins && pieces.every((piece) => hasPiece(forms, piece)) ? 'unknown' : 'out'
}

export type Order = '>' | '>=' | '<' | '<='

/**
 * Compared with a number as text or as an amount, whichever the server does, with and without joint: only where all
 * agree is anything known.
 */
export function compares(forms: Forms, order: Order, value: string): Verdict {
  const text = plain(value).trim()
  if (!isDigits(text) || bare(text).length < TELLING || bare(text).length > 10) return 'unknown'
  // A number that has lost its zero is an amount, and compared as one. What stands behind a number makes it greater.
  const texts = forms.every.filter((form) => bare(form).length === 10)
  const stored = texts.flatMap((form) => [form, `${form} ~`])
  const outcomes = stored.flatMap((form) => [
    holds(form < text ? -1 : form > text ? 1 : 0, order),
    holds(sign(bare(form).replace(/~$/, ''), bare(text)), order),
  ])
  const amount = Number(bare(forms.usual[0] ?? '')) - Number(bare(text))
  if (!Number.isNaN(amount)) outcomes.push(holds(amount, order))
  if (outcomes.every(Boolean)) return 'in'
  return outcomes.some(Boolean) ? 'unknown' : 'out'
}

const sign = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

function holds(difference: number, order: Order): boolean {
  if (difference === 0) return order === '>=' || order === '<='
  return difference > 0 === order.startsWith('>')
}
