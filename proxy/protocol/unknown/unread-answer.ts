import type { AnswerFacts } from '../../exchange.ts'

/** What is known of an answer that could not be read. */
export const UNREAD_ANSWER: AnswerFacts = {
  kind: 'other',
  decoded: false,
  faultCode: null,
  rows: null,
  cells: null,
  axes: [],
  warnings: 0,
  opened: null,
  model: [],
  personsSeen: 0,
  persons: [],
}
