/**
 * What travels from the wire to the journal and on to the recorder: one request and its answer.
 *
 * `forward` makes `Asked` and `Answered`, the journal keeps them, the recorder reads them back as an `Exchange`. Nothing
 * here holds a password, a token or a cookie: `proxy/identity` reads who asks from them in memory, and what is kept of
 * the heads leaves their values out.
 */
import type { LogId, Origin, PersonNumber } from '../schema/record/ids.ts'
import type { Change, UserSource } from '../schema/record/record.ts'

/** Header names and values in the order and spelling of the wire, duplicates apart. */
export type RawHeaders = readonly (readonly [name: string, value: string])[]

/** Who a request says it comes from. A claim until the BI server answers other than 401. */
export interface Identity {
  /** `DOMAIN\user`, `user@domain`, or a plain name; `null` when nothing in the request tells. */
  readonly user: string | null
  readonly source: UserSource
  /** The client computer's name in an NTLM type 3 message. */
  readonly workstation: string | null
}

/** The part of a body that is kept. Content codings are not undone. */
export interface CapturedBody {
  readonly bytes: Uint8Array
  /** `whole`; `head`: only the first bytes, up to the capture limit; `cut`: the client went away before the end. */
  readonly extent: 'whole' | 'head' | 'cut'
}

/** A request, complete or at its capture limit. */
export interface Asked {
  /** UTC milliseconds when the head had arrived. */
  readonly askedAt: number
  /** Name of the BI server in the configuration. */
  readonly server: string
  readonly clientAddress: string
  readonly method: string
  /** The request target as sent, path and query. */
  readonly target: string
  /** Credentials and cookies have the value `…`. */
  readonly headers: RawHeaders
  readonly identity: Identity
  readonly body: CapturedBody
  /**
   * For what was said in a WebSocket, the entry of the connection it was said in; `null` for a request. `method` is then
   * `SAY` for the client's word and `PUSH` for what the BI server said unasked, of which only the answer is on record.
   */
  readonly socket: LogId | null
  /** Its session cookies, as keyed hashes (`proxy/identity/session-cookies.ts`); absent: none. */
  readonly cookies?: readonly string[]
}

/** How an exchange ended, as seen from the proxy. */
export type Ending =
  | 'complete'
  | 'client-gone' // before the answer had wholly left
  | 'upstream-gone' // the BI server broke off its answer
  | 'upstream-unreachable' // no connection, or none that lasted until an answer
  | 'upstream-timeout'
  | 'refused' // by the proxy itself, before forwarding
  | 'withheld' // the journal failed while the query was under way: the answer was kept back

/**
 * One thing that a metadata rowset (MDSCHEMA_CUBES, _HIERARCHIES, _LEVELS, _MEASURES) said of a cube. Names are unique
 * names as the server writes them.
 */
export type ModelFact = { readonly catalog: string | null; readonly cube: string } & (
  | {
      readonly kind: 'hierarchy'
      readonly name: string
      readonly dimension: string
      readonly allMember: string | null
      /** For the hierarchy `[Measures]`: the default measure. */
      readonly defaultMember: string | null
    }
  | { readonly kind: 'level'; readonly name: string; readonly hierarchy: string }
  | { readonly kind: 'measure'; readonly name: string }
)

/** What the reader of answers found while the answer streamed past. */
export interface AnswerFacts {
  readonly kind: 'dataset' | 'rowset' | 'fault' | 'empty' | 'other'
  /** `false`: the bytes could not be read (binary XML, unknown coding, broken text); counts are then unknown. */
  readonly decoded: boolean
  /** First fault or error code found, also one inside an answer with status 200. */
  readonly faultCode: string | null
  /** Rows of a rowset, or tuples on axis 1. */
  readonly rows: number | null
  /** Cells that hold a value. */
  readonly cells: number | null
  /** Tuples on each axis of a dataset, by its number; the slicer is none. Empty for every other kind. */
  readonly axes: readonly number[]
  /** Warnings among the messages of an answer that is no fault. */
  readonly warnings: number
  /** What the BI server opened with this answer and will know by this id: an XMLA session, a handle of Qlik's. */
  readonly opened: string | null
  /** What a metadata rowset said of cubes, up to a bound. */
  readonly model: readonly ModelFact[]
  /** Different persons found; the list below is empty above the threshold (D29). */
  readonly personsSeen: number
  readonly persons: readonly { readonly person: PersonNumber; readonly place: string }[]
}

export interface Answered {
  readonly ending: Ending
  /** Status sent to the client; `null` when it got none. */
  readonly status: number | null
  /** Response headers without `Set-Cookie` and authentication values. */
  readonly headers: RawHeaders
  readonly firstByteAt: number | null
  readonly endedAt: number
  /** Bytes of the answer's body that were passed on. */
  readonly answerBytes: number
  readonly userConfirmed: boolean
  /** Whole size of the request body, also beyond what was captured. */
  readonly requestBytes: number
  /** SHA-256 of the whole request body where `Asked` has only its head; else `null`. */
  readonly requestHash: string | null
  readonly facts: AnswerFacts | null
}

/**
 * What the head of an answer does to session cookies. Noted before its first byte leaves: nobody can send a cookie that
 * was set here in a request that the journal has before this.
 */
export interface CookieTurn {
  readonly at: number
  readonly status: number
  /** The BI server accepted the user whom the request itself names. */
  readonly userConfirmed: boolean
  /** The request is of the kind with which logins begin or end. */
  readonly isLogin: boolean
  /** The path it sends the client to. */
  readonly redirect: string | null
  /** Keyed hashes, as in `Asked`. */
  readonly set: readonly string[]
  /** Of those set, what goes on from one of that name that the request carried, where the operator says that they roll. */
  readonly rolled: readonly string[]
  /** Of those that the request carried. */
  readonly cleared: readonly string[]
}

/** The journal's receipt for an `Asked`: its number and id are given before the append. */
export interface Ticket {
  readonly seq: number
  readonly logId: LogId
}

/** One request and what became of it. `answered` is `null` when the proxy ended before it knew. */
export interface Exchange extends Ticket {
  readonly origin: Origin
  readonly asked: Asked
  readonly answered: Answered | null
}

/** Queries that passed unrecorded while the journal was broken (`onJournalFailure: "forward"`). */
export interface Gap extends Ticket {
  readonly origin: Origin
  readonly server: string
  readonly from: number
  readonly to: number
  readonly count: number
}

/** The set-up of Tilsyn itself was changed, or was to be. */
export interface Configured {
  /** UTC milliseconds. */
  readonly at: number
  /** The operating system's name for whoever asked; `null`: nobody can say. */
  readonly user: string | null
  /** Nobody else could have asked. */
  readonly vouched: boolean
  readonly through: 'command' | 'signal' | 'start'
  /** `refused`: the configuration held a mistake, and nothing was changed. */
  readonly outcome: 'answered' | 'refused'
  /** What there is to say of it beside the changes: places and expectations of mistakes, never values. */
  readonly words: string
  readonly changes: readonly Change[]
}

/** A change of the set-up, as the journal has it. */
export interface Configuration extends Ticket {
  readonly origin: Origin
  readonly configured: Configured
}

/**
 * Keeps the record while a request is under way. `forward` asks it; the journal is it.
 *
 * `ask` resolves once the entry would survive a power cut, and rejects when it cannot be kept; the answer's first byte
 * leaves only after it has resolved. A ticket whose `seq` is 0 has no entry and gets none; one with a number will have its
 * entry even where `durable` rejects, once the journal writes again. `answer` never throws: what it cannot write shows
 * as `unknown` after a restart.
 */
export interface Witness {
  /** `false` while the journal is known to be broken: the request is then refused before it is forwarded. */
  readonly ready: boolean
  ask(asked: Asked): { readonly ticket: Ticket; readonly durable: Promise<void> }
  answer(ticket: Ticket, answered: Answered): void
  /** Between the two, at most once; like `answer` it waits for nobody. */
  turn(ticket: Ticket, turn: CookieTurn): void
  /** Counts a query that passes unrecorded; the count becomes an entry when the journal writes again. */
  miss(server: string): void
}

/** Reads one answer as it streams past, off the way of the bytes. */
export interface AnswerReading {
  /** Takes a copy of `chunk`. `false`: the reader is behind; wait for `drained` before reading on from upstream. */
  write(chunk: Uint8Array): boolean
  drained(): Promise<void>
  /** The answer is over (`complete`) or broke off; resolves with what was found so far. Never rejects. */
  end(complete: boolean): Promise<AnswerFacts>
}

/** Finds, in a message as it passes, the id by which request and answer in a WebSocket know each other. */
export interface MessageIdFinder {
  write(bytes: Uint8Array): void
  /** What came so far has this one; `null`: none. An id once found stays. */
  found(): string | null
}

export interface AnswerHead {
  readonly status: number
  readonly headers: RawHeaders
}

/** Begins reading an answer; `null` when there is nothing to read in it (no body, or not a text of a BI server). */
export type ReadAnswer = (head: AnswerHead) => AnswerReading | null
