import type { Mention } from './statement.ts'

/**
 * The names, strings and numbers of a text that no parser could read, in whatever language: an `opaque` statement still
 * tells whom it asked about.
 *
 * Never fails, and passes over each character a few times at most. Looks in comments too, for where they begin is the parser's
 * knowledge; what it cannot place it gives rather than drops. Beyond MAX_MENTIONS nothing more is looked for: such a
 * text is on record whole all the same.
 */
export function mentions(text: string): readonly Mention[] {
  return mentionsWithin(text, 0)
}

/** @param depth how many strings `text` stands in: a formula in quotes has names of its own. */
function mentionsWithin(text: string, depth: number): readonly Mention[] {
  const found: Mention[] = []
  const closes = new Closings(text)
  let at = 0
  while (at < text.length && found.length < MAX_MENTIONS) {
    const code = text.charCodeAt(at)
    const end = isQuote(code) || code === OPEN ? readName(text, at, closes) : at
    if (end > at) {
      const mention = mentionOf(text.slice(at, end))
      found.push(mention)
      if (mention.kind === 'string' && depth < MAX_QUOTES && mention.text.includes('[')) {
        const inner = mentionsWithin(mention.text, depth + 1).filter(({ kind }) => kind === 'name')
        for (const one of inner.slice(0, MAX_MENTIONS - found.length)) found.push(one)
      }
      at = end
    } else if (isDigit(code)) {
      const past = runOfDigits(text, at)
      const number = trimmed(text.slice(at, past))
      if (number !== null) found.push({ kind: 'number', text: number })
      at = past
    } else at = isWordSign(code) ? pastWord(text, at) : at + 1
  }
  return found
}

/** A formula in a formula in a formula; each is looked at once for every one it stands in. */
const MAX_QUOTES = 3

/** A list of ten thousand persons is still given whole. */
export const MAX_MENTIONS = 100_000

/** Where brackets and quotes close. Once none is left, none is looked for again: that keeps the scan linear. */
class Closings {
  readonly #text: string
  readonly #exhausted = new Set<string>()

  constructor(text: string) {
    this.#text = text
  }

  /** One past the closing sign, whose double stands for itself; 0 where it never closes. */
  past(open: number, sign: string): number {
    if (this.#exhausted.has(sign)) return 0
    for (let at = this.#text.indexOf(sign, open + 1); at >= 0; at = this.#text.indexOf(sign, at + 2)) {
      if (this.#text[at + 1] !== sign) return at + 1
    }
    this.#exhausted.add(sign)
    return 0
  }
}

/** A string, or a path of bracketed names and keys: `[Borger].[CPR].&[x]&[y]`, `'Borger'[CPR]`. */
function readName(text: string, start: number, closes: Closings): number {
  const first = text.charCodeAt(start)
  let end = closes.past(start, first === OPEN ? ']' : text.charAt(start))
  if (end === 0 || first === QUOTE) return end
  if (first === APOSTROPHE && text.charCodeAt(end) !== OPEN) return end
  for (let next = nextName(text, end); next > 0; next = nextName(text, end)) {
    const past = closes.past(next, ']')
    if (past === 0) return end
    end = past
  }
  return end
}

/** Where the next bracket of a path opens: `.[`, `.&[`, `&[`, or `[` right after a table's quotes. */
function nextName(text: string, end: number): number {
  let at = end
  if (text.charCodeAt(at) === DOT) at++
  if (text.charCodeAt(at) === AMPERSAND) at++
  const afterTable = at === end && text.charCodeAt(end - 1) === APOSTROPHE
  return text.charCodeAt(at) === OPEN && (at > end || afterTable) ? at : 0
}

function mentionOf(text: string): Mention {
  const quote = text.charAt(0)
  if (text.endsWith(']')) return { kind: 'name', text }
  return { kind: 'string', text: text.slice(1, -1).replaceAll(quote + quote, quote) }
}

/** Digits, and what may stand in a person's number between or after them: `020329-1WQ3`, `150330 4012`. */
function runOfDigits(text: string, start: number): number {
  let at = start
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (isDigit(code) || isWordSign(code)) continue
    const joins = isJoint(code) && at - start === 6 && isDigit(text.charCodeAt(at + 1))
    if (!joins) break
  }
  return at
}

/** Six digits at least, at the beginning; the number may end in letters. */
const trimmed = (run: string): string | null => (/^\d{6}/.test(run) ? run : null)

function pastWord(text: string, start: number): number {
  let at = start
  while (at < text.length && (isWordSign(text.charCodeAt(at)) || isDigit(text.charCodeAt(at)))) at++
  return at
}

const OPEN = 0x5b
const QUOTE = 0x22
const APOSTROPHE = 0x27
const DOT = 0x2e
const AMPERSAND = 0x26

const isQuote = (code: number): boolean => code === QUOTE || code === APOSTROPHE
const isDigit = (code: number): boolean => code >= 48 && code <= 57

/** Hyphen, blank, no-break space, en dash. */
const isJoint = (code: number): boolean => code === 0x2d || code === 0x20 || code === 0xa0 || code === 0x2013

const isWordSign = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || (code > 0xa0 && code !== 0x2013)
