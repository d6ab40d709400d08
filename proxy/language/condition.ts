/**
 * What SQL and the JSON interfaces say of a column in the same words, and how it is recorded (GOLD_RULES, section 5).
 */

const OPPOSITES: Readonly<Record<string, string>> = {
  '=': '<>',
  '>': '<=',
  '>=': '<',
  in: 'not in',
  'is null': 'not null',
  'is empty': 'not empty',
}
const NEGATED = new Map(
  Object.entries(OPPOSITES).flatMap(([one, other]) => [[one, other] as const, [other, one] as const]),
)

/** What `op` says within a negation. */
export const negated = (op: string): string => NEGATED.get(op) ?? (op.startsWith('not ') ? op.slice(4) : `not ${op}`)

/**
 * A pattern with `%` for any characters and `_` for one (SQL's LIKE, Looker's filter expressions, Druid's `like`): what
 * it says where it says it of a plain text, else the pattern as it stands.
 */
export function likeTest(pattern: string, escape = '\\'): { readonly op: string; readonly value: string } {
  const head = /^%+/.test(pattern)
  const body = plainText(pattern.replace(/^%+/, ''), escape)
  if (body === null || body.text === '') return { op: 'like', value: pattern }
  const { text, open } = body
  if (head) return { op: open ? 'contains' : 'ends with', value: text }
  return { op: open ? 'starts with' : '=', value: text }
}

/** `pattern` as plain text, escapes undone; `open` where `%` ends it. `null`: it holds wildcards elsewhere. */
function plainText(pattern: string, escape: string): { readonly text: string; readonly open: boolean } | null {
  let text = ''
  for (let at = 0; at < pattern.length; at += 1) {
    const sign = pattern.charAt(at)
    if (sign === '%' || sign === '_') return /^%+$/.test(pattern.slice(at)) ? { text, open: true } : null
    if (sign === escape && at + 1 < pattern.length) at += 1
    text += pattern.charAt(at)
  }
  return { text, open: false }
}
