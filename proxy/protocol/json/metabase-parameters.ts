/**
 * Values a reader gives beside a question: `parameters[]` of a request, the address of a public or embedded question, and
 * the defaults of template tags, which count where nothing is given.
 */
import { referenceOf } from './metabase-clause.ts'
import { operatorOf } from './metabase-mbql.ts'
import { readJson } from './json-reader.ts'
import type { Json, MaybeJson } from './json-value.ts'
import { itemsOf, member, membersOf, stringOf, valuesOf } from './json-value.ts'
import type { Name } from './rows.ts'
import { caption } from './rows.ts'
import type { SqlParameter } from './sql.ts'

/**
 * `{ type, target, value }`. The target is a field, or a tag of the SQL; a tag that stands for a field filter restricts
 * that field, as `tags` tells.
 */
export function parametersIn(list: MaybeJson, tags: MaybeJson): SqlParameter[] {
  const byName = new Map(membersOf(tags).map(({ name, value }) => [name, value]))
  const given = itemsOf(list).flatMap((node) => parameterOf(node, byName))
  const names = new Set(given.map(({ name }) => name))
  return [...given, ...defaultsOf(tags).filter(({ name }) => !names.has(name))]
}

/** The list of `parameters` as text, as it stands in an address. */
export function parametersFrom(text: string | null): SqlParameter[] {
  const reading = text === null ? null : readJson(text)
  return reading?.kind === 'json' ? parametersIn(reading.value, null) : []
}

/** Parameters by name: those of an embedded question, in its address and in its token. */
export function parametersNamed(values: readonly (readonly [name: string, value: MaybeJson])[]): SqlParameter[] {
  return values.map(([name, value]) => ({ name, values: valuesOf(value) })).filter(({ values }) => values.length > 0)
}

function parameterOf(node: Json, tags: ReadonlyMap<string, Json>): SqlParameter[] {
  const target = member(node, 'target')
  const label = ['slug', 'name', 'id'].map((key) => stringOf(member(node, key))).find((name) => name !== null)
  const name = tagOf(target) ?? label ?? 'parameter'
  const about = fieldOf(target, tags)
  return told(name, stringOf(member(node, 'type')), valuesOf(member(node, 'value')), about)
}

function defaultsOf(tags: MaybeJson): SqlParameter[] {
  return membersOf(tags).flatMap(({ name, value: tag }) => {
    const field = referenceOf(member(tag, 'dimension'))
    const values = valuesOf(member(tag, 'default'))
    return told(name, stringOf(member(tag, 'widget-type')), values, field === null ? null : caption(field))
  })
}

/** @param about the field that is restricted; `null`: the parameter's own name has to do. */
function told(name: string, type: string | null, values: readonly string[], about: Name | null): SqlParameter[] {
  if (values.length === 0) return []
  const { op, ends } = operatorAndEnds(type ?? '', values)
  return [{ name, values: ends, op, ...(about !== null && { about }) }]
}

/** `type` is `category`, `id`, `date/range`, `string/contains`, `number/between` … */
function operatorAndEnds(
  type: string,
  values: readonly string[],
): { readonly op: string; readonly ends: readonly string[] } {
  const [kind, test] = type.split('/', 2)
  const [only = ''] = values
  if (kind === 'date') {
    const ends = only.split('~').filter((end) => end !== '')
    if (ends.length === 2) return { op: 'range', ends }
    if (only.includes('~')) return { op: only.startsWith('~') ? '<=' : '>=', ends }
    return { op: /^\d/.test(only) ? '=' : 'relative', ends: values }
  }
  const compares = (kind === 'number' || kind === 'string') && test !== undefined
  return { op: operatorOf(compares ? test : '=', values), ends: values }
}

/** ["variable", ["template-tag", "cpr"]] and ["dimension", ["template-tag", "cpr"]], with options or without. */
function tagOf(node: MaybeJson): string | null {
  const items = itemsOf(node)
  const [op] = items
  if (stringOf(op ?? null)?.toLowerCase() === 'template-tag')
    return items.flatMap((item, i) => (i > 0 ? (stringOf(item) ?? []) : []))[0] ?? null
  for (const item of items) {
    const inner = item.kind === 'list' ? tagOf(item) : null
    if (inner !== null) return inner
  }
  return null
}

function fieldOf(target: MaybeJson, tags: ReadonlyMap<string, Json>): Name | null {
  const tag = tagOf(target)
  const field = referenceOf(tag === null ? target : member(tags.get(tag) ?? null, 'dimension'))
  return field === null ? null : caption(field)
}
