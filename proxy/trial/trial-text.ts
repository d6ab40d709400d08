/** A trial as a person reads it at a terminal. It holds personal data: it shows what the record would. */
import type { Criterion, DimensionUse, QueryRecord } from '../../schema/record/record.ts'
import type { MappingReport, Trial } from './trial.ts'

/** What a column is cut to; the whole stands in the JSON. */
const WIDTH = 60

export function trialText(trial: Trial): string {
  const { readBy, mappings, records, personsBeside } = trial
  const lines = [
    `read by        ${readBy ?? 'nobody: an interface that is not known'}`,
    ...mappings.flatMap(mappingLines),
    ...records.flatMap((record, i) => ['', ...recordLines(record, i, records.length)]),
  ]
  if (personsBeside.length > 0) {
    lines.push('', `persons in the request that no named criterion holds: ${personsBeside.join(', ')}`)
  }
  return lines.join('\n')
}

function mappingLines({ name, file, foreign, unmatched, missing }: MappingReport): string[] {
  if (foreign !== null) return [`mapping        ${name} (${file}) does not fit: match.${foreign}`]
  return [
    `mapping        ${name} (${file}) fits`,
    ...(missing.length === 0 ? [] : [`  missing      ${missing.join(', ')}`]),
    ...(unmatched.length === 0 ? [] : [`  nothing at   ${unmatched.join(', ')}`]),
  ]
}

const FIELDS = [
  'action',
  'language',
  'module',
  'catalog',
  'cube',
  'report',
  'application',
  'userName',
  'userSource',
  'effectiveUser',
  'sessionId',
  'correlationId',
  'outcome',
  'status',
  'faultCode',
  'rowCount',
  'personsSeen',
  'opaque',
  'opaqueAt',
] as const satisfies readonly (keyof QueryRecord)[]

function recordLines(record: QueryRecord, i: number, of: number): string[] {
  const { criteria, dimensions, measures, seen, query } = record
  return [
    `entry ${i + 1} of ${of}`,
    ...FIELDS.flatMap((name) => (record[name] === null ? [] : [`  ${name.padEnd(14)}${String(record[name])}`])),
    `  ${'query'.padEnd(14)}${cut(query, 200)}`,
    ...table('criteria', criteria.map(criterionCells)),
    ...table(
      'dimensions',
      dimensions.map(({ axis, ...name }) => [nameOf(name), axis === null ? '' : `axis ${axis}`]),
    ),
    ...table(
      'measures',
      measures.map(({ measure, via }) => [measure, via === null ? '' : `via ${via}`]),
    ),
    ...table(
      'persons seen',
      seen.map(({ person, place }) => [person, place]),
    ),
  ]
}

function criterionCells(row: Criterion): string[] {
  const { operator, value, valueTo, person, personTo, originClause } = row
  const values = valueTo === null ? value : `${value} … ${valueTo}`
  const persons = [person, personTo].filter((each) => each !== null).join(', ')
  return [nameOf(row) || '(not named)', operator, values, persons === '' ? '' : `person ${persons}`, originClause]
}

const nameOf = ({
  dimension,
  hierarchy,
  level,
}: Pick<DimensionUse, 'hierarchy' | 'level'> & { dimension: string | null }) =>
  [dimension, hierarchy, level].filter((part) => part !== null).join(' / ')

function table(title: string, rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return []
  const cells = rows.map((row) => row.map((cell) => cut(cell, WIDTH)))
  const widest = (column: number) => cells.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), 0)
  const widths = (cells[0] ?? []).map((_, column) => widest(column))
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return [`  ${title}`, ...lines.map((line) => `    ${line}`)]
}

/** On one line, and without what a terminal would act on. */
function cut(text: string, width: number): string {
  const plain = text.replaceAll(/[\s\p{Cc}]+/gu, ' ')
  return plain.length <= width ? plain : `${plain.slice(0, width - 1).toWellFormed()}…`
}
