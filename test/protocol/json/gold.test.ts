import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Criterion, QueryRecord } from '../../../schema/record/record.ts'
import { records } from '../../support/exchanges.ts'

// Requests annotated by hand, kept beside the project.
const GOLD = join(import.meta.dirname, '../../../../shared/corpus/gold_json.dev.jsonl')

/** By the gold's `api`: which interface reads it. What is missing here has an adapter of its own elsewhere. */
const READ: ReadonlySet<string> = new Set([
  'powerbi-executequeries',
  'powerbi-querydata',
  'cubejs-load',
  'metabase-dataset',
  'saiku',
  'tableau-vds',
  'qlik-engine',
])

interface Annotated {
  readonly id: string
  readonly api: string
  readonly method: string
  readonly path: string
  readonly body: unknown
  readonly expected: {
    readonly measures: readonly string[]
    readonly dimensions: readonly string[]
    readonly criteria: readonly {
      readonly dimension: string
      readonly op: string
      readonly values: readonly (string | null)[]
    }[]
    readonly cube?: string
    readonly catalog?: string
    readonly report?: string
  }
}

const whole = (row: Pick<Criterion, 'dimension' | 'hierarchy' | 'level'>) =>
  row.level ?? row.hierarchy ?? row.dimension ?? ''

/** One line per value; the two of a range are one, and a condition without values is one with an empty value. */
function lines(criteria: Annotated['expected']['criteria']): string[] {
  return criteria.flatMap(({ dimension, op, values }) => {
    const texts = op === 'range' ? [values.join(' to ')] : values.length === 0 ? [''] : values.map(String)
    return texts.map((text) => `${dimension} ${op} ${text}`)
  })
}

const line = (row: Criterion) =>
  `${whole(row)} ${row.operator} ${row.value}${row.valueTo === null ? '' : ` to ${row.valueTo}`}`

function assertAsAnnotated({ expected }: Annotated, found: readonly QueryRecord[]): void {
  const [first] = found
  assert.ok(first !== undefined && first.opaque === null)
  assert.deepEqual(
    found.flatMap(({ measures }) => measures.map(({ measure }) => measure)).sort(),
    [...expected.measures].sort(),
  )
  assert.deepEqual(found.flatMap(({ dimensions }) => dimensions.map(whole)).sort(), [...expected.dimensions].sort())
  assert.deepEqual(found.flatMap(({ criteria }) => criteria.map(line)).sort(), lines(expected.criteria).sort())
  if (expected.cube !== undefined) assert.equal(first.cube, expected.cube)
  if (expected.catalog !== undefined) assert.equal(first.catalog, expected.catalog)
  if (expected.report !== undefined) assert.equal(first.report, expected.report)
}

if (!existsSync(GOLD)) {
  test('requests annotated by hand are read exactly so', (t) =>
    t.diagnostic('left out: there is no ../shared/corpus here'))
} else {
  const text = readFileSync(GOLD, 'utf8')
  const gold = text
    .split('\n')
    .filter((one) => one !== '')
    .map((one) => JSON.parse(one) as Annotated)
  for (const one of gold.filter(({ api }) => READ.has(api))) {
    test(`${one.id} (${one.api}) is read exactly as annotated`, () => {
      const { method, path: target, body } = one
      const headers = [['Content-Type', 'application/json']] as const
      assertAsAnnotated(one, records({ method, target, headers, body: JSON.stringify(body) }))
    })
  }
}
