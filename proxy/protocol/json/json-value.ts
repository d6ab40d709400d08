/**
 * A JSON text as the adapters see it: numbers and words keep the digits and letters they were written with (a key of ten
 * digits and one beyond 2^53 stay what they are), objects keep members that are named twice, and both objects and lists
 * know where in the text they stand.
 */
export type Json = JsonObject | JsonList | JsonScalar

export interface JsonObject {
  readonly kind: 'object'
  readonly members: readonly JsonMember[]
  /** Offsets of the first character and of one past the last. */
  readonly start: number
  readonly end: number
}

export interface JsonMember {
  readonly name: string
  readonly value: Json
}

export interface JsonList {
  readonly kind: 'list'
  readonly items: readonly Json[]
  readonly start: number
  readonly end: number
}

export interface JsonScalar {
  /** `word`: `true`, `false` or `null`. */
  readonly kind: 'string' | 'number' | 'word'
  /** A string's own text, escapes undone; a number or word as written. */
  readonly text: string
}

/** What may stand where a member is looked for: nothing, too. */
export type MaybeJson = Json | null

/**
 * The member that `path` leads to. Of members named twice the last counts, as every common parser has it. Where none is
 * spelled so, one that differs only in case is taken: .NET's readers do so too.
 */
export function member(node: MaybeJson, ...path: readonly string[]): MaybeJson {
  let at = node
  for (const name of path) at = memberOf(at, name)
  return at
}

function memberOf(node: MaybeJson, name: string): MaybeJson {
  if (node?.kind !== 'object') return null
  const exact = node.members.findLast((member) => member.name === name)
  if (exact !== undefined) return exact.value
  const lower = name.toLowerCase()
  return node.members.findLast((member) => sameLetters(member.name, lower))?.value ?? null
}

const sameLetters = (name: string, lower: string): boolean =>
  name.length === lower.length && name.toLowerCase() === lower

/** The members of an object; none where `node` is no object. */
export function membersOf(node: MaybeJson): readonly JsonMember[] {
  return node?.kind === 'object' ? node.members : []
}

/** The items of a list; none where `node` is no list. */
export function itemsOf(node: MaybeJson): readonly Json[] {
  return node?.kind === 'list' ? node.items : []
}

/** A list's items; anything else but nothing and `null` is a list of itself. */
export function oneOrMore(node: MaybeJson): readonly Json[] {
  if (node === null || isNull(node)) return []
  return node.kind === 'list' ? node.items : [node]
}

/** The text of a string that is not empty. */
export function stringOf(node: MaybeJson): string | null {
  return node?.kind === 'string' && node.text !== '' ? node.text : null
}

/** The text of a string that is not empty, or of a number as written: an id may be either. */
export function idOf(node: MaybeJson): string | null {
  return node?.kind === 'number' ? node.text : stringOf(node)
}

/** The text of a string (also an empty one), a number or a word, as a value that was asked for: `null` is `null`. */
export function scalarOf(node: MaybeJson): string | null {
  return node === null || node.kind === 'object' || node.kind === 'list' ? null : node.text
}

/** The values of a list, or the one that stands for it; objects and lists are none. */
export function valuesOf(node: MaybeJson): string[] {
  return oneOrMore(node).flatMap((value) => scalarOf(value) ?? [])
}

/** A whole number that is small enough to count with. */
export function integerOf(node: MaybeJson): number | null {
  if (node?.kind !== 'number') return null
  const number = Number(node.text)
  return Number.isSafeInteger(number) ? number : null
}

export const isTrue = (node: MaybeJson): boolean => node?.kind === 'word' && node.text === 'true'
export const isNull = (node: MaybeJson): boolean => node?.kind === 'word' && node.text === 'null'
