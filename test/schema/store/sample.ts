/** Invented entries for the store's tests. */
import { logId } from '../../../schema/record/ids.ts'
import type { LogId, Origin, PersonNumber } from '../../../schema/record/ids.ts'
import { entryAbout } from '../../../schema/record/nothing-known.ts'
import type { Criterion, QueryRecord } from '../../../schema/record/record.ts'

export const ORIGIN = 'prøve-0a1b2c' as Origin
export const OTHER_ORIGIN = 'anden-ffeedd' as Origin
export const NOON = Date.UTC(2026, 2, 1, 12, 0, 0, 0)

/** Invented: born in 2050. */
export const personNo = (n: number): PersonNumber => `010150${5000 + n}` as PersonNumber

export const id = (text: string | bigint | number): LogId => {
  const read = logId(String(text))
  if (read === null) throw new Error(`${text} is no log id`)
  return read
}

const EPOCH = Date.UTC(2020, 0, 1)
/** As the proxy mints them: 41 bits of milliseconds, 22 bits that tell entries of one millisecond apart. */
export const idAt = (ms: number, low = 0): LogId => id((BigInt(ms - EPOCH) << 22n) + BigInt(low))

export const criterion = (over: Partial<Criterion> = {}): Criterion => ({
  dimension: '[Borger]',
  hierarchy: '[Borger].[CPR]',
  level: '[Borger].[CPR].[CPR]',
  operator: '=',
  value: 'a value',
  valueTo: null,
  person: null,
  personTo: null,
  originClause: 'slicer',
  ...over,
})

/** Entry number `seq`, asked `seq` ms after noon. */
export function sample(seq: number, over: Partial<QueryRecord> = {}): QueryRecord {
  const askedAt = over.askedAt ?? NOON + seq
  return {
    ...entryAbout({ logId: over.logId ?? idAt(askedAt, (7 << 14) + seq), origin: ORIGIN, seq }, askedAt),
    durationMs: 12,
    module: 'Økonomi',
    server: 'olap',
    catalog: 'Kommune',
    cube: 'Sygefravær',
    application: 'Excel',
    userName: 'KOMMUNE\\abc',
    userSource: 'ntlm',
    userConfirmed: true,
    ip: '10.0.0.7',
    action: 'query',
    language: 'mdx',
    query: 'SELECT [Measures].[Antal] ON 0 FROM [Sygefravær]',
    outcome: 'answered',
    status: 200,
    cellCount: 3,
    answerBytes: 1024,
    requestBytes: 512,
    personsSeen: 0,
    decoded: true,
    ...over,
  }
}

/** An entry in which no column is empty. */
export const full = (seq: number): QueryRecord =>
  sample(seq, {
    part: 3,
    report: 'Månedsrapport / økonomi+',
    organisation: 'Børn & Unge',
    role: 'Controller',
    userConfirmed: false,
    effectiveUser: 'KOMMUNE\\chef',
    effectiveRoles: 'Læser,Ærlig',
    customData: '<a b="c"/>',
    opaque: 'syntax',
    opaqueAt: '3:14',
    outcome: 'fault',
    status: 500,
    faultCode: '3238658121',
    durationMs: 2 ** 40,
    rowCount: 2 ** 33,
    cellCount: 2 ** 52,
    answerBytes: 2 ** 53 - 1,
    requestBytes: 2 ** 35,
    requestHash: 'ab'.repeat(32),
    personsSeen: 2,
    decoded: false,
    correlationId: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    sessionId: 'E5A1-77',
    purpose: 'Sag 2026/17: tilsyn',
    criteria: [
      criterion({
        value: personNo(1),
        person: personNo(1),
        valueTo: personNo(2),
        personTo: personNo(2),
        operator: 'range',
      }),
      criterion({ dimension: null, hierarchy: null, level: null, value: '', originClause: 'mentioned' }),
    ],
    dimensions: [
      { dimension: '[Tid]', hierarchy: '[Tid].[Måned]', level: '[Tid].[Måned].[Måned]', axis: '1' },
      { dimension: 'Borger', hierarchy: null, level: null, axis: null },
    ],
    measures: [
      { measure: '[Measures].[Andel]', calculated: true, via: null },
      { measure: '[Measures].[Antal]', calculated: false, via: '[Measures].[Andel]' },
    ],
    seen: [
      { person: personNo(3), place: 'cell' },
      { person: personNo(3), place: 'axis' },
    ],
    changes: [
      { setting: '/servers/bi01/upstream', kind: 'insert', oldValue: null, newValue: '"http://a:1"' },
      { setting: '/persons/threshold', kind: 'change', oldValue: '20', newValue: '5' },
      { setting: '/modules/0', kind: 'delete', oldValue: '{"module":"Løn & \'Æ\' <b>"}', newValue: null },
    ],
  })

export const range = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))
