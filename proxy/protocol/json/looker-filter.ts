/**
 * Looker's filter expressions (cloud.google.com/looker/docs, "Looker filter expressions"): `Jens%`, `-NULL`, `[1,10)`,
 * `>5 AND <9`, `last 3 months`, `a,"b, c"`. What type the field has is not said in a request, so an expression is read as
 * it can only be meant, and where it could be two things, as the one that names a value.
 */
import { likeTest, negated } from '../../language/condition.ts'

export interface LookerTest {
  readonly op: string
  readonly values: readonly string[]
}

/** An empty expression restricts nothing. */
export function filterTests(expression: string): readonly LookerTest[] {
  const text = expression.trim()
  if (text === '') return []
  const time = timeTest(text)
  if (time !== null) return [time]
  const not = /^not\s+(?!null\b|empty\b)/i.exec(text)?.[0] ?? ''
  const tests = termsOf(text.slice(not.length)).flatMap(testsOf)
  return gathered(not === '' ? tests : tests.map(({ op, values }) => ({ op: negated(op), values })))
}

/** Equal values are one test, as an SQL `IN` has them. */
function gathered(tests: readonly LookerTest[]): readonly LookerTest[] {
  const several = (op: string, many: string): readonly LookerTest[] => {
    const values = tests.filter((test) => test.op === op).flatMap((test) => test.values)
    return values.length === 0 ? [] : [{ op: values.length === 1 ? op : many, values }]
  }
  return [...several('=', 'in'), ...several('<>', 'not in'), ...tests.filter(({ op }) => op !== '=' && op !== '<>')]
}

const DATE = String.raw`\d{4}[-/]\d{1,2}(?:[-/]\d{1,2})?(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?`
const RANGE = new RegExp(`^(${DATE})\\s+to\\s+(${DATE})$`, 'i')
const BEFORE = new RegExp(`^(before|after)\\s+(${DATE})$`, 'i')
const UNIT = '(?:second|minute|hour|day|week|month|quarter|year|fiscal quarter|fiscal year)s?'
const PERIODS = new RegExp(
  `^(?:(?:today|yesterday|tomorrow|now|before|after)\\b|(?:this|last|next|\\d+|\\d+ complete)\\s+(?:\\d+\\s+)?(?:complete\\s+)?${UNIT}\\b|${DATE}\\s+for\\s)`,
  'i',
)

/** A span of time in words is kept in words: it can only be reckoned with the clock and calendar of the server. */
function timeTest(text: string): LookerTest | null {
  const range = RANGE.exec(text)
  if (range !== null) return { op: 'range', values: range.slice(1, 3) }
  const [, side, date] = BEFORE.exec(text) ?? []
  if (side !== undefined && date !== undefined)
    return { op: side.toLowerCase() === 'before' ? '<' : '>=', values: [date] }
  return PERIODS.test(text) ? { op: 'relative', values: [text] } : null
}

/** Split at commas that stand in no quotes and no interval; a backslash or `^` shields the next character. */
function termsOf(text: string): readonly string[] {
  const terms: string[] = []
  let [from, quoted, interval] = [0, false, false]
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charAt(at)
    if (sign === '\\' || sign === '^') at += 1
    else if (sign === '"') quoted = !quoted
    else if (quoted) continue
    else if (/[[(]/.test(sign) && text.slice(from, at).trim() === '') interval = true
    else if (/[\])]/.test(sign)) interval = false
    else if (sign === ',' && !interval) {
      terms.push(text.slice(from, at))
      from = at + 1
    }
  }
  return [...terms, text.slice(from)].map((term) => term.trim()).filter((term) => term !== '')
}

const COMPARISON = /^(<=|>=|<>|!=|<|>|=)\s*(.+)$/s
const NUMBERS = /^(-?[\d.]+)\s+to\s+(-?[\d.]+)$/i

function testsOf(term: string): readonly LookerTest[] {
  if (/^[[(]/.test(term) && /[\])]$/.test(term) && term.includes(',')) return intervalTests(term)
  const [, from, to] = NUMBERS.exec(term) ?? []
  if (from !== undefined && to !== undefined) return [{ op: 'range', values: [from, to] }]
  if (COMPARISON.test(term))
    return term
      .replace(/\s+/g, ' ')
      .split(/ (?:and|or) /i)
      .map(comparison)
  const dashed = /^-(?!\d{1,5}(?:\.\d+)?$)(.+)$/s.exec(term)?.[1]
  const worded = /^not\s+(.+)$/is.exec(term)?.[1]
  const { op, values } = textTest(dashed ?? worded ?? term)
  return [{ op: dashed === undefined && worded === undefined ? op : negated(op), values }]
}

/** `[1,10)`; an end may be left out or be `inf`. */
function intervalTests(term: string): readonly LookerTest[] {
  const [from = '', to = ''] = term
    .slice(1, -1)
    .split(',')
    .map((end) => end.trim())
    .map((end) => (/^-?inf$/i.test(end) ? '' : end))
  const [open, close] = [term.startsWith('[') ? '>=' : '>', term.endsWith(']') ? '<=' : '<']
  if (open === '>=' && close === '<=' && from !== '' && to !== '') return [{ op: 'range', values: [from, to] }]
  return [
    { op: open, values: [from] },
    { op: close, values: [to] },
  ].filter(({ values }) => values[0] !== '')
}

function comparison(term: string): LookerTest {
  const [, sign = '=', value = term] = COMPARISON.exec(term) ?? []
  return { op: sign === '!=' ? '<>' : sign, values: [value.trim()] }
}

function textTest(term: string): LookerTest {
  if (/^null$/i.test(term)) return { op: 'is null', values: [] }
  if (/^empty$/i.test(term)) return { op: 'is empty', values: [] }
  const text = /^".*"$/s.test(term) && term.length > 1 ? term.slice(1, -1) : term
  const { op, value } = likeTest(text.replace(/\\(.)/gs, '^$1'), '^')
  return { op, values: [value] }
}
