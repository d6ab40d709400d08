/** What is on record of a request over JSON, as short lines. */
import type { Criterion, DimensionUse, QueryRecord } from '../../schema/record/record.ts'
import { record, records, type Given } from './exchanges.ts'

export const JSON_TYPE = [['Content-Type', 'application/json']] as const

const whole = ({ dimension, hierarchy, level }: Criterion | DimensionUse): string =>
  level ?? hierarchy ?? dimension ?? '?'

const line = (row: Criterion): string =>
  [whole(row), row.operator, row.valueTo === null ? row.value : `${row.value} to ${row.valueTo}`].join(' ').trim()

export const criteriaIn = ({ criteria }: QueryRecord): string[] => criteria.map(line)
export const dimensionsIn = ({ dimensions }: QueryRecord): string[] => dimensions.map(whole)
export const measuresIn = ({ measures }: QueryRecord): string[] => measures.map(({ measure }) => measure)

const given = (target: string, body: unknown, method: string): Given => ({
  method,
  target,
  headers: JSON_TYPE,
  body: body === null ? '' : JSON.stringify(body),
})

/** The first entry. */
export function askedJson(target: string, body: unknown, method = 'POST'): QueryRecord {
  return record(given(target, body, method))
}

/** Each entry: one request may ask several queries. */
export function allAskedJson(target: string, body: unknown, method = 'POST'): readonly QueryRecord[] {
  return records(given(target, body, method))
}
