/**
 * From what crossed the wire to what is on record: `Exchange → Interpretation`, one pure function. No I/O and no clock;
 * the same exchange gives the same records today and after ten years, apart from what a later version understands better.
 * What earlier exchanges taught goes in as `Knowledge`, what this one teaches comes out as lessons: whoever calls keeps
 * the two together, in the order of the journal.
 *
 * It never throws, whatever the bytes: they come from anybody who can reach the proxy. What cannot be understood is
 * recorded whole as `opaque`, with the reason, and every person it mentions is a criterion; so a gap in our grammar is
 * no gap in the audit. There is always at least one record, and the first has the exchange's own id.
 *
 * Whose interface a request speaks is decided by the adapters in `registry.ts`; statements are read by
 * `proxy/language`; answers were read as they streamed, in `proxy/answer`, and come as facts.
 */
import { entryAbout } from '../../schema/record/nothing-known.ts'
import { queriesText } from '../../schema/record/numbers.ts'
import type { QueryRecord } from '../../schema/record/record.ts'
import type { Exchange, Gap } from '../exchange.ts'
import type { Known, Part, Reading, Request } from './adapter.ts'
import type { CubeModel } from '../language/cube-model.ts'
import type { Knowledge, Lesson, Session } from './knowledge.ts'
import { NO_KNOWLEDGE } from './knowledge.ts'
import { NO_CLAIMS } from './adapter.ts'
import { cookieHolder, cookieRelation } from './learned/cookie-turn.ts'
import { readAnyRequest } from './unknown/any-request.ts'
import { entriesOf } from './entry/entry.ts'
import { loginOf } from './learned/login.ts'
import { isLeftOut, metadataKept } from './entry/metadata.ts'
import { moduleOf } from './entry/module-rule.ts'
import { adaptersFor } from './registry.ts'
import { requestOf } from './request/request.ts'
import { NO_ROWS } from './criteria/rows.ts'
import { maskSecrets } from './entry/secrets.ts'
import type { InterpretSettings } from './settings.ts'
import { personRulesAt } from './settings.ts'

export type { InterpretSettings, ModuleRule, PersonSettings } from './settings.ts'

/** What came of one exchange. */
export interface Interpretation {
  /** At least one; none only where {@link leftOut}. */
  readonly records: readonly QueryRecord[]
  /** What it taught for later exchanges, to be taken in before they are interpreted. */
  readonly lessons: readonly Lesson[]
  /** The settings keep no entry of it, only that there was one. */
  readonly leftOut: boolean
}

export function interpret(
  exchange: Exchange,
  settings: InterpretSettings,
  knowledge: Knowledge = NO_KNOWLEDGE,
): Interpretation {
  const request = requestOf(exchange.asked)
  const asked = new AskedKnowledge(knowledge, exchange)
  const reading = readingOf(request, exchange, settings, asked)
  const { modules, metadata = 'summary' } = settings
  const told = {
    cookie: cookieHolder(exchange.asked, knowledge),
    beside: cookieRelation(exchange.asked, knowledge),
    login: loginOf(request),
  }
  const records = entriesOf(exchange, reading, told, modules)
  const lessons = [...asked.used, ...cookiesUsed(exchange), ...lessonsOf(reading, exchange)]
  if (isLeftOut(records, metadata)) return { records: [], lessons, leftOut: true }
  return { records: metadataKept(records, metadata, request), lessons, leftOut: false }
}

function cookiesUsed({ asked: { server, cookies = [] } }: Exchange): readonly Lesson[] {
  return cookies.map((cookie) => ({ kind: 'cookie-used', server, cookie }))
}

/** A fault of an adapter costs what it would have taught, never the entry. */
function lessonsOf(reading: Reading, exchange: Exchange): readonly Lesson[] {
  try {
    return reading.teaches?.(exchange.answered?.facts ?? null, exchange) ?? []
  } catch {
    return []
  }
}

/** The knowledge as one adapter sees it: of the server that was asked, at that time. Notes which sessions are in use. */
class AskedKnowledge implements Known {
  readonly #knowledge: Knowledge
  readonly #server: string
  readonly #at: number
  readonly #used = new Set<string>()

  constructor(knowledge: Knowledge, { asked }: Exchange) {
    this.#knowledge = knowledge
    this.#server = asked.server
    this.#at = asked.askedAt
  }

  session(id: string): Session | null {
    const session = this.#knowledge.session(this.#server, id, this.#at)
    if (session !== null) this.#used.add(id)
    return session
  }

  model(catalog: string | null, cube: string): CubeModel | null {
    return this.#knowledge.model(this.#server, catalog, cube)
  }

  get used(): readonly Lesson[] {
    return [...this.#used].map((id) => ({ kind: 'session-used', server: this.#server, id }))
  }
}

/**
 * A fault of an adapter, an exhausted stack among them, costs what the request asks, never the entry: it is kept whole
 * as opaque, and read again by a version that can.
 */
function readingOf(request: Request, exchange: Exchange, settings: InterpretSettings, known: Known): Reading {
  const rules = personRulesAt(settings.persons, exchange.asked.askedAt)
  try {
    for (const adapter of adaptersFor(settings.mappings ?? [])) {
      const reading = adapter.read(request, rules, known)
      if (reading !== null) return reading
    }
    return readAnyRequest(request, rules)
  } catch (error) {
    return { claims: NO_CLAIMS, parts: [faultyPart(request, error)] }
  }
}

function faultyPart(request: Request, error: unknown): Part {
  const opaque = error instanceof RangeError ? 'limits' : 'unreadable'
  const query = request.kept === '' ? `${request.method} ${request.target}` : request.kept
  return {
    action: 'request',
    language: null,
    query: maskSecrets(query),
    opaque,
    opaqueAt: null,
    cube: null,
    ...NO_ROWS,
  }
}

/** The entry about queries that passed unrecorded: that they did, how many, and when; of whom nobody knows. */
export function interpretGap(gap: Gap, settings: InterpretSettings): QueryRecord {
  const module = moduleOf({ catalog: null, cube: null, path: null, application: null }, settings.modules)
  return {
    ...entryAbout(gap, gap.from),
    durationMs: Math.max(gap.to - gap.from, 0),
    module,
    server: gap.server,
    action: 'gap',
    query: `${queriesText(gap.count)} passed unrecorded while the journal could not be written`,
  }
}
