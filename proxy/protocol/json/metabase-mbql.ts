/**
 * From a query in MBQL 4 or 5 to what it asks. Fields are numbers, so `field:104` is what is on record; a table is
 * `table:14`, a saved question `card:5`.
 *
 * Every stage counts: what an inner query filters or adds up decides what the outer one shows. The breakdown is that of
 * the last stage which has one.
 */
import { negated } from '../../language/condition.ts'
import type { PersonRules } from '../../../schema/record/person-number.ts'
import type { Criterion, DimensionUse, MeasureUse } from '../../../schema/record/record.ts'
import type { Clause } from './metabase-clause.ts'
import { clauseOf, literalOf, referenceOf, written } from './metabase-clause.ts'
import type { Json, MaybeJson } from './json-value.ts'
import { idOf, isNull, itemsOf, member, scalarOf, stringOf } from './json-value.ts'
import { caption, criteriaOf, dimensionOf, distinct, measureOf, ofMany } from './rows.ts'
import type { SqlParameter } from './sql.ts'
import { sqlPart } from './sql.ts'

export interface Mbql {
  readonly cube: string | null
  readonly measures: readonly MeasureUse[]
  readonly dimensions: readonly DimensionUse[]
  readonly criteria: readonly Criterion[]
}

/**
 * @param query `query` of MBQL 4, or the outermost object of MBQL 5.
 * @param parameters for SQL that stands in a stage.
 */
export function readMbql(query: MaybeJson, parameters: readonly SqlParameter[], rules: PersonRules): Mbql {
  const reader = new MbqlReader(parameters, rules)
  reader.query(query)
  return reader.found()
}

class MbqlReader {
  readonly #parameters: readonly SqlParameter[]
  readonly #rules: PersonRules
  readonly #measures: MeasureUse[] = []
  readonly #criteria: Criterion[] = []
  #dimensions: readonly DimensionUse[] = []
  #cube: string | null = null
  /** How the aggregations of the stage are called: by their number, and in MBQL 5 by their id. */
  #aggregations = new Map<string, string>()
  readonly #amounts = new Set<string>()

  constructor(parameters: readonly SqlParameter[], rules: PersonRules) {
    this.#parameters = parameters
    this.#rules = rules
  }

  found(): Mbql {
    const asked = new Set(this.#measures.filter(({ via }) => via === null).map(({ measure }) => measure))
    return {
      cube: this.#cube,
      measures: distinct(this.#measures.filter(({ measure, via }) => via === null || !asked.has(measure))),
      dimensions: distinct(this.#dimensions),
      criteria: distinct(this.#criteria),
    }
  }

  /** query : { stages: [stage] } | { source-query: query, …stage } — the innermost is read first. */
  query(node: MaybeJson): void {
    const stages = itemsOf(member(node, 'stages'))
    for (const stage of stages) this.#stage(stage)
    if (stages.length === 0) this.#stage(node)
  }

  #stage(node: MaybeJson): void {
    const inner = member(node, 'source-query')
    if (inner !== null) this.query(inner)
    this.#cube ??= sourceOf(node)
    this.#native(stringOf(member(node, 'native')))
    for (const join of itemsOf(member(node, 'joins'))) this.#join(join)
    this.#aggregations = new Map()
    for (const [i, aggregation] of clausesIn(member(node, 'aggregation')).entries()) this.#aggregation(aggregation, i)
    this.#breakdown(node)
    this.#filter(member(node, 'filter'), false)
    for (const filter of itemsOf(member(node, 'filters'))) this.#filter(filter, false)
  }

  /** `{ source-query: { native: 'SELECT …' } }` */
  #native(sql: string | null): void {
    if (sql === null) return
    const part = sqlPart(sql, this.#parameters, this.#rules)
    this.#cube ??= part.cube
    this.#keep(part.criteria)
  }

  /** What an inner join shows of its own is none of the answer's breakdown. */
  #join(join: Json): void {
    const outer = this.#dimensions
    if (member(join, 'stages') !== null || member(join, 'source-query') !== null) this.query(join)
    this.#dimensions = outer
    for (const condition of [member(join, 'condition'), ...itemsOf(member(join, 'conditions'))]) {
      this.#filter(condition, false)
    }
  }

  #breakdown(node: MaybeJson): void {
    const groups = clausesIn(member(node, 'breakout'))
    const fields = clausesIn(member(node, 'fields'))
    const names = [...groups, ...(groups.length > 0 || this.#aggregations.size > 0 ? [] : fields)]
    if (names.length === 0 && this.#aggregations.size === 0) return
    this.#dimensions = names.map((name) => dimensionOf(caption(referenceOf(name) ?? written(name))))
  }

  #aggregation(node: Json, number: number): void {
    const { inner, options } = unwrapped(node)
    const name = stringOf(member(options, 'display-name')) ?? stringOf(member(options, 'name'))
    const clause = clauseOf(inner)
    if (clause === null || clause.op === 'rows') return
    const measure = isCalculated(clause) ? this.#calculated(clause, name) : this.#base(inner, null)
    this.#amounts.add(measure)
    this.#aggregations.set(String(number), measure)
    const id = stringOf(member(clause.options, 'lib/uuid'))
    if (id !== null) this.#aggregations.set(id, measure)
  }

  /** `sum(field:101)`; the condition of `sum-where` and its like is a filter. */
  #base(node: Json, via: string | null): string {
    const clause = clauseOf(node)
    const conditions = CONDITIONAL.has(clause?.op ?? '') ? (clause?.args.slice(-1) ?? []) : []
    const plain = (clause?.args ?? []).filter((arg) => !conditions.includes(arg))
    const name = referenceOf(node) ?? writtenCall(clause?.op ?? written(node), plain)
    for (const condition of conditions) this.#filter(condition, false)
    this.#measures.push(measureOf(name, via))
    return name
  }

  /** Arithmetic over aggregations: its name, and what it is made of. */
  #calculated(clause: Clause, name: string | null): string {
    const measure = name ?? writtenCall(clause.op, clause.args)
    this.#measures.push({ measure, calculated: true, via: null })
    for (const base of aggregatesIn(clause)) this.#base(base, measure)
    return measure
  }

  /** filter : ['and' | 'or' | 'not', filter…] | [op, reference, literal…] | ['segment', id] */
  #filter(node: MaybeJson, not: boolean): void {
    const clause = clauseOf(node)
    if (clause === null) return
    const { op, args } = clause
    if (op === 'and' || op === 'or') for (const arg of args) this.#filter(arg, not)
    else if (op === 'not') for (const arg of args) this.#filter(arg, !not)
    else if (op === 'inside') this.#inside(args, not)
    else if (op === 'segment') this.#add(`segment:${idOf(args[0] ?? null) ?? ''}`, 'segment', [], not)
    else this.#test(clause, not)
  }

  #test({ op, args }: Clause, not: boolean): void {
    const [first, ...rest] = args
    if (first === undefined) return
    // In the oldest queries a bare number is a field, unless a field stands beside it.
    const literal = first.kind === 'number' && rest[0]?.kind === 'list' && literalOf(rest[0]) === null
    const subject = literal ? null : this.#subject(first)
    if (subject !== null) return this.#compare(subject, op, rest, not)
    // The literal may stand first.
    const [second] = rest
    const other = second === undefined ? null : this.#subject(second)
    if (other !== null) this.#compare(other, MIRRORED[op] ?? op, [first], not)
  }

  #compare(subject: string, op: string, args: readonly Json[], not: boolean): void {
    if (PERIODS.has(op)) return this.#add(subject, 'relative', [args.map((arg) => literalOf(arg) ?? '').join(' ')], not)
    const values = args.flatMap((arg) => literalOf(arg) ?? [])
    if (values.length < args.length && values.length === 0) return
    if (op === 'during') return this.#add(`${subject}:${values[1] ?? ''}`, '=', values.slice(0, 1), not)
    if ((op === '=' || op === '!=') && args.length === 1 && args.every(isNull)) {
      return this.#add(subject, op === '=' ? 'is null' : 'not null', [], not)
    }
    this.#add(subject, operatorOf(op, values), values, not)
  }

  /** ["inside", latitude, longitude, north, west, south, east] */
  #inside([latitude, longitude, ...bounds]: readonly Json[], not: boolean): void {
    const [north, west, south, east] = bounds.map((bound) => literalOf(bound) ?? '')
    for (const [node, from, to] of [
      [latitude, south, north],
      [longitude, west, east],
    ] as const) {
      const subject = node === undefined ? null : this.#subject(node)
      if (subject !== null) this.#add(subject, 'range', [from ?? '', to ?? ''], not)
    }
  }

  /** What is compared: a reference, or something reckoned from one. `null`: a literal. */
  #subject(node: Json): string | null {
    const clause = clauseOf(node)
    if (clause?.op === 'aggregation') {
      const key = scalarOf(clause.args[0] ?? null) ?? ''
      return this.#aggregations.get(key) ?? `aggregation:${key}`
    }
    const reference = referenceOf(node)
    if (reference !== null) return reference
    return clause === null || literalOf(node) !== null ? null : written(node)
  }

  /** One at a time: as arguments of a call a long list would exhaust the stack. */
  #keep(rows: readonly Criterion[]): void {
    for (const row of rows) this.#criteria.push(row)
  }

  #add(subject: string, op: string, values: readonly string[], not: boolean): void {
    const amount = this.#amounts.has(subject)
    const said = not ? negated(op) : op
    this.#keep(criteriaOf({ name: caption(subject), op: said, values, amount }, this.#rules))
  }
}

/** `table:14`, `card:5`, or the collection of a native stage. */
function sourceOf(node: MaybeJson): string | null {
  const table = idOf(member(node, 'source-table'))
  const card = idOf(member(node, 'source-card')) ?? /^card__(\d+)$/.exec(table ?? '')?.[1]
  if (card !== undefined && card !== null) return `card:${card}`
  return table === null ? null : `table:${table}`
}

/** The clauses of a list, or the one clause that stands in its place. */
function clausesIn(node: MaybeJson): readonly Json[] {
  const items = itemsOf(node)
  return items[0]?.kind === 'string' && node !== null ? [node] : items
}

/** ["aggregation-options", aggregation, { name, display-name }]; in MBQL 5 the aggregation has them itself. */
function unwrapped(node: Json): { readonly inner: Json; readonly options: MaybeJson } {
  const clause = clauseOf(node)
  const inner = clause?.op === 'aggregation-options' || clause?.op === 'named' ? clause.args[0] : undefined
  return { inner: inner ?? node, options: clause?.options ?? null }
}

const CONDITIONAL = new Set(['sum-where', 'count-where', 'distinct-where', 'share'])
const AGGREGATES = new Set([
  'avg',
  'count',
  'cum-count',
  'cum-sum',
  'distinct',
  'max',
  'median',
  'min',
  'percentile',
  'stddev',
  'sum',
  'var',
  'metric',
  'measure',
  ...CONDITIONAL,
])

const isCalculated = ({ op }: Clause): boolean => !AGGREGATES.has(op)

/** The aggregations that arithmetic is made of. */
function aggregatesIn({ args }: Clause): readonly Json[] {
  return args.flatMap((arg) => {
    const clause = clauseOf(arg)
    if (clause === null) return []
    return isCalculated(clause) ? aggregatesIn(clause) : [arg]
  })
}

const writtenCall = (op: string, args: readonly Json[]): string =>
  args.length === 0 ? op : `${op}(${args.map(written).join(', ')})`

const PERIODS = new Set(['time-interval', 'relative-time-interval'])

/** The comparison with its sides exchanged. */
const MIRRORED: Readonly<Record<string, string>> = { '<': '>', '>': '<', '<=': '>=', '>=': '<=' }

const OPERATORS: Readonly<Record<string, string>> = {
  between: 'range',
  'not-in': 'not in',
  'is-null': 'is null',
  'not-null': 'not null',
  'is-empty': 'is empty',
  'not-empty': 'not empty',
  'starts-with': 'starts with',
  'ends-with': 'ends with',
  'does-not-contain': 'not contains',
  'regex-match-first': 'matches',
}

/** The operator of a filter in the words of the record; one that Metabase has and we do not know keeps its name. */
export function operatorOf(op: string, values: readonly string[]): string {
  if (op === '=' || op === '!=') return ofMany(op === '=' ? '=' : '<>', values)
  return OPERATORS[op] ?? op
}
