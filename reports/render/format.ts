/** Dates and numbers as the reader writes them; the clock is Copenhagen's. */
import type { Lang } from './messages.ts'

const LOCALE: Record<Lang, string> = { da: 'da-DK', en: 'en-GB' }
const TIME_ZONE = 'Europe/Copenhagen'

const both = <T>(make: (locale: string) => T): Record<Lang, T> => ({ da: make(LOCALE.da), en: make(LOCALE.en) })
const TIMES = both(
  (locale) => new Intl.DateTimeFormat(locale, { timeZone: TIME_ZONE, dateStyle: 'short', timeStyle: 'medium' }),
)
const DAYS = both((locale) => new Intl.DateTimeFormat(locale, { timeZone: TIME_ZONE, dateStyle: 'long' }))
const NUMBERS = both((locale) => new Intl.NumberFormat(locale))

export function time(lang: Lang, ms: number): string {
  return TIMES[lang].format(ms)
}

export function day(lang: Lang, ms: number): string {
  return DAYS[lang].format(ms)
}

export function number(lang: Lang, value: number): string {
  return NUMBERS[lang].format(value)
}

/** `DDMMYY-SSSS`, as people write it. */
export function person(digits: string): string {
  return `${digits.slice(0, 6)}-${digits.slice(6)}`
}
