/** Rows of `crit`, `dim` and `meas` out of the places that a mapping names. */
import type { PersonRules } from '../../../schema/record/person-number.ts'
import type { Criterion, DimensionUse, MeasureUse } from '../../../schema/record/record.ts'
import type { PathColumns } from '../path.ts'
import { columnsOf } from '../path.ts'
import type { Rows, Sought } from '../criteria/rows.ts'
import { soughtRows, valueRows } from '../criteria/rows.ts'
import type {
  CompiledCriterion,
  CompiledDimension,
  CompiledMapping,
  CompiledMeasure,
  CompiledValue,
} from './compile.ts'
import { DocumentError, MAX_ROWS } from './limits.ts'
import type { Item } from './path.ts'
import type { Scope } from './scope.ts'

export function mappedRows(compiled: CompiledMapping, scope: Scope, query: Item | null, rules: PersonRules): Rows {
  return {
    criteria: bounded(compiled.criteria, (each) => criteria(each, compiled, scope, query, rules)),
    dimensions: bounded(compiled.dimensions, (each) => dimensions(each, scope, query)),
    measures: bounded(compiled.measures, (each) => measures(each, scope, query)),
  }
}

function bounded<Written, Row>(written: readonly Written[], rows: (each: Written) => Iterable<Row>): Row[] {
  const all: Row[] = []
  for (const each of written) {
    for (const row of rows(each)) {
      if (all.push(row) > MAX_ROWS) throw new DocumentError('limits')
    }
  }
  return all
}

function* criteria(
  written: CompiledCriterion,
  { mapping }: CompiledMapping,
  scope: Scope,
  query: Item | null,
  rules: PersonRules,
): Iterable<Criterion> {
  for (const item of scope.each(written.each, written.place, query)) {
    const name = nameAt(written, scope, item)
    const values = scope.all(written.value, item)
    const ends = scope.all(written.valueTo, item)
    const operator = operatorAt(written, mapping.operators, scope, item, ends.length > 0)
    const sought: Sought = { columns: name.columns, path: name.path, operator, originClause: written.clause }
    yield* soughtRows(sought, [...values, ...ends], written.persons, rules)
    // Without a value it was asked for all the same: "is empty", or something this mapping does not reach.
    if (values.length + ends.length === 0 && name.path !== null) yield* valueRows(sought, '', false, rules)
  }
}

/** An operator that stands in no table is recorded as it is, and told. */
function operatorAt(
  { operator }: CompiledCriterion,
  table: Readonly<Record<string, string>> | undefined,
  scope: Scope,
  item: Item | null,
  ends: boolean,
): string {
  const written = scope.one(operator, item)
  if (written === null) return ends ? 'range' : '='
  // What the mapping says itself is said in the record's words already.
  if (table === undefined || operator?.source.kind === 'constant') return written
  const known = Object.hasOwn(table, written) ? table[written] : undefined
  if (known === undefined && operator !== null) scope.miss(operator.place)
  return known ?? written
}

interface Name {
  readonly columns: PathColumns
  /** By which a person number is told from an amount. */
  readonly path: string | null
}

interface Named {
  readonly dimension: CompiledValue | null
  readonly hierarchy: CompiledValue | null
  readonly level: CompiledValue | null
}

/** A dimension alone may be a whole unique name, or DAX's `Borger[CPR]`, and is then taken apart. */
function nameAt({ dimension, hierarchy, level }: Named, scope: Scope, item: Item | null): Name {
  const columns = {
    dimension: scope.one(dimension, item),
    hierarchy: scope.one(hierarchy, item),
    level: scope.one(level, item),
  }
  const parts = Object.values(columns).filter((part) => part !== null)
  const [only] = parts
  if (only === undefined) return { columns, path: null }
  const whole = parts.length === 1 && columns.dimension !== null && /\[.*\]$/su.test(only)
  return { columns: whole ? columnsOf(only) : columns, path: parts.join('.') }
}

function* dimensions(written: CompiledDimension, scope: Scope, query: Item | null): Iterable<DimensionUse> {
  for (const item of scope.each(written.each, written.place, query)) {
    const { columns } = nameAt(written, scope, item)
    const axis = scope.one(written.axis, item)
    if (columns.dimension !== null) yield { ...columns, dimension: columns.dimension, axis }
  }
}

function* measures(written: CompiledMeasure, scope: Scope, query: Item | null): Iterable<MeasureUse> {
  for (const item of scope.each(written.each, written.place, query)) {
    for (const measure of scope.all(written.measure, item)) {
      if (measure !== '') yield { measure, calculated: false, via: null }
    }
  }
}
