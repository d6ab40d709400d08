/** What was asked lately, by whom and of what (requirements K01, K05, N18)? */
import type { LogId } from '../../schema/record/ids.ts'
import type { Action, Criterion, Outcome } from '../../schema/record/record.ts'
import type { LogEntry, LogFilter } from '../../schema/store/store.ts'
import { pageOf, type PageQuestion, pageWords } from './page.ts'
import { period } from './period.ts'
import { holdsPersonNumber, periodRestrictions } from './person.ts'
import type { Asker, Desk, Mistake } from './use.ts'
import { answering, restriction } from './use.ts'

export interface LogQuestion extends PageQuestion {
  readonly user?: string
  readonly module?: string
  readonly cube?: string
  readonly action?: Action
  readonly outcome?: Outcome
  readonly from?: string
  readonly to?: string
}

export interface LogAnswer {
  readonly kind: 'answer'
  readonly entries: readonly LogEntry[]
  readonly next: LogId | null
}

/** Field of the question → column of `log`. */
const COLUMN = {
  user: 'user_name',
  module: 'module',
  cube: 'cube',
  action: 'action',
  outcome: 'outcome',
} as const satisfies Partial<Record<keyof LogQuestion, string>>

const FIELDS = ['user', 'module', 'cube', 'action', 'outcome'] as const

/**
 * Entries that pass every filter given, newest first. The use is logged before this resolves.
 *
 * @throws UseNotLogged, StoreError
 */
export async function readLog(desk: Desk, asker: Asker, question: LogQuestion): Promise<LogAnswer | Mistake> {
  // These stand in an address; a person is searched for with `searchPerson`, whose question does not.
  const misplaced = FIELDS.find((field) => holdsPersonNumber(question[field] ?? ''))
  if (misplaced !== undefined) return { kind: 'mistake', place: misplaced, reason: 'number-in-url' }
  const range = period(question.from, question.to)
  if ('kind' in range) return range
  const page = pageOf(question)
  if ('kind' in page) return page
  const filter: LogFilter = { ...given(question), ...range }
  const criteria = [...filterRestrictions(question), ...periodRestrictions(range)]
  const words = `Hvad er der spurgt om?${pageWords(question)}`
  return answering(desk, asker, { action: 'read', report: 'log', words, criteria, purpose: null }, async () => {
    const { rows: entries, next } = await page.read(
      (p) => desk.reader.log(filter, p),
      (entry) => entry.logId,
    )
    return { answer: { kind: 'answer', entries, next }, rowCount: entries.length }
  })
}

/** The filters that hold something: an empty one is none. */
function given({ user, module, cube, action, outcome }: LogQuestion): LogFilter {
  return {
    ...(user ? { user } : {}),
    ...(module ? { module } : {}),
    ...(cube ? { cube } : {}),
    ...(action ? { action } : {}),
    ...(outcome ? { outcome } : {}),
  }
}

function filterRestrictions(question: LogQuestion): Criterion[] {
  return FIELDS.flatMap((field) => {
    const value = question[field]
    return value ? [restriction(COLUMN[field], '=', value)] : []
  })
}
