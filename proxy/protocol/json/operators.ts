/** The words of a criterion's operator, the same for every interface (GOLD_RULES, section 5), and their opposites. */
const OPPOSITES: Readonly<Record<string, string>> = {
  '=': '<>',
  '>': '<=',
  '>=': '<',
  in: 'not in',
  range: 'not range',
  'is null': 'not null',
  contains: 'not contains',
  'starts with': 'not starts with',
  'ends with': 'not ends with',
  like: 'not like',
  matches: 'not matches',
  exists: 'not exists',
}
const NEGATED = new Map(
  Object.entries(OPPOSITES).flatMap(([one, other]) => [[one, other] as const, [other, one] as const]),
)

/** What `op` says within a negation. */
export const negated = (op: string): string => NEGATED.get(op) ?? (op.startsWith('not ') ? op.slice(4) : `not ${op}`)

/** `=` and `<>` are of one value; of several the same is said by `in` and `not in`. */
export function ofMany(op: '=' | '<>', values: readonly string[]): string {
  if (values.length === 1) return op
  return op === '=' ? 'in' : 'not in'
}
