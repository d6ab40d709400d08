import { createHash } from 'node:crypto'
import type { QueryRecord } from '../../../schema/record/record.ts'

/** What a name column of the tables holds. A criterion's value and the query itself are never cut. */
const MAX_NAME = 400

/** `record` with every name cut to what its column holds. Names come from the wire and may be of any length. */
export function fitNames(record: QueryRecord): QueryRecord {
  if (isFitting(record)) return record
  const short = Object.fromEntries(NAMES.map((name) => [name, fit(record[name])]))
  return {
    ...record,
    ...short,
    criteria: record.criteria.map((row) => ({ ...row, ...fitPath(row), dimension: fit(row.dimension) })),
    dimensions: record.dimensions.map((row) => ({ ...row, ...fitPath(row), dimension: fitName(row.dimension) })),
    measures: record.measures.map((row) => ({ ...row, measure: fitName(row.measure), via: fit(row.via) })),
  }
}

const NAMES = [
  'module',
  'catalog',
  'cube',
  'report',
  'application',
  'userName',
  'effectiveUser',
  'effectiveRoles',
  'customData',
  'faultCode',
  'correlationId',
  'sessionId',
] as const

/** Nearly every record is, and is not made again. */
function isFitting(record: QueryRecord): boolean {
  const { criteria, dimensions, measures } = record
  if (!NAMES.every((name) => fits(record[name]))) return false
  if (!measures.every(({ measure, via }) => fits(measure) && fits(via))) return false
  return criteria.every(isPathFitting) && dimensions.every(isPathFitting)
}

const isPathFitting = ({ dimension, hierarchy, level }: Path & { readonly dimension: string | null }): boolean =>
  fits(dimension) && fits(hierarchy) && fits(level)

const fits = (name: string | null): boolean => name === null || name.length <= MAX_NAME

interface Path {
  readonly hierarchy: string | null
  readonly level: string | null
}

const fitPath = ({ hierarchy, level }: Path): Path => ({ hierarchy: fit(hierarchy), level: fit(level) })
const fit = (name: string | null): string | null => (name === null ? null : fitName(name))

/** A long name is cut, and eight digits of its hash keep two that begin alike apart. */
function fitName(name: string): string {
  if (name.length <= MAX_NAME) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `${name.slice(0, MAX_NAME - 9).toWellFormed()}…${hash}`
}
