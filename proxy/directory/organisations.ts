import type { OrganisationRule } from '../../schema/config/organisation-file.ts'
import { matchesWildcards } from '../protocol/entry/module-rule.ts'

export interface Placement {
  readonly organisation: string | null
  readonly role: string | null
}

const MAX_KEPT = 20_000

/**
 * The lines of the mapping file, ready to be asked. The first that fits and names an organisation gives it, and the first
 * that fits and names a role gives that: so one group may say where somebody works, and another one as what.
 */
export class Organisations {
  readonly #rules: readonly OrganisationRule[]
  /** Lines without `*`, by kind and pattern. */
  readonly #exact = new Map<string, number>()
  readonly #wildcards: number[] = []
  readonly #kept = new Map<string, Placement>()

  constructor(rules: readonly OrganisationRule[]) {
    this.#rules = rules
    for (const [at, { kind, pattern }] of rules.entries()) {
      if (pattern.includes('*')) this.#wildcards.push(at)
      else this.#exact.set(`${kind} ${pattern}`, at)
    }
  }

  of(user: string, groups: readonly string[]): Placement {
    const key = JSON.stringify([user, groups])
    const known = this.#kept.get(key)
    if (known !== undefined) return known
    const placement = this.#find(comparable(user), groups.map(comparable))
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear()
    this.#kept.set(key, placement)
    return placement
  }

  #find(user: string, groups: readonly string[]): Placement {
    const exact = [`user ${user}`, ...groups.map((group) => `group ${group}`)].flatMap(
      (key) => this.#exact.get(key) ?? [],
    )
    const wild = this.#wildcards.filter((at) => {
      const rule = this.#rules[at]
      const names = rule?.kind === 'user' ? [user] : groups
      return rule !== undefined && names.some((name) => matchesWildcards(name, rule.pattern))
    })
    const fitting = [...exact, ...wild].toSorted((a, b) => a - b).map((at) => this.#rules[at])
    return {
      organisation: fitting.find((rule) => rule?.organisation != null)?.organisation ?? null,
      role: fitting.find((rule) => rule?.role != null)?.role ?? null,
    }
  }
}

const comparable = (name: string): string => name.normalize('NFC').toLowerCase()
