/** Invented people and entries for the tests of the report service. Nobody was ever born on these days. */
import type { LogId, Origin, PersonNumber } from '../../schema/record/ids.ts'
import { LogIdMint } from '../../schema/record/ids.ts'
import { entryAbout } from '../../schema/record/nothing-known.ts'
import type { Criterion, QueryRecord } from '../../schema/record/record.ts'

export const ANNA = '0102304001' as PersonNumber
export const BENT = '1503316002' as PersonNumber
/** Whoever asks for her finds nothing. */
export const CARLA = '2404357003' as PersonNumber
export const PERSONS = { latestBirth: '2026-01-01', attributes: [] }
export const NOON = Date.UTC(2026, 1, 2, 11)
export const PROXY = 'bi-front-1a2b3c' as Origin
export const REPORTS = 'tilsyn-reports-4d5e6f' as Origin

const mint = new LogIdMint(7)

export function invented(some: Partial<QueryRecord> = {}): QueryRecord {
  const askedAt = some.askedAt ?? NOON
  return {
    ...entryAbout({ logId: mint.next(askedAt), origin: PROXY, seq: 1 }, askedAt),
    durationMs: 120,
    module: 'Økonomi',
    server: 'bi',
    catalog: 'Kommune',
    cube: 'Udgifter',
    application: 'Excel',
    userName: 'KOMMUNE\\anne',
    organisation: 'Økonomi og Stab',
    userSource: 'ntlm',
    userConfirmed: true,
    ip: '10.20.30.40',
    action: 'query',
    language: 'mdx',
    query: 'SELECT {[Measures].[Beløb]} ON 0 FROM [Udgifter]',
    outcome: 'answered',
    status: 200,
    rowCount: 1,
    cellCount: 1,
    answerBytes: 2048,
    requestBytes: 512,
    requestHash: 'ab'.repeat(32),
    personsSeen: 0,
    decoded: true,
    ...some,
  }
}

export function criterion(some: Partial<Criterion> = {}): Criterion {
  return {
    dimension: '[Borger]',
    hierarchy: '[Borger].[CPR]',
    level: null,
    operator: '=',
    value: 'x',
    valueTo: null,
    person: null,
    personTo: null,
    originClause: 'slicer',
    ...some,
  }
}

export const unknownId = '700000000000000000' as LogId
