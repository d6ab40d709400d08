/** From the paths of a statement to what they name in the cube. */
import type { Path, Segment } from '../language/mdx/ast.ts'
import { HIERARCHIES } from './cube.ts'
import type { Hierarchy, Level, Member } from './cube.ts'
import { fold } from './members.ts'

export type Named =
  | { readonly kind: 'hierarchy'; readonly hierarchy: Hierarchy }
  | { readonly kind: 'level'; readonly hierarchy: Hierarchy; readonly level: Level }
  | { readonly kind: 'member'; readonly member: Member }

/** A segment without its brackets; of a key `&[x]` the `x`. */
export function plain({ text }: Segment): string {
  const bracketed = /^&?\[([^]*)\]$/.exec(text)
  return fold((bracketed?.[1]?.replaceAll(']]', ']') ?? text.replace(/^&/, '')).trim())
}

/**
 * `[Borger].[CPR].&[…]`, `[Borger].[CPR].[…]` and `[Borger].[Nordlunde].[Bymidten].[…]` all name a member. A hierarchy
 * may be written twice (`[Tid].[Tid].[2023]`), as tools do that know hierarchies of their own name.
 */
export function resolve({ segments }: Path): Named | null {
  const [first, ...rest] = segments
  if (first === undefined) return null
  const hierarchy = HIERARCHIES.find(({ name }) => fold(name) === plain(first))
  if (hierarchy === undefined) return only(first, rest)
  const [second] = rest
  const again = second !== undefined && plain(second) === fold(hierarchy.name) && levelNamed(hierarchy, second) === null
  return within(hierarchy, again ? rest.slice(1) : rest)
}

/** A single name such as `[Beløb]`, if just one member bears it. */
function only(segment: Segment, rest: readonly Segment[]): Named | null {
  if (rest.length > 0 || segment.kind === 'key') return null
  const bearers = HIERARCHIES.flatMap(({ members }) => members).filter(({ name }) => fold(name) === plain(segment))
  const [member] = bearers
  return member !== undefined && bearers.length === 1 ? { kind: 'member', member } : null
}

function within(hierarchy: Hierarchy, segments: readonly Segment[]): Named | null {
  const [segment, ...rest] = segments
  if (segment === undefined) return { kind: 'hierarchy', hierarchy }
  const level = segment.kind === 'name' ? levelNamed(hierarchy, segment) : null
  if (level !== null) {
    const [next, ...below] = rest
    if (next === undefined) return { kind: 'level', hierarchy, level }
    return descend(pick(atLevel(hierarchy, level), next), below)
  }
  return descend(pick(hierarchy.members, segment, true), rest)
}

const levelNamed = (hierarchy: Hierarchy, segment: Segment): Level | null =>
  hierarchy.levels.find(({ name }) => fold(name) === plain(segment)) ?? null

const atLevel = (hierarchy: Hierarchy, level: Level): readonly Member[] =>
  hierarchy.members.filter((member) => member.level === level)

/** By key, or by name; the first step of a path names the All member or one below it. */
function pick(from: readonly Member[], segment: Segment, top = false): Member | null {
  const wanted = plain(segment)
  const near = top ? from.filter(({ parent }) => parent === null || parent.parent === null) : from
  return near.find(({ key, name }) => fold(segment.kind === 'key' ? key : name) === wanted) ?? null
}

function descend(member: Member | null, segments: readonly Segment[]): Named | null {
  const [next, ...rest] = segments
  if (member === null) return null
  return next === undefined ? { kind: 'member', member } : descend(pick(member.children, next), rest)
}
