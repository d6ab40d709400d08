import { lately } from './lately.ts'

/**
 * Takes unique names apart: `[Tid].[Kalender].[Måned].&[2024]&[5]` into its segments. Only for names already found in a
 * statement or given by a restriction; statements themselves are read by `proxy/language`.
 */
export interface Segment {
  /** As written: `[Måned]`, `&[2024]`, `Members`. */
  readonly text: string
  /** Name or key without brackets, `]]` undone. */
  readonly name: string
  readonly key: boolean
}

/** A path of more segments than this is no member of any cube; the rest is left out. */
const MAX_SEGMENTS = 64

export function segmentsOf(path: string): Segment[] {
  const segments: Segment[] = []
  let at = 0
  while (at < path.length && segments.length < MAX_SEGMENTS) {
    if (path[at] === '.' || path[at] === ' ') {
      at += 1
      continue
    }
    const end = segmentEnd(path, at)
    segments.push(segment(path.slice(at, end)))
    at = end
  }
  return segments
}

/** One past the segment that begins at `start`: a bracketed one may hold dots, and `]]` is a bracket of its name. */
function segmentEnd(path: string, start: number): number {
  let at = path[start] === '&' ? start + 1 : start
  if (path[at] !== '[') {
    while (at < path.length && path[at] !== '.' && (at === start || path[at] !== '&')) at += 1
    return at
  }
  for (at += 1; at < path.length; at += 1) {
    if (path[at] !== ']') continue
    if (path[at + 1] !== ']') return at + 1
    at += 1
  }
  return path.length
}

function segment(text: string): Segment {
  const key = text.startsWith('&')
  const bare = key ? text.slice(1) : text
  const name = bare.startsWith('[') ? bare.slice(1, bare.endsWith(']') ? -1 : undefined).replaceAll(']]', ']') : bare
  return { text, name, key }
}

/**
 * What a member belongs to: the path before its first key, else the path without its last segment (GOLD_RULES,
 * section 4). `null` when nothing is left.
 */
export function parentPath(segments: readonly Segment[]): string | null {
  const key = segments.findIndex((segment) => segment.key)
  const kept = segments.slice(0, key >= 0 ? key : -1)
  return kept.length === 0 ? null : kept.map((segment) => segment.text).join('.')
}

/** The three name columns that a criterion and a dimension have. */
export interface PathColumns {
  readonly dimension: string | null
  readonly hierarchy: string | null
  readonly level: string | null
}

const NO_COLUMNS: PathColumns = { dimension: null, hierarchy: null, level: null }

/** `[Tid].[Kalender].[Måned]` is dimension, hierarchy and level; DAX's `Borger[CPR]` is table and column. */
export const columnsOf = (path: string | null): PathColumns =>
  path === null || path === '' ? NO_COLUMNS : columnsIn(path)

const columnsIn = lately((path): PathColumns => {
  const bracket = path.indexOf('[')
  if (bracket > 0 && path[bracket - 1] !== '.' && path[bracket - 1] !== '&') {
    return { dimension: path.slice(0, bracket), hierarchy: path, level: null }
  }
  const [first, second, ...rest] = segmentsOf(path)
  if (first === undefined) return { dimension: path, hierarchy: null, level: null }
  return {
    dimension: first.text,
    hierarchy: second === undefined ? null : `${first.text}.${second.text}`,
    level: rest.length === 0 ? null : path,
  }
})
