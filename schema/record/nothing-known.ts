import type { QueryRecord } from './record.ts'

type Numbered = Pick<QueryRecord, 'logId' | 'origin' | 'seq'>
type Always = keyof Numbered | 'part' | 'askedAt' | 'action' | 'query'

/** A record of which nothing is known but that there was something to record: the entries that no query makes start here. */
export const NOTHING_KNOWN: Omit<QueryRecord, Always> = {
  durationMs: null,
  module: null,
  server: '',
  catalog: null,
  cube: null,
  report: null,
  application: null,
  userName: null,
  organisation: null,
  role: null,
  userSource: 'none',
  userConfirmed: false,
  effectiveUser: null,
  effectiveRoles: null,
  customData: null,
  ip: '',
  language: null,
  opaque: null,
  opaqueAt: null,
  outcome: 'unknown',
  status: null,
  faultCode: null,
  rowCount: null,
  cellCount: null,
  answerBytes: null,
  requestBytes: 0,
  requestHash: null,
  personsSeen: null,
  decoded: false,
  correlationId: null,
  sessionId: null,
  purpose: null,
  criteria: [],
  dimensions: [],
  measures: [],
  seen: [],
  changes: [],
}

/** How the entry begins about something that has a number in a journal. */
export const entryAbout = (
  { logId, origin, seq }: Numbered,
  askedAt: number,
): Omit<QueryRecord, 'action' | 'query'> => ({
  ...NOTHING_KNOWN,
  logId,
  origin,
  seq,
  part: 0,
  askedAt,
})
