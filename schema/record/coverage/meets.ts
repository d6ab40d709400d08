/** Does one criterion on an attribute that holds person numbers take a person in? */
import type { PersonNumber } from '../ids.ts'
import type { Criterion } from '../record.ts'
import type { Forms, Order, Verdict } from './forms.ts'
import { compares, contains, endsWith, fits, hasWildcards, startsWith } from './forms.ts'

/** Why a query covers somebody, or not. Stable: programs may hang on them; the words for people are the pages'. */
export const COVERAGE_REASONS = [
  'named',
  'seen',
  'counted',
  'range',
  'comparison',
  'prefix',
  'suffix',
  'contains',
  'wildcard',
  'pattern',
  'exclusion',
  'relatives',
  'top',
  'listed',
  'person-name',
  'value',
  'operator',
  'attribute',
  'alternatives',
  'opaque',
  'mentioned',
  'others',
  'outside',
  'unconcerned',
  'no-question',
] as const
export type CoverageReason = (typeof COVERAGE_REASONS)[number]

export interface Judged {
  readonly verdict: Verdict
  readonly reason: CoverageReason
}

const judged = (verdict: Verdict, reason: CoverageReason): Judged => ({
  verdict,
  reason: verdict === 'out' && reason !== 'others' ? 'outside' : reason,
})

/** Operators as the readers of statements write them (GOLD_RULES, section 5), and as interfaces of others do. */
const EQUAL = new Set(['=', '==', 'in', 'is', 'equals', 'self'])
const UNEQUAL = new Set(['<>', '!=', 'not in', 'not =', 'is not', 'not equals', 'except'])
const PREFIX = new Set(['starts with', 'startswith', 'begins with', 'prefix'])
const SUFFIX = new Set(['ends with', 'endswith', 'suffix'])
const CONTAINS = new Set(['contains', 'search', 'instr'])
const LIKE = new Set(['like', 'ilike', 'wildcard', 'glob'])
const RELATIVES =
  /child|descend|drill|nav|sibling|parent|ancestor|ytd|qtd|mtd|wtd|period|closing|opening|lag|lead|cousin|ascend/
const TOP = /^(?:top|bottom|head|tail|first|last|limit)/

/**
 * @param sure the attribute surely holds person numbers, and nothing but: only then does a comparison with a text rule
 * anybody out.
 */
export function meets(criterion: Criterion, person: PersonNumber, forms: Forms, sure: boolean): Judged {
  const { operator, verdict, reason } = judgedBy(criterion, person, forms)
  if (verdict === 'out' && !sure && !EQUAL.has(operator)) return { verdict: 'unknown', reason: 'value' }
  return judged(verdict, reason)
}

function judgedBy(criterion: Criterion, person: PersonNumber, forms: Forms): Judged & { readonly operator: string } {
  const operator = criterion.operator.trim().toLowerCase()
  const { value, valueTo } = criterion
  const of = (verdict: Verdict, reason: CoverageReason) => ({ operator, verdict, reason })
  if (EQUAL.has(operator)) return { operator, ...equal(criterion, person) }
  if (UNEQUAL.has(operator)) return of(isOther(criterion, person) ? 'in' : 'unknown', 'exclusion')
  if (operator === '>' || operator === '>=' || operator === '<' || operator === '<=')
    return of(compares(forms, operator, value), 'comparison')
  if (operator === 'between') return of(between(forms, value, valueTo), 'comparison')
  // A set from one member to another goes by the server's order of members, which nobody here knows.
  if (operator.includes('range') || operator.includes('between')) return of('unknown', 'range')
  if (PREFIX.has(operator)) return of(wild(value, startsWith, `${value}*`, forms), 'prefix')
  if (SUFFIX.has(operator)) return of(wild(value, endsWith, `*${value}`, forms), 'suffix')
  if (CONTAINS.has(operator)) return of(wild(value, contains, `*${value}*`, forms), 'contains')
  if (LIKE.has(operator)) return of(fits(forms, value), 'wildcard')
  if (/match|regex/.test(operator)) return of('unknown', 'pattern')
  if (RELATIVES.test(operator)) return of('unknown', 'relatives')
  if (TOP.test(operator)) return of('unknown', 'top')
  return of('unknown', 'operator')
}

/** Where the value has wildcards, nobody here knows whether the server heeds them: then nothing is certain. */
function wild(value: string, test: (forms: Forms, value: string) => Verdict, pattern: string, forms: Forms): Verdict {
  if (!hasWildcards(value)) return test(forms, value)
  return fits(forms, pattern) === 'out' && test(forms, value) !== 'in' ? 'out' : 'unknown'
}

function between(forms: Forms, from: string, to: string | null): Verdict {
  const verdicts = (['>=', '<='] satisfies Order[]).map((order, i) =>
    compares(forms, order, (i === 0 ? from : to) ?? ''),
  )
  if (verdicts.includes('out')) return 'out'
  return verdicts.every((verdict) => verdict === 'in') ? 'in' : 'unknown'
}

/** One member, or a literal: not a set that is written as a text. */
function equal(criterion: Criterion, person: PersonNumber): Judged {
  if (isOther(criterion, person) && isSingle(criterion.value)) return { verdict: 'out', reason: 'others' }
  return { verdict: 'unknown', reason: 'value' }
}

const isOther = (criterion: Criterion, person: PersonNumber): boolean =>
  criterion.person !== null && criterion.person !== person && criterion.personTo === null

const SEGMENT = /\[(?:[^\]]|\]\])*\]/g

function isSingle(value: string): boolean {
  if (!value.includes('[')) return !/[{}*%]/.test(value)
  return /^[\s.&]*$/.test(value.replace(SEGMENT, ''))
}
