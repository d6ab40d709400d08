import { bracketEnd } from '../characters.ts'
import type { Path, PathName, Segment } from './ast.ts'

/** Prefixes longer than this are never hierarchies or levels; it keeps the work on a path linear in its length. */
const MAX_HIERARCHY_PARTS = 8

/** @param source the path as the text has it, where that is how it is written. */
export function pathOf(segments: readonly Segment[], source: string | null = null): Path {
  return { kind: 'path', segments, name: pathNameOf(segments, source) }
}

/**
 * Paths as programs write them, `[a].[b].&[c]&[d]`, with what follows from their text: queries name the same ones again
 * and again. In this process's memory only, and so many that the members of a few reports are among them.
 */
const written = new Map<string, Path>()
const MAX_WRITTEN = 4000
const MAX_WRITTEN_LENGTH = 200

/** @param source names in brackets and keys, with nothing between. */
export function writtenPath(source: string): Path {
  const known = written.get(source)
  if (known !== undefined) return { kind: 'path', segments: known.segments, name: known.name }
  if (source.length > MAX_WRITTEN_LENGTH) return pathOf(segmentsIn(source), source)
  // A text of its own: what is cut out of a statement keeps all of it in memory.
  const own = ` ${source}`.slice(1)
  const path = pathOf(segmentsIn(own), own)
  if (written.size >= MAX_WRITTEN) written.clear()
  written.set(own, path)
  return path
}

function segmentsIn(source: string): readonly Segment[] {
  const segments: Segment[] = []
  for (let at = 0, end = 0; at < source.length; at = end + 1) {
    end = segmentEnd(source, at)
    const text = source.slice(at, end)
    const isKey = source.charCodeAt(at) === AMPERSAND
    segments.push(isKey ? { kind: 'key', text } : { kind: 'name', text, bracketed: true })
  }
  return segments
}

function segmentEnd(source: string, start: number): number {
  if (source.charCodeAt(start) !== AMPERSAND) return bracketEnd(source, start)
  let end = start
  while (source.charCodeAt(end) === AMPERSAND) end = bracketEnd(source, end + 1)
  return end
}

const AMPERSAND = 0x26

function pathNameOf(segments: readonly Segment[], source: string | null): PathName {
  const parts = segments.map(writtenSegment)
  const firstKey = segments.findIndex(isKey)
  const names = firstKey < 0 ? parts.length : firstKey
  const written = source ?? (parts.length === 1 ? (parts[0] ?? '') : parts.join('.'))
  const key = written.toLowerCase()
  const measure =
    key.startsWith(MEASURES) && (key.length === MEASURES.length || key.charCodeAt(MEASURES.length) === DOT)
  return { written, key, parts, names, all: firstAll(parts, names), measure, known: null }
}

const isKey = ({ kind }: Segment): boolean => kind === 'key'

const MEASURES = '[measures]'
const DOT = 0x2e

export const writtenSegment = (segment: Segment): string =>
  segment.kind === 'key' || segment.bracketed ? segment.text : `[${segment.text}]`

/** What the first `length` parts are as a path of their own. */
export function prefixOf({ parts, written }: PathName, length: number): string {
  if (length >= parts.length) return written
  let end = -1
  for (let i = 0; i < length; i++) end += 1 + (parts[i]?.length ?? 0)
  return written.slice(0, Math.max(end, 0))
}

/** The same in small letters. */
export function prefixKey(name: PathName, length: number): string {
  if (name.key.length !== name.written.length) return prefixOf(name, length).toLowerCase()
  return name.key.slice(0, prefixOf(name, length).length)
}

/** The last part in small letters. */
export function lastKey({ parts, key, written }: PathName): string {
  const last = parts.at(-1) ?? ''
  return key.length === written.length ? key.slice(key.length - last.length) : last.toLowerCase()
}

/** Keys of the prefixes that could be hierarchies or levels, the longest first; the whole path is not among them. */
export function prefixKeys(name: PathName): readonly string[] {
  const prefixes: string[] = []
  for (let n = Math.min(name.names, name.parts.length - 1, MAX_HIERARCHY_PARTS); n > 0; n--)
    prefixes.push(prefixKey(name, n))
  return prefixes
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
