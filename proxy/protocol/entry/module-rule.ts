import type { ModuleRule } from '../settings.ts'

/** What a rule can look at. */
export interface ModuleEvidence {
  readonly catalog: string | null
  readonly cube: string | null
  /** Path of the request target, without its query. */
  readonly path: string | null
  readonly application: string | null
  /** What the request itself says. */
  readonly said?: string | null
}

const KEYS = ['catalog', 'cube', 'path', 'application'] as const

/** The module of the first rule that fits, else what the request says, else the catalog. */
export function moduleOf(evidence: ModuleEvidence, rules: readonly ModuleRule[]): string | null {
  const rule = rules.find((rule) => KEYS.every((key) => fits(evidence[key], rule[key])))
  return rule?.module ?? evidence.said ?? evidence.catalog
}

function fits(value: string | null, pattern: string | undefined): boolean {
  if (pattern === undefined) return true
  return value !== null && matchesWildcards(value.toLowerCase(), pattern.toLowerCase())
}

/**
 * Does `text` fit `pattern`, in which `*` stands for any characters? Each piece between stars is taken where it stands
 * first, so the time is linear in the text: names come from the wire, and a regular expression could be made to hang.
 */
export function matchesWildcards(text: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return text === pattern
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false
  let at = first.length
  for (const piece of rest) {
    const found = text.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  return at <= text.length - last.length
}
