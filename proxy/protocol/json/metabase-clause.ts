/**
 * A clause of MBQL, Metabase's query language, in whatever version: a list whose first item is its operator. Options
 * stand last in MBQL 4 (`["field", 104, {…}]`) and second in MBQL 5 (`["field", {…}, 104]`); before both, capitals and
 * underscores were written (`["STARTS_WITH", …]`), and a field was `["field-id", 104]` or the bare number.
 */
import type { Json, MaybeJson } from './json-value.ts'
import { idOf, isNull, itemsOf, member, scalarOf, stringOf } from './json-value.ts'

export interface Clause {
  /** In lower case, with hyphens. */
  readonly op: string
  readonly options: MaybeJson
  readonly args: readonly Json[]
}

export function clauseOf(node: MaybeJson): Clause | null {
  const [first, ...rest] = itemsOf(node)
  const op = stringOf(first ?? null)
    ?.toLowerCase()
    .replaceAll('_', '-')
  if (op === undefined) return null
  const [second, last] = [rest[0], rest.at(-1)]
  if (second?.kind === 'object') return { op, options: second, args: rest.slice(1) }
  if (last?.kind === 'object') return { op, options: last, args: rest.slice(0, -1) }
  // The place of options may hold null.
  const none = op === 'field' && last !== undefined && rest.length > 1 && isNull(last)
  return { op, options: null, args: none ? rest.slice(0, -1) : rest }
}

/** Clauses that are called what they refer to. */
const REFERENCES = new Set(['expression', 'metric', 'measure', 'segment', 'template-tag', 'variable'])
/** Clauses around a reference, which is their last argument. */
const AROUND_LAST = new Set(['fk->', 'joined-field'])
/** Clauses around a reference, which is their first argument. */
const AROUND_FIRST = new Set(['datetime-field', 'binning-strategy', 'dimension'])

/**
 * What a reference is called: `field:104`, `field:102:month`, `expression:andel`; `null` where `node` is none. Metabase's
 * own name of a field is its number, which only its metadata tells more of.
 */
export function referenceOf(node: MaybeJson): string | null {
  if (node?.kind === 'number') return `field:${node.text}`
  const clause = clauseOf(node)
  if (clause === null) return null
  const { op, options, args } = clause
  if (op === 'field' || op === 'field-id' || op === 'field-literal') return fieldOf(args[0] ?? null, options)
  if (REFERENCES.has(op)) return nameOf(op, args[0] ?? null)
  if (AROUND_LAST.has(op)) return referenceOf(args.at(-1) ?? null)
  if (!AROUND_FIRST.has(op)) return null
  const inner = referenceOf(args[0] ?? null)
  // ["datetime-field", field, "month"], before that ["datetime-field", field, "as", "month"].
  const unit = op === 'datetime-field' ? stringOf(args.at(-1) ?? null) : null
  return inner === null || unit === null ? inner : `${inner}:${unit}`
}

/** A field's number or name may itself be a reference: `["field", ["field-id", 104], null]`. */
function fieldOf(id: MaybeJson, options: MaybeJson): string | null {
  const name = idOf(id) === null ? referenceOf(id) : `field:${idOf(id)}`
  const unit = stringOf(member(options, 'temporal-unit'))
  return name === null || unit === null ? name : `${name}:${unit}`
}

function nameOf(op: string, id: MaybeJson): string | null {
  const name = idOf(id)
  if (name === null) return referenceOf(id)
  return op === 'template-tag' || op === 'variable' ? name : `${op}:${name}`
}

/** A reference, a literal or a call, as a person would write it: `sum(field:101)`, `lower(field:104)`. */
export function written(node: Json): string {
  const name = node.kind === 'number' ? node.text : referenceOf(node)
  if (name !== null) return name
  const clause = clauseOf(node)
  if (clause === null) return scalarOf(node) ?? '…'
  const { op, args } = clause
  if (op === 'count' && args.length === 0) return op
  return args.length === 0 ? op : `${op}(${args.map(written).join(', ')})`
}

const LITERALS = new Set(['value', 'absolute-datetime', 'datetime'])

/** The value a literal stands for; `null` where `node` is none, but reckoned from the row. */
export function literalOf(node: Json): string | null {
  const scalar = scalarOf(node)
  if (scalar !== null) return scalar
  const clause = clauseOf(node)
  if (clause === null) return null
  const { op, args } = clause
  if (LITERALS.has(op)) return scalarOf(args[0] ?? null)
  // ["relative-datetime", -3, "month"], ["relative-datetime", "current"], ["interval", 1, "day"]
  if (op === 'relative-datetime' || op === 'interval') return args.map((arg) => scalarOf(arg) ?? '').join(' ')
  if (op === 'now' || op === 'today') return op
  if (op !== '+' && op !== '-') return null
  // A time reckoned from now: ["+", ["relative-datetime", -1, "month"], ["interval", 2, "day"]]
  const sides = args.map(literalOf)
  return sides.some((side) => side === null) ? null : sides.join(` ${op} `)
}
