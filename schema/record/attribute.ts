/**
 * What the values of an attribute mean: told by the configuration (`persons.domains`, `persons.attributes`), else by the
 * attribute's name, where it is one that everybody uses for person numbers.
 *
 * An attribute is named in many ways: `[Borger].[CPR]`, `'Elev'[Personnr]`, `Borger.cpr`, `field:104`. All are taken
 * apart into segments without brackets, quotes and case, and compared segment by segment; never as a piece of text.
 */
import { globFits } from './glob.ts'
import { assertNever } from './record.ts'

/**
 * `person`: person numbers. `person-name`: single persons, but not by number (names, addresses, case numbers). `cvr`,
 * `se-number`, `p-number`: companies and their places. `none`: looks like persons, and is not.
 */
export const MEANINGS = ['person', 'person-name', 'cvr', 'se-number', 'p-number', 'none'] as const
export type Meaning = (typeof MEANINGS)[number]

export interface Domain {
  /** A path of one segment or more; `*` stands for any characters within a segment. */
  readonly attribute: string
  readonly meaning: Meaning
}

export interface PersonRules {
  /** Latest date of birth, `YYYY-MM-DD`, of a person where no attribute is named for person numbers. */
  readonly latestBirth: string
  /** Further names of attributes that hold person numbers, beside those everybody uses. */
  readonly attributes: readonly string[]
  /** What attributes mean; the first that fits decides, and goes before every name. */
  readonly domains?: readonly Domain[]
}

/** What an attribute's name tells of a number in it: a person's, anybody's, nobody's, or perhaps a P-number. */
export type Named = boolean | 'p-number' | 'silent'

const NO_DOMAINS: readonly Domain[] = []
const MAX_SEGMENTS = 16
const MAX_PATH = 2000

function withoutKey(path: string): string {
  const key = path.indexOf('].&')
  return path.slice(0, key < 0 ? MAX_PATH : Math.min(key + 1, MAX_PATH))
}

/** The names in a path, in lower case and without brackets, quotes, keys and the `$` of a drill-through column. */
export function attributeSegments(path: string): string[] {
  const text = withoutKey(path)
  const segments: string[] = []
  let at = 0
  while (at < text.length && segments.length < MAX_SEGMENTS) {
    const sign = text.charAt(at)
    if (sign === '&') break
    if (sign === '.' || sign === ' ') {
      at += 1
      continue
    }
    const end = sign in CLOSING ? closed(text, at, CLOSING[sign] ?? '') : unquoted(text, at)
    segments.push(nameOf(text.slice(at, end)))
    at = end
  }
  return segments
}

const CLOSING: Readonly<Record<string, string>> = { '[': ']', "'": "'", '"': '"', '`': '`' }

/** One past the closing sign; doubled it stands for itself. */
function closed(text: string, start: number, close: string): number {
  for (let at = text.indexOf(close, start + 1); at >= 0; at = text.indexOf(close, at + 2)) {
    if (text[at + 1] !== close) return at + 1
  }
  return text.length
}

function unquoted(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && !'.[&'.includes(text.charAt(at))) at += 1
  return at
}

function nameOf(segment: string): string {
  const close = CLOSING[segment.charAt(0)]
  const bare = close === undefined ? segment : segment.slice(1, segment.endsWith(close) ? -1 : undefined)
  const whole = close === undefined ? bare : bare.replaceAll(close + close, close)
  return whole.trim().replace(/^\$/, '').replace(/\s+/g, ' ').normalize('NFC').toLowerCase()
}

interface Pattern {
  readonly segments: readonly string[]
  readonly meaning: Meaning
}

/** The domains of one configuration, taken apart, and what they said of the paths that came lately. */
interface Compiled {
  readonly patterns: readonly Pattern[]
  readonly lately: Map<string, Meaning | null>
}

const compiled = new WeakMap<readonly Domain[], Compiled>()
const MAX_LATELY = 1000

function compiledOf(domains: readonly Domain[]): Compiled {
  const known = compiled.get(domains)
  if (known !== undefined) return known
  const patterns = domains.map(({ attribute, meaning }) => ({ segments: attributeSegments(attribute), meaning }))
  const made = { patterns, lately: new Map() }
  compiled.set(domains, made)
  return made
}

/** What the configuration says that `path` means: the first pattern whose segments stand in it, one behind the other. */
export function declaredMeaning(path: string, { domains = [] }: PersonRules): Meaning | null {
  if (domains.length === 0) return null
  const { patterns, lately } = compiledOf(domains)
  // An answer names the members of one attribute by the thousand: what is before the key is the same in all.
  const attribute = withoutKey(path)
  const known = lately.get(attribute)
  if (known !== undefined) return known
  const segments = attributeSegments(attribute)
  const meaning = patterns.find((pattern) => stands(pattern.segments, segments))?.meaning ?? null
  if (lately.size >= MAX_LATELY) lately.clear()
  lately.set(attribute, meaning)
  return meaning
}

const STAR = { many: '*', one: '' }

function stands(pattern: readonly string[], path: readonly string[]): boolean {
  if (pattern.length === 0) return false
  for (let from = 0; from + pattern.length <= path.length; from += 1) {
    if (pattern.every((segment, i) => globFits(segment, path[from + i] ?? '', STAR))) return true
  }
  return false
}

/** What the values of `path` mean; `null` where neither the configuration nor the name tells. */
export function meaningOf(path: string, rules: PersonRules): Meaning | null {
  const declared = declaredMeaning(path, rules)
  if (declared !== null) return declared
  if (isNamedForPersons(path, rules)) return 'person'
  return P_NUMBER.test(path) ? 'p-number' : null
}

/** What `path` tells of the numbers in it, in the terms of `findPersonNumbers`. */
export function namingOf(path: string, rules: PersonRules): Named {
  const meaning = meaningOf(path, rules)
  switch (meaning) {
    case 'person':
      return true
    case 'p-number':
      return 'p-number'
    case 'cvr':
    case 'se-number':
    case 'none':
      return 'silent'
    case 'person-name':
    case null:
      return false
    default:
      return assertNever(meaning)
  }
}

/** Is this path, column or caption of an attribute named, or declared in `rules`, for person numbers? */
export function namesPersonNumbers(path: string, rules: PersonRules): boolean {
  const declared = declaredMeaning(path, rules)
  return declared === null ? isNamedForPersons(path, rules) : declared === 'person'
}

/** Does a whole statement speak of person numbers anywhere? Rather too often than too seldom. */
export function speaksOfPersons(text: string, rules: PersonRules): boolean {
  if (isNamedForPersons(text, rules)) return true
  const persons = compiledOf(rules.domains ?? NO_DOMAINS).patterns.filter(({ meaning }) => meaning === 'person')
  if (persons.length === 0) return false
  const lower = text.toLowerCase()
  return persons.some(({ segments }) => lower.includes(longestPiece(segments.at(-1) ?? '')))
}

const longestPiece = (segment: string): string =>
  segment.split('*').reduce((longest, piece) => (piece.length > longest.length ? piece : longest), '')

/** Most names hold none of these; this is cheaper than looking closer. */
const MAY_NAME = /cpr|pnr|person|c\.p\.r|civil/i

function isNamedForPersons(path: string, { attributes }: PersonRules): boolean {
  if (MAY_NAME.test(path) && (hasCpr(path) || hasPersonNumber(path) || PNR.test(path))) return true
  if (attributes.length === 0) return false
  const lower = path.toLowerCase()
  return attributes.some((name) => lower.includes(name.toLowerCase()))
}

const WORDS =
  /person(?:s|ens)?[-_ .]?(numm?er|numre|ident|nr|no|num|id)|civil[-_ ]?registration|(?<![a-zæøå])c\.p\.r\b/giu
const ENDS_ITSELF = /^(?:nr|no|num|id)$/i

/** `person` with what makes it a number: `Personnr`, `person_id`, `PersonNummeret`; not `personnotat`. */
function hasPersonNumber(text: string): boolean {
  for (const { 0: found, 1: suffix = '', index } of text.matchAll(WORDS)) {
    const next = text.charAt(index + found.length)
    // A word ends where no letter follows, or a capital one after a small one (`personNrBarn`).
    if (!ENDS_ITSELF.test(suffix) || !isLetter(next) || (isCapital(next) && isSmall(found.slice(-1)))) return true
  }
  return false
}

// A P-number is written `P-nr`, a person number `pnr`: with nothing between, it is taken for a person's.
const PNR = /(?:(?<![A-Za-zÆØÅæøå])[Pp]nr|(?<![A-ZÆØÅa-zæøå])PNR|(?<=[a-zæøå])P[Nn][Rr])(?![a-zæøå])/u

const P_NUMBER =
  /(?<![a-zæøå])p[-_ .](?:nr|no|nummer|number|enhed)|(?<![a-zæøå])p(?:nummer|enhed|number)|produktions[-_ ]?enhed|production[-_ ]?unit/iu

/** What may follow in small letters, where `cpr` is the beginning of a word: `cprnr`, but not `cprofil`. */
const REST = /^(?:id(?:ent\w*)?|[^aeiouyæøå]\p{L}*)$/iu
/** What may follow where `cpr` ends a compound: `BARNCPRNR`. */
const SUFFIX = /^(?:nr|no|num|nummer|numre|number|id|key|kode|tekst|txt|nøgle|noegle)?$/iu

/**
 * Does `cpr` stand in `text` as a word, or as a part of one that is written for itself? `CprNr`, `BorgerCPR`, `cprnr`,
 * `BARNCPRNR`; not `SpecPris`, `CPRegion` or `IncProfit`.
 */
function hasCpr(text: string): boolean {
  for (const match of text.matchAll(/cpr/giu)) {
    if (isCpr(match[0], text.charAt(match.index - 1), text.slice(match.index + 3, match.index + 24))) return true
  }
  return false
}

const isLetter = (sign: string): boolean => /^\p{L}$/u.test(sign)
const isSmall = (sign: string): boolean => /^\p{Ll}$/u.test(sign)
const isCapital = (sign: string): boolean => /^\p{Lu}$/u.test(sign)

function isCpr(found: string, before: string, behind: string): boolean {
  const [rest = ''] = /^\p{L}*/u.exec(behind) ?? []
  const own = !isLetter(before) || (isSmall(before) && found.startsWith('C'))
  const written = found === 'CPR' || found === 'Cpr' || found === 'cpr'
  if (!written) return !isLetter(before) && SUFFIX.test(rest)
  const next = rest.charAt(0)
  const ended = next === '' || (found === 'CPR' ? isCapital(next) && !/^\p{Lu}{2}/u.test(rest) : isCapital(next))
  if (own) return ended || REST.test(rest) || SUFFIX.test(rest)
  return SUFFIX.test(rest)
}
