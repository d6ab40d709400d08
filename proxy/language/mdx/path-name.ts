import type { Path, Segment } from './ast.ts'

/**
 * A path as the record writes it: every segment in brackets, `]]`, keys and case as in the text. `key` is the same in
 * small letters, for MDX compares names without regard to case.
 */
export interface PathName {
  readonly written: string
  readonly key: string
  /** One for each segment, as written. */
  readonly parts: readonly string[]
  /** Number of names before the first `&` key; all of them where there is none. */
  readonly names: number
  /** Where the first All member stands, -1 without one. */
  readonly all: number
  /** Of the measures dimension, which may itself be meant. */
  readonly measure: boolean
  /** What the cube's metadata tell of it; `null` without any. */
  readonly known: KnownPlace | null
}

/** The hierarchy, level or dimension that a path begins with, by the cube's metadata. */
export interface KnownPlace {
  /** How many parts of the path it is. */
  readonly length: number
  /** As the server spells it. */
  readonly path: string
  /** Where the All member stands that the metadata name; -1: not in this path, `null`: they name none. */
  readonly all: number | null
}

/** Prefixes longer than this are never hierarchies or levels; it keeps the work on a path linear in its length. */
const MAX_HIERARCHY_PARTS = 8

export function pathNameOf(path: Path): PathName {
  const parts: string[] = []
  let written = ''
  let names = -1
  for (const segment of path.segments) {
    const part = writtenSegment(segment)
    if (segment.kind === 'key' && names < 0) names = parts.length
    written = parts.length === 0 ? part : `${written}.${part}`
    parts.push(part)
  }
  if (names < 0) names = parts.length
  const key = written.toLowerCase()
  return {
    written,
    key,
    parts,
    names,
    all: firstAll(parts, names),
    measure: key === MEASURES || key.startsWith(`${MEASURES}.`),
    known: null,
  }
}

const MEASURES = '[measures]'

export const writtenSegment = (segment: Segment): string =>
  segment.kind === 'key' || segment.bracketed ? segment.text : `[${segment.text}]`

export const prefixOf = (name: PathName, length: number): string => name.parts.slice(0, length).join('.')

/** Keys of the prefixes that could be hierarchies or levels, the longest first; the whole path is not among them. */
export function prefixKeys(name: PathName): readonly string[] {
  const prefixes: string[] = []
  let prefix = ''
  for (const part of name.parts.slice(0, Math.min(name.names, name.parts.length - 1, MAX_HIERARCHY_PARTS))) {
    prefix = prefix === '' ? part.toLowerCase() : `${prefix}.${part.toLowerCase()}`
    prefixes.push(prefix)
  }
  return prefixes.toReversed()
}

/**
 * The All member goes by `All`, `(All)`, `All Products`, in Danish cubes `Alle`, in atoti and icCube `AllMember`. A name
 * with a digit is none: rather a criterion too many than a person taken for everybody.
 */
const ALL = /^\[(?:\(all\)|all|alle|allmember|all members?|all(?:e)? \D*)\]$/i

function firstAll(parts: readonly string[], names: number): number {
  for (let i = 1; i < Math.min(names, MAX_HIERARCHY_PARTS); i++) if (isAllPart(parts[i])) return i
  return -1
}

export function isAllPart(part: string | undefined): boolean {
  const sign = part?.charCodeAt(1)
  return part !== undefined && (sign === 65 || sign === 97 || sign === 40) && ALL.test(part)
}

/** The All member of any hierarchy, however it calls its own. */
export const isPlainAll = (part: string | undefined): boolean => /^\[\(?all\)?\]$/i.test(part ?? '')

/** Digits enough to name a person: such a name is a member, whatever else speaks for a level. */
export const namesPerson = (part: string): boolean => /\d{6}/.test(part)
