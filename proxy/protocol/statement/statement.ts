/**
 * Reads one text of statements: which language, what it asks, whom it names. Whatever cannot be read is `opaque`, with
 * the reason and what it mentions; nothing here throws.
 *
 * XMLA's `Statement` element and the JSON interfaces that carry MDX or DAX all come here.
 */
import { readDax } from '../../language/dax/read.ts'
import { readMdx } from '../../language/mdx/read.ts'
import type { CubeModel } from '../../language/cube-model.ts'
import type { Parameters, StatementFacts, StatementKind } from '../../language/statement.ts'
import { StatementLimitError, StatementSyntaxError } from '../../language/syntax-error.ts'
import type { PersonRules } from '../../../schema/record/person-number.ts'
import { namesPersonNumbers } from '../../../schema/record/person-number.ts'
import type { Action, Criterion, OpaqueReason } from '../../../schema/record/record.ts'
import { assertNever } from '../../../schema/record/record.ts'
import type { Part } from '../adapter.ts'
import { columnsOf } from '../path.ts'
import { mentionedIn, personsMentioned } from '../criteria/mentioned.ts'
import type { Sought } from '../criteria/rows.ts'
import { NO_ROWS, rowsOf, valueRows } from '../criteria/rows.ts'
import { maskSecrets } from '../entry/secrets.ts'
import type { Recognised, StatementLanguage } from './language.ts'
import { recogniseLanguage } from './language.ts'
import { tmslDatabase } from './tmsl.ts'

/** What helps to read a statement, from earlier exchanges. Without it everything is read all the same. */
export interface StatementContext {
  /** What is known of a cube; `null` asks for the default cube. */
  readonly model: (cube: string | null) => CubeModel | null
  /** Texts that created members and sets in this session, oldest first. */
  readonly session: readonly string[]
}

export const NO_CONTEXT: StatementContext = { model: () => null, session: [] }

/** What came of the text: facts per statement, or why there are none. */
export type Understanding =
  | { readonly kind: 'read'; readonly facts: readonly StatementFacts[] }
  | { readonly kind: 'opaque'; readonly reason: OpaqueReason; readonly at: string | null }

/** Reads `text`, which is in `language`. */
export function understand(
  text: string,
  language: StatementLanguage,
  parameters: Parameters,
  { model, session }: StatementContext = NO_CONTEXT,
): Understanding {
  if (language === 'dmx') return { kind: 'opaque', reason: 'unknown-language', at: null }
  try {
    const facts = language === 'dax' ? readDax(text, { parameters }) : readMdx(text, { parameters, model, session })
    return facts.length > 0 ? { kind: 'read', facts } : { kind: 'opaque', reason: 'syntax', at: '1:1' }
  } catch (error) {
    return opaqueOf(error)
  }
}

/** A limit and an exhausted stack are the same to us: too deep or too long to read. Any other fault is unreadable. */
function opaqueOf(error: unknown): Understanding {
  if (error instanceof StatementSyntaxError) {
    const { line, column } = error.region.start
    return { kind: 'opaque', reason: 'syntax', at: `${line}:${column}` }
  }
  const limit = error instanceof StatementLimitError || error instanceof RangeError
  return { kind: 'opaque', reason: limit ? 'limits' : 'unreadable', at: null }
}

/** The parts of the exchange that `text` makes: one per statement, at least one. `text` is trimmed and not empty. */
export function partsOf(
  text: string,
  parameters: Parameters,
  rules: PersonRules,
  context: StatementContext = NO_CONTEXT,
): Part[] {
  const recognised = recogniseLanguage(text)
  if (recognised.language === 'tmsl') return [{ ...commandPart(text, 'tmsl', rules), catalog: tmslDatabase(text) }]
  const understood = understand(text, recognised.language, parameters, context)
  if (understood.kind === 'opaque') return [opaquePart(text, recognised, understood, parameters, rules)]
  return understood.facts.map((facts, i): Part => {
    const query = sliceOf(text, understood.facts, i)
    return {
      action: actionOf(facts.kind),
      language: facts.kind === 'dmv' ? 'sql' : recognised.language,
      query,
      opaque: null,
      opaqueAt: null,
      cube: facts.cube,
      ...rowsOf(facts, query, rules),
    }
  })
}

/** Statement `i` with what stands before it: comments and separators belong to some part, so the whole text is kept. */
function sliceOf(text: string, facts: readonly StatementFacts[], i: number): string {
  const start = i === 0 ? 0 : facts[i]?.start
  return text.slice(start, facts[i + 1]?.start).trim()
}

/** A command is kept as text; only persons in it are criteria. */
export function commandPart(text: string, language: 'tmsl' | 'xmla', rules: PersonRules): Part {
  const query = maskSecrets(text)
  const criteria = personsMentioned(query, rules)
  return { action: 'command', language, query, opaque: null, opaqueAt: null, cube: null, ...NO_ROWS, criteria }
}

function opaquePart(
  query: string,
  recognised: Recognised,
  { reason, at }: Extract<Understanding, { kind: 'opaque' }>,
  parameters: Parameters,
  rules: PersonRules,
): Part {
  const { language } = recognised
  // EXPORT, IMPORT and OPENROWSET take passwords; a statement of MDX or DAX has none, and is never changed.
  const kept = language === 'dmx' ? maskSecrets(query) : query
  const criteria = [...mentionedIn(kept, rules), ...parameterRows(parameters, rules)]
  const action = recognised.dmv ? 'dmv' : recognised.ddl ? 'ddl' : 'query'
  return { action, language, query: kept, opaque: reason, opaqueAt: at, cube: null, ...NO_ROWS, criteria }
}

/** Where the statement could not be read, what its parameters hold counts as asked for. */
export function parameterRows(parameters: Parameters, rules: PersonRules): Criterion[] {
  const sought: Sought = { columns: columnsOf(null), path: null, operator: '=', originClause: 'parameter' }
  return [...parameters]
    .filter(([, value]) => value !== '')
    .flatMap(([name, value]) => valueRows(sought, value, namesPersonNumbers(name, rules), rules))
}

function actionOf(kind: StatementKind): Action {
  switch (kind) {
    case 'select':
    case 'evaluate':
      return 'query'
    case 'drillthrough':
    case 'explain':
    case 'dmv':
    case 'ddl':
      return kind
    default:
      return assertNever(kind)
  }
}
