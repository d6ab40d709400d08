/** Key-set paging: a page never skips or repeats an entry, however many are written meanwhile. */
import type { LogId } from '../../schema/record/ids.ts'
import { logId } from '../../schema/record/ids.ts'
import type { Page } from '../../schema/store/store.ts'
import type { Mistake } from './use.ts'

export interface PageQuestion {
  /** At least 1; how much at most is for whoever takes the question in. */
  readonly limit?: number
  readonly before?: string
}

export const PAGE_ROWS = 50

// Ids hold milliseconds since 2020 above 22 other bits: fewer digits than this are of its first day. Ten digits in an
// address are rather a person number that went astray.
const FEWEST_DIGITS = 15

/** A log id as somebody gives it. */
export function idGiven(text: string): LogId | null {
  return text.length < FEWEST_DIGITS ? null : logId(text)
}

export interface Paging {
  /** One row more than asked for is read, to know whether there is a next page. */
  read<T>(
    rows: (page: Page) => Promise<readonly T[]>,
    idOf: (row: T) => LogId,
  ): Promise<{ readonly rows: readonly T[]; readonly next: LogId | null }>
}

export function pageOf(question: PageQuestion): Paging | Mistake {
  const before = question.before ? idGiven(question.before) : undefined
  if (before === null) return { kind: 'mistake', place: 'before', reason: 'log-id' }
  const { limit = PAGE_ROWS } = question
  return {
    async read(rows, idOf) {
      const found = await rows({ limit: limit + 1, ...(before === undefined ? {} : { before }) })
      const shown = found.slice(0, limit)
      const last = shown.at(-1)
      return { rows: shown, next: found.length > limit && last !== undefined ? idOf(last) : null }
    },
  }
}

/** The page in words, for the entry about the use. */
export function pageWords({ limit = PAGE_ROWS, before }: PageQuestion): string {
  return ` Højst ${limit} opslag${before ? `, ældre end ${before}` : ''}.`
}
