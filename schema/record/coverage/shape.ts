/**
 * What the rows of an entry do not hold of how the statement puts them together: whether conditions are alternatives, and
 * whether an attribute stands there as a whole beside the members that are named. Read off the text roughly, and always
 * to the safe side: something odd only makes less known.
 */
import { attributeSegments } from '../attribute.ts'

export interface Shape {
  /** Conditions may be alternatives, be turned round, or hold for a part of the answer only. */
  readonly loose: boolean
  /** How often an attribute stands in the text without one of its members, by its segments. */
  wholes(attribute: readonly string[]): number
  /** How often it does so elsewhere than as the set that a Filter() begins with. */
  unfiltered(attribute: readonly string[]): number
}

/** A longer text is not read: lists hold it only in part. */
export const LONGEST = 50_000

const LOOSE: Readonly<Record<string, RegExp>> = {
  mdx: /\b(?:or|not|xor|union|iif|case|generate|member)\b|[-+]/i,
  dax: /\|\||\b(?:or|not|union|calculate|except|all\w*|removefilters|switch|if)\s*\(|\bor\b|\bnot\b|\bmeasure\b/i,
  // Beside alternatives: what holds for one measure (`filtered`, `sum-where`, FILTER), or for one side of a join.
  other:
    /\|\||\b(?:or|not|union|any|should|exclu\w*|queries|left|right|full|outer|joins|filtered|\w+-where|share|dynamic_fields)\b|\bfilter\s*\(|^\s*\[/i,
}
/** What there is one of in a statement that puts its conditions together in one place. */
const ONCE: Readonly<Record<string, RegExp>> = {
  mdx: /\bfilter\s*\(|\bhaving\b/gi,
  dax: /\bevaluate\b/gi,
  other: /\bselect\b/gi,
}

export function shapeOf(text: string, language: string | null): Shape {
  if (text.length >= LONGEST) return { loose: true, wholes: () => Infinity, unfiltered: () => Infinity }
  const kind = language === 'mdx' || language === 'dax' ? language : 'other'
  // In JSON the words that put conditions together are quoted too.
  const said = language === 'json' ? text : text.replace(NAMES, ' ')
  const loose = LOOSE[kind]?.test(said) === true || [...said.matchAll(ONCE[kind] ?? /$^/g)].length > 1
  const paths = kind === 'mdx' ? pathsOf(text) : []
  const wholes = (attribute: readonly string[]) => paths.filter(({ path }) => isWhole(path, attribute))
  return {
    loose,
    wholes: (attribute) => wholes(attribute).length,
    unfiltered: (attribute) => wholes(attribute).filter(({ filtered }) => !filtered).length,
  }
}

/** Bracketed names and literals: what stands in them is no part of the statement's build. */
const NAMES = /\[[^\]]{0,400}\]|"[^"]{0,400}"|'[^']{0,400}'/g

const PATH =
  /(?:\[(?:[^\]]|\]\]){0,400}\]|(?<![\p{L}\p{N}_$])[\p{L}_$][\p{L}\p{N}_$]{0,400})(?:\s{0,40}\.\s{0,40}&?(?:\[(?:[^\]]|\]\]){0,400}\]|[\p{L}\p{N}_$]{1,400}))*/gu

interface Path {
  readonly path: string
  readonly filtered: boolean
}

const pathsOf = (text: string): Path[] =>
  Array.from(text.matchAll(PATH), ({ 0: path, index }) => {
    const before = text.slice(Math.max(index - 40, 0), index)
    return { path, filtered: /\bfilter\s*\(\s*[{(]?\s*$/i.test(before) }
  })

/** A value of the member that the statement is about just then: the attribute itself is not meant. */
const SCALAR = new Set(['currentmember', 'properties', 'name', 'uniquename', 'member_caption', 'member_key', 'value'])

function isWhole(path: string, attribute: readonly string[]): boolean {
  // What a drill-through returns narrows nothing and names nobody.
  if (path.startsWith('[$')) return false
  const segments = attributeSegments(path)
  if (!attribute.every((name, i) => segments[i] === name)) return false
  if (/\.\s*&/.test(path.replace(/\[(?:[^\]]|\]\])*\]/g, '[]'))) return /members$|children$/i.test(path)
  const behind = segments.slice(attribute.length)
  return !behind.some((name) => SCALAR.has(name) || /\d{6}\D?\d[\p{L}\d]{2}\d/u.test(name))
}
