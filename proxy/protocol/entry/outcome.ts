import type { Answered, Ending } from '../../exchange.ts'
import type { Outcome, QueryRecord } from '../../../schema/record/record.ts'
import { assertNever } from '../../../schema/record/record.ts'

export type AnswerColumns = Pick<
  QueryRecord,
  'outcome' | 'status' | 'faultCode' | 'rowCount' | 'cellCount' | 'answerBytes' | 'personsSeen' | 'decoded' | 'seen'
>

/** What became of the request. Without an answer on record nobody can say what the user saw. */
export function answerColumns(answered: Answered | null): AnswerColumns {
  if (answered === null) {
    const unknown = { rowCount: null, cellCount: null, answerBytes: null, personsSeen: null, decoded: false, seen: [] }
    return { outcome: 'unknown', status: null, faultCode: null, ...unknown }
  }
  const { facts, status, ending, answerBytes } = answered
  const decoded = answerBytes === 0 || (facts?.decoded ?? isOwnAnswer(ending))
  return {
    outcome: outcomeOf(answered),
    status,
    faultCode: facts?.faultCode ?? (ending === 'complete' ? null : ending),
    rowCount: facts?.rows ?? null,
    cellCount: facts?.cells ?? null,
    answerBytes,
    personsSeen: decoded || (facts?.personsSeen ?? 0) > 0 ? (facts?.personsSeen ?? 0) : null,
    decoded,
    seen: facts?.persons ?? [],
  }
}

function outcomeOf({ ending, status, facts }: Answered): Outcome {
  if (status === 401 || status === 403 || status === 407) return 'refused'
  switch (ending) {
    case 'refused':
    case 'withheld':
      return 'refused'
    case 'client-gone':
    case 'upstream-gone':
    case 'upstream-unreachable':
    case 'upstream-timeout':
      return 'aborted'
    case 'complete':
      return isFault(status, facts) ? 'fault' : 'answered'
    default:
      return assertNever(ending)
  }
}

/** Mondrian answers a fault with status 200, and Analysis Services may put an error behind rows already sent. */
function isFault(status: number | null, facts: Answered['facts']): boolean {
  return (status !== null && status >= 400) || (facts !== null && (facts.kind === 'fault' || facts.faultCode !== null))
}

/** The proxy's own refusal holds nothing of the BI server's. */
function isOwnAnswer(ending: Ending): boolean {
  return (
    ending === 'refused' || ending === 'withheld' || ending === 'upstream-unreachable' || ending === 'upstream-timeout'
  )
}
