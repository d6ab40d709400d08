/**
 * The restrictions in a Qlik expression (help.qlik.com, "Set analysis"): `Sum({<CPR={'…'}, År-={2023}>} Beløb)`. What
 * stands between `{<` and `>}` restricts fields; the rest of the expression reckons.
 *
 * A lexer of its own and one pass: an expression is code, and `<` stands in conditions too.
 */
export interface FieldSet {
  readonly field: string
  readonly op: string
  readonly values: readonly string[]
}

type Token =
  | { readonly kind: 'name' | 'text' | 'search' | 'number'; readonly text: string }
  | { readonly kind: 'sign'; readonly text: string }

/** An expression longer than this is searched for persons like any text, and not read. */
const MAX_LENGTH = 100_000

const TOKEN =
  /\s+|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|\[(?:[^\]]|\]\])*(?:\]|$)|\d+(?:[.,]\d+)?|[\p{L}_$#@][\p{L}\p{N}_.$#@%]*|[-+*/]=|[\s\S]/guy

export function fieldSetsOf(expression: string): FieldSet[] {
  if (expression.length > MAX_LENGTH || !expression.includes('<')) return []
  const tokens = tokensOf(expression)
  // Sets within sets are read at each level: beyond so many steps the rest is left to the sweep for persons.
  const steps = { left: 50 * tokens.length }
  return tokens.flatMap((token, at) => {
    // A modifier stands behind a set's name or operator, or alone: `{<…>}`, `{$<…>}`, `{1-$<…>}`.
    const opens = token.text === '<' && token.kind === 'sign' && isWithinBraces(tokens, at)
    return opens ? modifier(tokens, at + 1, steps) : []
  })
}

function tokensOf(expression: string): Token[] {
  const tokens: Token[] = []
  for (const [text] of expression.matchAll(TOKEN)) {
    const first = text[0] ?? ''
    if (/\s/.test(first) || text.startsWith('//') || text.startsWith('/*')) continue
    if (first === "'") tokens.push({ kind: 'text', text: undoubled(text, "'") })
    else if (first === '"') tokens.push({ kind: 'search', text: undoubled(text, '"') })
    else if (first === '[') tokens.push({ kind: 'name', text: undoubled(text, ']') })
    else if (/\d/.test(first)) tokens.push({ kind: 'number', text })
    else tokens.push({ kind: /[\p{L}_$#@]/u.test(first) ? 'name' : 'sign', text })
  }
  return tokens
}

/** Without its delimiters; a closing one doubled within is one. */
function undoubled(text: string, close: string): string {
  const inner = text.length > 1 && text.endsWith(close) ? text.slice(1, -1) : text.slice(1)
  return inner.replaceAll(close + close, close)
}

/** What stands before a modifier within a set: nothing but a set's name, an operator or another modifier. */
function isWithinBraces(tokens: readonly Token[], at: number): boolean {
  const before = tokens[at - 1]
  if (before === undefined || before.kind === 'text' || before.kind === 'search') return false
  if (before.kind === 'sign') return /^[{*+\-/>(]$/.test(before.text) && before.text !== '('
  return /^[{*+\-/(]$/.test(tokens[at - 2]?.text ?? '')
}

/** `field op set, field op set … >` */
function modifier(tokens: readonly Token[], start: number, steps: { left: number }): FieldSet[] {
  const sets: FieldSet[] = []
  let at = start
  while (at < tokens.length) {
    const field = tokens[at]
    const op = tokens[at + 1]
    if (field === undefined || field.kind === 'sign' || op === undefined || !/^[-+*/]?=$/.test(op.text)) break
    const [found, next] = elements(tokens, at + 2, steps)
    sets.push(...found.map((set) => ({ field: field.text, ...excluded(set, op.text) })))
    at = next
    if (tokens[at]?.text !== ',') break
    at += 1
  }
  return sets
}

type Values = Pick<FieldSet, 'op' | 'values'>

/** What follows the field's operator, up to the next field: sets in braces, joined by operators, or functions of sets. */
function elements(
  tokens: readonly Token[],
  start: number,
  steps: { left: number },
): readonly [readonly Values[], number] {
  const found: Values[] = []
  let depth = 0
  /** Within a modifier of an inner set, which is read on its own. */
  let inner = 0
  const literals: string[] = []
  let at = start
  for (; at < tokens.length && steps.left > 0; at += 1, steps.left -= 1) {
    const token = tokens[at]
    if (token === undefined || (depth === 0 && token.kind === 'sign' && (token.text === ',' || token.text === '>')))
      break
    if (token.kind === 'sign') depth += /^[{(<]$/.test(token.text) ? 1 : /^[})>]$/.test(token.text) ? -1 : 0
    if (depth < 0) break
    if (token.kind === 'sign') inner = Math.max(0, inner + (token.text === '<' ? 1 : token.text === '>' ? -1 : 0))
    if (inner > 0 || !isElement(tokens, at)) continue
    if (token.kind === 'search') found.push(searched(token.text))
    else if (token.kind !== 'sign') literals.push(token.text)
  }
  if (literals.length > 0) found.unshift({ op: 'in', values: literals })
  return [found, at]
}

/** One of the values in braces, and not the name of a function, a set, or a field within one. */
function isElement(tokens: readonly Token[], at: number): boolean {
  const [before, after] = [tokens[at - 1]?.text ?? '', tokens[at + 1]?.text ?? '']
  return /^[{,]$/.test(before) && /^[},]$/.test(after)
}

/** `-=` takes away; the others add, intersect or replace. */
function excluded(set: Values, op: string): Values {
  if (op !== '-=') return set
  return { op: set.op === 'in' ? 'not in' : `not ${set.op}`, values: set.values }
}

const BOUND = /^\s*(>=|<=|>|<)\s*([^<>=]+?)\s*(?:(<=|<)\s*([^<>=]+?)\s*)?$/

/** A search in double quotes: an interval, a pattern, an expression, or a text that is looked for. */
export function searched(text: string): Values {
  const [, op, from = '', until, to = ''] = BOUND.exec(text) ?? []
  if (op !== undefined && until !== undefined) return { op: 'range', values: [from, to] }
  if (op !== undefined) return { op, values: [from] }
  if (/[*?]/.test(text)) return { op: 'matches', values: [text] }
  return { op: text.startsWith('=') ? 'expression' : '=', values: [text] }
}
