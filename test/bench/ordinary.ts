/** Entries as ordinary queries leave them: what Excel asks in the bench, answered, and understood as the recorder does it. */
import type { AnswerFacts } from '../../proxy/exchange.ts'
import { interpret } from '../../proxy/protocol/interpret.ts'
import type { InterpretSettings } from '../../proxy/protocol/settings.ts'
import { UNREAD_ANSWER } from '../../proxy/protocol/unknown/unread-answer.ts'
import { LogIdMint } from '../../schema/record/ids.ts'
import type { Origin } from '../../schema/record/ids.ts'
import type { QueryRecord } from '../../schema/record/record.ts'
import { answered, asked } from '../journal/samples.ts'
import { NOON, personNo } from '../schema/store/sample.ts'
import { REQUEST } from './peers/traffic.ts'

const SETTINGS: InterpretSettings = {
  modules: [],
  mappings: [],
  metadata: 'summary',
  persons: { latestBirth: '2057-12-31', threshold: 20, attributes: [] },
}
const [before, behind] = REQUEST.toString().split('@@')
const facts: AnswerFacts = {
  ...UNREAD_ANSWER,
  kind: 'dataset',
  decoded: true,
  rows: 42,
  cells: 84,
  axes: [2, 42],
  personsSeen: 3,
  persons: [17, 37, 57].map((n) => ({ person: personNo(n), place: 'axis' })),
}

/** Entries 1 to `count` of `origin`, one in each millisecond. */
export function ordinaryEntries(origin: Origin, count: number): QueryRecord[] {
  const mint = new LogIdMint(7)
  return Array.from({ length: count }, (_, n) => {
    const askedAt = NOON + n
    const question = asked(`${before ?? ''}${String(n % 1_000_000).padStart(6, '0')}${behind ?? ''}`, askedAt)
    const exchange = {
      origin,
      logId: mint.next(askedAt),
      seq: n + 1,
      asked: question,
      answered: { ...answered(askedAt + 40), answerBytes: 20_372, requestBytes: REQUEST.length, facts },
    }
    return interpret(exchange, SETTINGS).records
  }).flat()
}
