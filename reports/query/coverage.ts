/**
 * Who may have searched for a person without naming them: by a range, a pattern, a list (requirements K20, D19, L1)?
 *
 * Beside `searchPerson`, whose answer is certain and cheap. Candidates are entries about attributes that hold persons, or
 * that nobody understood; each is judged by `coverage`. A request looks at so many of them and no more, and says where to
 * go on.
 */
import { attributeSegments, meaningOf } from '../../schema/record/attribute.ts'
import type { Coverage, CoverageRules } from '../../schema/record/coverage/coverage.ts'
import { coverage } from '../../schema/record/coverage/coverage.ts'
import type { LogId, PersonNumber } from '../../schema/record/ids.ts'
import type { Concerning } from '../../schema/store/store.ts'
import { idGiven, PAGE_ROWS } from './page.ts'
import type { Period } from './period.ts'
import { personAsked, type PersonQuestion } from './person.ts'
import type { Asker, Desk, Mistake } from './use.ts'
import { answering, OWN_FIELD } from './use.ts'

export interface CoveredHit {
  readonly entry: Concerning
  readonly coverage: Coverage
}

export interface CoveredAnswer {
  readonly kind: 'answer'
  readonly person: PersonNumber
  readonly hits: readonly CoveredHit[]
  /** Ask again with this as `before`; there may be a next page although this one is not full. */
  readonly next: LogId | null
}

/** Candidates that one request looks at, and how many at once: each may have thousands of criteria. */
const MOST_LOOKED_AT = 1000
const AT_ONCE = 50
/** More attributes than this are not sought one by one: then every entry is a candidate. */
const MOST_ATTRIBUTES = 200

/**
 * Entries that do not name the person and may have taken them in all the same, newest first; those that `searchPerson`
 * gives are left out. The use is logged before this resolves.
 *
 * @throws UseNotLogged, StoreError
 */
export async function searchCovered(
  desk: Desk,
  asker: Asker,
  question: PersonQuestion,
): Promise<CoveredAnswer | Mistake> {
  const asked = personAsked(
    desk,
    question,
    'coverage',
    'Hvilke opslag kan have omfattet personen uden at nævne vedkommende?',
  )
  if ('kind' in asked) return asked
  const { person, range, ask } = asked
  const before = question.before ? idGiven(question.before) : null
  const limit = question.limit ?? PAGE_ROWS
  return answering(desk, asker, ask, async () => {
    const { hits, next } = await walk(desk, person, range, before, limit)
    return { answer: { kind: 'answer', person, hits, next }, rowCount: hits.length }
  })
}

async function walk(desk: Desk, person: PersonNumber, range: Period, from: LogId | null, limit: number) {
  const { rules, attributes } = await concern(desk)
  const hits: CoveredHit[] = []
  let before = from
  for (let looked = 0; looked < MOST_LOOKED_AT; looked += AT_ONCE) {
    const page = { limit: AT_ONCE, ...(before === null ? {} : { before }) }
    const { entries, next } = await desk.reader.concerning(attributes, range, page)
    for (const entry of entries) {
      const judged = coverage(entry, person, rules)
      if (judged.covered === 'no' || judged.reason === 'named' || judged.reason === 'seen') continue
      hits.push({ entry, coverage: judged })
      if (hits.length === limit) return { hits, next: isLast(entry, entries) ? next : entry.logId }
    }
    if (next === null) return { hits, next }
    before = next
  }
  return { hits, next: before }
}

const isLast = (entry: Concerning, entries: readonly Concerning[]): boolean => entry === entries.at(-1)

interface Concern {
  readonly rules: CoverageRules
  /** The attributes that persons stand in or are told by, and the tables of these; `null` where they are too many. */
  readonly attributes: readonly string[] | null
}

/**
 * Attributes that are declared or named for persons, and those that have held some though nobody declared them. The log of
 * Tilsyn's own use has a field of its own.
 */
async function concern({ reader, persons }: Desk): Promise<Concern> {
  const { names, complete } = await reader.attributes()
  const carriers = (await reader.carriers()).map(({ attribute }) => attribute)
  const unknown = carriers.filter((attribute) => attribute !== OWN_FIELD && meaningOf(attribute, persons) === null)
  const known = names.filter((name) => meaningOf(name, persons) === 'person')
  const rules = { ...persons, carriers: new Set([...unknown, ...known]) }
  const others = names.filter((name) => meaningOf(name, persons) === 'person-name')
  const all = [...new Set([...rules.carriers, ...others, ...tablesAmong(names, rules)])]
  return { rules, attributes: complete && all.length <= MOST_ATTRIBUTES ? all : null }
}

/** Names of whole tables, one of whose columns holds persons. */
function tablesAmong(names: readonly string[], { domains = [], carriers }: CoverageRules): string[] {
  const declared = domains.filter(({ meaning }) => meaning === 'person').map(({ attribute }) => attribute)
  const paths = [...declared, ...(carriers ?? [])].map(attributeSegments).filter(({ length }) => length > 1)
  const tables = new Set(paths.map(([table]) => table))
  return names.filter((name) => {
    const [table, ...rest] = attributeSegments(name)
    return rest.length === 0 && tables.has(table)
  })
}
