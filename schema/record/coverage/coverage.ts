/**
 * Was a person covered by a query? `certain`, `possible` or `no`, and why (docs/coverage.md).
 *
 * A search by range, pattern or list covers people whom it does not name. What is on record are rows, not the statement's
 * logic, so `no` is said only where nothing on record leaves a way for the person to be among those that the query picks
 * out or lists by number; `certain` only where every criterion on record is about the number and takes the person in.
 * All else is `possible`. Never `no` where the person was covered is what the tests hold this to.
 *
 * Criteria in different clauses narrow each other; several in one clause widen each other, for a set is made of members
 * and ranges. What is put together otherwise (alternatives, negations, an attribute as a whole beside its members) only
 * the text tells: `shape.ts`.
 */
import type { PersonRules } from '../attribute.ts'
import { attributeSegments, declaredMeaning, meaningOf, speaksOfPersons } from '../attribute.ts'
import type { PersonNumber } from '../ids.ts'
import type { Action, Criterion, DimensionUse, OriginClause, QueryRecord } from '../record.ts'
import { showsMoreThanListed } from '../record.ts'
import type { Forms } from './forms.ts'
import { formsOf } from './forms.ts'
import type { CoverageReason, Judged } from './meets.ts'
import { meets } from './meets.ts'
import type { Shape } from './shape.ts'
import { shapeOf } from './shape.ts'

export const COVERED = ['certain', 'possible', 'no'] as const
export type Covered = (typeof COVERED)[number]

export interface Coverage {
  readonly covered: Covered
  readonly reason: CoverageReason
  /** The attribute that decides, as the entry writes it; `null` where none does. */
  readonly attribute: string | null
}

export interface CoverageRules extends PersonRules {
  /** Attributes, as entries write them, that hold persons: beside those told by name, and for the tables they are of. */
  readonly carriers?: ReadonlySet<string>
}

export type CoverageEntry = Pick<
  QueryRecord,
  'action' | 'language' | 'query' | 'opaque' | 'criteria' | 'dimensions' | 'seen' | 'personsSeen'
>

/** What shows nothing of the persons in a cube. */
const NO_QUESTION: ReadonlySet<Action> = new Set([
  'metadata',
  'session',
  'connect',
  'gap',
  'search',
  'read',
  'login',
  'configure',
  'delete',
])

export function coverage(entry: CoverageEntry, person: PersonNumber, rules: CoverageRules): Coverage {
  const naming = entry.criteria.find((c) => c.person === person || c.personTo === person)
  if (naming !== undefined) return { covered: 'certain', reason: 'named', attribute: pathOf(naming) }
  if (entry.seen.some((seen) => seen.person === person)) return { covered: 'certain', reason: 'seen', attribute: null }
  const asked = coverageByQuestion(entry, person, rules)
  if (asked.covered === 'no' && showsMoreThanListed(entry)) {
    return { covered: 'possible', reason: 'counted', attribute: null }
  }
  return asked
}

function coverageByQuestion(entry: CoverageEntry, person: PersonNumber, rules: CoverageRules): Coverage {
  if (NO_QUESTION.has(entry.action)) return { covered: 'no', reason: 'no-question', attribute: null }
  if (entry.opaque !== null) return { covered: 'possible', reason: 'opaque', attribute: null }
  const shape = shapeOf(entry.query, entry.language)
  const forms = formsOf(person)
  const groups = groupsOf(entry, rules)
  const all = groups.map((group) => ({ attribute: group.path, ...judgeGroup(group, entry, person, forms, shape) }))
  return (
    all.find(({ covered }) => covered === 'certain') ??
    all.find(({ covered }) => covered === 'possible') ??
    all[0] ??
    unplacedAnswer(entry, rules)
  )
}

/** No row is about persons; where the text speaks of them all the same, it may be in a way that leaves no row. */
function unplacedAnswer({ query }: CoverageEntry, rules: CoverageRules): Coverage {
  if (!speaksOfPersons(query, rules)) return { covered: 'no', reason: 'unconcerned', attribute: null }
  return { covered: 'possible', reason: 'mentioned', attribute: null }
}

/** Everything an entry says of one attribute that may hold persons. */
interface Group {
  readonly path: string | null
  readonly segments: readonly string[]
  /** Persons, but not by number; or who knows what: nothing rules anybody out. */
  readonly vague: CoverageReason | null
  /** Surely person numbers. */
  readonly sure: boolean
  readonly criteria: readonly Criterion[]
  readonly dimensions: readonly DimensionUse[]
}

type Row = Criterion | DimensionUse

const pathOf = ({ level, hierarchy, dimension }: Row): string | null => level ?? hierarchy ?? dimension
const keyOf = ({ hierarchy, dimension }: Row): string => attributeSegments(hierarchy ?? dimension ?? '').join('\n')

function groupsOf(entry: CoverageEntry, rules: CoverageRules): Group[] {
  const criteria = Map.groupBy(entry.criteria, keyOf)
  const dimensions = Map.groupBy(entry.dimensions, keyOf)
  const keys = [...new Set([...criteria.keys(), ...dimensions.keys()])]
  const groups = keys.flatMap((key) => groupOf(criteria.get(key) ?? [], dimensions.get(key) ?? [], rules) ?? [])
  return [...groups, ...wholeTables(entry, groups, rules)]
}

function groupOf(
  criteria: readonly Criterion[],
  dimensions: readonly DimensionUse[],
  rules: CoverageRules,
): Group | null {
  const rows: readonly Row[] = [...criteria, ...dimensions]
  const first = rows[0]
  if (first === undefined) return null
  const segments = attributeSegments(first.hierarchy ?? first.dimension ?? '')
  const path = first.hierarchy ?? first.dimension
  const group = { path, segments, criteria, dimensions }
  if (segments.length === 0) return unplaced(group)
  const paths = rows.map((row) => pathOf(row) ?? '')
  const meanings = paths.map((each) => meaningOf(each, rules))
  const carries =
    criteria.some((c) => c.person !== null || c.personTo !== null) || paths.some((each) => rules.carriers?.has(each))
  if (carries || meanings.includes('person')) return { ...group, vague: null, sure: isSure(paths, rules) }
  return meanings.includes('person-name') ? { ...group, vague: 'person-name', sure: false } : null
}

/** Of a criterion without any attribute, such as `StrToMember(@p)`, anything may be meant; not of a count. */
function unplaced(group: Pick<Group, 'path' | 'segments' | 'criteria' | 'dimensions'>): Group | null {
  const criteria = group.criteria.filter(({ operator }) => !/^(?:top|bottom|head|tail|limit)/i.test(operator))
  return criteria.length === 0 ? null : { ...group, criteria, vague: 'attribute', sure: false }
}

/** A number of their own (`person_id`) is no person number, though it is named for persons and should not be missed. */
function isSure(paths: readonly string[], rules: CoverageRules): boolean {
  return paths.some(
    (path) => declaredMeaning(path, rules) === 'person' || /cpr|person[^.[\]]*n(?:umm?e?r|r)/i.test(path),
  )
}

/** A table taken whole, one of whose columns holds persons as far as the configuration or this very entry tells. */
function wholeTables(
  entry: CoverageEntry,
  groups: readonly Group[],
  { domains = [], carriers }: CoverageRules,
): Group[] {
  const declared = domains.filter(({ meaning }) => meaning === 'person').map(({ attribute }) => attribute)
  const paths = [
    ...[...declared, ...(carriers ?? [])].map(attributeSegments),
    ...groups.map(({ segments }) => segments),
  ]
  const tables = new Set(paths.filter(({ length }) => length > 1).map(([table]) => table))
  const whole = entry.dimensions.filter((d) => d.hierarchy === null && tables.has(attributeSegments(d.dimension)[0]))
  return whole.map((row) => ({
    path: row.dimension,
    segments: attributeSegments(row.dimension),
    vague: 'listed',
    sure: false,
    criteria: [],
    dimensions: [row],
  }))
}

type Answer = Pick<Coverage, 'covered' | 'reason'>

const possible = (reason: CoverageReason): Answer => ({ covered: 'possible', reason })

function judgeGroup(group: Group, entry: CoverageEntry, person: PersonNumber, forms: Forms, shape: Shape): Answer {
  if (group.vague !== null) return possible(group.vague)
  const verdicts = verdictsOf(group, person, forms, shape, entry.language)
  const out = verdicts.find(({ verdict }) => verdict === 'out')
  const added = looseRows(group, person, forms)
  if (out !== undefined) return added === null ? { covered: 'no', reason: out.reason } : possible(added.reason)
  const unknown = verdicts.find(({ verdict }) => verdict === 'unknown')
  if (unknown !== undefined) return possible(unknown.reason)
  const met = verdicts[0]
  if (met === undefined) return possible(added?.reason ?? 'listed')
  const alone = added === null && entry.criteria.length === group.criteria.length && !shape.loose
  return { covered: alone ? 'certain' : 'possible', reason: met.reason }
}

/** Clauses whose criteria narrow what the query is about. */
const NARROWING: readonly OriginClause[] = ['slicer', 'subcube', 'filter', 'restriction']
const LOOSE: readonly OriginClause[] = ['formula', 'parameter', 'return', 'mentioned']

/** One verdict for each thing that narrows; the person is covered only where none is `out`. */
function verdictsOf(group: Group, person: PersonNumber, forms: Forms, shape: Shape, language: string | null): Judged[] {
  const judge = (rows: readonly Criterion[]) => rows.map((row) => meets(row, person, forms, group.sure))
  const of = (clause: OriginClause) => group.criteria.filter(({ originClause }) => originClause === clause)
  const axis = of('axis')
  const wholes = shape.wholes(group.segments)
  const filtered = of('filter').length > 0
  // A Filter() is a set beside others: what is named beside it does not narrow it.
  if (language === 'mdx' && filtered) {
    const rows = [...NARROWING.flatMap(of), ...axis]
    return [held(either(judge(rows)), shape.loose || shape.unfiltered(group.segments) > 0)]
  }
  const narrowing = NARROWING.map((clause) => ({ clause, rows: of(clause) })).filter(({ rows }) => rows.length > 0)
  const verdicts = narrowing.map(({ clause, rows }) => {
    const all = judge(rows)
    if (clause === 'filter') return held(shape.loose ? either(all) : both(rows, all), shape.loose)
    return held(
      either(all),
      clause !== 'restriction' && wholes > group.dimensions.filter((d) => d.axis !== 'return').length,
    )
  })
  if (axis.length > 0) verdicts.push(held(either(judge(axis)), wholes > 0))
  else if (group.dimensions.length > 0 && verdicts.length === 0) verdicts.push({ verdict: 'unknown', reason: 'listed' })
  return verdicts
}

/** What only adds to the answer: it may bring the person in, and never keeps them out. */
function looseRows(group: Group, person: PersonNumber, forms: Forms): Judged | null {
  const rows = group.criteria.filter(({ originClause }) => LOOSE.includes(originClause))
  const all = rows.map((row) => meets(row, person, forms, group.sure))
  return all.find(({ verdict }) => verdict !== 'out') ?? null
}

/** A verdict that the build of the statement makes doubtful is none. */
function held(judged: Judged, doubtful: boolean): Judged {
  if (!doubtful || judged.verdict === 'unknown') return judged
  return { verdict: 'unknown', reason: judged.verdict === 'out' ? 'alternatives' : judged.reason }
}

/**
 * Members and conditions of one set: who meets none is out of it. Who meets one may be in it, but surely only where all
 * are met: the rows do not tell a set from what is taken out of it, `Except({a}, {b})`.
 */
function either(all: readonly Judged[]): Judged {
  const other = all.find(({ verdict }) => verdict !== 'out')
  if (other === undefined) return all[0] ?? { verdict: 'unknown', reason: 'value' }
  const unknown = all.find(({ verdict }) => verdict === 'unknown')
  return unknown ?? { ...other, verdict: all.every(({ verdict }) => verdict === 'in') ? 'in' : 'unknown' }
}

/** Conditions that all hold; several equalities are the members of one list. */
function both(rows: readonly Criterion[], all: readonly Judged[]): Judged {
  const isEqual = (i: number) => /^(?:==?|in)$/i.test(rows[i]?.operator ?? '')
  const equal = all.filter((_, i) => isEqual(i))
  const conditions = [...all.filter((_, i) => !isEqual(i)), ...(equal.length > 0 ? [either(equal)] : [])]
  const worst = (verdict: Judged['verdict']) => conditions.find((each) => each.verdict === verdict)
  return worst('out') ?? worst('unknown') ?? conditions[0] ?? { verdict: 'unknown', reason: 'value' }
}
