/** Dates as people in Denmark write them in a question: a day is a day in Copenhagen, whatever the clock of the machine. */
import { known, utcOfCopenhagen } from '../../schema/record/copenhagen.ts'
import type { Mistake } from './use.ts'

export interface Period {
  /** UTC milliseconds, inclusive. */
  readonly from?: number
  /** UTC milliseconds, exclusive. */
  readonly to?: number
}

const DAY = /^(\d{4}-\d{2}-\d{2})$/
const DATE_TIME = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:\d{2})?$/

/** Of two ISO 8601 dates or date-times; the empty string is none. A day as `to` is included. */
export function period(from: string | undefined, to: string | undefined): Period | Mistake {
  const start = from ? instant(from, 0) : undefined
  if (start === null) return { kind: 'mistake', place: 'from', reason: 'date' }
  const end = to ? instant(to, 1) : undefined
  if (end === null) return { kind: 'mistake', place: 'to', reason: 'date' }
  if (start !== undefined && end !== undefined && end <= start)
    return { kind: 'mistake', place: 'to', reason: 'period' }
  return { ...(start === undefined ? {} : { from: known(start) }), ...(end === undefined ? {} : { to: known(end) }) }
}

/** UTC milliseconds of the start of a day, `daysLater`, or of a date-time; without offset it is Copenhagen's. */
function instant(text: string, daysLater: 0 | 1): number | null {
  const day = DAY.exec(text)?.[1]
  if (day !== undefined) {
    const midnight = wallClock(day, '00:00')
    return midnight === null ? null : utcOfCopenhagen(midnight + daysLater * 86_400_000)
  }
  const [, date, time, offset] = DATE_TIME.exec(text) ?? []
  if (date === undefined || time === undefined) return null
  const wall = wallClock(date, time)
  if (wall === null || offset === undefined) return wall === null ? null : utcOfCopenhagen(wall)
  const ms = Date.parse(`${date}T${time}${offset}`)
  return Number.isNaN(ms) ? null : ms
}

/** The wall clock read as if it were UTC; `null` for a day or time that does not exist, such as 30 February. */
function wallClock(date: string, time: string): number | null {
  const ms = Date.parse(`${date}T${time}Z`)
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date) ? ms : null
}
