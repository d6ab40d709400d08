/**
 * The use of the log is itself logged: auditors are users too (DESIGN section 2, invariant 8; requirements N10, D01).
 *
 * Every question put to the record, by the web pages, the REST interface or the command line, goes through `answering`
 * below: it reads, then commits an entry of module `Logning`, and only then hands the answer out. An entry that cannot
 * be written withholds the answer. So a crash can leave an entry without an answer, never an answer without an entry.
 *
 * A search for a person names that person as a criterion, and is therefore found by the next search for the same
 * person. That is true, and kept: whoever asks who looked somebody up must also learn which auditors did. It does not
 * recurse: an entry tells of the question and of how many entries it found, not of the entries.
 *
 * Left to others: who may ask (`reports/routes`), and how the answer looks (`reports/render`).
 */
import type { LogId, Origin, PersonNumber } from '../../schema/record/ids.ts'
import { LogIdMint } from '../../schema/record/ids.ts'
import { NOTHING_KNOWN } from '../../schema/record/nothing-known.ts'
import type { PersonRules } from '../../schema/record/person-number.ts'
import type { Criterion, QueryRecord, UserSource } from '../../schema/record/record.ts'
import type { RecordReader, RecordWriter, Role } from '../../schema/store/store.ts'

/** The module of every entry about the use of the log itself. */
export const LOGNING = 'Logning'
/** Where such an entry holds the person that was searched for. */
export const OWN_FIELD = 'person'

/** Who puts a question to the log, and from where. */
export interface Asker {
  /** `null`: not signed in. */
  readonly name: string | null
  readonly role: Role | null
  readonly source: UserSource
  readonly ip: string
  readonly through: 'web' | 'rest' | 'command'
  /** A name for the session, never its secret. */
  readonly sessionId: string | null
  readonly correlationId: string | null
}

/** What was asked of the log. */
export interface Ask {
  readonly action: 'search' | 'read' | 'login'
  /** Which question: `person`, `log`, `entry`, `sign-in`. */
  readonly report: string
  /** In words, Danish: it is read in the log. Person numbers stand in the criteria. */
  readonly words: string
  readonly criteria: readonly Criterion[]
  readonly purpose: string | null
}

export interface Answered<T> {
  readonly answer: T
  readonly rowCount: number
}

/**
 * The use could not be logged, so the answer is withheld. Ends the request, not the process. Carries no personal data:
 * the store's own error is the cause.
 */
export class UseNotLogged extends Error {
  override readonly name = 'UseNotLogged'
  readonly code = 'USE_NOT_LOGGED'
  constructor(options: ErrorOptions) {
    super('the use of the log could not be logged', options)
  }
}

/** A question that cannot be answered as it was put. Where, and why; never what stood there. */
export interface Mistake {
  readonly kind: 'mistake'
  /** The field: `person`, `from`, `to`, `before`, `id`, `purpose`, `user` … */
  readonly place: string
  readonly reason: 'person-number' | 'date' | 'period' | 'log-id' | 'number-in-text' | 'number-in-url'
}

type Outcome = Pick<QueryRecord, 'outcome' | 'status' | 'faultCode' | 'rowCount'> & { readonly askedAt: number }

/** Writes the entries about the use. */
export class UseLog {
  readonly now: () => number
  readonly #writer: RecordWriter
  readonly #origin: Origin
  readonly #mint: LogIdMint

  constructor(writer: RecordWriter, origin: Origin, journalNumber: number, now: () => number) {
    this.now = now
    this.#writer = writer
    this.#origin = origin
    this.#mint = new LogIdMint(journalNumber)
  }

  /**
   * Commits one entry.
   *
   * @throws UseNotLogged
   */
  async record(asker: Asker, ask: Ask, outcome: Outcome): Promise<void> {
    const use = useOf(this.#mint.next(this.now()), this.#origin, asker, ask, {
      ...outcome,
      durationMs: Math.max(this.now() - outcome.askedAt, 0),
    })
    try {
      await this.#writer.append(use)
    } catch (cause) {
      throw new UseNotLogged({ cause })
    }
  }

  /** An attempt that got no answer: no access, or a question that cannot be read. */
  refused(asker: Asker, ask: Ask, status: number, faultCode: string): Promise<void> {
    const outcome = status < 500 ? 'refused' : 'fault'
    return this.record(asker, ask, { askedAt: this.now(), outcome, status, faultCode, rowCount: null })
  }
}

/** What a question needs: something to read from, somewhere to log the use, and what a person number looks like. */
export interface Desk {
  readonly reader: RecordReader
  readonly uses: UseLog
  readonly persons: PersonRules
}

/**
 * Reads, logs the use, then hands out the answer: in this order, which is the safety.
 *
 * A failed read is logged as a fault; when that fails too, both causes are in the error.
 *
 * @throws UseNotLogged, or what `read` throws
 */
export async function answering<T>(desk: Desk, asker: Asker, ask: Ask, read: () => Promise<Answered<T>>): Promise<T> {
  const askedAt = desk.uses.now()
  let answered: Answered<T>
  try {
    answered = await read()
  } catch (error) {
    await desk.uses
      .record(asker, ask, { askedAt, outcome: 'fault', status: null, faultCode: 'STORE', rowCount: null })
      .catch((unlogged: unknown) => {
        throw new UseNotLogged({ cause: new AggregateError([error, unlogged]) })
      })
    throw error
  }
  const status = asker.through === 'command' ? null : 200
  await desk.uses.record(asker, ask, {
    askedAt,
    outcome: 'answered',
    status,
    faultCode: null,
    rowCount: answered.rowCount,
  })
  return answered.answer
}

/** What the question was restricted to, as a row of `crit`. */
export function restriction(field: string, operator: string, value: string, person?: PersonNumber): Criterion {
  return {
    dimension: null,
    hierarchy: field,
    level: null,
    operator,
    value,
    valueTo: null,
    person: person ?? null,
    personTo: null,
    originClause: 'restriction',
  }
}

/** Every field is set by the program, none by the one who asks (requirement N29), but for the purpose given. */
function useOf(
  logId: LogId,
  origin: Origin,
  asker: Asker,
  ask: Ask,
  outcome: Outcome & { readonly durationMs: number },
): Omit<QueryRecord, 'seq' | 'part'> {
  return {
    ...NOTHING_KNOWN,
    module: LOGNING,
    server: 'Tilsyn',
    decoded: true,
    ...outcome,
    logId,
    origin,
    report: ask.report,
    application: `Tilsyn ${asker.through}`,
    userName: asker.name,
    role: asker.role,
    userSource: asker.source,
    userConfirmed: asker.name !== null,
    ip: asker.ip,
    action: ask.action,
    query: ask.words,
    correlationId: asker.correlationId,
    sessionId: asker.sessionId,
    purpose: ask.purpose,
    criteria: ask.criteria,
  }
}
