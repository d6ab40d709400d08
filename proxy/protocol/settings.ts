/** What the recorder hands `interpret` beside the exchange: plain values only, so that they can cross a thread. */
import type { MappingFile } from '../../schema/config/mapping.ts'
import type { Domain, PersonRules } from '../../schema/record/person-number.ts'

/** The first rule whose every given pattern fits names the module. `*` stands for any characters; case is ignored. */
export interface ModuleRule {
  readonly catalog?: string
  readonly cube?: string
  readonly path?: string
  readonly application?: string
  readonly module: string
}

export interface PersonSettings {
  /** `YYYY-MM-DD`; `null`: the day of the query. */
  readonly latestBirth: string | null
  /** More persons than this in one answer are counted, not listed (D29). */
  readonly threshold: number
  /** Further names of attributes that hold person numbers. */
  readonly attributes: readonly string[]
  /** What attributes mean; the first that fits decides. */
  readonly domains?: readonly Domain[]
}

/** How much is kept of requests for the model: a line each, the whole request, or only that there were some. */
export type MetadataSetting = 'summary' | 'full' | 'drop'

export interface InterpretSettings {
  /** Declared mappings, asked before the interfaces that are known by themselves. */
  readonly mappings?: readonly MappingFile[]
  readonly modules: readonly ModuleRule[]
  readonly persons: PersonSettings
  /** Default `summary`. */
  readonly metadata?: MetadataSetting
}

/** The last rules made of some settings: the same all day, so that others may keep what follows from them. */
const made = new WeakMap<Omit<PersonSettings, 'threshold'>, PersonRules>()

/** The rules as they stood on the day `atMs` (UTC milliseconds) falls on. */
export function personRulesAt(persons: Omit<PersonSettings, 'threshold'>, atMs: number): PersonRules {
  const latestBirth = persons.latestBirth ?? dayOf(atMs)
  const before = made.get(persons)
  if (before?.latestBirth === latestBirth) return before
  const rules = { latestBirth, attributes: persons.attributes, domains: persons.domains ?? [] }
  made.set(persons, rules)
  return rules
}

/** A time outside what `Date` can say counts as far past: then only named attributes hold persons of the future. */
function dayOf(ms: number): string {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? '1970-01-01' : date.toISOString().slice(0, 10)
}
