/**
 * Druid's filters and havings (druid.apache.org/docs, "Query filters" and "Having filters (groupBy)"): trees of `and`,
 * `or`, `not` over tests of a column. What a filter tests through an extraction function is recorded of its column.
 */
import { likeTest, negated } from '../../language/condition.ts'
import type { PersonRules } from '../../../schema/record/person-number.ts'
import type { Criterion } from '../../../schema/record/record.ts'
import type { Json, MaybeJson } from './json-value.ts'
import { isNull, isTrue, itemsOf, member, oneOrMore, scalarOf, stringOf, valuesOf } from './json-value.ts'
import type { Condition } from './rows.ts'
import { caption, criteriaOf, ofMany } from './rows.ts'
import { sqlConditions } from './sql.ts'

/** `filter` and `having` alike: their kinds have different names. */
export function filterCriteria(filter: MaybeJson, rules: PersonRules): Criterion[] {
  return conditionsOf(filter, false).flatMap((condition) =>
    'expression' in condition ? sqlConditions(condition.expression, rules) : criteriaOf(condition, rules),
  )
}

/** How Druid's clients write an interval that leaves nothing out. */
const ETERNITY = /^-146136543-.*\/146140482-/

/** `2024-01-01/2024-02-01` on the column of time, each. */
export function intervalCriteria(intervals: MaybeJson, rules: PersonRules): Criterion[] {
  const list = member(intervals, 'intervals') ?? intervals
  const bounded = oneOrMore(list).filter((interval) => !ETERNITY.test(scalarOf(interval) ?? ''))
  return bounded.flatMap((interval) => criteriaOf(intervalOn('__time', interval), rules))
}

type Tested = Condition | { readonly expression: string }

function conditionsOf(node: MaybeJson, not: boolean): readonly Tested[] {
  const type = stringOf(member(node, 'type'))?.toLowerCase() ?? ''
  const inner = [
    ...itemsOf(member(node, 'fields')),
    ...itemsOf(member(node, 'havingSpecs')),
    ...['field', 'havingSpec', 'filter'].flatMap((name) => member(node, name) ?? []),
  ]
  // `not`, `isfalse` and `nottrue` turn what they hold; every other kind that holds filters does not.
  const turned = NEGATIONS.has(type) ? !not : not
  const tests = node === null ? [] : testsOf(type, node)
  return [...tests.map((test) => (not ? opposite(test) : test)), ...inner.flatMap((one) => conditionsOf(one, turned))]
}

const NEGATIONS = new Set(['not', 'isfalse', 'nottrue'])

const opposite = (test: Tested): Tested => ('expression' in test ? test : { ...test, op: negated(test.op) })

function columnOf(node: Json): string {
  return stringOf(member(node, 'dimension')) ?? stringOf(member(node, 'column')) ?? extractedFrom(node)
}

/** A dimension may be a specification. */
function extractedFrom(node: Json): string {
  const inner = member(node, 'dimension')
  return stringOf(member(inner, 'dimension')) ?? stringOf(member(inner, 'outputName')) ?? ''
}

function testsOf(type: string, node: Json): readonly Tested[] {
  const column = columnOf(node)
  const test = (op: string, values: readonly string[]): Condition => ({ name: caption(column), op, values })
  switch (type) {
    case 'selector':
    case 'dimselector':
      return [equal(column, member(node, 'value'))]
    case 'equals':
      return [equal(column, member(node, 'matchValue'))]
    case 'null':
      return [test('is null', [])]
    case 'in':
      return [test('in', valuesOf(member(node, 'values')))]
    case 'intype':
      return [test('in', valuesOf(member(node, 'sortedValues') ?? member(node, 'values')))]
    case 'bound':
    case 'range':
      return bounds(node, test)
    case 'like':
      return [like(node, test)]
    case 'regex':
      return [test('matches', valuesOf(member(node, 'pattern')))]
    case 'search':
      return [searched(column === '' ? [] : [column], member(node, 'query'))].flat()
    case 'interval':
      return itemsOf(member(node, 'intervals')).map((interval) => intervalOn(column, interval))
    case 'arraycontainselement':
      return [test('contains', valuesOf(member(node, 'elementMatchValue')))]
    default:
      return rarer(type, node, test)
  }
}

type Test = (op: string, values: readonly string[]) => Condition

function rarer(type: string, node: Json, test: Test): readonly Tested[] {
  const expression = stringOf(member(node, 'expression'))
  switch (type) {
    case 'expression':
      return expression === null ? [] : [{ expression }]
    case 'javascript':
      return [test('javascript', valuesOf(member(node, 'function')))]
    case 'spatial':
      return [test('spatial', [coordinates(member(node, 'bound'))])]
    case 'greaterthan':
    case 'lessthan':
    case 'equalto':
      return [aggregated(type, node)]
    default:
      return []
  }
}

/** Without a value a selector looks for what has none. */
function equal(column: string, value: MaybeJson): Condition {
  const values = valuesOf(value)
  const name = caption(column)
  if (values.length === 0 || isNull(value)) return { name, op: 'is null', values: [] }
  return { name, op: ofMany('=', values), values }
}

/** `bound` says strict and `range` says open. */
function bounds(node: Json, test: Test): readonly Condition[] {
  const [lower, upper] = ['lower', 'upper'].map((end) => scalarOf(member(node, end)))
  const strict = ['lower', 'upper'].map(
    (end) => isTrue(member(node, `${end}Strict`)) || isTrue(member(node, `${end}Open`)),
  )
  const from = typeof lower === 'string' ? [test(strict[0] === true ? '>' : '>=', [lower])] : []
  const to = typeof upper === 'string' ? [test(strict[1] === true ? '<' : '<=', [upper])] : []
  if (typeof lower !== 'string' || typeof upper !== 'string' || strict.includes(true)) return [...from, ...to]
  return [test('range', [lower, upper])]
}

function like(node: Json, test: Test): Condition {
  const { op, value } = likeTest(stringOf(member(node, 'pattern')) ?? '', stringOf(member(node, 'escape')) ?? '')
  return test(op, [value])
}

/** `contains`, `insensitive_contains`, `fragment` (several values), `regex`. Without columns all are searched. */
export function searched(columns: readonly string[], query: MaybeJson): Condition[] {
  const values = [
    ...valuesOf(member(query, 'value')),
    ...valuesOf(member(query, 'values')),
    ...valuesOf(member(query, 'pattern')),
  ]
  const op = stringOf(member(query, 'type'))?.toLowerCase() === 'regex' ? 'matches' : 'contains'
  if (values.length === 0) return []
  const names = columns.length === 0 ? [null] : columns.map(caption)
  return names.map((name) => ({ name, op, values }))
}

function intervalOn(column: string, interval: Json): Condition {
  const values = (scalarOf(interval) ?? '').split('/')
  return { name: caption(column), op: 'range', values }
}

const COMPARES: Readonly<Record<string, string>> = { greaterthan: '>', lessthan: '<', equalto: '=' }

function aggregated(type: string, node: Json): Condition {
  const name = caption(stringOf(member(node, 'aggregation')) ?? '')
  return { name, op: COMPARES[type] ?? type, values: valuesOf(member(node, 'value')), amount: true }
}

/** Everything that is given of a bound, in order: corners, or a middle and a radius. */
function coordinates(bound: MaybeJson): string {
  return ['minCoords', 'maxCoords', 'coords', 'radius', 'abscissa', 'ordinate']
    .flatMap((name) => {
      const values = valuesOf(member(bound, name))
      return values.length === 0 ? [] : [values.join(',')]
    })
    .join(' ')
}
